"""Fields that a kind does not have: which they are, and which was meant."""

from typing import Any

import pytest

from shared.rules import Severity
from shared.rules.unknown_fields import unknown_field_findings
from tests.unit.flink_deployments import application, session
from tests.unit.reviewed_resources import job_resource

Json = dict[str, Any]


def resource(kind: str, **spec: Any) -> Json:
    return {"apiVersion": "flink.apache.org/v1beta1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}


def deployment(**spec: Any) -> Json:
    return resource("FlinkDeployment", **spec)


UNKNOWN: dict[str, tuple[Json, str, str]] = {
    "typo": (deployment(job={"paralelism": 1}), "spec.job.paralelism", "Did you mean parallelism?"),
    "case": (deployment(jobmanager={}), "spec.jobmanager", "Did you mean jobManager?"),
    "snake case": (deployment(flink_version="v2_3"), "spec.flink_version", "Did you mean flinkVersion?"),
    "too high": (
        deployment(parallelism=1),
        "spec.parallelism",
        "It is a field of spec.job: check the indentation.",
    ),
    "too low": (
        deployment(job={"image": "a"}),
        "spec.job.image",
        "It is a field of spec: check the indentation.",
    ),
    "outside of spec": (
        {**deployment(), "job": {}},
        "job",
        "It is a field of spec: check the indentation.",
    ),
    "the nearer of two": (
        deployment(taskManager={"memory": "1g"}),
        "spec.taskManager.memory",
        "It is a field of spec.taskManager.resource: check the indentation.",
    ),
    "two as near": (
        deployment(memory="1g"),
        "spec.memory",
        "It is a field of spec.jobManager.resource and spec.taskManager.resource: check the indentation.",
    ),
    "typo and too high": (deployment(paralelism=1), "spec.paralelism", "Did you mean spec.job.parallelism?"),
    "of a pod": (
        deployment(nodeSelector={}),
        "spec.nodeSelector",
        "It is a field of spec.podTemplate.spec: check the indentation.",
    ),
    "of a pod template": (
        deployment(jobManager={"podTemplate": {"containers": []}}),
        "spec.jobManager.podTemplate.containers",
        "It is a field of spec.jobManager.podTemplate.spec: check the indentation.",
    ),
    "nothing like it": (
        deployment(jobManager={"resource": {"gpu": 1}}),
        "spec.jobManager.resource.gpu",
        "Known here: cpu, ephemeralStorage, memory.",
    ),
    "in a list": (
        deployment(ingress={"tls": [{}, {"host": "a"}]}),
        "spec.ingress.tls[1].host",
        "Did you mean hosts?",
    ),
    "of an empty object": (
        resource("FlinkStateSnapshot", checkpoint={"zzz": 1}),
        "spec.checkpoint.zzz",
        "The object has no fields.",
    ),
    "metadata": ({**deployment(), "metadata": {"label": {}}}, "metadata.label", "Did you mean labels?"),
    "session job": (
        resource("FlinkSessionJob", clusterName="a"),
        "spec.clusterName",
        "Known here: deploymentName, flinkConfiguration, job, restartNonce.",
    ),
    "blue-green": (
        resource("FlinkBlueGreenDeployment", template={"spec": {"podTemplate": {"spek": {}}}}),
        "spec.template.spec.podTemplate.spek",
        "Did you mean spec?",
    ),
    "dotted": (deployment(**{"a.b": 1}), "spec[a.b]", ""),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_field_is_an_error_with_the_one_that_was_meant(name: str) -> None:
    raw, path, hint = UNKNOWN[name]
    (finding,) = unknown_field_findings(raw)
    assert (finding.code, finding.path, finding.severity) == ("FK010", path, Severity.ERROR)
    assert hint in finding.hint


def test_all_unknown_fields_are_found_at_once() -> None:
    raw = deployment(zzz=1, job={"yyy": 1}, podTemplate={"xxx": 1}) | {"www": 1}
    assert [finding.path for finding in unknown_field_findings(raw)] == [
        *("spec.zzz", "spec.job.yyy", "spec.podTemplate.xxx", "www")
    ]


_OBJECT_META = {
    "name": "a",
    "generateName": "a-",
    "namespace": "b",
    "labels": {"any": "thing"},
    "annotations": {"any": "thing"},
    "managedFields": [{"manager": "kubectl"}],
    "ownerReferences": [],
    "selfLink": "",
    "creationTimestamp": None,
}


@pytest.mark.parametrize(
    "raw",
    [
        application(),
        session(),
        job_resource(),
        {**application(), "metadata": _OBJECT_META},
        application(flinkConfiguration={"any": {"thing": 1}}),
        application(logConfiguration={"any": "thing"}),
        application(podTemplate={"apiVersion": "v1", "kind": "Pod", "status": {}, "metadata": {"any": 1}}),
        application(podTemplate={"spec": {"any": 1}}),
        application(jobManager={"resources": {"limits": {"any/thing": 1}}}),
        application(ingress={"labels": {"any": "thing"}}),
        {**application(), "status": {"any": 1}},
        resource("FlinkBlueGreenDeployment", template={"metadata": {"any": 1}}, configuration={"any": "1"}),
    ],
)
def test_known_fields_and_free_forms_are_no_findings(raw: Json) -> None:
    assert list(unknown_field_findings(raw)) == []


@pytest.mark.parametrize(
    "raw",
    [
        *(None, 5, [], "FlinkDeployment", {}, {"kind": []}, {"kind": "ConfigMap", "data": {}}),
        *(deployment(job=value) for value in (None, 5, "a")),
        deployment(job=[]),
        deployment(ingress={"tls": "a"}),
        deployment(podTemplate=[]),
        {**deployment(), "spec": 5, "metadata": []},
    ],
    ids=repr,
)
def test_what_has_another_shape_is_left_to_others(raw: Any) -> None:
    assert list(unknown_field_findings(raw)) == []

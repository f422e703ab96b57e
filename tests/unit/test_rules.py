"""Each rule accepts what is sound and rejects what is not, at its path and with its code."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.model import KINDS
from shared.model.reconciled_spec import ReconciledSpec
from shared.rules import RuleContext, Verdict, explain, review
from tests.unit.flink_deployments import application, session, subject_of, with_metadata

Json = dict[str, Any]
NO_CONTEXT = RuleContext()
HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://bucket/ha"}
CHECKPOINTS = {"execution.checkpointing.dir": "s3://bucket/cp"}
SAVEPOINTS = {"execution.checkpointing.savepoint-dir": "s3://bucket/sp"}


def verdict(raw: Any, old: Any = None, **operator: str) -> Verdict:
    return review(raw, old, RuleContext(operator) if operator else NO_CONTEXT)


def found(raw: Any, **operator: str) -> set[tuple[str, str]]:
    return {(finding.code, finding.path) for finding in verdict(raw, **operator).errors}


def resources(**fields: Any) -> Json:
    return {"jobManager": {"resource": {"memory": "1g"} | fields}}


def requirements(requests: Json | None = None, limits: Json | None = None) -> Json:
    return {"taskManager": {"resources": {"requests": requests or {}, "limits": limits or {}}}}


@pytest.mark.parametrize(
    "raw",
    [
        application(),
        session(),
        application(job={"parallelism": 0}, taskManager={"resource": {"memory": "1g"}, "replicas": 2}),
        application(job={"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
        application(
            job={"upgradeMode": "last-state"},
            flinkConfiguration={"state": {"checkpoints": {"dir": "s3://b"}}},
        ),
        application(job={"upgradeMode": "savepoint"}, flinkConfiguration=CHECKPOINTS | SAVEPOINTS),
        application(jobManager={"resource": {"memory": "1g"}, "replicas": 2}, flinkConfiguration=HA),
        application(jobManager=None, flinkConfiguration={"jobmanager.memory.flink.size": "1g"}),
        application(jobManager=None, flinkConfiguration={"jobmanager.memory.heap.size": "1g"}),
        application(
            taskManager=None,
            flinkConfiguration={
                "taskmanager.memory.task.heap.size": "512m",
                "taskmanager.memory.managed.size": "0",
            },
        ),
        application(**requirements({"memory": "2Gi", "cpu": "500m"}, {"memory": "2g", "cpu": "1"})),
        application(**requirements(limits={"memory": "2Gi"})),
        application(logConfiguration={"log4j-console.properties": "x", "logback-console.xml": "y"}),
        application(podTemplate={"metadata": None, "spec": {"containers": None, "volumes": [{"name": "v"}]}}),
        with_metadata(application(), name="a" * 45),
    ],
)
def test_sound_deployment_is_admitted(raw: Json) -> None:
    assert found(raw) == set()


@pytest.mark.parametrize(
    ("raw", "code", "path"),
    [
        (with_metadata(application(), name="a" * 46), "FK101", "metadata.name"),
        (with_metadata(application(), name="Orders"), "FK101", "metadata.name"),
        (with_metadata(application(), name="1orders"), "FK101", "metadata.name"),
        (with_metadata(application(), name="orders-"), "FK101", "metadata.name"),
        (with_metadata(application(), name="or.ders"), "FK101", "metadata.name"),
        (application(flinkVersion=None), "FK102", "spec.flinkVersion"),
        (application(flinkVersion="v1_14"), "FK103", "spec.flinkVersion"),
        (
            application(flinkConfiguration={"kubernetes.namespace": "x"}),
            "FK104",
            "spec.flinkConfiguration[kubernetes.namespace]",
        ),
        (
            application(flinkConfiguration={"kubernetes": {"cluster-id": "x"}}),
            "FK104",
            "spec.flinkConfiguration[kubernetes.cluster-id]",
        ),
        (
            application(flinkConfiguration={"high-availability.cluster-id": "x"}),
            "FK104",
            "spec.flinkConfiguration[high-availability.cluster-id]",
        ),
        (application(serviceAccount=None), "FK105", "spec.serviceAccount"),
        (application(serviceAccount=""), "FK105", "spec.serviceAccount"),
        (
            application(job={"upgradeMode": "last-state"}),
            "FK106",
            "spec.flinkConfiguration[execution.checkpointing.dir]",
        ),
        (
            application(
                job={"upgradeMode": "last-state"}, flinkConfiguration={"execution.checkpointing.dir": " "}
            ),
            "FK106",
            "spec.flinkConfiguration[execution.checkpointing.dir]",
        ),
        (
            application(job={"upgradeMode": "savepoint"}, flinkConfiguration=CHECKPOINTS),
            "FK107",
            "spec.flinkConfiguration[execution.checkpointing.savepoint-dir]",
        ),
        (application(job={"parallelism": 0}), "FK108", "spec.job.parallelism"),
        (application(job={"parallelism": -1}), "FK108", "spec.job.parallelism"),
        (
            application(jobManager={"resource": {"memory": "1g"}, "replicas": 0}),
            "FK109",
            "spec.jobManager.replicas",
        ),
        (
            application(jobManager={"resource": {"memory": "1g"}, "replicas": 2}),
            "FK109",
            "spec.jobManager.replicas",
        ),
        (
            application(taskManager={"resource": {"memory": "1g"}, "replicas": 0}),
            "FK109",
            "spec.taskManager.replicas",
        ),
        (application(jobManager=None), "FK110", "spec.jobManager.resource.memory"),
        (application(taskManager={}), "FK110", "spec.taskManager.resource.memory"),
        (
            application(taskManager=None, flinkConfiguration={"taskmanager.memory.task.heap.size": "1g"}),
            "FK110",
            "spec.taskManager.resource.memory",
        ),
        (application(**resources(memory="much")), "FK111", "spec.jobManager.resource.memory"),
        (application(**resources(memory="0")), "FK111", "spec.jobManager.resource.memory"),
        (application(**resources(cpu=0)), "FK111", "spec.jobManager.resource.cpu"),
        (application(**resources(cpu=-1)), "FK111", "spec.jobManager.resource.cpu"),
        (
            application(**resources(ephemeralStorage="lots")),
            "FK111",
            "spec.jobManager.resource.ephemeralStorage",
        ),
        (
            application(**requirements({"memory": "1g", "cpu": "half"})),
            "FK111",
            "spec.taskManager.resources.requests.cpu",
        ),
        (
            application(**requirements({"memory": "1g"}, {"nvidia.com/gpu": "-1"})),
            "FK111",
            "spec.taskManager.resources.limits.nvidia.com/gpu",
        ),
        (
            application(**requirements({"memory": "2Gi"}, {"memory": "1Gi"})),
            "FK112",
            "spec.taskManager.resources.requests.memory",
        ),
        (
            application(**requirements({"memory": "1Gi", "cpu": "2"}, {"cpu": "1500m"})),
            "FK112",
            "spec.taskManager.resources.requests.cpu",
        ),
        (
            application(logConfiguration={"log4j.properties": ""}),
            "FK116",
            "spec.logConfiguration[log4j.properties]",
        ),
        (application(podTemplate={"spec": []}), "FK018", "spec.podTemplate.spec"),
        (application(podTemplate={"metadata": "x"}), "FK018", "spec.podTemplate.metadata"),
        (application(podTemplate={"metadata": {"labels": 1}}), "FK018", "spec.podTemplate.metadata.labels"),
        (
            application(podTemplate={"spec": {"containers": {"name": "x"}}}),
            "FK017",
            "spec.podTemplate.spec.containers",
        ),
        (
            application(podTemplate={"spec": {"containers": [{"name": "x"}, "y"]}}),
            "FK118",
            "spec.podTemplate.spec.containers[1]",
        ),
        (
            application(taskManager={"resource": {"memory": "1g"}, "podTemplate": {"spec": 1}}),
            "FK018",
            "spec.taskManager.podTemplate.spec",
        ),
        (
            application(flinkConfiguration={"taskmanager.numberOfTaskSlots": 0}),
            "FK117",
            "spec.flinkConfiguration[taskmanager.numberOfTaskSlots]",
        ),
        (
            application(flinkConfiguration={"taskmanager.numberOfTaskSlots": "two"}),
            "FK117",
            "spec.flinkConfiguration[taskmanager.numberOfTaskSlots]",
        ),
    ],
)
def test_unsound_deployment_is_rejected_where_it_is_wrong(raw: Json, code: str, path: str) -> None:
    assert found(raw) == {(code, path)}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rest.port", "http"),
        ("rest.bind-port", "8081-8090"),
        ("kubernetes.jobmanager.cpu.amount", "half"),
        ("kubernetes.jobmanager.memory.limit-factor", "twice"),
        ("kubernetes.env.secretKeyRef", "env:A,secret:b"),
        ("kubernetes.jobmanager.labels", "team"),
        ("kubernetes.jobmanager.labels", "'team:a"),
        ("kubernetes.jobmanager.tolerations", "key:a,tolerationSeconds:long"),
        ("jobmanager.memory.jvm-overhead.fraction", "1.0"),
    ],
)
def test_option_that_no_object_can_be_made_of_is_rejected(key: str, value: str) -> None:
    assert found(application(flinkConfiguration={key: value})) == {
        ("FK117", f"spec.flinkConfiguration[{key}]")
    }


def job_resource(**spec: Any) -> Json:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": "job", "namespace": "shop"},
        "spec": {"deploymentName": "cluster", "job": {"jarURI": "https://h/j.jar", "parallelism": 1}, **spec},
    }


def snapshot(**spec: Any) -> Json:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkStateSnapshot",
        "metadata": {"name": "snapshot", "namespace": "shop"},
        "spec": spec,
    }


def blue_green(**template: Any) -> Json:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkBlueGreenDeployment",
        "metadata": {"name": "colours", "namespace": "shop"},
        "spec": {"template": template} if template else {},
    }


JOB_REFERENCE = {"kind": "FlinkDeployment", "name": "orders"}


@pytest.mark.parametrize(
    ("raw", "findings"),
    [
        (job_resource(), set()),
        (job_resource(deploymentName=None), {("FK201", "spec.deploymentName")}),
        (job_resource(deploymentName="Cluster"), {("FK101", "spec.deploymentName")}),
        (job_resource(job=None), {("FK202", "spec.job")}),
        (job_resource(job={"parallelism": 0}), {("FK108", "spec.job.parallelism")}),
        (
            job_resource(job={"parallelism": 1, "upgradeMode": "last-state"}),
            {("FK203", "spec.job.upgradeMode")},
        ),
        (snapshot(savepoint={}, jobReference=JOB_REFERENCE), set()),
        (snapshot(checkpoint={}, jobReference=JOB_REFERENCE), set()),
        (snapshot(savepoint={"alreadyExists": True, "path": "s3://b/sp"}), set()),
        (snapshot(jobReference=JOB_REFERENCE), {("FK301", "spec")}),
        (snapshot(savepoint={}, checkpoint={}, jobReference=JOB_REFERENCE), {("FK301", "spec")}),
        (snapshot(savepoint={}), {("FK302", "spec.jobReference")}),
        (snapshot(savepoint={}, jobReference={"name": "orders"}), {("FK302", "spec.jobReference")}),
        (blue_green(spec=application()["spec"]), set()),
        (blue_green(), {("FK401", "spec.template.spec")}),
        (blue_green(metadata={}), {("FK401", "spec.template.spec")}),
        (
            blue_green(spec=application(job={"parallelism": 0})["spec"]),
            {("FK108", "spec.template.spec.job.parallelism")},
        ),
        ({"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkDeploymnt"}, {("FK002", "kind")}),
        ({"apiVersion": "flink.apache.org/v1", "kind": "FlinkDeployment"}, {("FK003", "apiVersion")}),
        ([], {("FK001", "")}),
        (None, {("FK001", "")}),
    ],
)
def test_other_kinds_have_rules_of_their_own(raw: Any, findings: set[tuple[str, str]]) -> None:
    assert found(raw) == findings


def test_all_mistakes_are_told_at_once() -> None:
    raw = application(
        job={"parallelism": 0, "upgradeMode": "savepoint", "state": "paused", "args": [{}]},
        flinkVersion="v3_0",
        serviceAccount=None,
        jobManager={"resource": {"memory": "much", "cpu": "fast"}, "replicas": "many"},
        taskManager={"replicas": 0},
        logConfiguration=[],
    )
    assert found(raw) == {
        ("FK011", "spec.flinkVersion"),
        ("FK011", "spec.job.state"),
        ("FK016", "spec.job.args[0]"),
        ("FK013", "spec.jobManager.replicas"),
        ("FK014", "spec.jobManager.resource.cpu"),
        ("FK018", "spec.logConfiguration"),
        ("FK105", "spec.serviceAccount"),
        ("FK106", "spec.flinkConfiguration[execution.checkpointing.dir]"),
        ("FK107", "spec.flinkConfiguration[execution.checkpointing.savepoint-dir]"),
        ("FK109", "spec.taskManager.replicas"),
        ("FK110", "spec.taskManager.resource.memory"),
        ("FK111", "spec.jobManager.resource.memory"),
    }


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        ({"job": 5}, ("FK018", "spec.job")),
        ({"jobManager": []}, ("FK018", "spec.jobManager")),
        ({"image": True}, ("FK016", "spec.image")),
        ({"ingress": {"tls": [5, {"hosts": [None]}]}}, ("FK018", "spec.ingress.tls[0]")),
        ({"restartNonce": "soon"}, ("FK013", "spec.restartNonce")),
    ],
)
def test_broken_part_does_not_silence_the_rules_over_the_rest(spec: Json, shape: tuple[str, str]) -> None:
    raw = application(serviceAccount=None)
    findings = found(raw | {"spec": raw["spec"] | spec})
    assert shape in findings
    assert ("FK105", "spec.serviceAccount") in findings


def test_broken_element_of_a_list_is_told_once_and_silences_nothing() -> None:
    raw = application(
        serviceAccount=None,
        jobManager={"resource": {"memory": "1g"}, "resources": {"claims": [{}]}},
    )
    findings = verdict(raw).errors
    assert sorted((finding.code, finding.path) for finding in findings) == [
        ("FK012", "spec.jobManager.resources.claims[0].name"),
        ("FK105", "spec.serviceAccount"),
    ]


@pytest.mark.parametrize("conditions", [[{}], [5, {"type": None}], [{"type": "Ready"}, 5], "none"])
def test_status_that_cannot_be_read_silences_nothing(conditions: Any) -> None:
    raw = application(serviceAccount=None) | {"status": {"conditions": conditions}}
    assert found(raw) == {("FK105", "spec.serviceAccount")}


def test_nothing_is_said_about_what_a_broken_configuration_might_hold() -> None:
    raw = application(jobManager=None, flinkConfiguration="jobmanager.memory.process.size: 1g")
    assert found(raw) == {("FK018", "spec.flinkConfiguration")}


def test_finding_tells_where_what_and_what_to_do() -> None:
    (finding,) = verdict(application(job={"state": "runing"})).errors
    assert str(finding) == (
        "spec.job.state: 'runing' is not allowed. "
        "Did you mean running? Use one of running, suspended. [FK011]"
    )


def test_one_finding_is_one_line() -> None:
    errors = verdict(application(serviceAccount=None)).errors
    text = explain(errors)
    assert text.startswith("spec.serviceAccount: is required. ")
    assert text.endswith("[FK105]")
    assert "\n" not in text


def test_several_findings_are_counted_and_numbered() -> None:
    errors = verdict(application(serviceAccount=None, flinkVersion=None)).errors
    head, first, second = explain(errors).split("\n")
    assert head == "2 problems:"
    assert first.startswith("  1. spec.")
    assert second.startswith("  2. spec.")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (application(mode="standalone"), "spec.mode"),
        (application(ingress={"template": "{{name}}.example.org"}), "spec.ingress"),
        (
            application(job={"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
            "spec.job.upgradeMode",
        ),
        (application(job={"savepointTriggerNonce": 1}), "spec.job.savepointTriggerNonce"),
        (job_resource(), "kind"),
    ],
)
def test_what_is_not_acted_on_is_a_warning(raw: Json, path: str) -> None:
    result = verdict(raw)
    assert result.errors == ()
    assert [warning.path for warning in result.warnings] == [path]


# Defaults of the operator


def test_operator_defaults_count_as_if_the_resource_set_them() -> None:
    raw = application(jobManager=None)
    key = "kubernetes.operator.default-configuration.namespace.shop.jobmanager.memory.process.size"
    assert found(raw, **{key: "1g"}) == set()


# Updates


def test_older_mistake_becomes_a_warning() -> None:
    old = application(serviceAccount=None)
    result = verdict(application(serviceAccount=None, image="flink:2.4"), old)
    assert result.errors == ()
    assert [warning.code for warning in result.warnings] == ["FK105"]


def test_new_mistake_beside_an_older_one_is_denied_alone() -> None:
    old = application(serviceAccount=None)
    result = verdict(application(serviceAccount=None, job={"parallelism": 0}), old)
    assert [error.code for error in result.errors] == ["FK108"]
    assert [warning.code for warning in result.warnings] == ["FK105"]


def test_wrong_value_changed_to_another_wrong_value_is_a_new_mistake() -> None:
    old = application(job={"parallelism": 0})
    assert [e.code for e in verdict(application(job={"parallelism": -3}), old).errors] == ["FK108"]


@pytest.mark.parametrize("raw", [application(serviceAccount=None), application(job={"state": 5})])
def test_object_that_is_being_deleted_is_admitted(raw: Json) -> None:
    deleting = with_metadata(raw, deletionTimestamp="2026-11-21T12:00:00Z")
    assert verdict(deleting).errors == ()


def reconciled(spec: Json, *, of: Json) -> Json:
    """The resource, running with that spec."""
    document = ReconciledSpec(subject_of(application() | {"spec": spec}).spec).to_json()
    return of | {"status": {"reconciliationStatus": {"lastReconciledSpec": document, "state": "DEPLOYED"}}}


@pytest.mark.parametrize(
    ("running", "wanted", "findings"),
    [
        (application(), application(), set()),
        (application(), session(), {("FK113", "spec.job")}),
        (session(), application(), {("FK113", "spec.job")}),
        (application(), application(mode="native"), set()),
        (application(), application(mode="standalone"), {("FK114", "spec.mode")}),
        (application(mode="standalone"), application(), {("FK114", "spec.mode")}),
    ],
)
def test_what_may_not_change_is_compared_with_what_runs(
    running: Json, wanted: Json, findings: set[tuple[str, str]]
) -> None:
    assert found(reconciled(running["spec"], of=wanted)) == findings


def test_what_may_not_change_is_not_compared_with_an_edit_in_between() -> None:
    old = reconciled(application()["spec"], of=session())
    assert verdict(reconciled(application()["spec"], of=application()), old).errors == ()


def test_before_the_first_deployment_everything_may_change() -> None:
    assert verdict(session(), application()).errors == ()


def test_record_of_what_runs_that_cannot_be_read_denies_nothing() -> None:
    raw = application() | {"status": {"reconciliationStatus": {"lastReconciledSpec": "{"}}}
    assert verdict(raw).errors == ()


# Junk

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
_PLACES = (
    ("spec",),
    ("metadata",),
    ("status",),
    ("status", "conditions"),
    ("spec", "job"),
    ("spec", "job", "args"),
    ("spec", "jobManager"),
    ("spec", "jobManager", "resources"),
    ("spec", "jobManager", "resources", "claims"),
    ("spec", "ingress", "tls"),
    ("spec", "podTemplate"),
    ("spec", "flinkConfiguration"),
    ("spec", "logConfiguration"),
    ("spec", "deploymentName"),
    ("spec", "savepoint"),
    ("spec", "template"),
    ("spec", "template", "spec"),
)


@settings(max_examples=100, deadline=None)
@example(kind="FlinkDeployment", place=("status", "conditions"), junk=[0, {}])
@example(kind="FlinkDeployment", place=("spec", "ingress", "tls"), junk=[0, {"hosts": [0, None]}])
@example(kind="FlinkDeployment", place=("spec", "flinkConfiguration"), junk={"a": 2**70})
@given(kind=st.sampled_from(sorted(KINDS)), place=st.sampled_from(_PLACES), junk=_JSON)
def test_junk_anywhere_is_found_wrong_or_ignored_but_never_raises(
    kind: str, place: tuple[str, ...], junk: Any
) -> None:
    raw: Json = {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": kind,
        "metadata": {"name": "junk", "namespace": "shop"},
        "spec": {},
    }
    node = raw
    for name in place[:-1]:
        node = node.setdefault(name, {})
    node[place[-1]] = junk
    result = verdict(raw, raw)
    assert result.errors == ()
    assert isinstance(explain(verdict(raw).errors or result.warnings), str)

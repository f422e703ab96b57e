"""Documents of a wrong shape: the broken part is told, the rest is still reviewed."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.model import KINDS
from shared.rules import explain
from tests.unit.flink_deployments import application
from tests.unit.reviewed_resources import Json, found, verdict


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


def test_null_is_the_same_as_absent() -> None:
    raw = application(job={"state": None, "args": None}, mode=None, podTemplate={"spec": None})
    raw["metadata"]["labels"] = None
    assert found(raw) == set()


def test_ten_mistakes_are_ten_findings() -> None:
    raw = application(
        flinkVersion="v9",
        serviceAccount=None,
        imagePullPolicy="Sometimes",
        flinkConfiguration={"kubernetes.namespace": "x", "rest.port": "http"},
        logConfiguration={"log.xml": ""},
        job={"parallelism": 0, "state": "stopped", "upgradeMode": "last-state"},
        jobManager={"resource": {"memory": "much", "cpu": -1}, "replicas": 2},
    )
    assert found(raw) == {
        ("FK011", "spec.flinkVersion"),
        ("FK011", "spec.job.state"),
        ("FK104", "spec.flinkConfiguration[kubernetes.namespace]"),
        ("FK105", "spec.serviceAccount"),
        ("FK106", "spec.flinkConfiguration[execution.checkpointing.dir]"),
        ("FK108", "spec.job.parallelism"),
        ("FK109", "spec.jobManager.replicas"),
        ("FK111", "spec.jobManager.resource.cpu"),
        ("FK111", "spec.jobManager.resource.memory"),
        ("FK116", "spec.logConfiguration[log.xml]"),
        ("FK117", "spec.flinkConfiguration[rest.port]"),
        ("FK119", "spec.imagePullPolicy"),
    }


def nested(levels: int) -> Json:
    value: Json = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [120, 5_000, 100_000])
def test_document_that_is_nested_deeply_is_one_finding(levels: int) -> None:
    (finding,) = verdict(application(flinkConfiguration=nested(levels))).errors
    assert str(finding).startswith("is nested deeper than 100 levels.")
    assert finding.code == "FK004"


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
    ("spec", "configuration"),
    ("spec", "jobReference"),
    ("spec", "deploymentName"),
    ("metadata", "annotations"),
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

"""How findings are told: all at once, each with what to do, and mere warnings apart."""

import pytest

from shared.rules import explain
from tests.unit.flink_deployments import application
from tests.unit.reviewed_resources import Json, found, job_resource, verdict

WITH_NONCE = {"jarURI": "https://h/j.jar", "parallelism": 1, "autoscalerResetNonce": 1}


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
        ("FK110", "spec.taskManager.resources.requests.memory"),
        ("FK111", "spec.jobManager.resource.memory"),
    }


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
        (application(job={"autoscalerResetNonce": 1}), "spec.job.autoscalerResetNonce"),
        (
            application(flinkConfiguration={"job": {"autoscaler": {"enabled": True}}}),
            "spec.flinkConfiguration[job.autoscaler.enabled]",
        ),
        (job_resource(job=WITH_NONCE), "spec.job.autoscalerResetNonce"),
    ],
)
def test_what_is_not_acted_on_is_a_warning(raw: Json, path: str) -> None:
    result = verdict(raw)
    assert result.errors == ()
    assert [warning.path for warning in result.warnings] == [path]


@pytest.mark.parametrize("kind", ["FlinkDeployment", "FlinkBlueGreenDeployment"])
def test_name_that_is_still_to_be_generated_is_not_judged(kind: str) -> None:
    raw = application()
    raw["metadata"] = {"generateName": "orders-", "namespace": "shop"}
    spec = raw["spec"] if kind == "FlinkDeployment" else {"template": {"spec": raw["spec"]}}
    assert verdict(raw | {"kind": kind, "spec": spec}).errors == ()

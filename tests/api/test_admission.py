"""Admission as a user of kubectl meets it: the webhook behind a real API server, registered by the chart."""

import re
from pathlib import Path

import pytest

from tests.api.admission import Admission
from tests.api.api_server import FLINK_DEPLOYMENTS, SESSION_JOBS, Json, RefusedError, version
from tests.api.namespace import Namespace
from tests.api.program_text import PROGRAM_TEXT
from tests.api.resources import (
    blue_green_deployment,
    flink_deployment,
    in_namespace,
    session_job,
    state_snapshot,
)
from tests.api.service_process import PROJECT

EXAMPLES = PROJECT / "examples"
VALID_EXAMPLES = sorted(path for path in EXAMPLES.glob("**/*.yaml") if path.stem != "invalid")
PATHS = [
    "spec.flinkConfiguration[execution.checkpointing.dir]",
    "spec.flinkVersion",
    "spec.job.parallelism",
    "spec.jobManager.resources.requests.memory",
    "spec.serviceAccount",
]
"""Where `with_five_mistakes` is wrong."""


def with_five_mistakes(name: str) -> Json:
    return flink_deployment(
        name,
        {"parallelism": 0, "upgradeMode": "last-state"},
        flinkVersion="v9_9",
        serviceAccount=None,
        jobManager={"resources": {"requests": {"memory": "plenty"}}},
    )


def findings(message: str) -> list[str]:
    """The field paths that kubectl lists, sorted."""
    return sorted(re.findall(r"^\* (\S+): ", message, re.MULTILINE))


def test_all_mistakes_are_told_at_once(guarded: Namespace) -> None:
    # One of them, flinkVersion, the schema would refuse by itself, and would hide the others.
    assert findings(guarded.apply_is_refused(with_five_mistakes("bad"))) == PATHS


def test_each_mistake_is_told_with_a_fix(guarded: Namespace) -> None:
    lines = [
        line
        for line in guarded.apply_is_refused(with_five_mistakes("bad")).splitlines()
        if line.startswith("* ")
    ]
    assert all(re.search(r"\. (Set|Use) .+ \[FK\d{3}\]$", line) for line in lines), lines


def test_a_refusal_shows_nothing_of_the_program(guarded: Namespace) -> None:
    # kubectl's own prefixes are `Error from server` and `error:`.
    message = guarded.apply_is_refused(with_five_mistakes("bad")).replace("Error from server", "")
    assert not PROGRAM_TEXT.search(message), message


def test_a_refused_resource_is_not_stored(guarded: Namespace) -> None:
    guarded.apply_is_refused(with_five_mistakes("bad"))
    assert guarded.find("bad") is None


def test_programs_get_each_mistake_as_a_cause(guarded: Namespace) -> None:
    with pytest.raises(RefusedError) as refusal:
        guarded.api.create(FLINK_DEPLOYMENTS, in_namespace(with_five_mistakes("bad"), guarded.name))
    status = refusal.value.status
    assert (status["code"], status["reason"]) == (422, "Invalid")
    causes = {cause["field"]: cause for cause in status["details"]["causes"]}
    assert sorted(causes) == PATHS
    assert causes["spec.job.parallelism"]["reason"] == "FK108"
    assert "must be at least 1" in causes["spec.job.parallelism"]["message"]


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (session_job("bad", {"upgradeMode": "last-state"}), "spec.job.upgradeMode"),
        (session_job("bad", deploymentName=None), "spec.deploymentName"),
        (flink_deployment("Not.A.Cluster.Id".lower()), "metadata.name"),
        (
            flink_deployment("bad", jobManager={"resource": {"memory": "1g"}, "replicas": 2}),
            "spec.jobManager.replicas",
        ),
        (
            flink_deployment("bad", flinkConfiguration={"kubernetes": {"cluster-id": "x"}}),
            "kubernetes.cluster-id",
        ),
    ],
    ids=[
        "last-state-session-job",
        "no-session-cluster",
        "name",
        "two-job-managers-without-ha",
        "reserved-option",
    ],
)
def test_a_single_mistake_is_named(guarded: Namespace, resource: Json, path: str) -> None:
    assert path in guarded.apply_is_refused(resource)


@pytest.mark.parametrize(
    "resource",
    [flink_deployment("good"), session_job("good"), state_snapshot("good"), blue_green_deployment("good")],
    ids=lambda resource: resource["kind"],
)
def test_a_valid_resource_is_accepted(guarded: Namespace, resource: Json) -> None:
    guarded.apply(flink_deployment("job"))  # the snapshot's
    assert "created" in guarded.apply(resource)


@pytest.mark.parametrize("example", VALID_EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_accepted(guarded: Namespace, example: Path) -> None:
    assert "created" in guarded.succeeds("apply", "-f", str(example))


def test_the_invalid_example_is_refused_for_each_of_its_mistakes(guarded: Namespace) -> None:
    message = guarded.refuses("apply", "-f", str(EXAMPLES / "invalid.yaml"))
    assert findings(message) == PATHS


def test_a_session_job_is_labelled_with_its_cluster(guarded: Namespace) -> None:
    guarded.apply(session_job("job", deploymentName="cluster-a"))
    assert guarded.get("job", SESSION_JOBS)["metadata"]["labels"] == {"target.session": "cluster-a"}


def test_a_session_jobs_own_labels_stay(guarded: Namespace) -> None:
    job = session_job("job")
    job["metadata"]["labels"] = {"team": "a"}
    guarded.apply(job)
    assert guarded.get("job", SESSION_JOBS)["metadata"]["labels"] == {
        "team": "a",
        "target.session": "session",
    }


@pytest.mark.parametrize("way", ["--server-side=true", "--server-side=false"])
def test_applying_the_same_again_changes_nothing(guarded: Namespace, way: str) -> None:
    """From the second time on: then the API server has stored the status that is the schema's default."""
    for _ in range(2):
        guarded.succeeds("apply", way, "-f", "-", stdin=session_job("job"))
    before = version(guarded.get("job", SESSION_JOBS))
    guarded.succeeds("apply", way, "-f", "-", stdin=session_job("job"))
    assert version(guarded.get("job", SESSION_JOBS)) == before


@pytest.mark.parametrize(
    ("resource", "warning"),
    [
        (flink_deployment("job", {"autoscalerResetNonce": 1}), "spec.job.autoscalerResetNonce"),
        (session_job("job", {"autoscalerResetNonce": 1}), "spec.job.autoscalerResetNonce"),
    ],
    ids=["autoscaler-nonce", "session-job"],
)
def test_what_is_not_acted_on_is_warned_about(guarded: Namespace, resource: Json, warning: str) -> None:
    lines = guarded.apply(resource).splitlines()
    warnings = [line for line in lines if line.startswith("Warning: ") and line.endswith("[FK901]")]
    assert len(warnings) == 1
    assert warning in warnings[0]


def test_older_mistakes_do_not_refuse_an_unrelated_edit(namespace: Namespace, webhook: Admission) -> None:
    resource = flink_deployment("old", jobManager={}, serviceAccount=None)
    namespace.apply(resource)
    webhook.guard(namespace)
    resource["spec"]["image"] = "flink:2.3.1"
    output = namespace.apply(resource)
    assert "configured" in output
    warned = sorted(re.findall(r"^Warning: (\S+): ", output, re.MULTILINE))
    assert warned == ["spec.jobManager.resources.requests.memory", "spec.serviceAccount"]


def test_a_new_mistake_is_refused_beside_older_ones(namespace: Namespace, webhook: Admission) -> None:
    resource = flink_deployment("old", serviceAccount=None)
    namespace.apply(resource)
    webhook.guard(namespace)
    resource["spec"]["jobManager"] = {"resources": {"requests": {"memory": "plenty"}}}
    refusal = namespace.apply_is_refused(resource)
    assert "Warning: spec.serviceAccount" in refusal
    assert "is invalid: spec.jobManager.resources.requests.memory" in refusal


def test_an_invalid_resource_can_be_deleted(namespace: Namespace, webhook: Admission) -> None:
    namespace.store(flink_deployment("old", serviceAccount=None))
    webhook.guard(namespace)
    assert "deleted" in namespace.succeeds("delete", "flinkdeployment", "old", "--timeout=10s")


def test_finalizers_of_an_invalid_resource_can_be_added_and_removed(
    namespace: Namespace, webhook: Admission
) -> None:
    namespace.store(flink_deployment("old", serviceAccount=None))
    webhook.guard(namespace)
    held = '{"metadata":{"finalizers":["example.com/hold"]}}'
    released = '{"metadata":{"finalizers":null}}'
    namespace.succeeds("patch", "flinkdeployment", "old", "--type=merge", "-p", held)
    namespace.succeeds("delete", "flinkdeployment", "old", "--wait=false")
    assert namespace.get("old")["metadata"]["deletionTimestamp"]
    namespace.succeeds("patch", "flinkdeployment", "old", "--type=merge", "-p", released)
    assert namespace.find("old") is None


def test_the_status_of_an_invalid_resource_can_be_written(namespace: Namespace, webhook: Admission) -> None:
    namespace.store(flink_deployment("old", serviceAccount=None))
    webhook.guard(namespace)
    patch = {"status": {"lifecycleState": "FAILED"}}
    assert namespace.patch("old", patch, subresource="status")["status"]["lifecycleState"] == "FAILED"


def test_a_dry_run_tells_the_same_mistakes(guarded: Namespace) -> None:
    message = guarded.refuses("apply", "--dry-run=server", "-f", "-", stdin=with_five_mistakes("bad"))
    assert findings(message) == PATHS

"""What fails by itself comes back with its state, on real Flink; what ended stays ended."""

from contextlib import ExitStack

import pytest

from tests.e2e.conftest import Release
from tests.e2e.continuity import HIGH_AVAILABILITY, History, counting
from tests.e2e.disturbances import halted, pod_of, unreachable
from tests.e2e.flink import Flink, Json, application, ready
from tests.polling import eventually

pytestmark = pytest.mark.both_modes

SECONDS = 120.0
EDIT = {"spec": {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "3"}}}
_ROLLBACK = {
    "kubernetes.operator.deployment.rollback.enabled": "true",
    "kubernetes.operator.deployment.readiness.timeout": "15 s",
}
_RESTART = {"kubernetes.operator.job.restart.failed": "true", "restart-strategy.type": "none"}
_SHORT_TTL = {"kubernetes.operator.jm-deployment.shutdown-ttl": "5 s"}


def job_status(resource: Json) -> Json:
    found: Json = resource["status"]["jobStatus"]
    return found


def is_in(resource: Json, state: str) -> bool:
    return bool(resource["status"]["lifecycleState"] == state)


def test_job_survives_its_processes_and_a_silent_job_manager(
    flink: Flink, release: Release, history: History
) -> None:
    flink.apply(counting("lasting", release, history, upgrade_mode="savepoint", options=HIGH_AVAILABILITY))
    before = job_status(flink.wait_until_running("lasting"))
    history.wait_for_start(1)

    for number, component in enumerate(("taskmanager", "jobmanager"), start=2):
        name = pod_of(flink, "lasting", component)["metadata"]["name"]
        flink.kubectl("exec", name, "-c", "flink-main-container", "--", "sh", "-c", "kill 1")
        start = history.wait_for_start(number)
        assert start.restored, component
        assert start.job == before["jobId"], component
    flink.wait_for(
        "lasting", lambda r: job_status(r)["state"] == "RUNNING", within=SECONDS, what="RUNNING again"
    )

    with halted(pod_of(flink, "lasting", "jobmanager")):
        flink.patch("lasting", EDIT)
        flink.wait_for(
            "lasting", lambda r: ready(r)["observedGeneration"] == 2, within=SECONDS, what="the edit is seen"
        )
        assert len(flink.items("pod", "app=lasting,component=jobmanager")) == 1, (
            "nothing follows from silence"
        )
    flink.wait_for(
        "lasting",
        lambda r: is_in(r, "STABLE") and job_status(r)["jobId"] != before["jobId"],
        within=SECONDS,
        what="the upgrade goes on",
    )
    *_, earlier, last = (
        history.starts()
    )  # a JobManager that was halted for long may have started the job again

    assert last.restored
    assert last.count == history.last_count(earlier.run), "a savepoint loses and repeats nothing"
    history.assert_never_two_at_once()


def test_job_manager_that_cannot_be_reached_during_a_savepoint_costs_nothing_but_time(
    flink: Flink, release: Release, history: History
) -> None:
    flink.apply(counting("cut-off", release, history, upgrade_mode="savepoint"))
    flink.wait_until_running("cut-off")
    first = history.wait_for_start(1)
    job_manager, task_manager = (pod_of(flink, "cut-off", one) for one in ("jobmanager", "taskmanager"))

    with ExitStack() as firewall:
        with halted(task_manager):  # its part of the savepoint waits
            flink.patch("cut-off", EDIT)
            eventually(
                lambda: _savepoint_is_made(flink, "cut-off"), within=SECONDS, what="a savepoint is made"
            )
            firewall.enter_context(unreachable(job_manager))
        told = flink.wait_for(
            "cut-off",
            lambda r: "not answer" in ready(r)["message"],
            within=SECONDS,
            what="the silence is told",
        )
        assert pod_of(flink, "cut-off", "jobmanager")["metadata"]["uid"] == job_manager["metadata"]["uid"]
        assert job_status(told)["savepointInfo"]["triggerId"], "it is known what was asked for"
    second = history.wait_for_start(2)

    assert second.restored
    assert second.count == history.last_count(first.run)
    history.assert_never_two_at_once()


def _savepoint_is_made(flink: Flink, name: str) -> bool:
    """By its JobManager's own word."""
    job = job_status(flink.get(name))
    trigger = job.get("savepointInfo", {}).get("triggerId")
    if not trigger:
        return False
    path = f"services/{name}-rest:8081/proxy/jobs/{job['jobId']}/savepoints/{trigger}"
    answer = flink.cluster.kubectl(
        "get", "--raw", f"/api/v1/namespaces/{flink.namespace}/{path}", check=False
    )
    return "IN_PROGRESS" in answer.stdout


def test_lost_metadata_never_starts_a_job_empty(flink: Flink, release: Release, history: History) -> None:
    resource = counting("robbed", release, history, upgrade_mode="last-state", options=HIGH_AVAILABILITY)
    flink.apply(resource)
    flink.wait_until_running("robbed")
    first = history.wait_for_start(1)
    flink.patch("robbed", {"spec": {"job": {"state": "suspended"}}})
    flink.wait_for("robbed", lambda r: is_in(r, "SUSPENDED"), within=SECONDS, what="SUSPENDED")
    flink.kubectl("delete", "configmap", "-l", "app=robbed")
    flink.patch("robbed", {"spec": {"job": {"state": "running"}}})
    told = flink.wait_for(
        "robbed", lambda r: ready(r)["reason"] == "RestoreFailed", within=SECONDS, what="the loss is told"
    )
    assert "savepointRedeployNonce" in ready(told)["message"]
    assert flink.items("pod", "app=robbed") == []

    # one that was under way when the JobManager went has no metadata
    complete = (history.folder / "checkpoints").glob("*/chk-*/_metadata")
    newest = max(complete, key=lambda path: path.stat().st_mtime).parent
    path = f"file:///flink-data/{newest.relative_to(history.folder)}"
    flink.patch("robbed", {"spec": {"job": {"initialSavepointPath": path, "savepointRedeployNonce": 1}}})
    second = history.wait_for_start(2)

    assert second.restored
    assert first.count < second.count <= history.last_count(first.run)


def test_spec_that_cannot_start_is_rolled_back_and_a_return_to_the_stable_one_restarts_nothing(
    flink: Flink, release: Release, history: History
) -> None:
    options = HIGH_AVAILABILITY | _ROLLBACK
    flink.apply(counting("careful", release, history, upgrade_mode="savepoint", options=options))
    flink.wait_until_running("careful")
    first = history.wait_for_start(1)
    flink.wait_for("careful", lambda r: is_in(r, "STABLE"), within=SECONDS, what="a checkpoint")

    flink.patch("careful", {"spec": {"image": "flink:does-not-exist"}})
    second = history.wait_for_start(2)
    rolled_back = flink.wait_for(
        "careful",
        lambda r: is_in(r, "ROLLED_BACK"),
        within=SECONDS,
        what="ROLLED_BACK",
    )

    assert second.restored
    assert second.count == history.last_count(first.run)
    assert ready(rolled_back)["reason"] == "RolledBack"
    assert "Rollback" in {event["reason"] for event in flink.events("careful")}

    flink.patch("careful", {"spec": {"image": release.image}})
    stable = flink.wait_for("careful", lambda r: is_in(r, "STABLE"), within=SECONDS, what="STABLE")
    assert job_status(stable)["jobId"] == job_status(rolled_back)["jobId"]
    assert len(history.starts()) == 2
    history.assert_never_two_at_once()


def test_failed_job_is_started_again_from_its_newest_checkpoint(
    flink: Flink, release: Release, history: History
) -> None:
    resource = counting("falling", release, history, upgrade_mode="savepoint", options=_RESTART)
    resource["spec"]["job"]["args"] += ["--fail-at", "3000"]
    flink.apply(resource)
    first = history.wait_for_start(1)
    second = history.wait_for_start(2, within=SECONDS)

    assert second.restored
    assert first.count < second.count <= history.last_count(first.run)
    assert second.job != first.job
    assert "RestartFailedJob" in {event["reason"] for event in flink.events("falling")}
    history.assert_never_two_at_once()


def test_finished_job_stays_finished_and_can_be_edited(flink: Flink, release: Release) -> None:
    resource = application("batch", release.image, release.version, mode=release.mode)
    resource["spec"]["job"]["args"] = ["--rate", "1000", "--bounded", "2000"]
    resource["spec"]["flinkConfiguration"] |= _SHORT_TTL
    flink.apply(resource)

    def finished(resource: Json) -> bool:
        return (job_status(resource).get("state"), ready(resource)["reason"]) == ("FINISHED", "JobFinished")

    before = flink.wait_for("batch", finished, within=SECONDS, what="FINISHED")
    eventually(
        lambda: flink.items("deployment") == [] or None, within=SECONDS, what="its JobManager goes in time"
    )
    assert finished(flink.get("batch"))

    flink.patch("batch", {"spec": {"restartNonce": 1}})
    flink.wait_for(
        "batch",
        lambda r: finished(r) and job_status(r)["jobId"] != job_status(before)["jobId"],
        within=SECONDS,
        what="FINISHED again",
    )

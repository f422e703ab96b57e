"""The next edit of a job that the Java operator left: it goes on from its newest state, and never empty."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from controller.decide.route import LAST_STATE_MARKER
from controller.observation import (
    Absent,
    Checkpoints,
    Fact,
    HighAvailability,
    Job,
    Known,
    Observation,
    StopOperation,
    Unknown,
)
from controller.plan import CancelJob, CreateCluster, Plan, StopJobManager, StopWithSavepoint
from shared.model.job import UpgradeMode
from shared.model.status import JobState, ReconciliationState
from tests.unit.flink_deployments import (
    NO_ANSWER,
    cluster_of,
    edited,
    java_operator_resource,
    job_of,
    observed,
    observed_up,
    with_status,
)
from tests.unit.recorded_deployments import Json, plan_of, up

CHECKPOINT = "s3://b/cp/chk-7"
SAVEPOINT = "s3://b/sp/savepoint-1"
RUNS = [
    "application-running",
    "application-upgraded-stable",
    "application-ha-running",
    "application-ha-upgraded-stable",
    "standalone-application",
]


def job_id_of(raw: Json) -> str:
    found: str = raw["status"]["jobStatus"]["jobId"]
    return found


def metadata_of(raw: Json) -> Known[HighAvailability]:
    return Known(HighAvailability(job_id_of(raw), has_checkpoint=True))


def up_with(raw: Json, state: JobState = JobState.RUNNING, **more: Any) -> Observation:
    """The cluster runs, and its job is in that state."""
    return replace(up(raw, state), **more)


def created(plan: Plan) -> list[CreateCluster]:
    return [action for action in plan.actions if isinstance(action, CreateCluster)]


def all_facts(raw: Json) -> Iterator[Observation]:
    """What may be known of cluster, job, checkpoints and metadata, of a job that takes checkpoints."""
    jobs: list[Fact[Job]] = [
        NO_ANSWER,
        Absent(),
        *(
            job_of(job_id_of(raw), state)
            for state in (JobState.RUNNING, JobState.RESTARTING, JobState.FAILED)
        ),
    ]
    checkpoints: list[Fact[Checkpoints]] = [NO_ANSWER, Known(Checkpoints(CHECKPOINT))]
    metadata: list[Fact[HighAvailability]] = [Unknown("timeout"), Absent(), metadata_of(raw)]
    generation = raw["status"]["observedGeneration"]
    for job, known, found in itertools.product(jobs, checkpoints, metadata):
        if isinstance(known, Known) and not isinstance(job, Known):
            continue
        more: Json = {"checkpoints": known, "high_availability": found}
        yield observed_up(job, generation=generation, **more)
    for found in metadata:
        yield observed(high_availability=found)
        down = cluster_of(generation, available=False)
        yield observed(cluster=down, high_availability=found)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("mode", [UpgradeMode.SAVEPOINT, UpgradeMode.LAST_STATE])
def test_edit_never_starts_a_job_empty_whatever_is_known(name: str, mode: UpgradeMode) -> None:
    raw = java_operator_resource(name)
    changed = edited(raw, restartNonce=7, job={"upgradeMode": mode.value})
    starts = 0
    for facts in all_facts(raw):
        began = with_status(changed, plan_of(changed, facts))
        for gone in (observed(), observed(high_availability=metadata_of(raw))):
            for create in created(plan_of(began, gone)):
                assert create.submission.restore_path is not None, facts
                starts += 1
    assert starts > 0


def test_native_application_with_high_availability_goes_on_by_flinks_metadata() -> None:
    raw = java_operator_resource("application-ha-running")
    changed = edited(raw, restartNonce=7)
    checkpoints = Known(Checkpoints(CHECKPOINT))
    plan = plan_of(changed, up_with(raw, checkpoints=checkpoints, high_availability=metadata_of(raw)))
    assert [type(action) for action in plan.actions] == [StopJobManager]
    plan = plan_of(with_status(changed, plan), observed(high_availability=metadata_of(raw)))
    (create,) = created(plan)
    assert create.submission.restore_path == LAST_STATE_MARKER
    assert create.submission.job_id == job_id_of(raw)


@pytest.mark.parametrize(
    "name", ["application-running", "application-upgraded-stable", "standalone-application"]
)
def test_application_goes_on_from_a_new_savepoint(name: str) -> None:
    raw = java_operator_resource(name)
    changed = edited(raw, restartNonce=7)
    plan = plan_of(changed, up_with(raw))
    (stop,) = plan.actions
    assert isinstance(stop, StopWithSavepoint)
    assert stop.job_id == job_id_of(raw)
    assert stop.directory == "file:///flink-data/savepoints"
    changed = with_status(changed, plan)
    plan = plan_of(changed, up_with(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    (create,) = created(plan_of(with_status(changed, plan), observed()))
    assert create.submission.restore_path == SAVEPOINT
    assert create.submission.job_id != job_id_of(raw)


def test_savepoint_that_its_operator_waited_for_does_not_hold_up_an_upgrade() -> None:
    raw = java_operator_resource("application-running")
    pending = {
        "triggerId": "f" * 32,
        "triggerTimestamp": 1,
        "triggerType": "MANUAL",
        "formatType": "CANONICAL",
    }
    raw["status"]["jobStatus"]["savepointInfo"] |= pending
    assert plan_of(raw, up_with(raw)).actions == ()
    plan = plan_of(edited(raw, restartNonce=7), up_with(raw))
    (stop,) = plan.actions
    assert isinstance(stop, StopWithSavepoint)
    assert stop.trigger_id != pending["triggerId"]


def cancelled_by_another() -> Json:
    """A job that is being cancelled for an upgrade: the record is that of what runs."""
    raw = java_operator_resource("application-running")
    raw = edited(raw, restartNonce=7, job={"upgradeMode": "last-state"})
    status = raw["status"]
    status["jobStatus"]["state"] = "CANCELLING"
    status["reconciliationStatus"]["state"] = "UPGRADING"
    for old, new in (('"stateless"', '"savepoint"'), ('"firstDeployment":true', '"firstDeployment":false')):
        document = status["reconciliationStatus"]["lastReconciledSpec"]
        status["reconciliationStatus"]["lastReconciledSpec"] = document.replace(old, new)
    return raw


def test_cancellation_that_another_operator_began_is_awaited() -> None:
    raw = cancelled_by_another()
    plan = plan_of(raw, up_with(raw, JobState.CANCELLING))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING


def test_cancellation_that_another_operator_could_not_ask_for_is_asked_for() -> None:
    raw = cancelled_by_another()
    assert plan_of(raw, up_with(raw)).actions == (CancelJob(job_id_of(raw)),)


def test_job_that_another_operator_cancelled_goes_on_from_its_newest_checkpoint() -> None:
    raw = cancelled_by_another()
    plan = plan_of(raw, up_with(raw, JobState.CANCELED, checkpoints=Known(Checkpoints(CHECKPOINT))))
    assert [type(action) for action in plan.actions] == [StopJobManager]
    (create,) = created(plan_of(with_status(raw, plan), observed()))
    assert create.submission.restore_path == CHECKPOINT


def test_job_that_another_operator_saw_cancelled_goes_on_from_what_it_noted() -> None:
    raw = cancelled_by_another()
    status = raw["status"]
    document = status["reconciliationStatus"]["lastReconciledSpec"]
    status["reconciliationStatus"]["lastReconciledSpec"] = document.replace('"running"', '"suspended"')
    status["jobStatus"] |= {"state": "CANCELED", "upgradeSavepointPath": CHECKPOINT}
    plan = plan_of(raw, up_with(raw, JobState.CANCELED))
    assert [type(action) for action in plan.actions] == [StopJobManager]
    (create,) = created(plan_of(with_status(raw, plan), observed()))
    assert create.submission.restore_path == CHECKPOINT


def rolled_back_by_another(name: str = "application-running") -> Json:
    """An edit that proved bad: the record is still that of the edit, and the last stable spec runs."""
    raw = edited(java_operator_resource(name), image="flink:broken")
    status = raw["status"]["reconciliationStatus"]
    good, bad = '"image":"flink:2.3"', '"image":"flink:broken"'
    status["lastReconciledSpec"] = status["lastStableSpec"].replace(good, bad)
    status["state"] = "ROLLED_BACK"
    raw["status"]["observedGeneration"] = raw["metadata"]["generation"]
    return raw


@pytest.mark.parametrize("is_autoscaled", [False, True])
def test_resource_that_another_operator_rolled_back_stays_until_it_is_edited(is_autoscaled: bool) -> None:
    raw = rolled_back_by_another()
    if is_autoscaled:  # then more differs from the record than the owner knows of
        status = raw["status"]["reconciliationStatus"]
        document = status["lastReconciledSpec"]
        overrides = '"flinkConfiguration":{"pipeline.jobvertex-parallelism-overrides":"a:2",'
        status["lastReconciledSpec"] = document.replace('"flinkConfiguration":{', overrides)
    plan = plan_of(raw, up_with(raw))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.to_wire() == raw["status"]["reconciliationStatus"]
    (stop,) = plan_of(edited(raw, image="flink:2.3.1"), up_with(raw)).actions
    assert isinstance(stop, StopWithSavepoint)

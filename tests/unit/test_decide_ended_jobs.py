"""Jobs that end by themselves: what is put on record, and what follows."""

from datetime import timedelta

import pytest

from controller.decide.route import LAST_STATE_MARKER
from controller.observation import Absent, Checkpoints, Fact, Known, Observation, Unknown
from controller.plan import CreateCluster, DeleteCluster, StopJobManager
from shared.model.job import UpgradeMode
from shared.model.status import JobState, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    job_of,
    observed,
    observed_up,
    pods_of,
    with_status,
)
from tests.unit.recorded_deployments import (
    KUBERNETES_HA,
    SAVEPOINTS,
    Json,
    deployed,
    error_of,
    plan_of,
    recorded,
)

CHECKPOINT = "s3://b/cp/chk-7"
RESTART = {"kubernetes.operator.job.restart.failed": "true"}
TTL = {"kubernetes.operator.jm-deployment.shutdown-ttl": "1 h"}
KEPT = Known(Checkpoints(newest=CHECKPOINT))
LATER = NOW + timedelta(minutes=1)


def running(**options: str) -> Json:
    return deployed(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS | options))


def ended(raw: Json, state: JobState = JobState.FAILED, checkpoints: Fact[Checkpoints] = KEPT) -> Observation:
    job = job_of(raw["status"]["jobStatus"]["jobId"], state)
    return observed_up(job, at=LATER, checkpoints=checkpoints)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.FINISHED, JobState.CANCELED])
def test_newest_checkpoint_of_a_job_that_ended_is_put_on_record(state: JobState) -> None:
    plan = plan_of(raw := running(), ended(raw, state))
    assert plan.status.job_status.upgrade_savepoint_path == CHECKPOINT
    assert plan.actions == ()


def test_change_of_a_job_whose_job_manager_is_gone_since_it_ended_goes_on_from_the_record() -> None:
    raw = running(**KUBERNETES_HA)
    raw = edited(with_status(raw, plan_of(raw, ended(raw))), image="flink:2.4")
    plan = plan_of(raw, observed())
    assert plan.status.job_status.upgrade_savepoint_path == CHECKPOINT
    raw = with_status(raw, plan)
    action = plan_of(raw, observed()).actions[-1]
    assert isinstance(action, CreateCluster)
    assert action.submission.restore_path == CHECKPOINT


def test_end_is_no_record_of_a_job_that_its_job_manager_may_have_run_again() -> None:
    raw = running()
    raw = edited(with_status(raw, plan_of(raw, ended(raw))), image="flink:2.4")
    plan = plan_of(raw, observed())
    assert plan.actions == ()
    assert "savepointRedeployNonce" in error_of(plan)


@pytest.mark.parametrize(
    "checkpoints",
    [Checkpoints(newest="x", is_addressable=False), Checkpoints(newest=CHECKPOINT, is_discarded=True)],
)
def test_state_that_went_with_the_job_never_gives_way_to_older_state(checkpoints: Checkpoints) -> None:
    raw = running(**KUBERNETES_HA)
    raw = with_status(raw, plan_of(raw, ended(raw, JobState.FINISHED, Known(checkpoints))))
    assert raw["status"]["jobStatus"]["upgradeSavepointPath"] == LAST_STATE_MARKER
    plan = plan_of(edited(raw, image="flink:2.4"), observed())
    assert plan.actions == ()
    assert "savepointRedeployNonce" in error_of(plan)


def test_discarded_checkpoint_is_told_while_the_job_manager_is_there() -> None:
    raw = edited(before := running(), image="flink:2.4")
    gone = Known(Checkpoints(newest=CHECKPOINT, is_discarded=True))
    plan = plan_of(raw, ended(before, JobState.FINISHED, gone))
    assert plan.actions == ()
    assert "Flink discarded its checkpoints" in error_of(plan)


def test_job_that_failed_for_good_is_left_alone_by_default() -> None:
    plan = plan_of(raw := running(), ended(raw))
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.FAILED


def test_job_that_failed_is_started_again_from_its_newest_checkpoint_where_that_is_wanted() -> None:
    plan = plan_of(raw := running(**RESTART), ended(raw))
    assert plan.actions == (StopJobManager(),)
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    assert "RestartFailedJob" in {event.reason for event in plan.events}
    raw = with_status(raw, plan)
    (action,) = plan_of(raw, observed()).actions
    assert isinstance(action, CreateCluster)
    assert action.submission.restore_path == CHECKPOINT
    assert action.submission.job_id != raw["status"]["jobStatus"]["jobId"]


def test_job_that_fails_at_once_is_not_started_in_a_tight_circle() -> None:
    raw = running(**RESTART)
    job = job_of(raw["status"]["jobStatus"]["jobId"], JobState.FAILED)
    soon = observed_up(job, at=NOW + timedelta(seconds=10), checkpoints=KEPT)
    assert plan_of(raw, soon).actions == ()


@pytest.mark.parametrize("checkpoints", [Unknown("timeout"), Known(Checkpoints("x", is_addressable=False))])
def test_failed_job_is_not_started_again_while_its_state_is_not_known(checkpoints: Fact[Checkpoints]) -> None:
    plan = plan_of(raw := running(**RESTART), ended(raw, checkpoints=checkpoints))
    assert plan.actions == ()


def test_failed_stateless_job_starts_again_from_the_beginning() -> None:
    raw = deployed(application(flinkConfiguration=RESTART))
    plan = plan_of(raw, ended(raw))
    assert plan.actions == (StopJobManager(),)
    job = recorded(with_status(raw, plan)).spec.job
    assert job is not None
    assert job.upgrade_mode is UpgradeMode.STATELESS


@pytest.mark.parametrize(("minutes", "stopped"), [(59, False), (61, True)])
def test_job_manager_of_a_job_that_ended_is_kept_for_a_while(minutes: int, *, stopped: bool) -> None:
    raw = running(**TTL)
    raw = with_status(raw, plan_of(raw, ended(raw, JobState.FINISHED)))
    job = job_of(raw["status"]["jobStatus"]["jobId"], JobState.FINISHED)
    plan = plan_of(raw, observed_up(job, at=LATER + timedelta(minutes=minutes), checkpoints=KEPT))
    assert plan.actions == ((StopJobManager(),) if stopped else ())
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED


def test_job_manager_that_may_tell_what_is_not_on_record_is_kept() -> None:
    raw = running(**TTL)
    raw = with_status(raw, plan_of(raw, ended(raw, JobState.FINISHED)))
    job = job_of(raw["status"]["jobStatus"]["jobId"], JobState.FINISHED)
    at = LATER + timedelta(hours=2)
    assert plan_of(raw, observed_up(job, at=at, checkpoints=Unknown("timeout"))).actions == ()


def test_deployment_of_a_job_that_ended_goes_and_is_not_recovered() -> None:
    raw = running(**TTL)
    raw = with_status(raw, plan_of(raw, ended(raw, JobState.FINISHED)))
    at = LATER + timedelta(hours=2)
    job = job_of(raw["status"]["jobStatus"]["jobId"], JobState.FINISHED)
    raw = with_status(raw, plan_of(raw, observed_up(job, at=at, checkpoints=KEPT)))
    stopped = observed(cluster=cluster_of(replicas=0, available=False), pods=pods_of(), at=at)
    assert plan_of(raw, stopped).actions == (DeleteCluster("cluster-uid"),)
    gone = plan_of(raw, observed(cluster=Absent(), at=at))
    assert gone.actions == ()
    assert gone.status.job_status.state is JobState.FINISHED
    changed = plan_of(edited(with_status(raw, gone), image="flink:2.4"), observed(at=at))
    assert changed.status.job_status.upgrade_savepoint_path == CHECKPOINT
    assert changed.status.reconciliation_status.state is ReconciliationState.UPGRADING

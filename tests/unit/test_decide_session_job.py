"""Decisions about session jobs: submission, upgrade, suspension, and clusters that go."""

from datetime import timedelta

import pytest

from controller.cache import named_cluster
from controller.observation import (
    Absent,
    Attempt,
    Checkpoints,
    HighAvailability,
    Known,
    Problem,
    StopOperation,
    Unknown,
)
from controller.plan import CancelJob, RunJob, StopWithSavepoint
from shared.control import PAUSED
from shared.model.status import JobState, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    NOW,
    Json,
    application,
    cluster_of,
    edited,
    session,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, deployed
from tests.unit.session_jobs import (
    CLUSTER,
    cluster_is_up,
    listed,
    plan_of_job,
    recorded_job,
    running_job,
    session_job,
    submitted_job,
)

STATELESS = {"upgradeMode": "stateless"}
SAVEPOINT = "s3://b/sp/savepoint-1"


def ready_of(plan: object) -> tuple[str, str]:
    condition = plan.status.condition("Ready")  # type: ignore[attr-defined]
    return condition.reason, condition.message


def test_job_is_submitted_with_its_id_on_record() -> None:
    plan = plan_of_job(session_job(), cluster_is_up())
    (run,) = plan.actions
    assert isinstance(run, RunJob)
    assert run.job_id == plan.status.job_status.job_id
    assert run.restore_path is None
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    assert plan.status.job_status.state is JobState.RECONCILING


def test_job_starts_from_its_initial_savepoint() -> None:
    plan = plan_of_job(session_job(job={"initialSavepointPath": SAVEPOINT}), cluster_is_up())
    (run,) = plan.actions
    assert isinstance(run, RunJob)
    assert run.restore_path == SAVEPOINT


@pytest.mark.parametrize(
    ("cluster", "reason"),
    [
        (None, "WaitingForCluster"),
        (session(flinkConfiguration=SAVEPOINTS), "WaitingForCluster"),
        (with_metadata(CLUSTER, deletionTimestamp="2026-11-21T12:00:00Z"), "WaitingForCluster"),
        (edited(CLUSTER, image="flink:2.3-fixed"), "WaitingForCluster"),
    ],
    ids=["missing", "not deployed", "being deleted", "about to be replaced"],
)
def test_job_waits_for_a_cluster_that_takes_it(cluster: Json | None, reason: str) -> None:
    observation = cluster_is_up() if cluster else cluster_is_up(cluster=Absent(), flink=Unknown("nobody"))
    plan = plan_of_job(session_job(), observation, cluster)
    assert plan.actions == ()
    assert plan.status.reconciliation_status.last_reconciled_spec is None
    assert ready_of(plan)[0] == reason


def test_job_does_not_run_on_an_application_cluster() -> None:
    plan = plan_of_job(session_job(), cluster_is_up(), deployed(application(flinkConfiguration=SAVEPOINTS)))
    assert plan.actions == ()
    assert "orders" in (plan.status.error or "")


def test_submission_whose_answer_was_lost_is_found_again_by_its_id() -> None:
    raw = submitted_job(session_job())
    plan = plan_of_job(raw, listed(raw))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert plan.status.lifecycle_state is LifecycleState.STABLE


def test_submission_that_did_not_arrive_is_repeated_with_the_same_id() -> None:
    raw = submitted_job(session_job())
    (run,) = plan_of_job(raw, cluster_is_up()).actions
    assert isinstance(run, RunJob)
    assert run.job_id == raw["status"]["jobStatus"]["jobId"]


def test_nothing_is_submitted_while_a_submission_is_under_way() -> None:
    raw = submitted_job(session_job())
    attempt = Known(Attempt(raw["status"]["jobStatus"]["jobId"]))
    assert plan_of_job(raw, cluster_is_up(attempt=attempt)).actions == ()


def test_nothing_is_submitted_while_the_job_manager_does_not_tell() -> None:
    raw = submitted_job(session_job())
    assert plan_of_job(raw, cluster_is_up(job=Unknown("no answer"))).actions == ()


def test_failed_submission_is_told_and_repeated_after_a_pause() -> None:
    raw = submitted_job(session_job())
    problem = Problem("ArtifactFailed", "https://jars.example.com/report.jar: HTTP 404")
    failed = Known(Attempt(raw["status"]["jobStatus"]["jobId"], NOW, problem))
    plan = plan_of_job(raw, cluster_is_up(attempt=failed))
    assert plan.actions == ()
    assert ready_of(plan) == ("ArtifactFailed", problem.message)
    later = cluster_is_up(attempt=failed, at=NOW + timedelta(seconds=31))
    assert [type(action) for action in plan_of_job(with_status(raw, plan), later).actions] == [RunJob]


def test_edit_is_submitted_at_once_after_a_failed_submission() -> None:
    raw = submitted_job(session_job())
    failed = Known(Attempt(raw["status"]["jobStatus"]["jobId"], NOW, Problem("ArtifactFailed", "404")))
    changed = edited(raw, job={"jarURI": "https://jars.example.com/other.jar"})
    (run,) = plan_of_job(changed, cluster_is_up(attempt=failed)).actions
    assert isinstance(run, RunJob)
    assert run.spec.job is not None
    assert run.spec.job.jar_uri == "https://jars.example.com/other.jar"


def test_upgrade_takes_a_savepoint_and_goes_on_from_it() -> None:
    raw = running_job(session_job())
    old = raw["status"]["jobStatus"]["jobId"]
    changed = edited(raw, job={"parallelism": 3})
    plan = plan_of_job(changed, listed(raw))
    (stop,) = plan.actions
    assert isinstance(stop, StopWithSavepoint)
    changed = with_status(changed, plan)
    made = listed(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT)))
    changed = with_status(changed, plan_of_job(changed, made))
    assert changed["status"]["jobStatus"]["upgradeSavepointPath"] == SAVEPOINT
    (run,) = plan_of_job(changed, made).actions
    assert isinstance(run, RunJob)
    assert run.restore_path == SAVEPOINT
    assert run.job_id != old


def test_nothing_is_submitted_before_the_older_run_has_ended() -> None:
    raw = running_job(session_job())
    changed = edited(raw, job={"parallelism": 3})
    changed = with_status(changed, plan_of_job(changed, listed(raw)))
    made = listed(raw, JobState.RUNNING, stop=Known(StopOperation(location=SAVEPOINT)))
    changed = with_status(changed, plan_of_job(changed, made))
    assert plan_of_job(changed, listed(raw, JobState.RUNNING)).actions == ()
    lingering = listed(raw, JobState.RUNNING, at=NOW + timedelta(seconds=10))
    assert plan_of_job(changed, lingering).actions == (CancelJob(raw["status"]["jobStatus"]["jobId"]),)


def test_stateless_upgrade_cancels_the_job_and_awaits_its_end() -> None:
    raw = running_job(session_job(job=STATELESS))
    old = raw["status"]["jobStatus"]["jobId"]
    changed = edited(raw, job={"parallelism": 3})
    plan = plan_of_job(changed, listed(raw))
    assert plan.actions == (CancelJob(old),)
    changed = with_status(changed, plan)
    assert plan_of_job(changed, listed(raw, JobState.CANCELLING)).actions == ()
    changed = with_status(changed, plan_of_job(changed, listed(raw, JobState.CANCELED)))
    (run,) = plan_of_job(changed, listed(raw, JobState.CANCELED)).actions
    assert isinstance(run, RunJob)
    assert run.restore_path is None
    assert run.job_id != old


def test_suspension_keeps_the_savepoint_for_the_resumption() -> None:
    raw = running_job(session_job())
    suspended = edited(raw, job={"state": "suspended"})
    suspended = with_status(suspended, plan_of_job(suspended, listed(raw)))
    made = listed(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT)))
    for _ in range(2):
        suspended = with_status(suspended, plan_of_job(suspended, made))
    assert suspended["status"]["lifecycleState"] == "SUSPENDED"
    resumed = edited(suspended, job={"state": "running"})
    resumed = with_status(resumed, plan_of_job(resumed, cluster_is_up()))
    (run,) = plan_of_job(resumed, cluster_is_up()).actions
    assert isinstance(run, RunJob)
    assert run.restore_path == SAVEPOINT


def test_job_that_a_new_job_manager_does_not_know_is_submitted_again_without_state() -> None:
    raw = running_job(session_job(job=STATELESS))
    lost = with_status(raw, plan_of_job(raw, cluster_is_up()))
    (run,) = plan_of_job(lost, cluster_is_up()).actions
    assert isinstance(run, RunJob)
    assert run.job_id != raw["status"]["jobStatus"]["jobId"]


def test_job_with_state_that_is_lost_is_not_started_without_it() -> None:
    raw = running_job(session_job())
    plan = plan_of_job(raw, cluster_is_up())
    assert plan.actions == ()
    assert ready_of(plan)[0] == "RestoreFailed"


def test_job_of_which_flink_keeps_metadata_is_waited_for() -> None:
    raw = running_job(session_job(job=STATELESS))
    metadata = Known(HighAvailability(raw["status"]["jobStatus"]["jobId"], has_checkpoint=True))
    plan = plan_of_job(raw, cluster_is_up(high_availability=metadata))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED


def test_finished_job_stays_finished_when_its_job_manager_forgets_it() -> None:
    raw = running_job(session_job(job=STATELESS))
    raw = with_status(raw, plan_of_job(raw, listed(raw, JobState.FINISHED)))
    plan = plan_of_job(raw, cluster_is_up())
    assert plan.actions == ()
    assert plan.status.job_status.state is JobState.FINISHED


def test_job_is_parked_with_its_state_before_its_cluster_is_replaced() -> None:
    raw = running_job(session_job())
    going = edited(CLUSTER, image="flink:2.3-fixed")
    plan = plan_of_job(raw, listed(raw), going)
    (stop,) = plan.actions
    assert isinstance(stop, StopWithSavepoint)
    raw = with_status(raw, plan)
    made = listed(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT)))
    raw = with_status(raw, plan_of_job(raw, made, going))
    waiting = plan_of_job(raw, made, going)
    assert waiting.actions == ()
    assert ready_of(waiting)[0] == "WaitingForCluster"
    (run,) = plan_of_job(raw, cluster_is_up()).actions
    assert isinstance(run, RunJob)
    assert run.restore_path == SAVEPOINT


def test_job_is_left_alone_when_flink_carries_it_over() -> None:
    cluster = deployed(session(flinkConfiguration=SAVEPOINTS | KUBERNETES_HA))
    raw = running_job(session_job())
    assert plan_of_job(raw, listed(raw), edited(cluster, image="flink:2.3-fixed")).actions == ()


def test_job_without_state_is_left_alone_until_its_cluster_is_replaced() -> None:
    raw = running_job(session_job(job=STATELESS))
    assert plan_of_job(raw, listed(raw), edited(CLUSTER, image="flink:2.3-fixed")).actions == ()


def test_redeployment_cancels_the_job_and_starts_from_the_named_savepoint() -> None:
    raw = running_job(session_job())
    changed = edited(raw, job={"savepointRedeployNonce": 1, "initialSavepointPath": SAVEPOINT})
    plan = plan_of_job(changed, listed(raw))
    assert plan.actions == (CancelJob(raw["status"]["jobStatus"]["jobId"]),)
    changed = with_status(changed, plan)
    over = listed(raw, JobState.CANCELED)
    changed = with_status(changed, plan_of_job(changed, over))
    (run,) = plan_of_job(changed, over).actions
    assert isinstance(run, RunJob)
    assert run.restore_path == SAVEPOINT


def test_cluster_is_never_touched_for_a_session_job() -> None:
    raw = running_job(session_job(job=STATELESS))
    changed = edited(raw, job={"parallelism": 3})
    changed = with_status(changed, plan_of_job(changed, listed(raw)))
    plan = plan_of_job(changed, listed(raw, JobState.CANCELED))
    assert plan.actions == ()
    assert recorded_job(with_status(changed, plan)).is_suspended


def test_job_with_an_invalid_edit_goes_on_as_it_is() -> None:
    raw = running_job(session_job())
    broken = edited(raw, job={"parallelism": 0})
    plan = plan_of_job(broken, listed(raw))
    assert plan.actions == ()
    assert ready_of(plan)[0] == "ValidationError"
    assert plan.status.job_status.state is JobState.RUNNING


def test_unreachable_job_manager_changes_nothing() -> None:
    raw = running_job(session_job())
    plan = plan_of_job(raw, cluster_is_up(flink=Unknown("timeout"), job=Unknown("timeout")))
    assert plan.actions == ()
    assert plan.status.job_status.state is JobState.RUNNING


def test_job_is_reconciling_while_its_job_manager_is_down() -> None:
    raw = running_job(session_job())
    down = cluster_is_up(cluster=cluster_of(available=False), flink=Unknown("down"), job=Unknown("down"))
    assert plan_of_job(raw, down).status.job_status.state is JobState.RECONCILING


def test_failed_job_is_started_again_from_its_newest_checkpoint_where_that_is_wanted() -> None:
    options = {"kubernetes.operator.job.restart.failed": "true"}
    raw = running_job(session_job(flinkConfiguration=options))
    checkpoints = Known(Checkpoints("s3://b/cp/chk-7"))
    failed = listed(raw, JobState.FAILED, checkpoints=checkpoints, at=NOW + timedelta(minutes=1))
    raw = with_status(raw, plan_of_job(raw, failed))
    assert raw["status"]["jobStatus"]["upgradeSavepointPath"] == "s3://b/cp/chk-7"
    (run,) = plan_of_job(raw, failed).actions
    assert isinstance(run, RunJob)
    assert run.restore_path == "s3://b/cp/chk-7"


def test_job_stays_with_the_cluster_of_its_record() -> None:
    raw = running_job(session_job())
    moved = edited(raw, deploymentName="other")
    assert named_cluster(raw) == "orders"
    assert named_cluster(moved) == "orders"
    assert named_cluster(session_job()) == "orders"


def test_job_in_mode_last_state_is_cancelled_whatever_metadata_its_cluster_keeps() -> None:
    cluster = deployed(session(flinkConfiguration=SAVEPOINTS | KUBERNETES_HA))
    raw = running_job(session_job())
    changed = edited(raw, job={"parallelism": 3, "upgradeMode": "last-state"})
    checkpoints = Known(Checkpoints("s3://b/cp/chk-7"))
    listing = listed(raw, checkpoints=checkpoints, high_availability=Unknown("nobody was asked"))
    operator = {"kubernetes.operator.session-job.upgrade.last-state.enabled": "true"}
    plan = plan_of_job(changed, listing, cluster, operator)
    assert plan.actions == (CancelJob(raw["status"]["jobStatus"]["jobId"]),)


def test_end_of_a_paused_job_is_noted_with_its_newest_checkpoint() -> None:
    raw = with_metadata(running_job(session_job()), annotations={PAUSED: "true"})
    half_told = listed(raw, JobState.FINISHED, checkpoints=Unknown("its JobManager may tell more"))
    assert plan_of_job(raw, half_told).status.job_status.state is JobState.RUNNING
    told = listed(raw, JobState.FINISHED, checkpoints=Known(Checkpoints("s3://b/cp/chk-7")))
    job = plan_of_job(raw, told).status.job_status
    assert (job.state, job.upgrade_savepoint_path) == (JobState.FINISHED, "s3://b/cp/chk-7")

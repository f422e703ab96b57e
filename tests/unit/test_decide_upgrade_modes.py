"""How a job's state is carried over a change: by savepoint, Flink's metadata, or newest checkpoint."""

from datetime import timedelta
from typing import Any

import pytest

from controller.decide.route import LAST_STATE_MARKER
from controller.observation import (
    Absent,
    Checkpoints,
    HighAvailability,
    Known,
    Observation,
    StopOperation,
    Unknown,
)
from controller.plan import (
    CancelJob,
    CreateCluster,
    DeleteHighAvailabilityData,
    ForgetJobPlans,
    Plan,
    StopJobManager,
    StopWithSavepoint,
)
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.snapshot_info import SavepointFormatType, SnapshotTriggerType
from shared.model.status import JobState, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    job_of,
    observed,
    observed_up,
    pod_of,
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

SAVEPOINT = "s3://b/sp/savepoint-1"
CHECKPOINT = "s3://b/cp/chk-7"
FALLBACK_OFF = {"kubernetes.operator.job.upgrade.last-state-fallback.enabled": "false"}
CANCEL = {"kubernetes.operator.job.upgrade.last-state.job-cancel.enabled": "true"}
AGE = {"kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age": "1 min"}
LATER = NOW + timedelta(seconds=1)
NOBODY = Unknown("nobody answers")


def stateful(mode: str = "savepoint", options: Json | None = None, **spec: Any) -> Json:
    """A running job whose state counts."""
    configuration = {**SAVEPOINTS, **(options or {})}
    return deployed(application(job={"upgradeMode": mode}, flinkConfiguration=configuration, **spec))


def changed(raw: Json, *, job: Json | None = None) -> Json:
    return edited(raw, image="flink:2.4", job=job)


def job_id(raw: Json) -> str:
    found = raw["status"]["jobStatus"]["jobId"]
    assert isinstance(found, str)
    return found


def metadata(raw: Json, *, has_checkpoint: bool = True) -> Known[HighAvailability]:
    return Known(HighAvailability(job_id(raw), has_checkpoint))


def up(raw: Json, state: JobState = JobState.RUNNING, **more: Any) -> Observation:
    facts: Json = {"checkpoints": Known(Checkpoints(newest=CHECKPOINT)), **more}
    return observed_up(job_of(job_id(raw), state), **facts)


def step(raw: Json, observation: Observation) -> tuple[Json, Plan]:
    plan = plan_of(raw, observation)
    return with_status(raw, plan), plan


def stopping(mode: str = "savepoint", options: Json | None = None) -> Json:
    """A job for which a savepoint was triggered."""
    raw = changed(stateful(mode, options))
    raw, plan = step(raw, up(raw))
    assert isinstance(plan.actions[0], StopWithSavepoint)
    return raw


def trigger(raw: Json) -> Json:
    info = raw["status"]["jobStatus"]["savepointInfo"]
    assert isinstance(info, dict)
    return info


def submission(raw: Json, observation: Observation | None = None) -> CreateCluster:
    """What is created once nothing is left of the old cluster."""
    create = plan_of(raw, observation or observed(at=LATER)).actions[-1]
    assert isinstance(create, CreateCluster)
    return create


# With a savepoint


def test_savepoint_is_on_record_before_it_is_triggered() -> None:
    raw = changed(stateful())
    raw, plan = step(raw, up(raw))
    (stop,) = plan.actions
    assert isinstance(stop, StopWithSavepoint)
    assert (stop.job_id, stop.directory) == (job_id(raw), "s3://b/sp")
    assert (stop.format_type, stop.drain) == (SavepointFormatType.CANONICAL, False)
    assert trigger(raw)["triggerId"] == stop.trigger_id
    assert trigger(raw)["triggerType"] == SnapshotTriggerType.UPGRADE.value
    assert plan.status.lifecycle_state is LifecycleState.UPGRADING


def test_spec_that_runs_stays_on_record_until_the_job_has_ended() -> None:
    raw = stopping()
    last = recorded(raw)
    assert last.spec.image == "flink:2.3"
    assert last.spec.job is not None
    assert last.spec.job.state is DesiredJobState.RUNNING
    assert raw["status"]["reconciliationStatus"]["lastReconciledGeneration"] == 1


@pytest.mark.parametrize("stop", [Absent(), NOBODY])
def test_savepoint_that_did_not_arrive_is_triggered_again_under_the_same_id(stop: Any) -> None:
    raw = stopping()
    (again,) = plan_of(raw, up(raw, stop=stop, at=LATER)).actions
    assert isinstance(again, StopWithSavepoint)
    assert again.trigger_id == trigger(raw)["triggerId"]


def test_savepoint_under_way_is_waited_for() -> None:
    raw = stopping()
    plan = plan_of(raw, up(raw, stop=Known(StopOperation()), at=LATER))
    assert plan.actions == ()
    assert plan.status.to_wire()["jobStatus"]["savepointInfo"] == trigger(raw)


def test_job_goes_on_from_the_savepoint_under_a_new_id() -> None:
    raw = stopping()
    before = job_id(raw)
    raw, plan = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    assert plan.actions == (StopJobManager(),)
    assert recorded(raw).spec.image == "flink:2.4"
    create = submission(raw)
    assert create.submission.restore_path == SAVEPOINT
    assert create.submission.job_id != before


def test_savepoint_of_an_upgrade_is_listed_and_no_longer_pending() -> None:
    raw = stopping()
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    info = trigger(raw)
    assert info["lastSavepoint"]["location"] == SAVEPOINT
    assert info["lastSavepoint"]["triggerType"] == "UPGRADE"
    assert [entry["location"] for entry in info["savepointHistory"]] == [SAVEPOINT]
    assert info.get("triggerId") is None


def test_format_and_draining_follow_the_options() -> None:
    options = {
        "kubernetes.operator.savepoint.format.type": "NATIVE",
        "kubernetes.operator.job.drain-on-savepoint-deletion": "true",
    }
    raw = changed(stateful("savepoint", options))
    (stop,) = plan_of(raw, up(raw)).actions
    assert isinstance(stop, StopWithSavepoint)
    assert (stop.format_type, stop.drain) == (SavepointFormatType.NATIVE, True)


def test_savepoint_that_failed_leaves_the_job_running_and_is_told() -> None:
    raw = stopping()
    raw, plan = step(raw, up(raw, stop=Known(StopOperation(failure="disk full"))))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert "disk full" in error_of(plan)
    assert [event.reason for event in plan.events] == ["SavepointError"]


@pytest.mark.parametrize(("seconds", "tried"), [(5, False), (31, True)])
def test_savepoint_that_failed_is_tried_again_after_a_pause(seconds: int, *, tried: bool) -> None:
    raw = stopping()
    raw, _ = step(raw, up(raw, stop=Known(StopOperation(failure="disk full")), at=LATER))
    plan = plan_of(raw, up(raw, at=NOW + timedelta(seconds=seconds)))
    assert bool(plan.actions) is tried
    if not tried:
        assert "disk full" in error_of(plan)


def test_end_without_an_answer_about_the_savepoint_goes_on_from_what_flink_tells_as_newest() -> None:
    raw = stopping()
    newest = Known(Checkpoints(newest=SAVEPOINT))
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Absent(), checkpoints=newest))
    assert submission(raw).submission.restore_path == SAVEPOINT


@pytest.mark.parametrize(
    "observation",
    [
        observed(),
        observed_up(Absent()),
    ],
    ids=["JobManager lost", "job unknown"],
)
def test_savepoint_that_nobody_can_tell_stops_the_upgrade_and_says_what_to_do(
    observation: Observation,
) -> None:
    raw = stopping()
    plan = plan_of(raw, observation)
    assert plan.actions == ()
    assert "RestoreFailed" in error_of(plan)
    assert "savepointRedeployNonce" in error_of(plan)


def test_job_manager_lost_during_the_savepoint_is_followed_by_flinks_metadata() -> None:
    raw = stopping(options=KUBERNETES_HA)
    raw, plan = step(raw, observed(high_availability=metadata(raw)))
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    create = submission(raw, observed(high_availability=metadata(raw), at=LATER))
    assert create.submission.restore_path == LAST_STATE_MARKER


@pytest.mark.parametrize(
    "observation", [observed(cluster=NOBODY, pods=NOBODY, high_availability=NOBODY)], ids=["nobody answers"]
)
def test_nothing_follows_from_silence_during_a_savepoint(observation: Observation) -> None:
    raw = stopping(options=KUBERNETES_HA)
    plan = plan_of(raw, observation)
    assert plan.actions == ()
    assert plan.status.error is None


def test_owner_who_gives_the_state_up_need_not_wait_for_the_savepoint() -> None:
    raw = edited(stopping(), job={"upgradeMode": "stateless"})
    raw, plan = step(raw, up(raw, stop=Known(StopOperation())))
    assert plan.actions == (StopJobManager(),)
    assert submission(raw).submission.restore_path is None


def test_change_that_is_taken_back_still_starts_the_job_that_was_stopped() -> None:
    raw = edited(stopping(), image="flink:2.3")
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    create = submission(raw)
    assert create.spec.image == "flink:2.3"
    assert create.submission.restore_path == SAVEPOINT


# Without a running job


@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELED, JobState.FINISHED])
def test_job_that_has_ended_goes_on_from_its_newest_checkpoint(mode: str, state: JobState) -> None:
    raw = changed(stateful(mode))
    raw, plan = step(raw, up(raw, state))
    assert plan.actions == (StopJobManager(),)
    assert submission(raw).submission.restore_path == CHECKPOINT


def test_job_that_has_ended_is_not_torn_down_before_its_checkpoint_is_known() -> None:
    raw = changed(stateful())
    plan = plan_of(raw, up(raw, JobState.FAILED, checkpoints=NOBODY))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED


def test_checkpoint_that_lies_in_memory_is_not_given_up_silently() -> None:
    raw = changed(stateful())
    out_of_reach = Known(Checkpoints(newest="<none>", is_addressable=False))
    plan = plan_of(raw, up(raw, JobState.FAILED, checkpoints=out_of_reach))
    assert plan.actions == ()
    assert "CheckpointNotFound" in error_of(plan)


def test_job_that_failed_before_its_first_checkpoint_starts_from_the_same_savepoint_again() -> None:
    raw = stopping()
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, _ = step(raw, observed(at=LATER))
    raw, _ = step(raw, observed_up(job_of(job_id(raw)), generation=2))
    raw = edited(raw, image="flink:2.5")
    facts: Json = {"generation": 2, "checkpoints": Known(Checkpoints())}
    raw, _ = step(raw, observed_up(job_of(job_id(raw), JobState.FAILED), **facts))
    assert submission(raw).submission.restore_path == SAVEPOINT


def test_spec_that_never_came_up_is_replaced_without_losing_the_savepoint() -> None:
    raw = stopping()
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, _ = step(raw, observed(at=LATER))
    never_up = observed(cluster=cluster_of(2, available=False, never_available=True), pods=pods_of(pod_of()))
    raw, _ = step(raw, never_up)
    raw = edited(raw, image="flink:2.3-fixed")
    raw, plan = step(raw, never_up)
    assert plan.actions == (StopJobManager(),)
    assert submission(raw).submission.restore_path == SAVEPOINT


def test_savepoint_of_a_job_that_does_not_run_is_waited_for_where_fallback_is_off() -> None:
    raw = changed(stateful("savepoint", FALLBACK_OFF))
    plan = plan_of(raw, up(raw, JobState.RESTARTING))
    assert plan.actions == ()
    assert "WaitingForJob" in error_of(plan)
    assert "RESTARTING" in error_of(plan)


def test_savepoint_is_waited_for_while_the_job_manager_is_silent() -> None:
    raw = changed(stateful("savepoint", KUBERNETES_HA))
    silent = observed(cluster=cluster_of(1), pods=pods_of(pod_of()), high_availability=metadata(raw))
    plan = plan_of(raw, silent)
    assert plan.actions == ()
    assert "does not answer" in error_of(plan)


def test_first_deployment_that_never_came_up_starts_from_its_initial_savepoint_again() -> None:
    raw = application(
        job={"initialSavepointPath": SAVEPOINT, "upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS
    )
    raw, _ = step(raw, observed())
    never_up = observed(cluster=cluster_of(1, available=False, never_available=True), pods=pods_of(pod_of()))
    raw, _ = step(raw, never_up)
    raw, _ = step(edited(raw, image="flink:2.3-fixed"), never_up)
    assert submission(raw).submission.restore_path == SAVEPOINT


def test_first_deployment_that_is_suspended_before_it_ran_resumes_from_its_initial_savepoint() -> None:
    raw = application(
        job={"initialSavepointPath": SAVEPOINT, "upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS
    )
    raw, _ = step(raw, observed())
    never_up = observed(cluster=cluster_of(1, available=False, never_available=True), pods=pods_of(pod_of()))
    raw, _ = step(raw, never_up)
    raw, _ = step(edited(raw, job={"state": "suspended"}), never_up)
    raw, plan = step(raw, observed(at=LATER))
    assert plan.status.lifecycle_state is LifecycleState.SUSPENDED
    raw, _ = step(edited(raw, job={"state": "running"}), observed(at=LATER))
    assert submission(raw).submission.restore_path == SAVEPOINT


def test_submission_that_came_up_after_all_counts_when_it_is_given_up() -> None:
    raw = stopping(options=KUBERNETES_HA)
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, _ = step(raw, observed(at=LATER))
    never_up = observed(cluster=cluster_of(2, available=False, never_available=True), pods=pods_of(pod_of()))
    raw, _ = step(raw, never_up)
    raw, _ = step(edited(raw, image="flink:2.3-fixed"), never_up)
    create = submission(raw, observed(high_availability=metadata(raw), at=LATER))
    assert create.submission.restore_path == LAST_STATE_MARKER


def test_submission_that_came_up_after_all_is_cancelled_where_only_the_job_knows_its_state() -> None:
    raw = stopping()
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, _ = step(raw, observed(at=LATER))
    never_up = observed(cluster=cluster_of(2, available=False, never_available=True), pods=pods_of(pod_of()))
    raw, _ = step(raw, never_up)
    raw, _ = step(edited(raw, image="flink:2.3-fixed"), never_up)
    running = observed_up(
        job_of(job_id(raw)), generation=2, checkpoints=Known(Checkpoints(newest=CHECKPOINT))
    )
    raw, plan = step(raw, running)
    assert plan.actions == (CancelJob(job_id(raw)),)
    ended = job_of(job_id(raw), JobState.CANCELED)
    raw, _ = step(raw, observed_up(ended, generation=2, checkpoints=Known(Checkpoints(newest=CHECKPOINT))))
    assert submission(raw).submission.restore_path == CHECKPOINT


def test_submission_that_came_up_after_all_counts_also_for_a_newer_spec() -> None:
    raw = stopping(options=KUBERNETES_HA)
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, _ = step(raw, observed(at=LATER))
    raw = edited(raw, image="flink:2.3-newest")
    create = submission(raw, observed(high_availability=metadata(raw), at=LATER))
    assert create.submission.restore_path == LAST_STATE_MARKER
    assert create.submission.job_id == job_id(raw)


def test_spec_that_becomes_invalid_while_the_job_is_stopped_does_not_pass_for_deployed() -> None:
    raw = edited(stopping(), serviceAccount=None)
    finished = up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT)))
    raw, plan = step(raw, finished)
    assert plan.actions == (StopJobManager(),)
    raw, plan = step(raw, finished)
    assert plan.actions == (StopJobManager(),)
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    assert submission(raw).submission.restore_path == SAVEPOINT


def test_job_that_its_job_manager_forgot_is_not_waited_for_without_a_word() -> None:
    raw = changed(stateful("last-state"))
    plan = plan_of(raw, observed_up(Absent()))
    assert plan.actions == ()
    assert "RestoreFailed" in error_of(plan)


def test_change_says_that_it_waits_for_a_job_manager_that_is_down() -> None:
    raw = changed(stateful("last-state"))
    plan = plan_of(raw, observed(cluster=cluster_of(1, available=False), pods=pods_of(pod_of())))
    assert plan.actions == ()
    assert "WaitingForJob" in error_of(plan)


# With Flink's metadata


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.RESTARTING, JobState.CREATED])
def test_last_state_deletes_the_cluster_and_keeps_job_id_and_metadata(state: JobState) -> None:
    raw = changed(stateful("last-state", KUBERNETES_HA))
    before = job_id(raw)
    raw, plan = step(raw, up(raw, state, high_availability=metadata(raw)))
    assert plan.actions == (StopJobManager(),)
    plan = plan_of(raw, observed(high_availability=metadata(raw), at=LATER))
    assert [type(action) for action in plan.actions] == [ForgetJobPlans, CreateCluster]
    create = plan.actions[-1]
    assert isinstance(create, CreateCluster)
    assert (create.submission.job_id, create.submission.restore_path) == (before, LAST_STATE_MARKER)


def test_last_state_is_not_decided_before_the_metadata_is_known() -> None:
    raw = changed(stateful("last-state", KUBERNETES_HA))
    plan = plan_of(raw, up(raw, high_availability=NOBODY))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED


@pytest.mark.parametrize(("found", "error"), [(Absent(), "RestoreFailed"), (NOBODY, "")])
def test_job_never_starts_without_the_metadata_that_it_was_stopped_for(found: Any, error: str) -> None:
    raw = changed(stateful("last-state", KUBERNETES_HA))
    raw, _ = step(raw, up(raw, high_availability=metadata(raw)))
    plan = plan_of(raw, observed(high_availability=found, at=LATER))
    assert plan.actions == ()
    assert error in error_of(plan)


def test_metadata_without_a_checkpoint_starts_from_the_savepoint_before() -> None:
    raw = stopping(options=KUBERNETES_HA)
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, _ = step(raw, observed(at=LATER))
    raw, _ = step(raw, observed_up(job_of(job_id(raw)), generation=2))
    raw = edited(raw, image="flink:2.5", job={"upgradeMode": "last-state"})
    empty = metadata(raw, has_checkpoint=False)
    restarting = job_of(job_id(raw), JobState.RESTARTING)
    raw, _ = step(raw, observed_up(restarting, generation=2, high_availability=empty))
    create = submission(raw, observed(high_availability=empty, at=LATER))
    assert create.submission.restore_path == SAVEPOINT


def test_job_that_does_not_run_goes_on_by_its_metadata_also_for_savepoint() -> None:
    raw = changed(stateful("savepoint", KUBERNETES_HA))
    raw, _ = step(raw, up(raw, JobState.RESTARTING, high_availability=metadata(raw)))
    job = recorded(raw).spec.job
    assert job is not None
    assert job.upgrade_mode is UpgradeMode.LAST_STATE


def test_submission_that_ran_unnoticed_is_not_started_from_older_state() -> None:
    raw = stopping(options=KUBERNETES_HA)
    raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, plan = step(raw, observed(at=LATER))
    assert isinstance(plan.actions[0], DeleteHighAvailabilityData)
    plan = plan_of(raw, observed(high_availability=metadata(raw), at=LATER))
    assert [type(action) for action in plan.actions] == [ForgetJobPlans, CreateCluster]
    assert plan.status.job_status.upgrade_savepoint_path == LAST_STATE_MARKER


# By cancellation


@pytest.mark.parametrize(
    "options",
    [{}, KUBERNETES_HA | CANCEL],
    ids=["no metadata", "cancellation wanted"],
)
def test_last_state_cancels_the_job_and_goes_on_from_its_newest_checkpoint(options: Json) -> None:
    raw = changed(stateful("last-state", options))
    raw, plan = step(raw, up(raw, high_availability=metadata(raw) if options else Absent()))
    assert plan.actions == (CancelJob(job_id(raw)),)
    raw, plan = step(raw, up(raw, JobState.CANCELLING, at=LATER))
    assert plan.actions == ()
    raw, plan = step(raw, up(raw, JobState.CANCELED, at=LATER))
    assert plan.actions == (StopJobManager(),)
    assert submission(raw).submission.restore_path == CHECKPOINT


def test_job_whose_checkpoints_would_go_with_it_is_not_cancelled() -> None:
    deleting = {"execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION"}
    raw = changed(stateful("last-state", deleting))
    plan = plan_of(raw, up(raw))
    assert plan.actions == ()
    assert "DELETE_ON_CANCELLATION" in error_of(plan)


@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
def test_another_flink_version_is_reached_by_a_savepoint(mode: str) -> None:
    raw = edited(stateful(mode, KUBERNETES_HA), flinkVersion="v2_2")
    plan = plan_of(raw, up(raw, high_availability=metadata(raw)))
    assert isinstance(plan.actions[0], StopWithSavepoint)


def test_another_flink_version_never_reads_the_metadata_of_the_old_one() -> None:
    raw = edited(stateful("last-state", KUBERNETES_HA), flinkVersion="v2_2")
    plan = plan_of(raw, up(raw, JobState.RESTARTING, high_availability=metadata(raw)))
    assert plan.actions == (CancelJob(job_id(raw)),)


# Old checkpoints


def milliseconds(seconds_ago: float) -> int:
    return int((NOW.timestamp() - seconds_ago) * 1000)


@pytest.mark.parametrize(
    ("checkpoints", "action"),
    [
        (Checkpoints(newest=CHECKPOINT, completed_at=milliseconds(30)), StopJobManager),
        (Checkpoints(newest=CHECKPOINT, completed_at=milliseconds(90)), StopWithSavepoint),
        (
            Checkpoints(newest=CHECKPOINT, completed_at=milliseconds(90), in_progress_since=milliseconds(5)),
            None,
        ),
    ],
    ids=["young", "old", "a younger one is coming"],
)
def test_age_of_the_newest_checkpoint_decides_about_a_savepoint(
    checkpoints: Checkpoints, action: type | None
) -> None:
    raw = changed(stateful("last-state", KUBERNETES_HA | AGE))
    facts: Json = {"checkpoints": Known(checkpoints), "high_availability": metadata(raw)}
    plan = plan_of(raw, up(raw, **facts))
    assert [type(found) for found in plan.actions] == ([] if action is None else [action])


def test_running_job_without_any_checkpoint_is_stopped_with_a_savepoint() -> None:
    raw = changed(stateful("last-state", KUBERNETES_HA))
    plan = plan_of(raw, up(raw, checkpoints=Known(Checkpoints()), high_availability=metadata(raw)))
    assert isinstance(plan.actions[0], StopWithSavepoint)


# Suspension and resumption


def suspended(mode: str, options: Json | None = None) -> Json:
    raw = edited(stateful(mode, options), job={"state": "suspended"})
    found = metadata(raw) if options else Absent()
    raw, plan = step(raw, up(raw, high_availability=found))
    if isinstance(plan.actions[0], StopWithSavepoint):
        raw, _ = step(raw, up(raw, JobState.FINISHED, stop=Known(StopOperation(location=SAVEPOINT))))
    raw, plan = step(raw, observed(high_availability=found, at=LATER))
    assert plan.status.lifecycle_state is LifecycleState.SUSPENDED
    return raw


def resumed(raw: Json, *, job: Json | None = None) -> Json:
    raw = edited(raw, job={"state": "running", **(job or {})})
    raw, _ = step(raw, observed(high_availability=metadata(raw), at=LATER))
    return raw


def test_suspended_job_resumes_from_its_savepoint() -> None:
    assert submission(resumed(suspended("savepoint"))).submission.restore_path == SAVEPOINT


def test_suspended_job_resumes_by_its_metadata() -> None:
    raw = resumed(suspended("last-state", KUBERNETES_HA))
    create = submission(raw, observed(high_availability=metadata(raw), at=LATER))
    assert create.submission.restore_path == LAST_STATE_MARKER


def test_suspended_job_resumes_without_state_where_its_owner_gives_it_up() -> None:
    raw = resumed(suspended("savepoint"), job={"upgradeMode": "stateless"})
    assert submission(raw).submission.restore_path is None


def test_edits_of_a_suspended_job_keep_its_savepoint() -> None:
    raw = edited(suspended("savepoint"), image="flink:2.4")
    raw, _ = step(raw, observed(at=LATER))
    raw, plan = step(raw, observed(at=LATER))
    assert plan.status.lifecycle_state is LifecycleState.SUSPENDED
    assert submission(resumed(raw)).submission.restore_path == SAVEPOINT


# Redeployment


def redeployed(raw: Json) -> Json:
    return edited(raw, job={"savepointRedeployNonce": 1, "initialSavepointPath": "s3://b/chosen"})


@pytest.mark.parametrize("mode", ["stateless", "savepoint", "last-state"])
def test_new_redeploy_nonce_starts_the_job_from_the_chosen_path(mode: str) -> None:
    raw = redeployed(stateful(mode, KUBERNETES_HA))
    raw, plan = step(raw, up(raw, high_availability=metadata(raw)))
    assert plan.actions == (StopJobManager(),)
    plan = plan_of(raw, observed(at=LATER))
    assert isinstance(plan.actions[0], DeleteHighAvailabilityData)
    assert submission(raw).submission.restore_path == "s3://b/chosen"


def test_redeployment_leads_out_of_an_upgrade_that_lost_its_state() -> None:
    raw = changed(stateful("last-state", KUBERNETES_HA))
    raw, _ = step(raw, up(raw, high_availability=metadata(raw)))
    raw, plan = step(raw, observed(at=LATER))
    assert "RestoreFailed" in error_of(plan)
    assert submission(redeployed(raw)).submission.restore_path == "s3://b/chosen"


def test_redeployment_leads_out_of_a_savepoint_that_nobody_can_tell() -> None:
    raw = stopping()
    raw, plan = step(raw, observed())
    assert "RestoreFailed" in error_of(plan)
    raw, _ = step(redeployed(raw), observed())
    assert submission(raw).submission.restore_path == "s3://b/chosen"


def test_owner_can_give_up_state_that_was_lost() -> None:
    raw = changed(stateful("last-state", KUBERNETES_HA))
    raw, _ = step(raw, up(raw, high_availability=metadata(raw)))
    raw, _ = step(raw, observed(at=LATER))
    raw = edited(raw, job={"upgradeMode": "stateless"})
    assert submission(raw).submission.restore_path is None


# Recovery


@pytest.mark.parametrize("mode", ["stateless", "savepoint", "last-state"])
def test_lost_job_manager_is_deployed_again_by_flinks_metadata(mode: str) -> None:
    raw = stateful(mode, KUBERNETES_HA)
    raw, plan = step(raw, observed(high_availability=metadata(raw)))
    assert [event.reason for event in plan.events] == ["RecoverDeployment"]
    create = submission(raw, observed(high_availability=metadata(raw), at=LATER))
    assert create.submission.restore_path == LAST_STATE_MARKER
    assert create.submission.job_id == job_id(raw)

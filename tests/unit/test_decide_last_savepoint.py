"""A savepoint before the deletion: on record, made, told; retried; and never waited for without cause."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.observation import (
    Absent,
    Checkpoints,
    Component,
    HighAvailability,
    Known,
    Observation,
    Problem,
    StopOperation,
    Unknown,
)
from controller.plan import (
    DeleteHighAvailabilityData,
    Plan,
    RemoveFinalizer,
    StopJobManager,
    StopWithSavepoint,
)
from shared.control import FORCE_DELETION
from shared.model.status import JobState, LifecycleState
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    job_of,
    observed,
    pod_of,
    pods_of,
    session,
    subject_of,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import (
    KUBERNETES_HA,
    SAVEPOINTS,
    UNKNOWN_CLUSTER,
    changing,
    deployed,
    plan_of,
    submitted,
    up,
)

Json = dict[str, Any]
OPTION = "kubernetes.operator.job.savepoint-on-deletion"
WANTED = {OPTION: "true", **SAVEPOINTS}
LOCATION = "s3://b/sp/savepoint-1"
MADE = Known(StopOperation(location=LOCATION))
FAILED = Known(StopOperation(failure="java.io.IOException: disk full"))
ANNOTATE = f"kubectl annotate flinkdeployment orders -n shop {FORCE_DELETION}=true"


def wanting(options: Json | None = None, **spec: Any) -> Json:
    """A resource whose job is to end with a savepoint."""
    return application(flinkConfiguration={**WANTED, **(options or {})}, **spec)


def going(raw: Json, **metadata: Any) -> Json:
    """The resource, deleted just now."""
    return with_metadata(raw, deletionTimestamp=NOW.isoformat(), **metadata)


def deleted() -> Json:
    return going(deployed(wanting()))


def asked(raw: Json | None = None) -> Json:
    """A deleted resource whose savepoint was asked for."""
    raw = raw or deleted()
    return with_status(raw, plan_of(raw, up(raw)))


def ended(raw: Json, at: datetime = NOW) -> Observation:
    return replace(up(raw, JobState.FINISHED), stop=MADE, at=at)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def silent(raw: Json, at: datetime = NOW) -> Observation:
    """The JobManager is up and does not answer."""
    return observed(cluster=cluster_of(raw["status"]["observedGeneration"]), pods=pods_of(pod_of()), at=at)


def reason_of(plan: Plan) -> str:
    ready = plan.status.condition("Ready")
    assert ready is not None
    return ready.reason


def message_of(plan: Plan) -> str:
    ready = plan.status.condition("Ready")
    assert ready is not None
    return ready.message


def reasons_of(plan: Plan) -> list[str]:
    return [event.reason for event in plan.events]


# Asked for


def test_trigger_is_on_record_with_the_request() -> None:
    raw = deleted()
    plan = plan_of(raw, up(raw))
    (stop,) = plan.actions
    assert isinstance(stop, StopWithSavepoint)
    info = plan.status.job_status.savepoint_info
    assert info is not None
    assert stop.trigger_id == info.trigger_id
    assert (stop.job_id, stop.directory, stop.drain) == (
        raw["status"]["jobStatus"]["jobId"],
        "s3://b/sp",
        False,
    )
    assert plan.status.lifecycle_state is LifecycleState.DELETING
    assert reason_of(plan) == "Deleting"
    assert message_of(plan) == (
        f"The job is being stopped with a savepoint. To delete it without a savepoint: {ANNOTATE}"
    )


def test_sources_are_drained_where_that_is_wanted() -> None:
    options = {
        "kubernetes.operator.job.drain-on-savepoint-deletion": "true",
        "kubernetes.operator.savepoint.format.type": "NATIVE",
    }
    raw = going(deployed(wanting(options)))
    (stop,) = plan_of(raw, up(raw)).actions
    assert isinstance(stop, StopWithSavepoint)
    assert stop.drain
    assert stop.format_type.value == "NATIVE"


@pytest.mark.parametrize(
    "stop", [Absent(), Unknown("timeout")], ids=["not-known-to-flink", "not-known-whether"]
)
def test_request_that_may_not_have_arrived_is_repeated_with_its_trigger(stop: Any) -> None:
    raw = asked()
    (repeated,) = plan_of(raw, replace(up(raw), stop=stop)).actions
    assert isinstance(repeated, StopWithSavepoint)
    assert repeated.trigger_id == raw["status"]["jobStatus"]["savepointInfo"]["triggerId"]


def test_savepoint_that_is_being_taken_is_waited_for_without_alarm() -> None:
    raw = asked()
    plan = plan_of(raw, replace(up(raw), stop=Known(StopOperation()), at=after(600)))
    assert plan.actions == ()
    assert reason_of(plan) == "Deleting"
    assert ANNOTATE in message_of(plan)


def test_waiting_writes_nothing() -> None:
    raw = asked()
    observation = replace(up(raw), stop=Known(StopOperation()))
    raw = with_status(raw, plan_of(raw, observation))
    plan = plan_of(raw, replace(observation, at=after(20)))
    assert plan.status.to_wire() == raw["status"]
    assert plan.events == ()


# Made


def test_location_is_on_record_and_told_before_the_cluster_goes() -> None:
    raw = asked()
    plan = plan_of(raw, ended(raw))
    assert plan.actions == (StopJobManager(),)
    info = plan.status.job_status.savepoint_info
    assert info is not None
    assert info.last_savepoint is not None
    assert info.last_savepoint.location == LOCATION
    assert plan.status.job_status.upgrade_savepoint_path == LOCATION
    assert plan.status.job_status.state is JobState.FINISHED
    told = [event for event in plan.events if event.reason == "SavepointTaken"]
    assert [LOCATION in event.message for event in told] == [True]


def test_location_is_told_again_with_the_last_word() -> None:
    raw = asked()
    raw = with_status(raw, plan_of(raw, ended(raw)))
    plan = plan_of(raw, observed())
    assert plan.actions == (DeleteHighAvailabilityData(), RemoveFinalizer())
    assert [LOCATION in event.message for event in plan.events] == [True]


def test_nothing_is_said_of_blocking_just_after_a_long_savepoint() -> None:
    raw = asked()
    raw = with_status(raw, plan_of(raw, ended(raw, after(600))))
    stopping = observed(
        cluster=cluster_of(replicas=0, available=False), pods=pods_of(pod_of()), at=after(620)
    )
    assert reason_of(plan_of(raw, stopping)) == "Deleting"


def test_cluster_is_stopped_on_though_its_job_manager_still_answers() -> None:
    raw = asked()
    raw = with_status(raw, plan_of(raw, ended(raw)))
    plan = plan_of(raw, ended(raw))
    assert plan.actions == (StopJobManager(),)
    assert plan.events == ()


def test_savepoint_of_a_change_that_was_under_way_is_taken_over() -> None:
    raw = changing(wanting(job={"upgradeMode": "savepoint"}), image="flink:2.4")
    trigger = raw["status"]["jobStatus"]["savepointInfo"]["triggerId"]
    raw = going(raw)
    before = deployed(wanting(job={"upgradeMode": "savepoint"}))
    plan = plan_of(raw, replace(up(before), stop=Known(StopOperation())))
    assert plan.actions == ()
    info = plan.status.job_status.savepoint_info
    assert info is not None
    assert info.trigger_id == trigger
    plan = plan_of(with_status(raw, plan), ended(before))
    assert plan.actions == (StopJobManager(),)
    assert "SavepointTaken" in reasons_of(plan)


# Failed


def failed(cause: Any = FAILED) -> Json:
    """A deleted resource whose savepoint failed."""
    raw = asked()
    return with_status(raw, plan_of(raw, replace(up(raw), stop=cause)))


def test_failure_blocks_and_says_why() -> None:
    raw = asked()
    plan = plan_of(raw, replace(up(raw), stop=FAILED))
    assert plan.actions == ()
    assert reason_of(plan) == "DeletionBlocked"
    assert "disk full" in message_of(plan)
    assert ANNOTATE in message_of(plan)
    assert "disk full" in (plan.status.error or "")
    assert reasons_of(plan) == ["SavepointError", "CleanupFailed"]


def test_failed_savepoint_is_tried_again_after_a_while() -> None:
    raw = failed()
    soon = plan_of(raw, replace(up(raw), at=after(29)))
    assert soon.actions == ()
    assert "disk full" in message_of(soon)
    later = plan_of(raw, replace(up(raw), at=after(31)))
    (stop,) = later.actions
    assert isinstance(stop, StopWithSavepoint)
    assert stop.trigger_id != asked()["status"]["jobStatus"]["savepointInfo"]["triggerId"]
    assert "disk full" in message_of(later)


def test_savepoint_is_tried_again_though_the_clock_was_set_back() -> None:
    raw = failed()
    assert plan_of(raw, replace(up(raw), at=NOW - timedelta(hours=1))).actions != ()


def test_failure_is_forgotten_when_a_savepoint_is_made() -> None:
    raw = failed()
    raw = with_status(raw, plan_of(raw, replace(up(raw), at=after(31))))
    assert plan_of(raw, ended(raw, after(33))).status.error is None


def test_failure_of_an_older_savepoint_blocks_no_deletion() -> None:
    raw = changing(wanting(job={"upgradeMode": "savepoint"}), image="flink:2.4")
    before = deployed(wanting(job={"upgradeMode": "savepoint"}))
    raw = with_status(raw, plan_of(raw, replace(up(before), stop=FAILED)))
    plan = plan_of(going(raw), replace(up(before), at=after(60)))
    assert reason_of(plan) == "Deleting"
    assert isinstance(plan.actions[0], StopWithSavepoint)


def test_missing_directory_is_told_at_once() -> None:
    raw = going(deployed(application(flinkConfiguration={OPTION: "true"})))
    plan = plan_of(raw, up(raw))
    assert plan.actions == ()
    assert reason_of(plan) == "DeletionBlocked"
    assert "execution.checkpointing.savepoint-dir" in message_of(plan)


def test_directory_that_is_set_during_the_deletion_is_used() -> None:
    raw = deployed(application(flinkConfiguration={OPTION: "true"}))
    (stop,) = plan_of(going(edited(raw, flinkConfiguration=WANTED)), up(raw)).actions
    assert isinstance(stop, StopWithSavepoint)
    assert stop.directory == "s3://b/sp"


# Waited for


@pytest.mark.parametrize(
    ("observation", "what"),
    [
        (silent(deployed(wanting())), "the JobManager does not answer"),
        (
            replace(
                silent(deployed(wanting())), job=Unknown("no TLS", Problem("TlsFailed", "No key fits it."))
            ),
            "the JobManager cannot be asked: No key fits it",
        ),
        (UNKNOWN_CLUSTER, "not known whether the cluster still runs: timeout"),
        (
            observed(
                cluster=cluster_of(available=False),
                pods=pods_of(
                    pod_of(Component.JOB_MANAGER, Problem("ImagePullBackOff", "Image x is missing."))
                ),
            ),
            "the JobManager is not up: Image x is missing",
        ),
        (up(deployed(wanting()), JobState.RESTARTING), "the job does not run: it is RESTARTING"),
        (
            replace(up(deployed(wanting())), job=Absent(), high_availability=Absent()),
            "the JobManager does not know the job yet",
        ),
    ],
    ids=["silent", "tls", "unknown", "down", "restarting", "starting"],
)
def test_what_is_waited_for_is_told_and_blocks_after_a_while(observation: Observation, what: str) -> None:
    raw = deleted()
    plan = plan_of(raw, observation)
    assert plan.actions == ()
    assert reason_of(plan) == "Deleting"
    assert what in message_of(plan)
    later = plan_of(with_status(raw, plan), replace(observation, at=after(46)))
    assert reason_of(later) == "DeletionBlocked"
    assert message_of(later).endswith(ANNOTATE)
    assert reasons_of(later) == ["CleanupFailed"]


def test_savepoint_is_taken_when_the_job_manager_answers_again() -> None:
    raw = deleted()
    raw = with_status(raw, plan_of(raw, silent(raw, after(60))))
    assert isinstance(plan_of(raw, replace(up(raw), at=after(90))).actions[0], StopWithSavepoint)


# None is due


@pytest.mark.parametrize(
    "raw",
    [
        deployed(application(flinkConfiguration=SAVEPOINTS)),
        deployed(application(flinkConfiguration=WANTED | {OPTION: "false"})),
        deployed(session(flinkConfiguration=WANTED)),
    ],
    ids=["default", "off", "session"],
)
def test_none_is_taken_where_none_is_wanted(raw: Json) -> None:
    plan = plan_of(going(raw), up(raw))
    assert plan.actions == (StopJobManager(),)
    assert "SavepointSkipped" not in reasons_of(plan)


def test_none_is_taken_after_the_owner_turned_it_off_during_the_deletion() -> None:
    raw = deployed(wanting())
    changed = edited(raw, flinkConfiguration=WANTED | {OPTION: "false"})
    assert plan_of(going(changed), up(raw)).actions == (StopJobManager(),)


@pytest.mark.parametrize(
    ("raw", "observation", "why"),
    [
        (deployed(wanting()), up(deployed(wanting()), JobState.FAILED), "the job is FAILED"),
        (
            deployed(wanting()),
            observed(cluster=cluster_of(available=False, never_available=True)),
            "the JobManager never came up",
        ),
        (submitted(wanting()), observed(cluster=cluster_of(paused=True)), "the JobManager never came up"),
        (deployed(wanting()), observed(cluster=cluster_of(replicas=0)), "the JobManager is scaled to zero"),
        (
            deployed(wanting()),
            observed(cluster=cluster_of(being_deleted=True)),
            "Kubernetes is deleting the cluster already",
        ),
        (deployed(wanting()), observed(pods=pods_of(pod_of())), "the cluster is gone"),
        (
            submitted(wanting()),
            replace(up(submitted(wanting()), JobState.CREATED), checkpoints=Known(Checkpoints())),
            "the job has not run since it was deployed",
        ),
        (
            deployed(wanting(KUBERNETES_HA)),
            replace(up(deployed(wanting(KUBERNETES_HA))), job=Absent(), high_availability=Absent()),
            "Flink does not know the job any more",
        ),
    ],
    ids=["failed", "never-up", "not-released", "scaled", "foreground", "gone", "never-ran", "forgotten"],
)
def test_job_that_has_nothing_to_save_goes_without(raw: Json, observation: Observation, why: str) -> None:
    plan = plan_of(going(raw), observation)
    assert not any(isinstance(action, StopWithSavepoint) for action in plan.actions)
    assert plan.status.job_status.state in {JobState.FINISHED, JobState.FAILED}
    (told,) = [event for event in plan.events if event.reason == "SavepointSkipped"]
    assert why in told.message


def test_newest_checkpoint_of_a_job_that_ended_is_told() -> None:
    raw = deployed(wanting())
    ended_by_itself = replace(
        up(raw, JobState.FAILED), checkpoints=Known(Checkpoints(newest="s3://b/cp/chk-7"))
    )
    plan = plan_of(going(raw), ended_by_itself)
    (told,) = [event for event in plan.events if event.reason == "SavepointSkipped"]
    assert "s3://b/cp/chk-7" in told.message


def test_suspended_job_goes_without() -> None:
    raw = changing(wanting(), job={"state": "suspended"})
    raw = with_status(raw, plan_of(raw, observed()))
    assert raw["status"]["lifecycleState"] == "SUSPENDED"
    plan = plan_of(going(raw), observed())
    assert plan.actions[-1] == RemoveFinalizer()
    assert "SavepointSkipped" not in reasons_of(plan)


def test_job_that_flink_will_go_on_with_is_waited_for() -> None:
    raw = deployed(wanting(KUBERNETES_HA))
    metadata = HighAvailability(raw["status"]["jobStatus"]["jobId"], has_checkpoint=True)
    observation = replace(up(raw), job=Absent(), high_availability=Known(metadata))
    plan = plan_of(going(raw), observation)
    assert plan.actions == ()
    assert "does not know the job yet" in message_of(plan)


def test_job_that_ran_is_waited_for_though_it_has_no_checkpoint() -> None:
    raw = deployed(wanting())
    observation = replace(up(raw, JobState.RESTARTING), checkpoints=Known(Checkpoints()))
    assert plan_of(going(raw), observation).actions == ()


def test_job_whose_checkpoints_are_not_known_is_waited_for() -> None:
    raw = submitted(wanting())
    observation = replace(up(raw, JobState.CREATED), checkpoints=Unknown("timeout"))
    assert plan_of(going(raw), observation).actions == ()


def test_cluster_that_was_lost_during_the_savepoint_is_told() -> None:
    raw = asked()
    plan = plan_of(raw, observed())
    assert plan.actions == (DeleteHighAvailabilityData(), RemoveFinalizer())
    (told,) = [event for event in plan.events if event.reason == "SavepointSkipped"]
    assert "in the savepoint directory" in told.message


def test_savepoint_that_is_made_while_kubernetes_deletes_the_cluster_counts() -> None:
    raw = asked()
    being_deleted = cluster_of(being_deleted=True)
    raw = with_status(raw, plan_of(raw, replace(up(raw), cluster=being_deleted)))
    plan = plan_of(raw, replace(ended(raw), cluster=being_deleted))
    assert "SavepointTaken" in reasons_of(plan)


# Forced


@pytest.mark.parametrize("recorded", ["RUNNING", "FINISHED"])
@pytest.mark.parametrize("job_answers", [True, False])
def test_savepoint_that_was_made_is_waited_for_until_its_place_is_told(
    recorded: str, *, job_answers: bool
) -> None:
    raw = asked()
    raw["status"]["jobStatus"]["state"] = recorded
    unheard = replace(up(raw, JobState.FINISHED), stop=Unknown("no answer"))
    plan = plan_of(raw, unheard if job_answers else silent(raw))
    assert plan.actions == ()
    assert "SavepointSkipped" not in reasons_of(plan)
    assert ("does not tell yet where" if job_answers else "does not answer") in message_of(plan)
    plan = plan_of(with_status(raw, plan), ended(raw))
    assert plan.status.job_status.upgrade_savepoint_path == LOCATION


def test_savepoint_that_flink_knows_nothing_of_any_more_is_not_waited_for() -> None:
    raw = asked()
    plan = plan_of(raw, replace(up(raw, JobState.FINISHED), stop=Absent()))
    assert plan.actions == (StopJobManager(),)
    assert "SavepointSkipped" in reasons_of(plan)


def test_annotation_gives_the_savepoint_up() -> None:
    raw = deleted()
    raw = with_status(raw, plan_of(raw, silent(raw, after(60))))
    plan = plan_of(with_metadata(raw, annotations={FORCE_DELETION: "true"}), silent(raw, after(70)))
    assert plan.actions == (StopJobManager(),)
    assert "SavepointSkipped" in reasons_of(plan)
    assert reason_of(plan) == "Deleting"


def test_annotation_before_the_deletion_takes_no_savepoint() -> None:
    raw = deployed(wanting())
    plan = plan_of(going(raw, annotations={FORCE_DELETION: "true"}), up(raw))
    assert plan.actions == (StopJobManager(),)


# Specs and records that cannot be used


def test_option_of_what_runs_counts_while_the_spec_is_not_valid() -> None:
    raw = deployed(wanting())
    broken = edited(raw, serviceAccount=None, flinkConfiguration={})
    assert isinstance(plan_of(going(broken), up(raw)).actions[0], StopWithSavepoint)


def test_option_of_a_damaged_record_counts_where_the_spec_is_not_valid() -> None:
    raw = deployed(wanting())
    record = raw["status"]["reconciliationStatus"]
    record["lastReconciledSpec"] = record["lastReconciledSpec"].replace('"v2_3"', '"v99"')
    broken = going(edited(raw, serviceAccount=None, flinkConfiguration={}))
    assert subject_of(broken).record_is_damaged
    assert isinstance(plan_of(broken, up(raw)).actions[0], StopWithSavepoint)


def test_job_is_found_by_what_flink_says_where_its_record_is_lost() -> None:
    raw = deployed(wanting())
    job = job_of("f" * 32)
    raw["status"]["jobStatus"] = []
    (stop,) = plan_of(going(raw), replace(up(deployed(wanting())), job=job)).actions
    assert isinstance(stop, StopWithSavepoint)
    assert stop.job_id == "f" * 32


def test_format_that_is_not_known_keeps_no_savepoint_from_being_taken() -> None:
    options = {"kubernetes.operator.savepoint.format.type": "ZIP"}
    raw = going(deployed(wanting()))
    raw["spec"]["flinkConfiguration"] |= options
    raw["status"]["reconciliationStatus"]["lastReconciledSpec"] = "{"
    (stop,) = plan_of(raw, up(deployed(wanting()))).actions
    assert isinstance(stop, StopWithSavepoint)
    assert stop.format_type.value == "CANONICAL"

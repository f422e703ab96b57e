"""A paused resource is observed, nothing is done about it, and everything goes on afterwards."""

from dataclasses import replace
from typing import Any

import pytest

from controller.observation import Absent, Known, Observation, TaskManagers
from controller.plan import AddFinalizer, Plan, StopJobManager
from shared.control import PAUSED
from shared.model.status import Condition, ConditionStatus, JobState, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    observed,
    session,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import SAVEPOINTS, changing, deployed, plan_of, submitted, up

Json = dict[str, Any]


def paused(raw: Json, value: str = "true") -> Json:
    return with_metadata(raw, annotations={PAUSED: value})


def condition(plan: Plan, kind: str) -> Condition:
    found = plan.status.condition(kind)
    assert found is not None
    return found


def after_savepoint(raw: Json) -> Observation:
    return up(raw, JobState.FINISHED)


def test_running_job_is_ready_and_the_pause_is_shown() -> None:
    raw = deployed(application())
    plan = plan_of(paused(raw), up(raw))
    assert condition(plan, "Ready").reason == "JobRunning"
    shown = condition(plan, "Paused")
    assert shown.status is ConditionStatus.TRUE
    assert shown.message.endswith(f"kubectl annotate flinkdeployment orders -n shop {PAUSED}-")
    assert "waits" not in shown.message


@pytest.mark.parametrize(
    ("raw", "observation", "waits"),
    [
        (application(), observed(), "The first deployment"),
        (submitted(application()), observed(), "The change that is under way"),
        (submitted(application()), observed(cluster=cluster_of(paused=True)), "The change that is under way"),
        (
            edited(deployed(application()), image="flink:2.4"),
            up(deployed(application())),
            "The change of the spec",
        ),
        (
            changing(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS), image="2"),
            after_savepoint(deployed(application())),
            "The change that is under way",
        ),
        (deployed(application()), observed(), "The recovery"),
        (
            with_metadata(deployed(application()), deletionTimestamp=NOW.isoformat()),
            observed(),
            "The deletion",
        ),
    ],
    ids=["first", "create", "release", "change", "savepoint", "recovery", "deletion"],
)
def test_nothing_is_done_and_what_waits_is_told(raw: Json, observation: Observation, waits: str) -> None:
    plan = plan_of(paused(raw), observation)
    assert plan.actions == ()
    assert waits in condition(plan, "Paused").message
    ready = condition(plan, "Ready")
    assert (ready.status, ready.reason) == (ConditionStatus.FALSE, "Paused")
    assert waits in ready.message
    recorded = raw.get("status", {}).get("reconciliationStatus", {}).get("lastReconciledSpec")
    assert plan.status.reconciliation_status.last_reconciled_spec == recorded


def test_number_of_task_managers_is_left_as_it_is() -> None:
    memory = {"resources": {"requests": {"memory": "1024m"}}}
    raw = deployed(application(mode="standalone", taskManager={"replicas": 2, **memory}))
    found = replace(up(raw), task_managers=Known(TaskManagers("uid", replicas=5, being_deleted=False)))
    assert plan_of(raw, found).actions != ()
    assert plan_of(paused(raw), found).actions == ()


def test_resource_that_was_never_deployed_gets_no_finalizer() -> None:
    raw = with_metadata(application(), finalizers=[])
    assert plan_of(raw, observed()).actions == (AddFinalizer(),)
    assert plan_of(paused(raw), observed()).actions == ()


def test_state_of_the_job_is_still_told() -> None:
    raw = deployed(application())
    plan = plan_of(paused(raw), up(raw, JobState.FAILED))
    assert plan.status.job_status.state is JobState.FAILED
    assert condition(plan, "Ready").reason == "JobFailed"
    assert "JobStatusChanged" in [event.reason for event in plan.events]


def test_state_of_a_submission_on_record_stays() -> None:
    raw = submitted(application())
    plan = plan_of(paused(raw), up(raw))
    assert plan.status.job_status.state is JobState.RECONCILING
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING


def test_invalid_spec_is_told_before_the_pause() -> None:
    raw = edited(deployed(application()), serviceAccount=None)
    assert condition(plan_of(paused(raw), up(raw)), "Ready").reason == "ValidationError"


def test_change_goes_on_when_the_annotation_is_taken_away() -> None:
    before = deployed(application())
    raw = edited(before, image="flink:2.4")
    raw = with_status(raw, plan_of(paused(raw), up(before)))
    plan = plan_of(raw, up(before))
    assert plan.actions == (StopJobManager(),)
    assert plan.status.condition("Paused") is None


def test_annotation_that_says_false_pauses_nothing() -> None:
    before = deployed(application())
    plan = plan_of(paused(edited(before, image="flink:2.4"), "false"), up(before))
    assert plan.actions == (StopJobManager(),)


def test_deletion_that_had_begun_is_still_told_as_one() -> None:
    raw = with_metadata(deployed(application()), deletionTimestamp=NOW.isoformat())
    raw = with_status(raw, plan_of(raw, up(raw)))
    plan = plan_of(paused(raw), observed(cluster=cluster_of(replicas=0, available=False)))
    assert plan.status.lifecycle_state is LifecycleState.DELETING
    resumed = plan_of(with_status(raw, plan), observed(cluster=cluster_of(replicas=0, available=False)))
    assert "Cleanup" not in [event.reason for event in resumed.events]


def test_resource_without_our_finalizer_is_left_alone() -> None:
    raw = with_metadata(
        deployed(application()), deletionTimestamp=NOW.isoformat(), finalizers=["example.org/other"]
    )
    assert plan_of(paused(raw), observed()).status.to_wire() == raw["status"]


def test_pause_is_written_once() -> None:
    before = deployed(application())
    raw = paused(edited(before, image="flink:2.4"))
    raw = with_status(raw, plan_of(raw, up(before)))
    plan = plan_of(raw, up(before))
    assert plan.status.to_wire() == raw["status"]
    assert plan.events == ()


def test_paused_change_is_looked_at_slowly() -> None:
    raw = submitted(application())
    again = plan_of(paused(raw), observed(cluster=Absent())).again_after
    assert again is not None
    assert again >= 5
    assert plan_of(paused(application()), observed()).again_after is None


def test_session_cluster_is_paused_too() -> None:
    raw = deployed(session())
    plan = plan_of(paused(edited(raw, image="flink:2.4")), up(raw))
    assert plan.actions == ()
    assert condition(plan, "Ready").reason == "Paused"

"""Deletion: first the cluster, then its high-availability data, then the finalizer; what blocks is said."""

import json
from datetime import timedelta
from typing import Any

import pytest

from controller.decide import decide
from controller.observation import Component, Known, Observation, TaskManagers, Unknown
from controller.plan import (
    DeleteCluster,
    DeleteHighAvailabilityData,
    EventType,
    GiveUpCluster,
    Plan,
    RemoveFinalizer,
    StopJobManager,
)
from shared.control import FORCE_DELETION
from shared.model.deployment import KubernetesDeploymentMode
from shared.model.status import ConditionStatus, JobState, LifecycleState
from tests.unit.flink_deployments import (
    FINALIZER,
    NOW,
    application,
    cluster_of,
    job_of,
    observed,
    observed_up,
    pod_of,
    pods_of,
    subject_of,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import plan_of

Json = dict[str, Any]
LATER = NOW + timedelta(seconds=46)


def deleting(raw: Json | None = None) -> Json:
    """A deployed resource, deleted just now."""
    raw = raw or application()
    raw = with_status(raw, decide(subject_of(raw), observed()))
    job = job_of(raw["status"]["jobStatus"]["jobId"])
    raw = with_status(raw, decide(subject_of(raw), observed_up(job)))
    return with_metadata(raw, deletionTimestamp=NOW.isoformat())


def begun(raw: Json | None = None) -> Json:
    """A resource whose deletion was looked at once."""
    raw = raw or deleting()
    return with_status(raw, plan_of(raw, observed(cluster=cluster_of(), pods=pods_of(pod_of()))))


def forced(raw: Json) -> Json:
    return with_metadata(raw, annotations={FORCE_DELETION: "true"})


def reason_of(plan: Plan) -> str:
    ready = plan.status.condition("Ready")
    assert ready is not None
    return ready.reason


def test_job_manager_is_stopped_first() -> None:
    plan = plan_of(deleting(), observed(cluster=cluster_of(), pods=pods_of(pod_of())))
    assert plan.actions == (StopJobManager(),)
    assert plan.status.lifecycle_state is LifecycleState.DELETING
    assert [event.reason for event in plan.events] == ["Cleanup"]


def test_deployment_goes_when_no_job_manager_is_left() -> None:
    pods = pods_of(pod_of(Component.TASK_MANAGER))
    plan = plan_of(deleting(), observed(cluster=cluster_of(replicas=0), pods=pods))
    assert plan.actions == (DeleteCluster("cluster-uid"),)


@pytest.mark.parametrize(
    "observation",
    [
        observed(cluster=Unknown("timeout")),
        observed(pods=Unknown("timeout")),
        observed(pods=pods_of(pod_of(Component.TASK_MANAGER))),
        observed(cluster=cluster_of(replicas=0), pods=pods_of(pod_of())),
        observed(cluster=cluster_of(replicas=0), pods=Unknown("timeout")),
        observed(cluster=cluster_of(being_deleted=True)),
    ],
)
def test_nothing_more_is_done_while_something_may_be_left(observation: Observation) -> None:
    plan = plan_of(deleting(), observation)
    assert plan.actions == ()
    assert plan.again_after is not None


def test_finalizer_goes_last() -> None:
    plan = plan_of(deleting(), observed())
    assert plan.actions == (DeleteHighAvailabilityData(), RemoveFinalizer())


def test_resource_without_our_finalizer_is_left_alone() -> None:
    raw = with_metadata(deleting(), finalizers=["example.org/other"])
    plan = plan_of(raw, observed(cluster=cluster_of()))
    assert plan.actions == ()
    assert plan.status.to_wire() == raw["status"]


def test_resource_that_was_never_deployed_goes_without_touching_anything() -> None:
    raw = with_metadata(application(), deletionTimestamp=NOW.isoformat())
    plan = plan_of(raw, observed(cluster=cluster_of(None), pods=pods_of(pod_of())))
    assert plan.actions == (RemoveFinalizer(),)


@pytest.mark.parametrize("spec", [{"serviceAccount": None}, {"mode": "standalone"}])
def test_spec_that_is_not_valid_does_not_keep_the_resource(spec: Json) -> None:
    raw = deleting()
    plan = plan_of(raw | {"spec": raw["spec"] | spec}, observed())
    assert RemoveFinalizer() in plan.actions


@pytest.mark.parametrize(
    ("observation", "blocker"),
    [
        (observed(cluster=Unknown("the API server is away"), at=LATER), "the API server is away"),
        (observed(cluster=cluster_of(being_deleted=True), at=LATER), "Deployment"),
        (observed(pods=pods_of(pod_of(Component.TASK_MANAGER)), at=LATER), "orders-taskmanager"),
    ],
)
def test_what_blocks_for_long_is_named_with_the_way_out(observation: Observation, blocker: str) -> None:
    plan = plan_of(begun(), observation)
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == (ConditionStatus.FALSE, "DeletionBlocked")
    assert blocker in ready.message
    assert ready.message.endswith(f"kubectl annotate flinkdeployment orders -n shop {FORCE_DELETION}=true")
    assert [event.reason for event in plan.events] == ["CleanupFailed"]


def test_what_blocks_is_not_said_before_its_time() -> None:
    observation = observed(cluster=cluster_of(being_deleted=True), at=NOW + timedelta(seconds=44))
    assert reason_of(plan_of(begun(), observation)) == "Deleting"


def test_operator_that_was_away_says_nothing_of_blocking() -> None:
    raw = with_metadata(deleting(), deletionTimestamp=(NOW - timedelta(hours=2)).isoformat())
    plan = plan_of(raw, observed(cluster=cluster_of()))
    assert plan.actions == (StopJobManager(),)
    assert reason_of(plan) == "Deleting"


def test_clock_that_was_set_back_begins_the_wait_anew() -> None:
    gone_back = NOW - timedelta(hours=1)
    raw = begun()
    going = cluster_of(being_deleted=True)
    raw = with_status(raw, plan_of(raw, observed(cluster=going, at=gone_back)))
    later = gone_back + timedelta(seconds=46)
    assert reason_of(plan_of(raw, observed(cluster=going, at=later))) == "DeletionBlocked"


@pytest.mark.parametrize("held_by", ["Paused", "SecondOperator"])
def test_deletion_that_was_held_is_not_blocked_when_it_goes_on(held_by: str) -> None:
    raw = begun()
    for condition in raw["status"]["conditions"]:
        if condition["type"] == "Ready":
            condition["reason"] = held_by
    plan = plan_of(raw, observed(cluster=cluster_of(being_deleted=True), at=LATER))
    assert reason_of(plan) == "Deleting"


def test_blocked_deletion_is_looked_at_less_often() -> None:
    raw, going = begun(), cluster_of(being_deleted=True)
    soon = plan_of(raw, observed(cluster=going)).again_after
    later = plan_of(raw, observed(cluster=going, at=LATER)).again_after
    assert soon is not None
    assert later is not None
    assert soon < later <= 30


def test_annotation_with_another_value_is_to_be_overwritten() -> None:
    raw = with_metadata(begun(), annotations={FORCE_DELETION: "yes"})
    plan = plan_of(raw, observed(cluster=cluster_of(being_deleted=True), at=LATER))
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert ready.message.endswith(f"{FORCE_DELETION}=true --overwrite")


def test_waiting_longer_writes_and_tells_nothing_new() -> None:
    raw = begun()
    raw = with_status(raw, plan_of(raw, observed(cluster=cluster_of(being_deleted=True), at=LATER)))
    later = observed(cluster=cluster_of(being_deleted=True), at=LATER + timedelta(minutes=10))
    plan = plan_of(raw, later)
    assert plan.status.to_wire() == raw["status"]
    assert plan.events == ()


# The end of the job on record


def test_job_is_on_record_as_ended_when_its_cluster_goes() -> None:
    plan = plan_of(deleting(), observed(cluster=cluster_of(), pods=pods_of(pod_of())))
    assert plan.status.job_status.state is JobState.FINISHED
    running = plan.status.condition("Running")
    assert running is not None
    assert running.status is ConditionStatus.FALSE


def test_state_in_which_the_job_ended_stays_on_record() -> None:
    raw = deleting()
    raw["status"]["jobStatus"]["state"] = "FAILED"
    plan = plan_of(raw, observed(cluster=cluster_of()))
    assert plan.status.job_status.state is JobState.FAILED


# Forced


def test_forced_deletion_is_a_deletion_as_any_while_it_goes_on() -> None:
    plan = plan_of(forced(deleting()), observed(cluster=cluster_of(), pods=pods_of(pod_of())))
    assert plan.actions == (StopJobManager(),)


def test_forced_deletion_drops_the_metadata_of_a_cluster_that_is_gone() -> None:
    assert plan_of(forced(begun()), observed(at=LATER)).actions == (
        DeleteHighAvailabilityData(),
        RemoveFinalizer(),
    )


@pytest.mark.parametrize(
    ("observation", "given_up"),
    [
        (observed(cluster=Unknown("the API server is away"), at=LATER), GiveUpCluster(None, None)),
        (observed(cluster=cluster_of(being_deleted=True), at=LATER), GiveUpCluster("cluster-uid", None)),
        (observed(pods=pods_of(pod_of(Component.TASK_MANAGER)), at=LATER), GiveUpCluster(None, None)),
        (
            observed(task_managers=Known(TaskManagers("workers-uid", 2, being_deleted=False)), at=LATER),
            GiveUpCluster(None, "workers-uid"),
        ),
    ],
)
def test_forced_deletion_gives_up_what_blocks(observation: Observation, given_up: GiveUpCluster) -> None:
    raw = begun()
    assert RemoveFinalizer() not in plan_of(raw, observation).actions
    plan = plan_of(forced(raw), observation)
    assert plan.actions == (given_up, RemoveFinalizer())
    (event,) = plan.events
    assert (event.reason, event.type) == ("CleanupFailed", EventType.WARNING)
    assert "kubectl get configmap -l app=orders" in event.message


def test_forced_deletion_waits_for_what_was_just_asked_to_go() -> None:
    plan = plan_of(forced(begun()), observed(cluster=cluster_of(being_deleted=True)))
    assert plan.actions == ()


def test_forced_deletion_of_a_job_that_ended_long_ago_gives_the_cluster_time_to_go() -> None:
    raw = forced(deleting())
    raw["status"]["jobStatus"]["state"] = "FINISHED"
    there = observed(cluster=cluster_of(), pods=pods_of(pod_of()), at=LATER)
    assert plan_of(raw, there).actions == (StopJobManager(),)


# Left behind


@pytest.mark.parametrize(
    ("raw", "observation"),
    [
        (
            with_metadata(deleting(), finalizers=[FINALIZER, "orphan"]),
            observed(cluster=cluster_of(), pods=pods_of(pod_of())),
        ),
        (with_metadata(deleting(), finalizers=[FINALIZER, "orphan"]), observed(cluster=Unknown("timeout"))),
        (deleting(), observed(cluster=cluster_of(foreign=True), pods=pods_of(pod_of()))),
    ],
    ids=["orphan", "orphan-unknown", "orphaned"],
)
def test_cluster_that_is_to_stay_is_left_with_its_metadata(raw: Json, observation: Observation) -> None:
    plan = plan_of(raw, observation)
    assert plan.actions == (RemoveFinalizer(),)
    assert [event.reason for event in plan.events] == ["Cleanup"]
    assert "left as it is" in plan.events[0].message


def test_deletion_in_the_foreground_goes_on_when_the_cluster_is_gone() -> None:
    raw = with_metadata(deleting(), finalizers=[FINALIZER, "foregroundDeletion"])
    assert plan_of(raw, observed(cluster=cluster_of(being_deleted=True))).actions == ()
    assert plan_of(raw, observed()).actions == (DeleteHighAvailabilityData(), RemoveFinalizer())


# Damaged


def with_record(raw: Json, **record: Any) -> Json:
    status = raw["status"]
    return {**raw, "status": {**status, "reconciliationStatus": status["reconciliationStatus"] | record}}


@pytest.mark.parametrize(
    "damage",
    [
        {"lastReconciledSpec": "{"},
        {"lastReconciledSpec": 5},
        {"lastReconciledSpec": '{"spec": {"job": 1}, "resource_metadata": {}}'},
        {"state": "DANCING"},
    ],
)
def test_resource_whose_status_cannot_be_read_is_deleted_with_its_cluster(damage: Json) -> None:
    raw = with_record(deleting(), **damage)
    plan = plan_of(raw, observed(cluster=cluster_of(), pods=pods_of(pod_of())))
    assert plan.actions == (StopJobManager(),)
    raw = with_status(raw, plan)
    assert plan_of(raw, observed()).actions == (DeleteHighAvailabilityData(), RemoveFinalizer())


def test_resource_of_which_nothing_can_be_read_is_deleted_with_its_cluster() -> None:
    deep: Json = {}
    for _ in range(120):
        deep = {"a": deep}
    raw = deleting() | {"status": {"clusterInfo": deep}}
    assert plan_of(raw, observed(cluster=cluster_of())).actions == (StopJobManager(),)
    assert plan_of(raw, observed()).actions == (DeleteHighAvailabilityData(), RemoveFinalizer())


def test_mode_of_a_damaged_record_is_still_known() -> None:
    memory = {"resources": {"requests": {"memory": "1024m"}}}
    raw = deleting(application(mode="standalone", taskManager={"replicas": 2, **memory}))
    document = json.loads(raw["status"]["reconciliationStatus"]["lastReconciledSpec"])
    document["spec"]["image"] = {"not": "text"}
    subject = subject_of(with_record(raw, lastReconciledSpec=json.dumps(document)))
    assert subject.record_is_damaged
    assert subject.last is not None
    assert subject.last.spec.mode is KubernetesDeploymentMode.STANDALONE

"""Deletion: first the cluster, then its high-availability data, then the finalizer; what blocks is said."""

from datetime import timedelta
from typing import Any

import pytest

from controller.decide import decide
from controller.observation import Component, Observation, Unknown
from controller.plan import (
    DeleteCluster,
    DeleteHighAvailabilityData,
    Plan,
    RemoveFinalizer,
    StopJobManager,
)
from shared.model.status import ConditionStatus, LifecycleState
from tests.unit.flink_deployments import (
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

Json = dict[str, Any]
LATER = NOW + timedelta(seconds=46)


def deleting(raw: Json | None = None) -> Json:
    """A deployed resource, deleted just now."""
    raw = raw or application()
    raw = with_status(raw, decide(subject_of(raw), observed()))
    job = job_of(raw["status"]["jobStatus"]["jobId"])
    raw = with_status(raw, decide(subject_of(raw), observed_up(job)))
    return with_metadata(raw, deletionTimestamp=NOW.isoformat())


def plan_of(raw: Json, observation: Observation) -> Plan:
    return decide(subject_of(raw), observation)


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
    plan = plan_of(deleting(), observation)
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == (ConditionStatus.FALSE, "DeletionBlocked")
    assert blocker in ready.message
    assert "flinkdeployments.flink.apache.org/finalizer" in ready.message
    assert [event.reason for event in plan.events] == ["Cleanup", "CleanupFailed"]


def test_what_blocks_is_not_said_before_its_time() -> None:
    plan = plan_of(
        deleting(), observed(cluster=cluster_of(being_deleted=True), at=NOW + timedelta(seconds=44))
    )
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert ready.reason == "Deleting"


def test_waiting_longer_writes_and_tells_nothing_new() -> None:
    raw = deleting()
    raw = with_status(raw, plan_of(raw, observed(cluster=cluster_of(being_deleted=True), at=LATER)))
    later = observed(cluster=cluster_of(being_deleted=True), at=LATER + timedelta(minutes=10))
    plan = plan_of(raw, later)
    assert plan.status.to_wire() == raw["status"]
    assert plan.events == ()

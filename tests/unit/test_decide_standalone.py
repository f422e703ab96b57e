"""Standalone clusters: the operator makes the TaskManagers, scales them, and takes them away."""

from typing import Any

import pytest

from controller.observation import Absent, Component, Known, TaskManagers, Unknown
from controller.plan import (
    CreateCluster,
    DeleteCluster,
    DeleteTaskManagers,
    ScaleTaskManagers,
    StopJobManager,
)
from shared.model.status import ReconciliationState
from tests.unit.flink_deployments import (
    application,
    cluster_of,
    edited,
    observed,
    pod_of,
    pods_of,
    session,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import Json, changing, deployed, plan_of, recorded, up

REACTIVE = {"scheduler-mode": "reactive"}


def standalone(**spec: Any) -> Json:
    return application(mode="standalone", **spec)


def task_managers(replicas: int = 2, *, being_deleted: bool = False) -> Known[TaskManagers]:
    return Known(TaskManagers("task-managers-uid", replicas, being_deleted))


def with_task_managers(raw: Json, replicas: int) -> Any:
    observation = up(raw)
    return type(observation)(
        **{name: getattr(observation, name) for name in observation.__slots__}
        | {"task_managers": task_managers(replicas)}
    )


def test_task_managers_go_after_the_job_manager() -> None:
    raw = changing(standalone(), image="flink:2.4")
    task_manager = pods_of(pod_of(Component.TASK_MANAGER))
    facts: Json = {"pods": task_manager, "task_managers": task_managers()}
    assert plan_of(raw, observed(cluster=cluster_of(1, replicas=0), **facts)).actions == (
        DeleteCluster("cluster-uid"),
    )
    assert plan_of(raw, observed(**facts)).actions == (DeleteTaskManagers("task-managers-uid"),)


@pytest.mark.parametrize(
    "found", [task_managers(), task_managers(being_deleted=True), Unknown("no answer")], ids=str
)
def test_nothing_is_submitted_while_task_managers_may_be_made(found: Any) -> None:
    raw = changing(standalone(), image="flink:2.4")
    plan = plan_of(raw, observed(task_managers=found))
    assert not any(isinstance(action, CreateCluster) for action in plan.actions)
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING


def test_deletion_waits_for_the_task_managers() -> None:
    raw = with_metadata(deployed(standalone()), deletionTimestamp="2026-11-21T12:00:00Z")
    plan = plan_of(raw, observed(task_managers=task_managers()))
    assert plan.actions == (DeleteTaskManagers("task-managers-uid"),)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (standalone(job={"parallelism": 3}), 3),
        (standalone(job={"parallelism": 3}, flinkConfiguration={"taskmanager.numberOfTaskSlots": 2}), 2),
        (standalone(taskManager={"replicas": 4, "resource": {"memory": "1024m", "cpu": 1}}), 4),
        (session(mode="standalone"), 1),
    ],
    ids=["parallelism", "slots", "replicas", "session"],
)
def test_number_of_task_managers_is_kept_as_the_spec_says(raw: Json, wanted: int) -> None:
    raw = deployed(raw)
    assert plan_of(raw, with_task_managers(raw, wanted)).actions == ()
    assert plan_of(raw, with_task_managers(raw, wanted + 1)).actions == (ScaleTaskManagers(wanted),)


@pytest.mark.parametrize("change", [{"job": {"parallelism": 5}}, {"taskManager": {"replicas": 5}}])
def test_reactive_cluster_is_scaled_without_a_new_job(change: Json) -> None:
    raw = deployed(standalone(flinkConfiguration=REACTIVE))
    job_id = raw["status"]["jobStatus"]["jobId"]
    if "taskManager" in change:
        change = {"taskManager": {**raw["spec"]["taskManager"], **change["taskManager"]}}
    raw = edited(raw, **change)
    plan = plan_of(raw, with_task_managers(raw, 2))
    assert plan.actions == (ScaleTaskManagers(5),)
    assert plan.status.job_status.job_id == job_id
    assert plan.status.observed_generation == 2
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    after = recorded(with_status(raw, plan))
    assert after.spec.job is not None
    assert 5 in {after.spec.job.parallelism, after.spec.task_manager and after.spec.task_manager.replicas}
    assert plan.status.lifecycle_state == "STABLE"


@pytest.mark.parametrize("options", [{}, {"scheduler-mode": "default"}])
def test_cluster_that_is_not_reactive_is_upgraded_to_another_parallelism(options: Json) -> None:
    raw = deployed(standalone(flinkConfiguration=options))
    raw = edited(raw, job={"parallelism": 5})
    assert plan_of(raw, with_task_managers(raw, 2)).actions == (StopJobManager(),)


def test_native_cluster_is_never_scaled_by_the_operator() -> None:
    raw = deployed(application())
    assert plan_of(raw, up(raw)).actions == ()


def test_standalone_cluster_is_created() -> None:
    (create,) = plan_of(standalone(), observed(task_managers=Absent())).actions
    assert isinstance(create, CreateCluster)


def test_task_managers_of_an_ended_job_go_after_its_job_manager() -> None:
    raw = deployed(standalone())
    raw["status"]["jobStatus"]["state"] = "FINISHED"
    facts: Json = {"task_managers": task_managers()}
    assert plan_of(raw, observed(**facts)).actions == (DeleteTaskManagers("task-managers-uid"),)
    assert plan_of(raw, observed()).actions == ()

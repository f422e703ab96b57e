"""Parallelisms that the Java operator's autoscaler set, and what else it put into the spec on record."""

from typing import Any

import pytest

from controller.observation import Known, TaskManagers
from controller.plan import CreateCluster, ScaleTaskManagers
from shared.config.flatten import flatten
from shared.model.reconciled_spec import ReconciledSpec
from tests.unit.flink_deployments import (
    Json,
    edited,
    java_operator_resource,
    job_of,
    observed,
    observed_up,
    with_status,
)
from tests.unit.recorded_deployments import plan_of, recorded, up

OVERRIDES = "pipeline.jobvertex-parallelism-overrides"
BY_VERTEX = "bc764cd8ddf7a0cff126f51c16239658:3,0a448493b4782967b150582570326227:5"
ENABLED = "job.autoscaler.enabled"


def with_options(raw: Json, **options: str | None) -> Json:
    """The resource after an edit of its options; None takes one away."""
    wanted = {**raw["spec"]["flinkConfiguration"], **options}
    return edited(raw, flinkConfiguration={name: text for name, text in wanted.items() if text is not None})


def autoscaled(name: str = "application-ha-upgraded-stable", *, enabled: str = ENABLED) -> Json:
    """A job that Apache's operator scaled: only the spec on record tells how."""
    raw = java_operator_resource(name)
    raw["spec"]["flinkConfiguration"][enabled] = "true"
    status = raw["status"]["reconciliationStatus"]
    document = ReconciledSpec.from_json(status["lastReconciledSpec"])
    configuration = document.spec.flink_configuration
    assert configuration is not None
    configuration |= {enabled: "true", OVERRIDES: BY_VERTEX}
    status["lastReconciledSpec"] = status["lastStableSpec"] = document.to_json()
    return raw


def created_after(raw: Json, **facts: Any) -> CreateCluster:
    """The cluster that is made for the change, once what ran is gone."""
    plan = plan_of(raw, up(raw, **facts))
    plan = plan_of(with_status(raw, plan), observed())
    create = plan.actions[-1]
    assert isinstance(create, CreateCluster)
    return create


def task_managers(replicas: int) -> Known[TaskManagers]:
    """The TaskManagers' Deployment of a standalone cluster."""
    return Known(TaskManagers("task-managers-uid", replicas, being_deleted=False))


def stateless(raw: Json) -> Json:
    """How the change is made is not what these tests are about."""
    return {**raw, "spec": {**raw["spec"], "job": {**raw["spec"]["job"], "upgradeMode": "stateless"}}}


@pytest.mark.parametrize("enabled", [ENABLED, "kubernetes.operator.job.autoscaler.enabled"])
def test_autoscaled_job_is_taken_over_as_it_is(enabled: str) -> None:
    raw = autoscaled(enabled=enabled)
    plan = plan_of(raw, up(raw))
    assert plan.actions == ()
    before = raw["status"]["reconciliationStatus"]
    assert plan.status.reconciliation_status.to_wire() == before
    assert not {event.reason for event in plan.events} & {"SpecChanged", "Submit"}


def test_edit_of_the_operators_options_leaves_an_autoscaled_job_alone() -> None:
    raw = with_options(autoscaled(), **{"kubernetes.operator.reconcile.interval": "5 s"})
    plan = plan_of(raw, up(raw))
    assert plan.actions == ()
    assert plan.status.observed_generation == raw["metadata"]["generation"]
    assert OVERRIDES in flatten(recorded(with_status(raw, plan)).spec.flink_configuration or {})


def test_next_change_keeps_the_parallelisms_of_the_autoscaler() -> None:
    raw = stateless(with_options(autoscaled(), **{"pipeline.object-reuse": "false"}))
    create = created_after(raw)
    options = flatten(create.spec.flink_configuration or {})
    assert options[OVERRIDES] == BY_VERTEX
    assert options["pipeline.object-reuse"] == "false"


def test_parallelisms_that_the_owner_sets_come_before_those_of_the_autoscaler() -> None:
    raw = stateless(with_options(autoscaled(), **{OVERRIDES: "bc764cd8ddf7a0cff126f51c16239658:1"}))
    options = flatten(created_after(raw).spec.flink_configuration or {})
    assert options[OVERRIDES] == "bc764cd8ddf7a0cff126f51c16239658:1"


@pytest.mark.parametrize("switch", ["false", None])
def test_autoscaler_that_is_turned_off_gives_the_parallelism_back(switch: str | None) -> None:
    raw = stateless(with_options(autoscaled(), **{ENABLED: switch}))
    plan = plan_of(raw, up(raw))
    (changed,) = [event.message for event in plan.events if event.reason == "SpecChanged"]
    assert f"spec.flinkConfiguration[{OVERRIDES}]" in changed
    assert OVERRIDES not in flatten(created_after(raw).spec.flink_configuration or {})


def test_parallelisms_that_the_owner_set_and_takes_away_are_gone() -> None:
    raw = java_operator_resource("application-ha-upgraded-stable")
    raw = stateless(with_options(raw, **{OVERRIDES: BY_VERTEX}))
    create = created_after(raw)
    assert OVERRIDES in flatten(create.spec.flink_configuration or {})
    deployed = with_status(raw, plan_of(raw, up(raw)))
    deployed = with_status(deployed, plan_of(deployed, observed()))
    deployed = with_status(deployed, plan_of(deployed, up(deployed)))
    create = created_after(with_options(deployed, **{OVERRIDES: None}))
    assert OVERRIDES not in flatten(create.spec.flink_configuration or {})


def test_standalone_cluster_keeps_the_task_managers_of_the_autoscaler() -> None:
    raw = autoscaled("standalone-application")
    job = job_of(raw["status"]["jobStatus"]["jobId"])
    (scale,) = plan_of(raw, observed_up(job, task_managers=task_managers(1))).actions
    assert scale == ScaleTaskManagers(3)  # five slots of two in a TaskManager
    assert plan_of(raw, observed_up(job, task_managers=task_managers(3))).actions == ()


def test_what_its_operator_tuned_is_no_change_until_the_next_edit() -> None:
    raw = java_operator_resource("application-ha-upgraded-stable")
    status = raw["status"]["reconciliationStatus"]
    document = ReconciledSpec.from_json(status["lastReconciledSpec"])
    task_manager = document.spec.task_manager
    assert task_manager is not None
    assert task_manager.resource is not None
    task_manager.resource.memory = "700m"
    status["lastReconciledSpec"] = status["lastStableSpec"] = document.to_json()
    assert plan_of(raw, up(raw)).actions == ()
    plan = plan_of(edited(raw, restartNonce=9), up(raw))
    (changed,) = [event.message for event in plan.events if event.reason == "SpecChanged"]
    assert "spec.taskManager" in changed

"""The Ingress follows the spec, whatever becomes of the job, and the job does not notice."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from controller.decide import decide
from controller.decide.failure import decide_failure
from controller.flink.ingress import cluster_ingress
from controller.observation import Absent, Known, Observation, Problem, Unknown
from controller.plan import CreateCluster, EnsureIngress, Plan, RemoveIngress
from shared.model.status import JobManagerDeploymentStatus, ReconciliationState
from tests.unit.flink_deployments import (
    NOW,
    application,
    deployment_of,
    edited,
    observed,
    subject_of,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import Json, deployed, error_of, plan_of, recorded, up

INGRESS = {"template": "{{name}}.{{namespace}}.example.com"}
UNMANAGED = {"kubernetes.operator.ingress.manage": "false"}


def seen(observation: Observation, ingress: Any) -> Observation:
    return replace(observation, ingress=ingress)


def in_place(raw: Json) -> Known[Json]:
    """The Ingress as the API server holds it once it was made."""
    body = cluster_ingress(deployment_of(raw), {})
    assert body is not None
    body = deepcopy(body)
    body["metadata"] |= {"uid": "ingress-uid", "resourceVersion": "5"}
    if not body["metadata"]["annotations"]:
        del body["metadata"]["annotations"]  # the API server stores no empty map
    return Known(body)


def with_ingress(**ingress: Any) -> Json:
    return deployed(application(ingress={**INGRESS, **ingress}))


def test_ingress_is_asked_for_after_the_cluster() -> None:
    plan = plan_of(application(ingress=INGRESS), observed())
    assert [type(action) for action in plan.actions] == [CreateCluster, EnsureIngress]


def test_ingress_that_is_gone_comes_back_without_a_new_job() -> None:
    raw = with_ingress()
    plan = plan_of(raw, seen(up(raw), Absent()))
    (ensure,) = plan.actions
    assert isinstance(ensure, EnsureIngress)
    assert ensure.body["spec"]["rules"][0]["host"] == "orders.shop.example.com"


def test_ingress_in_place_is_left_alone() -> None:
    raw = with_ingress()
    assert plan_of(raw, seen(up(raw), in_place(raw))).actions == ()


def test_changed_ingress_is_replaced_and_recorded_while_the_job_runs_on() -> None:
    raw = with_ingress()
    before = in_place(raw)
    raw = edited(raw, ingress={**INGRESS, "className": "nginx"})
    plan = plan_of(raw, seen(up(raw), before))
    assert [type(action) for action in plan.actions] == [EnsureIngress]
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert plan.status.observed_generation == 2
    recorded_ingress = recorded(with_status(raw, plan)).spec.ingress
    assert recorded_ingress is not None
    assert recorded_ingress.class_name == "nginx"
    assert plan.status.lifecycle_state == "STABLE"


def test_ingress_that_is_taken_out_of_the_spec_is_removed() -> None:
    raw = with_ingress()
    there = in_place(raw)
    raw = edited(raw, ingress=None)
    assert plan_of(raw, seen(up(raw), there)).actions == (RemoveIngress(),)


@pytest.mark.parametrize("ingress", [None, INGRESS])
def test_ingress_of_somebody_else_is_not_touched(ingress: Json | None) -> None:
    raw = deployed(application(ingress=ingress))
    foreign = {"metadata": {"name": "orders", "ownerReferences": []}, "spec": {}}
    plan = plan_of(raw, seen(up(raw), Known(foreign)))
    assert plan.actions == ()
    assert ("IngressFailed" in error_of(plan)) is (ingress is not None)
    assert plan.status.job_status.state == "RUNNING"


def test_ingress_that_cannot_be_seen_is_left_for_later() -> None:
    raw = with_ingress()
    assert plan_of(raw, seen(up(raw), Unknown("no answer"))).actions == ()


def refused(raw: Json) -> tuple[Json, Plan]:
    plan = decide_failure(subject_of(raw), Problem("IngressFailed", "host is taken"), NOW)
    return with_status(raw, plan), plan


def test_ingress_that_is_refused_does_not_make_the_cluster_an_error() -> None:
    _, plan = refused(with_ingress())
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.READY
    assert "host is taken" in error_of(plan)


def test_refusal_of_an_ingress_stands_until_an_attempt_goes_better() -> None:
    raw, _ = refused(with_ingress())
    again = plan_of(raw, seen(up(raw), Absent()))
    assert [type(action) for action in again.actions] == [EnsureIngress]
    assert again.status.to_wire() == raw["status"]
    assert again.events == ()
    assert plan_of(raw, seen(up(raw), in_place(raw))).status.error is None


def test_operator_that_is_told_not_to_manage_ingresses_says_so_once() -> None:
    raw = edited(deployed(application()), ingress=INGRESS)
    plan = decide(subject_of(raw, UNMANAGED), seen(up(raw), Absent()))
    assert plan.actions == ()
    assert [event.reason for event in plan.events] == ["IngressManagement"]
    again = decide(subject_of(with_status(raw, plan), UNMANAGED), seen(up(raw), Absent()))
    assert again.events == ()


def test_deletion_leaves_the_ingress_to_its_owner_reference() -> None:
    raw = with_ingress()
    there = in_place(raw)
    raw = with_metadata(raw, deletionTimestamp="2026-11-21T12:00:00Z")
    plan = plan_of(raw, seen(observed(), there))
    assert not any(isinstance(action, EnsureIngress | RemoveIngress) for action in plan.actions)

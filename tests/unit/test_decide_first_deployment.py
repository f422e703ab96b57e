"""What is decided about a FlinkDeployment that was never deployed."""

import pytest

from controller.observation import Component, Observation, Unknown
from controller.plan import AddFinalizer, CreateCluster
from shared.model.job import UpgradeMode
from shared.model.status import ConditionStatus, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    application,
    cluster_of,
    observed,
    pod_of,
    pods_of,
    session,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import UNKNOWN_CLUSTER, error_of, plan_of, recorded


def test_finalizer_comes_before_anything_else() -> None:
    plan = plan_of(with_metadata(application(), finalizers=[]), observed())
    assert plan.actions == (AddFinalizer(),)


def test_first_deployment_is_on_record_before_it_is_made() -> None:
    raw = application()
    plan = plan_of(raw, observed())
    (create,) = plan.actions
    assert isinstance(create, CreateCluster)
    reconciliation = plan.status.reconciliation_status
    assert reconciliation.state is ReconciliationState.UPGRADING
    assert create.submission.job_id == plan.status.job_status.job_id
    assert create.submission.generation == plan.status.observed_generation == 1
    record = recorded(with_status(raw, plan))
    assert record.first_deployment
    assert record.is_suspended


def test_job_id_is_32_hexadecimal_digits() -> None:
    job_id = plan_of(application(), observed()).status.job_status.job_id
    assert job_id is not None
    assert len(bytes.fromhex(job_id)) == 16


def test_first_deployment_starts_from_the_initial_savepoint() -> None:
    raw = application(job={"initialSavepointPath": "s3://b/sp-1"})
    plan = plan_of(raw, observed())
    (create,) = plan.actions
    assert isinstance(create, CreateCluster)
    assert create.submission.restore_path == plan.status.job_status.upgrade_savepoint_path == "s3://b/sp-1"
    last = recorded(with_status(raw, plan))
    assert last.spec.job is not None
    assert last.spec.job.upgrade_mode is UpgradeMode.SAVEPOINT


def test_session_cluster_is_made_without_a_job() -> None:
    (create,) = plan_of(session(), observed()).actions
    assert isinstance(create, CreateCluster)
    assert create.submission.job_id is None


def test_job_that_is_suspended_at_creation_is_not_deployed() -> None:
    plan = plan_of(application(job={"state": "suspended"}), observed())
    assert plan.actions == ()
    assert plan.status.reconciliation_status.last_reconciled_spec is None
    assert plan.status.lifecycle_state is LifecycleState.CREATED
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == (ConditionStatus.TRUE, "Suspended")


def test_spec_that_is_not_valid_is_not_deployed() -> None:
    plan = plan_of(application(serviceAccount=None), observed())
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.FAILED
    assert "spec.serviceAccount" in error_of(plan)
    assert [event.reason for event in plan.events] == ["ValidationError"]


def test_validation_error_is_an_event_of_the_operator() -> None:
    (event,) = plan_of(application(serviceAccount=None), observed()).events
    assert event.component.value == "Operator"


def test_foreign_deployment_of_the_name_is_not_taken_over() -> None:
    plan = plan_of(application(), observed(cluster=cluster_of(None)))
    assert plan.actions == ()
    assert "DeploymentExists" in error_of(plan)


@pytest.mark.parametrize(
    "observation",
    [
        UNKNOWN_CLUSTER,
        observed(pods=pods_of(pod_of(Component.TASK_MANAGER))),
        observed(pods=Unknown("timeout")),
    ],
)
def test_first_deployment_waits_until_it_is_known_that_nothing_is_there(observation: Observation) -> None:
    plan = plan_of(application(), observation)
    assert plan.actions == ()
    assert plan.again_after is not None
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert ready.reason != "Suspended"

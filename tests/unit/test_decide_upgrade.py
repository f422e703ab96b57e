"""What is decided in state UPGRADING: the old cluster goes, then the new one comes."""

from datetime import timedelta
from typing import Any

import pytest

from controller.decide import decide
from controller.decide.subject import with_spec
from controller.observation import Component, Unknown
from controller.plan import CreateCluster, DeleteCluster, DeleteHighAvailabilityData, StopJobManager
from shared.config.effective import deployment_configuration
from shared.model.job import DesiredJobState
from shared.model.status import (
    ConditionStatus,
    JobManagerDeploymentStatus,
    LifecycleState,
    ReconciliationState,
)
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    observed,
    pod_of,
    pods_of,
    session,
    subject_of,
    with_status,
)
from tests.unit.recorded_deployments import (
    KUBERNETES_HA,
    SAVEPOINTS,
    Json,
    changing,
    plan_of,
    recorded,
    submitted,
)


def test_cluster_that_is_not_released_is_completed_with_the_recorded_job_id() -> None:
    raw = submitted(application())
    (create,) = plan_of(raw, observed(cluster=cluster_of(1, paused=True, available=False))).actions
    assert isinstance(create, CreateCluster)
    assert create.submission.job_id == raw["status"]["jobStatus"]["jobId"]


@pytest.mark.parametrize("mode", ["stateless", "last-state", "savepoint"])
def test_cluster_that_is_completed_gets_the_configuration_it_was_begun_with(mode: str) -> None:
    raw = application(job={"upgradeMode": mode}, flinkConfiguration=SAVEPOINTS)
    (begun,) = plan_of(raw, observed()).actions
    raw = submitted(raw)
    (completed,) = plan_of(raw, observed(cluster=cluster_of(1, paused=True, available=False))).actions
    assert isinstance(begun, CreateCluster)
    assert isinstance(completed, CreateCluster)
    assert configuration_of(raw, completed) == configuration_of(raw, begun)


def configuration_of(raw: Json, create: CreateCluster) -> Any:
    resource = with_spec(subject_of(raw), create.spec)
    return deployment_configuration(resource, {}, create.submission)


def test_unreleased_cluster_gives_way_to_a_newer_spec() -> None:
    raw = edited(submitted(application()), image="flink:2.3-fixed")
    plan = plan_of(raw, observed(cluster=cluster_of(1, paused=True, available=False)))
    assert plan.actions == (DeleteCluster("cluster-uid"),)


def test_released_cluster_of_the_recorded_generation_is_deployed() -> None:
    raw = submitted(application())
    plan = plan_of(raw, observed(cluster=cluster_of(1, available=False)))
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.DEPLOYING
    assert plan.status.lifecycle_state is LifecycleState.DEPLOYED
    last = recorded(with_status(raw, plan))
    assert last.spec.job is not None
    assert last.spec.job.state is DesiredJobState.RUNNING


def test_cluster_of_another_generation_is_scaled_down_first() -> None:
    raw = changing(application(), image="flink:2.4")
    plan = plan_of(raw, observed(cluster=cluster_of(1), pods=pods_of(pod_of())))
    assert plan.actions == (StopJobManager(),)


@pytest.mark.parametrize("pods", [pods_of(pod_of()), Unknown("timeout")])
def test_cluster_is_not_deleted_while_a_job_manager_may_run(pods: Any) -> None:
    raw = changing(application(), image="flink:2.4")
    plan = plan_of(raw, observed(cluster=cluster_of(1, replicas=0), pods=pods))
    assert plan.actions == ()


def test_cluster_is_deleted_once_its_job_manager_is_known_to_be_gone() -> None:
    raw = changing(application(), image="flink:2.4")
    pods = pods_of(pod_of(Component.TASK_MANAGER))
    plan = plan_of(raw, observed(cluster=cluster_of(1, replicas=0), pods=pods))
    assert plan.actions == (DeleteCluster("cluster-uid"),)


def test_cluster_that_is_being_deleted_is_waited_for() -> None:
    raw = changing(application(), image="flink:2.4")
    plan = plan_of(raw, observed(cluster=cluster_of(2, being_deleted=True)))
    assert plan.actions == ()


@pytest.mark.parametrize("pods", [pods_of(pod_of(Component.TASK_MANAGER)), Unknown("timeout")])
def test_nothing_is_submitted_while_a_pod_may_be_left(pods: Any) -> None:
    raw = changing(application(), image="flink:2.4")
    plan = plan_of(raw, observed(pods=pods))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING


def test_new_spec_is_submitted_with_a_new_job_id_once_nothing_is_left() -> None:
    raw = changing(application(), image="flink:2.4")
    before = raw["status"]["jobStatus"]["jobId"]
    plan = plan_of(raw, observed())
    (create,) = plan.actions
    assert isinstance(create, CreateCluster)
    assert create.spec.image == "flink:2.4"
    assert create.submission.generation == 2
    assert create.submission.job_id == plan.status.job_status.job_id
    assert create.submission.job_id != before


def test_submission_that_is_repeated_keeps_its_job_id() -> None:
    raw = submitted(application())
    again = decide(subject_of(raw), observed(at=NOW + timedelta(minutes=5)))
    (create,) = again.actions
    assert isinstance(create, CreateCluster)
    assert create.submission.job_id == raw["status"]["jobStatus"]["jobId"]


@pytest.mark.parametrize("raw", [application(), session()])
def test_submission_that_is_repeated_writes_nothing_new(raw: Json) -> None:
    raw = submitted(raw)
    again = decide(subject_of(raw), observed(at=NOW + timedelta(minutes=5)))
    assert again.status.to_wire() == raw["status"]


def test_submission_that_is_repeated_is_told_once() -> None:
    assert plan_of(submitted(application()), observed()).events == ()


def test_upgrade_without_state_drops_the_old_jobs_high_availability_data() -> None:
    raw = changing(application(flinkConfiguration=KUBERNETES_HA), image="flink:2.4")
    plan = plan_of(raw, observed())
    assert [type(action) for action in plan.actions] == [DeleteHighAvailabilityData, CreateCluster]


def test_session_cluster_keeps_its_high_availability_data() -> None:
    raw = changing(session(flinkConfiguration=KUBERNETES_HA), image="flink:2.4")
    assert [type(action) for action in plan_of(raw, observed()).actions] == [CreateCluster]


def test_suspension_ends_without_a_cluster() -> None:
    raw = changing(application(), job={"state": "suspended"})
    plan = plan_of(raw, observed())
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert plan.status.lifecycle_state is LifecycleState.SUSPENDED
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.MISSING


def test_suspended_job_is_resumed() -> None:
    raw = changing(application(), job={"state": "suspended"})
    raw = with_status(raw, plan_of(raw, observed()))
    raw = edited(raw, job={"state": "running"})
    raw = with_status(raw, plan_of(raw, observed()))
    (create,) = plan_of(raw, observed()).actions
    assert isinstance(create, CreateCluster)


def test_job_manager_that_is_gone_during_an_upgrade_is_not_shown_as_ready() -> None:
    raw = changing(session(), image="flink:2.4")
    plan = plan_of(raw, observed(pods=pods_of(pod_of(Component.TASK_MANAGER))))
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.MISSING
    running = plan.status.condition("Running")
    assert running is not None
    assert running.status is ConditionStatus.FALSE


def test_change_in_progress_goes_on_with_the_last_valid_spec() -> None:
    raw = edited(changing(application(), image="flink:2.4"), serviceAccount=None)
    (create,) = plan_of(raw, observed()).actions
    assert isinstance(create, CreateCluster)
    assert create.spec.image == "flink:2.4"
    assert create.spec.service_account == "flink"
    assert create.submission.generation == 2

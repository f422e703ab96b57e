"""What is decided in state DEPLOYED: changes, what is observed, and clusters that are lost."""

import pytest

from controller.observation import Absent, FlinkInfo, Known, Observation, Problem
from controller.plan import CreateCluster, StopJobManager
from shared.model.status import JobManagerDeploymentStatus, JobState, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    application,
    cluster_of,
    edited,
    job_of,
    observed,
    observed_up,
    pod_of,
    pods_of,
    session,
    with_status,
)
from tests.unit.recorded_deployments import (
    KUBERNETES_HA,
    SAVEPOINTS,
    UNKNOWN_CLUSTER,
    Json,
    deployed,
    error_of,
    plan_of,
    submitted,
    up,
)


def test_change_of_a_stateless_job_is_recorded_and_the_old_cluster_stopped() -> None:
    before = deployed(application())
    raw = edited(before, image="flink:2.4")
    plan = plan_of(raw, up(before))
    assert plan.actions == (StopJobManager(),)
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    assert plan.status.observed_generation == 2
    assert [event.reason for event in plan.events] == ["SpecChanged", "Suspended"]
    assert "spec.image" in plan.events[0].message


def test_stateless_change_of_a_job_with_high_availability_elsewhere_is_not_supported() -> None:
    zookeeper = {"high-availability.type": "zookeeper", "high-availability.storageDir": "s3://b/ha"}
    before = deployed(application(flinkConfiguration=zookeeper))
    plan = plan_of(edited(before, image="flink:2.4"), up(before))
    assert plan.actions == ()
    assert "NotSupported" in error_of(plan)


@pytest.mark.parametrize(
    "change",
    [
        {
            "job": {"upgradeMode": "savepoint"},
            "flinkConfiguration": {"kubernetes.operator.x": "y"} | SAVEPOINTS,
        },
        {"job": {"allowNonRestoredState": True}},
        {"job": {"initialSavepointPath": "s3://b/sp"}},
        {"flinkConfiguration": {"kubernetes.operator.savepoint.format.type": "NATIVE"} | SAVEPOINTS},
        {"flinkConfiguration": {"job.autoscaler.enabled": "true"} | SAVEPOINTS},
        {
            "flinkConfiguration": {
                "execution": {"checkpointing": {"dir": "s3://b/cp", "savepoint-dir": "s3://b/sp"}}
            }
        },
        {"jobManager": {"resources": {"requests": {"cpu": "0.50", "memory": "1024m"}}, "replicas": 1}},
        {"mode": "native"},
        {"restartNonce": None},
    ],
)
def test_change_that_needs_no_new_cluster_is_just_observed(change: Json) -> None:
    before = deployed(application(flinkConfiguration=SAVEPOINTS, restartNonce=1))
    plan = plan_of(edited(before, **change), up(before))
    assert plan.actions == ()
    assert plan.status.observed_generation == 2
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"restartNonce": 2}, "spec.restartNonce"),
        ({"image": "flink:x"}, "spec.image"),
        ({"job": {"parallelism": 3}}, "spec.job.parallelism"),
        ({"job": {"args": ["-x"]}}, "spec.job.args"),
        (
            {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": 2}},
            "spec.flinkConfiguration[taskmanager.numberOfTaskSlots]",
        ),
        ({"podTemplate": {"spec": {}}}, "spec.podTemplate"),
    ],
)
def test_change_that_needs_a_new_cluster_is_named(change: Json, path: str) -> None:
    before = deployed(application(restartNonce=1))
    plan = plan_of(edited(before, **change), up(before))
    assert plan.actions == (StopJobManager(),)
    assert path in plan.events[0].message


def test_spec_that_is_not_valid_leaves_what_runs_alone() -> None:
    before = deployed(application())
    plan = plan_of(edited(before, serviceAccount=None, image="flink:2.4"), up(before))
    assert plan.actions == ()
    assert "ValidationError" in error_of(plan)
    assert "The last valid spec stays in force." in error_of(plan)
    assert plan.status.job_status.state is JobState.RUNNING
    assert plan.status.recorded_generation == 1


def test_running_job_makes_the_spec_stable() -> None:
    raw = submitted(application())
    plan = plan_of(raw, up(raw))
    reconciliation = plan.status.reconciliation_status
    assert plan.status.lifecycle_state is LifecycleState.STABLE
    assert reconciliation.last_stable_spec == reconciliation.last_reconciled_spec
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.READY
    assert plan.status.cluster_info == {"flink-version": "2.3.0", "flink-revision": "c0f8d1a"}
    assert plan.status.task_manager is not None
    assert plan.status.task_manager.replicas == 2


def test_created_job_is_not_stable_yet() -> None:
    raw = submitted(application())
    plan = plan_of(raw, up(raw, JobState.CREATED))
    assert plan.status.lifecycle_state is LifecycleState.DEPLOYED


def test_session_cluster_that_answers_is_stable() -> None:
    raw = submitted(session())
    plan = plan_of(raw, up(raw))
    assert plan.status.lifecycle_state is LifecycleState.STABLE
    assert plan.status.job_status.state is None


def test_failed_job_is_told_with_its_cause() -> None:
    raw = deployed(application())
    job = job_of(raw["status"]["jobStatus"]["jobId"], JobState.FAILED, "java.io.IOException: disk full")
    plan = plan_of(raw, observed_up(job))
    assert plan.status.lifecycle_state is LifecycleState.FAILED
    assert "disk full" in error_of(plan)
    assert plan.actions == ()


def test_slots_that_cannot_be_read_do_not_stop_observation() -> None:
    raw = submitted(application(flinkConfiguration={"taskmanager.numberOfTaskSlots": "none"}))
    problem = Problem("CrashLoopBackOff", "Container flink-main-container cannot run")
    pods = pods_of(pod_of(problem=problem))
    plan = plan_of(raw, observed(cluster=cluster_of(1, available=False), pods=pods))
    assert "CrashLoopBackOff" in error_of(plan) or "taskmanager.numberOfTaskSlots" in error_of(plan)


def test_lost_job_manager_of_a_stateless_job_is_deployed_again() -> None:
    raw = deployed(application())
    plan = plan_of(raw, observed())
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    assert [event.reason for event in plan.events] == ["RecoverDeployment"]
    again = plan_of(with_status(raw, plan), observed())
    (create,) = again.actions
    assert isinstance(create, CreateCluster)
    assert create.submission.job_id != raw["status"]["jobStatus"]["jobId"]


def test_lost_session_cluster_is_deployed_again() -> None:
    plan = plan_of(deployed(session()), observed())
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING


@pytest.mark.parametrize(
    "raw",
    [
        application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS),
        application(job={"upgradeMode": "last-state"}, flinkConfiguration=SAVEPOINTS),
        application(flinkConfiguration=KUBERNETES_HA),
    ],
)
def test_lost_job_whose_state_would_be_lost_is_not_started_anew(raw: Json) -> None:
    plan = plan_of(deployed(raw), observed())
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.MISSING
    assert "Missing" in error_of(plan)


@pytest.mark.parametrize("state", [JobState.FINISHED, JobState.FAILED, JobState.CANCELED])
def test_job_that_had_ended_is_not_started_anew(state: JobState) -> None:
    raw = deployed(application())
    raw = with_status(raw, plan_of(raw, up(raw, state)))
    plan = plan_of(raw, observed())
    assert plan.actions == ()
    assert plan.status.job_status.state is state


@pytest.mark.parametrize(
    "observation",
    [
        observed(cluster=cluster_of(1), pods=pods_of(pod_of())),
        UNKNOWN_CLUSTER,
    ],
)
def test_running_job_stays_as_it_was_while_nobody_can_be_asked(observation: Observation) -> None:
    raw = deployed(application())
    plan = plan_of(raw, observation)
    assert plan.status.job_status.state is JobState.RUNNING
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.READY
    assert plan.actions == ()


def test_job_that_its_job_manager_lost_is_reconciling() -> None:
    raw = deployed(application())
    flink = Known(FlinkInfo("2.3.0", "c0f8d1a"))
    observation = observed(cluster=cluster_of(1), flink=flink, job=Absent())
    assert plan_of(raw, observation).status.job_status.state is JobState.RECONCILING

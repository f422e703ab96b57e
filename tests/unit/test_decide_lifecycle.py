"""The lifecycle's table, row by row: what is decided about a FlinkDeployment, given what is known."""

from datetime import timedelta
from typing import Any

import pytest

from controller.decide import decide
from controller.observation import Absent, Component, FlinkInfo, Known, Observation, Problem, Unknown
from controller.plan import (
    AddFinalizer,
    CreateCluster,
    DeleteCluster,
    DeleteHighAvailabilityData,
    Plan,
    StopJobManager,
)
from shared.config.effective import deployment_configuration
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import (
    ConditionStatus,
    JobManagerDeploymentStatus,
    JobState,
    LifecycleState,
    ReconciliationState,
)
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    java_operator_resource,
    job_of,
    observed,
    observed_up,
    pod_of,
    pods_of,
    session,
    subject_of,
    with_metadata,
    with_status,
)

Json = dict[str, Any]
UNKNOWN_CLUSTER = observed(cluster=Unknown("timeout"), pods=Unknown("timeout"))
KUBERNETES_HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://bucket/ha"}
SAVEPOINTS = {
    "execution.checkpointing.dir": "s3://b/cp",
    "execution.checkpointing.savepoint-dir": "s3://b/sp",
}


def plan_of(raw: Json, observation: Observation) -> Plan:
    return decide(subject_of(raw), observation)


def submitted(raw: Json) -> Json:
    """The resource after the first submission was put on record."""
    return with_status(raw, plan_of(raw, observed()))


def deployed(raw: Json) -> Json:
    """The resource with its job (or session cluster) up."""
    raw = submitted(raw)
    return with_status(raw, plan_of(raw, up(raw)))


def up(raw: Json, state: JobState = JobState.RUNNING, *, generation: int | None = None) -> Observation:
    """The cluster of the recorded generation runs, and its job is in that state."""
    status = raw["status"]
    return observed_up(
        job_of(status["jobStatus"].get("jobId", ""), state),
        generation=generation or status["observedGeneration"],
    )


def changing(raw: Json, **change: Any) -> Json:
    """A deployed resource whose spec was changed, and whose change is on record."""
    raw = deployed(raw)
    changed = edited(raw, **change)
    return with_status(changed, plan_of(changed, up(raw)))


def recorded(raw: Json) -> ReconciledSpec:
    return ReconciledSpec.from_json(raw["status"]["reconciliationStatus"]["lastReconciledSpec"])


def error_of(plan: Plan) -> str:
    return plan.status.error or ""


# Never deployed


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
    assert (ready.status, ready.reason) == (ConditionStatus.FALSE, "Suspended")


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


@pytest.mark.parametrize("mode", ["standalone"])
def test_mode_that_is_not_supported_is_said_and_nothing_deployed(mode: str) -> None:
    plan = plan_of(application(mode=mode), observed())
    assert plan.actions == ()
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert ready.reason == "NotSupported"


# UPGRADING


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
    resource = subject_of(raw).resource.model_copy(update={"spec": create.spec})
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


@pytest.mark.parametrize("recorded_mode", ["savepoint", "last-state"])
@pytest.mark.parametrize("observation", [observed(), observed(cluster=cluster_of(0), pods=pods_of(pod_of()))])
def test_state_that_another_operator_recorded_in_mid_upgrade_is_not_dropped(
    observation: Observation, recorded_mode: str
) -> None:
    raw = java_operator_resource("application-ha-running")
    last = recorded(raw)
    assert last.spec.job is not None
    job = last.spec.job.model_copy(
        update={"state": DesiredJobState.SUSPENDED, "upgrade_mode": UpgradeMode(recorded_mode)}
    )
    document = ReconciledSpec(last.spec.model_copy(update={"job": job})).to_json()
    reconciliation = {"lastReconciledSpec": document, "state": "UPGRADING"}
    raw["status"]["reconciliationStatus"] |= reconciliation
    raw["status"]["jobStatus"] |= {"state": "FINISHED", "upgradeSavepointPath": "s3://b/newest"}
    plan = plan_of(raw, observation)
    assert plan.actions == ()
    assert "NotSupported" in error_of(plan)


# DEPLOYED


def test_change_of_a_stateless_job_is_recorded_and_the_old_cluster_stopped() -> None:
    before = deployed(application())
    raw = edited(before, image="flink:2.4")
    plan = plan_of(raw, up(before))
    assert plan.actions == (StopJobManager(),)
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    assert plan.status.observed_generation == 2
    assert [event.reason for event in plan.events] == ["SpecChanged", "Suspended"]
    assert "spec.image" in plan.events[0].message


@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
def test_change_that_must_carry_state_over_is_not_supported_and_stops_nothing(mode: str) -> None:
    before = deployed(application(job={"upgradeMode": mode}, flinkConfiguration=SAVEPOINTS))
    raw = edited(before, image="flink:2.4")
    plan = plan_of(raw, up(before))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert "NotSupported" in error_of(plan)
    assert plan.status.job_status.state is JobState.RUNNING
    assert plan.status.observed_generation == 1


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
        {"jobManager": {"resource": {"cpu": 0.50, "memory": "1024m"}, "replicas": 1}},
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
    assert plan.status.observed_generation == 1


def test_change_in_progress_goes_on_with_the_last_valid_spec() -> None:
    raw = edited(changing(application(), image="flink:2.4"), serviceAccount=None)
    (create,) = plan_of(raw, observed()).actions
    assert isinstance(create, CreateCluster)
    assert create.spec.image == "flink:2.4"
    assert create.spec.service_account == "flink"
    assert create.submission.generation == 2


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


def test_standalone_cluster_of_another_operator_is_never_replaced_by_a_native_one() -> None:
    raw = java_operator_resource("standalone-application")
    raw["spec"]["job"]["upgradeMode"] = "stateless"
    plan = plan_of(raw, observed())
    plan = plan_of(with_status(raw, plan), observed())
    assert plan.actions == ()


@pytest.mark.parametrize("state", ["ROLLED_BACK", "ROLLING_BACK"])
def test_state_that_this_version_does_not_act_on_is_said(state: str) -> None:
    raw = java_operator_resource("application-running")
    raw["status"]["reconciliationStatus"]["state"] = state
    plan = plan_of(raw, observed_up(job_of(raw["status"]["jobStatus"]["jobId"])))
    assert plan.actions == ()
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert ready.reason == "NotSupported"


# Unknown


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


# Taking over from Apache's operator


@pytest.mark.parametrize(
    "name",
    [
        "application-running",
        "application-upgraded-stable",
        "application-ha-running",
        "application-ha-upgraded-stable",
        "session-cluster",
    ],
)
def test_cluster_of_apaches_operator_is_taken_over_without_any_effect(name: str) -> None:
    raw = java_operator_resource(name)
    job = job_of(raw["status"]["jobStatus"].get("jobId", ""))
    plan = plan_of(raw, observed_up(job, generation=raw["status"]["observedGeneration"]))
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.STABLE
    assert plan.status.error is None
    before = raw["status"]["reconciliationStatus"]
    assert plan.status.reconciliation_status.last_reconciled_spec == before["lastReconciledSpec"]
    assert plan.status.reconciliation_status.last_stable_spec == before["lastStableSpec"]

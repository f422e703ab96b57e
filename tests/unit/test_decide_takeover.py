"""What is decided about a FlinkDeployment that Apache's operator left."""

import pytest

from controller.observation import HighAvailability, Known
from controller.plan import CreateCluster, ForgetJobPlans, StopJobManager
from shared.model.deployment import KubernetesDeploymentMode
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import JobState, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    cluster_of,
    java_operator_resource,
    job_of,
    observed,
    observed_up,
    pod_of,
    pods_of,
    with_status,
)
from tests.unit.recorded_deployments import Json, error_of, plan_of, recorded, up


def in_mid_upgrade(recorded_mode: UpgradeMode) -> Json:
    """A job that Apache's operator stopped and had not yet started again."""
    raw = java_operator_resource("application-ha-running")
    last = recorded(raw)
    assert last.spec.job is not None
    job = last.spec.job.model_copy(update={"state": DesiredJobState.SUSPENDED, "upgrade_mode": recorded_mode})
    document = ReconciledSpec(last.spec.model_copy(update={"job": job})).to_json()
    raw["status"]["reconciliationStatus"] |= {"lastReconciledSpec": document, "state": "UPGRADING"}
    raw["status"]["jobStatus"] |= {"state": "FINISHED", "upgradeSavepointPath": "s3://b/newest"}
    return raw


def test_upgrade_with_a_savepoint_that_another_operator_began_goes_on_from_it() -> None:
    plan = plan_of(in_mid_upgrade(UpgradeMode.SAVEPOINT), observed())
    create = plan.actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.submission.restore_path == "s3://b/newest"


def test_last_state_upgrade_that_another_operator_began_goes_on_with_flinks_metadata() -> None:
    raw = in_mid_upgrade(UpgradeMode.LAST_STATE)
    job_id = raw["status"]["jobStatus"]["jobId"]
    metadata = Known(HighAvailability(job_id, has_checkpoint=True))
    plan = plan_of(raw, observed(high_availability=metadata))
    assert [type(action) for action in plan.actions] == [ForgetJobPlans, CreateCluster]
    assert plan.status.job_status.job_id == job_id


def test_last_state_upgrade_that_another_operator_began_never_starts_without_metadata() -> None:
    plan = plan_of(in_mid_upgrade(UpgradeMode.LAST_STATE), observed())
    assert plan.actions == ()
    assert "RestoreFailed" in error_of(plan)


def submitted_by_another(recorded_mode: UpgradeMode, **job_status: object) -> Json:
    """A job whose operator ended between the submission and the note of it."""
    raw = in_mid_upgrade(recorded_mode)
    raw["status"]["jobManagerDeploymentStatus"] = "MISSING"
    raw["status"]["jobStatus"] |= job_status
    return raw


@pytest.mark.parametrize("state", ["FINISHED", "CANCELED", None])
@pytest.mark.parametrize("mode", [UpgradeMode.SAVEPOINT, UpgradeMode.LAST_STATE])
def test_submission_that_its_operator_could_not_note_is_not_repeated(
    mode: UpgradeMode, state: str | None
) -> None:
    raw = submitted_by_another(mode, state=state)
    plan = plan_of(raw, up(raw))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert plan.status.job_status.state is JobState.RUNNING
    assert plan.status.job_status.upgrade_savepoint_path == "s3://b/newest"
    assert plan.status.lifecycle_state is LifecycleState.STABLE


def test_submission_that_its_operator_could_not_note_is_deployed_before_its_job_answers() -> None:
    raw = submitted_by_another(UpgradeMode.SAVEPOINT)
    plan = plan_of(raw, observed(cluster=cluster_of(1, available=False), pods=pods_of(pod_of())))
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.DEPLOYED
    assert plan.status.job_status.state is JobState.RECONCILING


@pytest.mark.parametrize(
    ("job_manager", "generation"),
    [
        pytest.param("MISSING", 7, id="of another generation"),
        pytest.param("READY", 1, id="stopped for an upgrade that is not of a new generation"),
    ],
)
def test_older_cluster_of_an_upgrade_that_another_operator_began_is_stopped(
    job_manager: str, generation: int
) -> None:
    raw = submitted_by_another(UpgradeMode.SAVEPOINT)
    raw["status"]["jobManagerDeploymentStatus"] = job_manager
    plan = plan_of(raw, up(raw, JobState.FINISHED, generation=generation))
    assert [type(action) for action in plan.actions] == [StopJobManager]


def test_first_deployment_that_another_operator_began_goes_on_with_what_it_submitted() -> None:
    raw = java_operator_resource("application-running")
    status = raw["status"]["reconciliationStatus"]
    document = status.pop("lastStableSpec").replace('"state":"running"', '"state":"suspended"')
    status |= {"lastReconciledSpec": document, "state": "UPGRADING"}
    raw["status"]["jobManagerDeploymentStatus"] = "MISSING"
    raw["status"]["jobStatus"] = {"jobId": raw["status"]["jobStatus"]["jobId"]}
    plan = plan_of(raw, up(raw))
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.STABLE
    assert plan_of(raw, observed()).actions != ()  # nothing was submitted: it is now


def test_standalone_cluster_of_another_operator_is_never_replaced_by_a_native_one() -> None:
    raw = java_operator_resource("standalone-application")
    raw["spec"]["job"]["upgradeMode"] = "stateless"
    plan = plan_of(raw, observed())
    (create,) = plan_of(with_status(raw, plan), observed()).actions
    assert isinstance(create, CreateCluster)
    assert create.spec.mode is KubernetesDeploymentMode.STANDALONE


def test_resource_that_another_operator_rolled_back_is_left_as_it_is() -> None:
    raw = java_operator_resource("application-upgraded-stable")
    raw["status"]["reconciliationStatus"]["state"] = "ROLLED_BACK"
    raw["status"]["reconciliationStatus"]["lastStableSpec"] = java_operator_resource("application-running")[
        "status"
    ]["reconciliationStatus"]["lastStableSpec"]
    plan = plan_of(raw, observed_up(job_of(raw["status"]["jobStatus"]["jobId"]), generation=2))
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.ROLLED_BACK


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

"""What is decided about a FlinkDeployment that Apache's operator left."""

from dataclasses import replace

import pytest

from controller.decide.route import LAST_STATE_MARKER
from controller.observation import HighAvailability, Known, Observation
from controller.plan import CreateCluster, ForgetJobPlans, StopJobManager, StopWithSavepoint
from shared.model.deployment import KubernetesDeploymentMode
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import JobState, LifecycleState, ReconciliationState
from tests.unit.flink_deployments import (
    NO_ANSWER,
    cluster_of,
    edited,
    java_operator_resource,
    job_of,
    observed,
    observed_up,
    pod_of,
    pods_of,
    with_status,
)
from tests.unit.recorded_deployments import SAVEPOINTS, Json, error_of, plan_of, recorded, up
from tests.unit.session_jobs import listed, plan_of_job


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


def suspended_by_another(mode: UpgradeMode, path: str | None) -> Json:
    """The first deployment of a job that its owner suspended; its record still calls it the first."""
    raw = java_operator_resource("application-ha-running")
    status = raw["status"]
    last = recorded(raw)
    assert last.spec.job is not None
    job = last.spec.job.model_copy(update={"state": DesiredJobState.SUSPENDED, "upgrade_mode": mode})
    document = ReconciledSpec(last.spec.model_copy(update={"job": job}), first_deployment=True).to_json()
    status["reconciliationStatus"] |= {"lastReconciledSpec": document, "lastStableSpec": document}
    status["jobStatus"] |= {"state": "FINISHED", "upgradeSavepointPath": path}
    status["lifecycleState"] = "SUSPENDED"
    raw["spec"]["job"] |= {"state": "suspended", "upgradeMode": mode.value}
    return raw


def resumed(raw: Json, observation: Observation) -> tuple[CreateCluster, str | None]:
    """What is created after the owner lets the job run again, and the job id on record."""
    raw = edited(raw, job={"state": "running"})
    raw = with_status(raw, plan_of(raw, observation))
    plan = plan_of(raw, observed(high_availability=observation.high_availability))
    create = plan.actions[-1]
    assert isinstance(create, CreateCluster)
    return create, plan.status.job_status.job_id


@pytest.mark.parametrize("cluster", [observed(), observed_up(NO_ANSWER)], ids=["gone", "still there"])
def test_job_that_another_operator_suspended_goes_on_from_its_savepoint(cluster: Observation) -> None:
    raw = suspended_by_another(UpgradeMode.SAVEPOINT, "s3://b/suspended")
    raw["spec"]["job"]["initialSavepointPath"] = "s3://b/older"
    assert plan_of(raw, cluster).actions == ()
    create, job_id = resumed(raw, cluster)
    assert create.submission.restore_path == "s3://b/suspended"
    assert create.submission.job_id == job_id != raw["status"]["jobStatus"]["jobId"]


def test_job_that_another_operator_suspended_goes_on_by_flinks_metadata() -> None:
    raw = suspended_by_another(UpgradeMode.LAST_STATE, LAST_STATE_MARKER)
    metadata = Known(HighAvailability(raw["status"]["jobStatus"]["jobId"], has_checkpoint=True))
    create, job_id = resumed(raw, observed(high_availability=metadata))
    assert create.submission.restore_path == LAST_STATE_MARKER
    assert job_id == raw["status"]["jobStatus"]["jobId"]


def test_job_that_another_operator_suspended_goes_on_from_a_savepoint_noted_in_the_older_place() -> None:
    raw = suspended_by_another(UpgradeMode.SAVEPOINT, None)
    raw["status"]["jobStatus"]["savepointInfo"]["lastSavepoint"] = {"location": "s3://b/legacy"}
    create, _ = resumed(raw, observed())
    assert create.submission.restore_path == "s3://b/legacy"


def test_upgrade_of_a_first_deployment_that_another_operator_began_goes_on_from_its_savepoint() -> None:
    raw = in_mid_upgrade(UpgradeMode.SAVEPOINT)
    raw["spec"]["job"]["initialSavepointPath"] = "s3://b/older"
    status = raw["status"]["reconciliationStatus"]
    status["lastReconciledSpec"] = replace(recorded(raw), first_deployment=True).to_json()
    create = plan_of(raw, observed()).actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.submission.restore_path == "s3://b/newest"


def test_job_whose_id_is_not_on_record_is_put_on_record() -> None:
    raw = java_operator_resource("application-running")
    job_id = raw["status"]["jobStatus"].pop("jobId")
    plan = plan_of(raw, observed_up(job_of(job_id)))
    assert plan.actions == ()
    assert plan.status.job_status.job_id == job_id


def session_job_of_java(**options: str) -> tuple[Json, Json]:
    """With its session cluster; its jar lies where this operator can fetch it."""
    raw, cluster = java_operator_resource("session-job"), java_operator_resource("session-cluster")
    for text in ("lastReconciledSpec", "lastStableSpec"):
        document = raw["status"]["reconciliationStatus"][text].replace(
            "file:///", "https://jars.example.com/"
        )
        raw["status"]["reconciliationStatus"][text] = document
    raw["spec"]["job"]["jarURI"] = "https://jars.example.com/opt/flink/artifacts/TopSpeedWindowing.jar"
    cluster["spec"].setdefault("flinkConfiguration", {}).update(options)
    return raw, cluster


def test_running_session_job_is_taken_over_as_it_is() -> None:
    raw, cluster = session_job_of_java()
    plan = plan_of_job(raw, listed(raw), cluster)
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.STABLE
    wire = plan.status.to_wire()
    assert wire["reconciliationStatus"] == raw["status"]["reconciliationStatus"]
    assert wire["jobStatus"]["jobId"] == raw["status"]["jobStatus"]["jobId"]


def test_session_job_of_java_is_upgraded_with_a_savepoint() -> None:
    raw, cluster = session_job_of_java(**SAVEPOINTS)
    changed = edited(raw, job={"parallelism": 2})
    plan = plan_of_job(changed, listed(raw), cluster)
    assert [type(action) for action in plan.actions] == [StopWithSavepoint]

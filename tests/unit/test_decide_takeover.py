"""What is decided about a FlinkDeployment that Apache's operator left."""

import pytest

from controller.observation import Observation
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import LifecycleState
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
from tests.unit.recorded_deployments import error_of, plan_of, recorded


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

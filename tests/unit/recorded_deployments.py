"""FlinkDeployments with a history: what earlier decisions left in their status."""

from typing import Any

from controller.decide import decide
from controller.observation import Observation, Unknown
from controller.plan import Plan
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import JobState
from tests.unit.flink_deployments import edited, job_of, observed, observed_up, subject_of, with_status

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
    recorded = status["reconciliationStatus"].get("lastReconciledGeneration", status["observedGeneration"])
    return observed_up(job_of(status["jobStatus"].get("jobId", ""), state), generation=generation or recorded)


def changing(raw: Json, **change: Any) -> Json:
    """A deployed resource whose spec was changed, and whose change is on record."""
    raw = deployed(raw)
    changed = edited(raw, **change)
    return with_status(changed, plan_of(changed, up(raw)))


def recorded(raw: Json) -> ReconciledSpec:
    return ReconciledSpec.from_json(raw["status"]["reconciliationStatus"]["lastReconciledSpec"])


def error_of(plan: Plan) -> str:
    return plan.status.error or ""

"""How others read a resource: kstatus (Flux, Config Sync), and Argo CD's built-in check of FlinkDeployments.

Both are written from what they document and do, as oracles for tests.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]


class Kstatus(StrEnum):
    """What kstatus makes of any resource."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    TERMINATING = "Terminating"


def kstatus(resource: Json) -> Kstatus:
    """A resource without conditions that it knows is current to it, even if nobody has looked at it yet."""
    metadata, status = resource["metadata"], resource.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return Kstatus.TERMINATING
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return Kstatus.IN_PROGRESS
    values = {one["type"]: one["status"] for one in status.get("conditions") or []}
    for abnormal, meaning in (("Reconciling", Kstatus.IN_PROGRESS), ("Stalled", Kstatus.FAILED)):
        if values.get(abnormal) == "True":
            return meaning
    return Kstatus.CURRENT if values.get("Ready", "True") == "True" else Kstatus.IN_PROGRESS


class Health(StrEnum):
    """What Argo CD shows of a resource."""

    HEALTHY = "Healthy"
    PROGRESSING = "Progressing"
    DEGRADED = "Degraded"


def argo_cd(resource: Json) -> Health:
    """A FlinkDeployment: what is deployed is healthy to it, whatever the job does."""
    if resource["metadata"].get("deletionTimestamp"):
        return Health.PROGRESSING
    status = resource.get("status") or {}
    reconciliation = status.get("reconciliationStatus") or {}
    if reconciliation.get("state") == "DEPLOYED":
        return Health.HEALTHY
    job_manager = status.get("jobManagerDeploymentStatus") if reconciliation else None
    if job_manager == "ERROR":
        return Health.DEGRADED
    asked = (resource["spec"].get("job") or {}).get("state")
    if asked == "suspended" and not reconciliation.get("lastReconciledSpec"):
        return Health.PROGRESSING if job_manager in {"DEPLOYING", "DEPLOYED_NOT_READY"} else Health.HEALTHY
    return Health.PROGRESSING

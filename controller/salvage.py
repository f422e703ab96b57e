"""What can still be read of a resource that is being deleted, however damaged: its deletion must end."""

from controller.kubernetes_api import Object
from shared import API_VERSION
from shared.model import FlinkDeployment, FlinkSessionJob, Resource
from shared.model.reconciled_spec import ReconciledSpec, parts_of_document
from shared.rules.shape import parse


def salvaged(raw: Object) -> FlinkDeployment | None:
    """The resource without spec and status, of which nothing could be made."""
    found = _parsed({**raw, "metadata": _metadata(raw), "spec": {}, "status": {}})
    return found if isinstance(found, FlinkDeployment) else None


def salvaged_session_job(raw: Object) -> FlinkSessionJob | None:
    """The resource, of its spec the cluster's name and of its status the job's id, where these are names."""
    spec, status = raw.get("spec") or {}, raw.get("status") or {}
    cluster, job_id = spec.get("deploymentName"), (status.get("jobStatus") or {}).get("jobId")
    bare = {
        **raw,
        "metadata": _metadata(raw),
        "spec": {"deploymentName": cluster} if isinstance(cluster, str) else {},
        "status": {"jobStatus": {"jobId": job_id}} if isinstance(job_id, str) else {},
    }
    found = _parsed(bare)
    return found if isinstance(found, FlinkSessionJob) else None


def salvaged_record(raw: Object) -> ReconciledSpec | None:
    """The sound part of the recorded spec; None where nothing is sound."""
    try:
        spec, metadata = parts_of_document(raw["status"]["reconciliationStatus"]["lastReconciledSpec"])
    except (ValueError, LookupError, TypeError):
        return None
    found = _parsed({"apiVersion": API_VERSION, "kind": "FlinkDeployment", "metadata": {}, "spec": spec})
    first = bool(metadata.get("firstDeployment", False))
    if not isinstance(found, FlinkDeployment):
        return None
    return ReconciledSpec(found.spec, first_deployment=first)


def _metadata(raw: Object) -> Object:
    return {name: value for name, value in raw["metadata"].items() if name != "managedFields"}


def _parsed(raw: Object) -> Resource | None:
    return parse(raw).resource

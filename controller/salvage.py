"""What can still be read of a resource that is being deleted, however damaged: its deletion must end."""

from controller.kubernetes_api import Object
from shared import API_VERSION
from shared.model import FlinkDeployment
from shared.model.reconciled_spec import ReconciledSpec, parts_of_document
from shared.rules.shape import parse


def salvaged(raw: Object) -> FlinkDeployment | None:
    """The resource without spec and status, of which nothing could be made."""
    metadata = {name: value for name, value in raw["metadata"].items() if name != "managedFields"}
    return _parsed({**raw, "metadata": metadata, "spec": {}, "status": {}})


def salvaged_record(raw: Object) -> ReconciledSpec | None:
    """The sound part of the recorded spec; None where nothing is sound."""
    try:
        spec, metadata = parts_of_document(raw["status"]["reconciliationStatus"]["lastReconciledSpec"])
    except (ValueError, LookupError, TypeError):
        return None
    found = _parsed({"apiVersion": API_VERSION, "kind": "FlinkDeployment", "metadata": {}, "spec": spec})
    first = bool(metadata.get("firstDeployment", False))
    return None if found is None else ReconciledSpec(found.spec, first_deployment=first)


def _parsed(raw: Object) -> FlinkDeployment | None:
    found = parse(raw).resource
    return found if isinstance(found, FlinkDeployment) else None

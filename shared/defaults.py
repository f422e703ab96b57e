"""Mutation at admission: the contract's label; what a user wrote is never changed (contract part 2.3)."""

from collections.abc import Mapping
from typing import Any

SESSION_LABEL = "target.session"


def default_patch(obj: Mapping[str, Any]) -> list[dict[str, Any]]:
    """JSON patch that a resource gets at admission; empty when there is nothing to change.

    A FlinkSessionJob is labelled with its cluster, so that the jobs of a cluster can be selected.
    """
    spec, metadata = obj.get("spec"), obj.get("metadata")
    if (
        obj.get("kind") != "FlinkSessionJob"
        or not isinstance(spec, Mapping)
        or not isinstance(metadata, Mapping)
    ):
        return []
    cluster, labels = spec.get("deploymentName"), metadata.get("labels")
    if not isinstance(cluster, str) or not cluster:
        return []
    if not isinstance(labels, Mapping):
        return [{"op": "add", "path": "/metadata/labels", "value": {SESSION_LABEL: cluster}}]
    if labels.get(SESSION_LABEL) == cluster:
        return []
    return [{"op": "add", "path": f"/metadata/labels/{SESSION_LABEL}", "value": cluster}]

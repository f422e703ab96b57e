"""A CustomResourceDefinition for each kind: schema, subresources, columns for kubectl (contract part 1.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared import GROUP, VERSION
from shared.model.kinds import Kind
from shared.schema.structural import structural_schema

_JOB = ("Job Status", ".status.jobStatus.state")
_LIFECYCLE = ("Lifecycle State", ".status.lifecycleState")
_READY = ("Ready", '.status.conditions[?(@.type=="Ready")].status')
_REASON = ("Reason", '.status.conditions[?(@.type=="Ready")].reason')

_COLUMNS: Mapping[str, Sequence[tuple[str, str]]] = {
    "FlinkDeployment": (_JOB, _LIFECYCLE, _READY, _REASON, ("Version", ".spec.flinkVersion")),
    "FlinkSessionJob": (_JOB, _LIFECYCLE, _READY, _REASON, ("Cluster", ".spec.deploymentName")),
    "FlinkStateSnapshot": (
        ("Path", ".status.path"),
        ("Result Timestamp", ".status.resultTimestamp"),
        ("Snapshot State", ".status.state"),
        _READY,
    ),
    "FlinkBlueGreenDeployment": (_JOB, ("State", ".status.blueGreenState"), _READY, _REASON),
}

_SCALE = {
    "specReplicasPath": ".spec.taskManager.replicas",
    "statusReplicasPath": ".status.taskManager.replicas",
    "labelSelectorPath": ".status.taskManager.labelSelector",
}


def custom_resource_definition(kind: Kind) -> dict[str, Any]:
    """The CRD of a kind, ready to be applied."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.singular,
                "shortNames": [kind.short_name],
                "categories": ["flink"],
            },
            "versions": [_version(kind)],
        },
    }


def _version(kind: Kind) -> dict[str, Any]:
    subresources: dict[str, Any] = {"status": {}}
    if kind.name == "FlinkDeployment":
        subresources["scale"] = _SCALE
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [*_columns(kind), {"name": "Age", "type": "date", "jsonPath": _AGE}],
        "subresources": subresources,
        "schema": {"openAPIV3Schema": _schema(kind)},
    }


_AGE = ".metadata.creationTimestamp"


def _columns(kind: Kind) -> list[dict[str, Any]]:
    return [{"name": name, "type": "string", "jsonPath": path} for name, path in _COLUMNS[kind.name]]


def _schema(kind: Kind) -> dict[str, Any]:
    """The model's schema; what the API server checks itself (apiVersion, kind, metadata) is only named."""
    schema = structural_schema(kind.model)
    schema["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    return schema

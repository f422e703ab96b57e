"""A CustomResourceDefinition for each kind: schema, subresources, columns for kubectl (contract part 1.1)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared import GROUP, VERSION
from shared.model.kinds import Kind
from shared.schema.structural import structural_schema


class _Column(NamedTuple):
    name: str
    path: str
    type: str = "string"
    wide: bool = False
    """Shown with `-o wide` only."""


_JOB = _Column("Job Status", ".status.jobStatus.state")
_LIFECYCLE = _Column("Lifecycle State", ".status.lifecycleState")
_READY = _Column("Ready", '.status.conditions[?(@.type=="Ready")].status')
_REASON = _Column("Reason", '.status.conditions[?(@.type=="Ready")].reason')
_MESSAGE = _Column("Message", '.status.conditions[?(@.type=="Ready")].message', wide=True)
_PARALLELISM = _Column("Parallelism", ".spec.job.parallelism", "integer")
_UPGRADE_MODE = _Column("Upgrade Mode", ".spec.job.upgradeMode", wide=True)
_JOB_ID = _Column("Job Id", ".status.jobStatus.jobId", wide=True)
_AGE = _Column("Age", ".metadata.creationTimestamp", "date")

_COLUMNS: Mapping[str, Sequence[_Column]] = {
    "FlinkDeployment": (
        _JOB,
        _LIFECYCLE,
        _READY,
        _REASON,
        _Column("Version", ".spec.flinkVersion"),
        _PARALLELISM,
        _AGE,
        _UPGRADE_MODE,
        _Column("Task Managers", ".status.taskManager.replicas", "integer", wide=True),
        _Column("Image", ".spec.image", wide=True),
        _JOB_ID,
        _MESSAGE,
    ),
    "FlinkSessionJob": (
        _JOB,
        _LIFECYCLE,
        _READY,
        _REASON,
        _Column("Cluster", ".spec.deploymentName"),
        _PARALLELISM,
        _AGE,
        _UPGRADE_MODE,
        _JOB_ID,
        _MESSAGE,
    ),
    "FlinkStateSnapshot": (
        _Column("Path", ".status.path"),
        _Column("Result Timestamp", ".status.resultTimestamp"),
        _Column("Snapshot State", ".status.state"),
        _Column("Job", ".spec.jobReference.name"),
        _READY,
        _AGE,
        _Column("Failures", ".status.failures", "integer", wide=True),
        _Column("Error", ".status.error", wide=True),
        _MESSAGE,
    ),
    "FlinkBlueGreenDeployment": (
        _JOB,
        _Column("State", ".status.blueGreenState"),
        _READY,
        _REASON,
        _Column("Version", ".spec.template.spec.flinkVersion"),
        _Column("Parallelism", ".spec.template.spec.job.parallelism", "integer"),
        _AGE,
        _Column("Image", ".spec.template.spec.image", wide=True),
        _MESSAGE,
    ),
}

_SELECTABLE: Mapping[str, Sequence[str]] = {
    "FlinkDeployment": (
        ".spec.flinkVersion",
        ".spec.image",
        ".spec.job.state",
        ".spec.job.upgradeMode",
        ".status.jobManagerDeploymentStatus",
        ".status.jobStatus.state",
        ".status.lifecycleState",
    ),
    "FlinkSessionJob": (
        ".spec.deploymentName",
        ".spec.job.state",
        ".spec.job.upgradeMode",
        ".status.jobStatus.state",
        ".status.lifecycleState",
    ),
    "FlinkStateSnapshot": (".spec.jobReference.kind", ".spec.jobReference.name", ".status.state"),
    "FlinkBlueGreenDeployment": (".status.blueGreenState", ".status.jobStatus.state"),
}
"""What `kubectl get --field-selector` can ask for, eight fields at most."""

_SCALE = {
    "specReplicasPath": ".spec.taskManager.replicas",
    "statusReplicasPath": ".status.taskManager.replicas",
    "labelSelectorPath": ".status.taskManager.labelSelector",
}


_UNSEEN = {
    "conditions": [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "Pending",
            "message": "No controller has looked at this resource yet.",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }
    ]
}
"""The status of a resource that nobody has looked at: without conditions it would pass for ready."""

_FIRST_STATES: Mapping[str, Mapping[str, str]] = {
    "FlinkBlueGreenDeployment": {"blueGreenState": "INITIALIZING_BLUE"}
}
"""What the contract's operator writes first where there is no status, and misses in one that is there."""


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
        "additionalPrinterColumns": [_printed(column) for column in _COLUMNS[kind.name]],
        "selectableFields": [{"jsonPath": path} for path in _SELECTABLE[kind.name]],
        "subresources": subresources,
        "schema": {"openAPIV3Schema": _schema(kind)},
    }


def _printed(column: _Column) -> dict[str, Any]:
    priority = {"priority": 1} if column.wide else {}
    return {"name": column.name, "type": column.type, "jsonPath": column.path, **priority}


def _schema(kind: Kind) -> dict[str, Any]:
    """The model's schema; what the API server checks itself (apiVersion, kind, metadata) is only named."""
    schema = structural_schema(kind.model)
    schema["properties"]["status"] |= {"default": {**_FIRST_STATES.get(kind.name, {}), **_UNSEEN}}
    schema["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 253}}},
    }
    return schema

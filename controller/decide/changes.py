"""Which differences between two specs matter (contract part 5.3.1).

Both sides are models, so defaults, number or text, and the order of keys are never a difference.
"""

from typing import Any

from shared.config.flatten import flatten
from shared.config.quantity import parse_amount
from shared.model.pod_template import without_empty_fields
from shared.model.reconciled_spec import AnySpec

_IGNORED_JOB_FIELDS = (
    "savepointTriggerNonce",
    "checkpointTriggerNonce",
    "initialSavepointPath",
    "upgradeMode",
    "allowNonRestoredState",
    "autoscalerResetNonce",
)
_NONCES = ("restartNonce", "savepointRedeployNonce")
_IGNORED_OPTIONS = ("job.autoscaler", "parallelism.default", "kubernetes.operator")
_CONFIGURATION = "flinkConfiguration"
_PARTS_OF_TEMPLATE = ("metadata", "spec")
"""A template may be written as a Pod; its type and status say nothing, and need not be on record."""


def changed_fields(before: AnySpec, after: AnySpec, *, scales_in_place: bool = False) -> tuple[str, ...]:
    """Paths whose change needs a new cluster, sorted; empty when what runs is what is wanted.

    `scales_in_place`: the number of TaskManagers and the parallelism need none.
    """
    old, new = _relevant(before), _relevant(after)
    if scales_in_place:
        for wire in (old, new):
            _forget_scale(wire)
    return tuple(sorted(_differences("spec", old, new)))


def _relevant(spec: AnySpec) -> dict[str, Any]:
    wire = spec.model_dump(mode="json", by_alias=True, exclude={"ingress"})
    job = wire.get("job")
    if job is not None:
        wire["job"] = {key: value for key, value in job.items() if key not in _IGNORED_JOB_FIELDS}
    options = flatten(spec.flink_configuration or {})
    wire[_CONFIGURATION] = {
        key: text for key, text in options.items() if not key.startswith(_IGNORED_OPTIONS)
    }
    if wire.get("mode") is None:
        wire["mode"] = "native"
    for part in (wire, wire.get("jobManager"), wire.get("taskManager")):
        if part is not None:
            _normalize(part)
    return wire


def _forget_scale(wire: dict[str, Any]) -> None:
    for part, field in (("taskManager", "replicas"), ("job", "parallelism")):
        if wire.get(part) is not None:
            wire[part].pop(field, None)


def _normalize(part: dict[str, Any]) -> None:
    """What only looks different: pod templates with empty fields, amounts in another notation."""
    if part.get("podTemplate") is not None:
        template = {name: part["podTemplate"].get(name) or {} for name in _PARTS_OF_TEMPLATE}
        part["podTemplate"] = without_empty_fields(template)
    resources = part.get("resources")
    if resources is not None:
        for group in ("requests", "limits"):
            resources[group] = {name: _amount(name, text) for name, text in (resources[group] or {}).items()}
        resources["claims"] = resources["claims"] or None


def _amount(name: str, text: str) -> object:
    try:
        return parse_amount(name, text)
    except ValueError:
        return text


def _differences(path: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    if path in {"spec", "spec.job"} and isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in old.keys() | new.keys():
            if key not in _NONCES or new.get(key) is not None:  # taking a nonce away asks for nothing
                found += _differences(f"{path}.{key}", old.get(key), new.get(key))
        return found
    if path == f"spec.{_CONFIGURATION}":
        return [f"{path}[{key}]" for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    return [path]

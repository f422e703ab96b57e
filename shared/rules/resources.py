"""Resources of JobManager and TaskManagers parse and fit each other (contract part 2.5, rules 18-24)."""

from collections.abc import Iterator
from decimal import Decimal

from shared.config.quantity import parse_amount
from shared.model.deployment import JobManagerSpec, Resource, ResourceRequirements, TaskManagerSpec
from shared.rules.finding import Finding

_MEMORY_HINT = "Use Flink's notation (2048m) or Kubernetes' (2Gi)."
QUANTITY_HINT = "Use a Kubernetes quantity, like 500m, 2 or 10Gi."


def resources_are_sound(path: str, spec: JobManagerSpec | TaskManagerSpec | None) -> Iterator[Finding]:
    """Every size and quantity parses and is not negative, and no request exceeds its limit."""
    if spec is None:
        return
    if spec.resource is not None:
        yield from _deprecated_resource(f"{path}.resource", spec.resource)
    if spec.resources is not None:
        yield from _requirements(f"{path}.resources", spec.resources)


def _deprecated_resource(path: str, resource: Resource) -> Iterator[Finding]:
    if resource.memory is not None:
        yield from _amount(f"{path}.memory", "memory", resource.memory, positive=True)
    if resource.cpu is not None and not resource.cpu > 0:
        yield Finding("FK111", f"{path}.cpu", f"must be more than 0, not {resource.cpu:g}")
    if resource.ephemeral_storage is not None:
        storage = resource.ephemeral_storage
        yield from _amount(f"{path}.ephemeralStorage", "ephemeral-storage", storage, positive=False)


def _requirements(path: str, requirements: ResourceRequirements) -> Iterator[Finding]:
    for group, amounts in (("requests", requirements.requests), ("limits", requirements.limits)):
        for name, amount in (amounts or {}).items():
            positive = name in {"cpu", "memory"}
            yield from _amount(f"{path}.{group}.{name}", name, amount, positive=positive)
    requests, limits = requirements.requests or {}, requirements.limits or {}
    for name in sorted(requests.keys() & limits.keys() & {"cpu", "memory"}):
        request, limit = (_parsed(name, amounts[name]) for amounts in (requests, limits))
        if request is not None and limit is not None and request > limit:
            yield Finding(
                "FK112",
                f"{path}.requests.{name}",
                f"{requests[name]} is more than the limit, {limits[name]}",
                f"Raise {path}.limits.{name} or lower it.",
            )


def _parsed(resource: str, amount: str) -> Decimal | int | None:
    try:
        return parse_amount(resource, amount)
    except ValueError:
        return None


def _amount(path: str, resource: str, amount: str, *, positive: bool) -> Iterator[Finding]:
    hint = _MEMORY_HINT if resource == "memory" else QUANTITY_HINT
    try:
        value = parse_amount(resource, amount)
    except ValueError:
        yield Finding("FK111", path, f"{amount!r} is not a size", hint)
        return
    if value < 0 or (positive and value == 0):
        yield Finding("FK111", path, f"must be more than 0, not {amount}", hint)

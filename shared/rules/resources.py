"""Resources of JobManager and TaskManagers parse and fit each other (contract part 2.5, rules 18-24)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from shared.config.quantity import parse_amount
from shared.model.deployment import JobManagerSpec, Resource, ResourceRequirements, TaskManagerSpec
from shared.rules.finding import Finding

_MEMORY_HINT = "Use Flink's notation (2048m) or Kubernetes' (2Gi)."
_QUANTITY_HINT = "Use a Kubernetes quantity, like 500m, 2 or 10Gi."

_MEMORY_SIZES = {
    "jobmanager": ("process.size", "flink.size", "heap.size"),
    "taskmanager": ("process.size", "flink.size"),
}


def memory_is_given(
    component: str, path: str, spec: JobManagerSpec | TaskManagerSpec | None, config: Mapping[str, str]
) -> Iterator[Finding]:
    """Some memory size must be known, or Flink does not start."""
    if _stated_memory(spec) is not None or _configured_memory(component, config):
        return
    size = f"{component}.memory.process.size"
    hint = f"Set it, or spec.flinkConfiguration's {size}."
    yield Finding("FK110", f"{path}.resource.memory", "no memory size is given", hint)


def resources_are_sound(path: str, spec: JobManagerSpec | TaskManagerSpec | None) -> Iterator[Finding]:
    """Every size and quantity parses and is not negative, and no request exceeds its limit."""
    if spec is None:
        return
    if spec.resource is not None:
        yield from _deprecated_resource(f"{path}.resource", spec.resource)
    if spec.resources is not None:
        yield from _requirements(f"{path}.resources", spec.resources)


def _stated_memory(spec: JobManagerSpec | TaskManagerSpec | None) -> str | None:
    if spec is None:
        return None
    if spec.resources is not None and spec.resources.is_given:
        return (spec.resources.requests or {}).get("memory") or (spec.resources.limits or {}).get("memory")
    return spec.resource.memory if spec.resource is not None else None


def _configured_memory(component: str, config: Mapping[str, str]) -> bool:
    prefix = f"{component}.memory."
    if any(prefix + size in config for size in _MEMORY_SIZES[component]):
        return True
    fine_grained = ("taskmanager.memory.task.heap.size", "taskmanager.memory.managed.size")
    return component == "taskmanager" and all(key in config for key in fine_grained)


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
    hint = _MEMORY_HINT if resource == "memory" else _QUANTITY_HINT
    try:
        value = parse_amount(resource, amount)
    except ValueError:
        yield Finding("FK111", path, f"{amount!r} is not a size", hint)
        return
    if value < 0 or (positive and value == 0):
        yield Finding("FK111", path, f"must be more than 0, not {amount}", hint)

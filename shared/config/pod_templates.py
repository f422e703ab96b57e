"""Where pods have a template of their own, and the options that name files with templates."""

from collections.abc import Container, Mapping
from typing import Any, Final

from shared.model.deployment import JobManagerSpec, TaskManagerSpec

TEMPLATE_FILE: Final = "kubernetes.pod-template-file"
"""It begins the options that name such files, which the operator does not read."""
NO_TEMPLATE_FILE: Final = "the operator does not read this file"
USE_THE_FIELD: Final = "Put the template into spec.podTemplate."


def template_file_keys(component: str) -> tuple[str, ...]:
    """The options that name the file of `jobmanager` or `taskmanager`, the most specific first."""
    return f"{TEMPLATE_FILE}.{component}", f"{TEMPLATE_FILE}.default", TEMPLATE_FILE


def template_file_key(options: Container[str], component: str) -> str | None:
    """The option that names the file of a component, or None."""
    return next((key for key in template_file_keys(component) if key in options), None)


def has_pod_template(
    common: Mapping[str, Any] | None, component: JobManagerSpec | TaskManagerSpec | None
) -> bool:
    """Whether the spec says more of a component's pods than options do."""
    own = component.pod_template if component is not None else None
    said = any(value is not None for template in (common, own) for value in (template or {}).values())
    return said or bool(component is not None and other_resources(component))


def other_resources(component: JobManagerSpec | TaskManagerSpec) -> dict[str, dict[str, str]]:
    """Requests and limits that no option stands for: all but cpu and memory."""
    wanted: dict[str, dict[str, str]] = {}
    if component.resources is not None and component.resources.is_given:
        for group, amounts in (
            ("requests", component.resources.requests),
            ("limits", component.resources.limits),
        ):
            others = {
                name: amount for name, amount in (amounts or {}).items() if name not in {"cpu", "memory"}
            }
            if others:
                wanted[group] = others
    elif component.resource is not None and component.resource.ephemeral_storage:
        storage = {"ephemeral-storage": component.resource.ephemeral_storage}
        wanted = {"requests": storage, "limits": storage}
    return wanted

"""Containers of pod templates none of which is Flink's, which may be a slip in its name."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.model.pod_template import MAIN_CONTAINER
from shared.rules.finding import Finding, Severity, did_you_mean, shown
from shared.rules.subject import DeploymentUnderReview


def main_container_is_named(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A template without it is allowed: Flink adds it. Then nothing of the others is Flink's."""
    common = _containers(it.spec.pod_template)
    own = {
        path: _containers(component.pod_template)
        for path, component in (
            ("spec.jobManager", it.spec.job_manager),
            ("spec.taskManager", it.spec.task_manager),
        )
        if component is not None
    }
    if MAIN_CONTAINER in common:
        return
    if not any(MAIN_CONTAINER in names for names in own.values()):
        yield from _without_main("spec.podTemplate", common)
    for path, names in own.items():
        if MAIN_CONTAINER not in names:
            yield from _without_main(f"{path}.podTemplate", names)


def _without_main(path: str, names: list[str]) -> Iterator[Finding]:
    similar = next((number for number, name in enumerate(names) if _is_similar(name)), None)
    if similar is not None:
        found = f"{shown(names[similar])} is not Flink's container, which Flink adds beside it"
        where = f"{path}.spec.containers[{similar}].name"
        yield Finding("FK510", where, found, f"Did you mean {MAIN_CONTAINER}?", Severity.WARNING)
    elif names:
        found = f"{MAIN_CONTAINER} is not among them: Flink adds it"
        hint = "Use this name if one of them is to be Flink's."
        yield Finding("FK510", f"{path}.spec.containers", found, hint, Severity.WARNING)


def _is_similar(name: str) -> bool:
    return name.startswith("flink-main") or bool(did_you_mean(name, [MAIN_CONTAINER]))


def _containers(template: Mapping[str, Any] | None) -> list[str]:
    spec = (template or {}).get("spec") or {}
    return [container["name"] for container in spec.get("containers") or ()]

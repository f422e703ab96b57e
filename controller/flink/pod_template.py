"""Pod templates: the common one with a component's laid over it (contract part 3.3)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from shared.config.pod_templates import other_resources
from shared.model.deployment import JobManagerSpec, TaskManagerSpec
from shared.model.pod_template import MAIN_CONTAINER

Json = dict[str, Any]


def merged_template(
    common: Json | None, component: JobManagerSpec | TaskManagerSpec | None, *, arrays_by_name: bool
) -> Json:
    """The component's pod template, with the storage that its resources ask for."""
    own = component.pod_template if component is not None else None
    template: Json = _without_nulls(common or {})
    if own:
        template = _merge(template, _without_nulls(own), arrays_by_name)
    if component is not None:
        _add_other_resources(template, component)
    return template


def main_container(template: Json) -> Json:
    """The template's main container, made and put last if there is none."""
    containers = template.setdefault("spec", {}).setdefault("containers", [])
    for container in containers:
        if container.get("name") == MAIN_CONTAINER:
            found: Json = container
            return found
    container = {"name": MAIN_CONTAINER}
    containers.append(container)
    return container


def _without_nulls(node: Any) -> Any:
    """A copy in which explicit nulls are absent, as in the contract."""
    if isinstance(node, Mapping):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    if isinstance(node, list):
        return [_without_nulls(element) for element in node]
    return node


def _merge(base: Any, over: Any, arrays_by_name: bool) -> Any:
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        result = dict(base)
        for key, value in over.items():
            result[key] = _merge(base[key], value, arrays_by_name) if key in base else deepcopy(value)
        return result
    if isinstance(base, list) and isinstance(over, list):
        if arrays_by_name and _all_named(base) and _all_named(over):
            return _merge_by_name(base, over, arrays_by_name)
        return _merge_by_position(base, over, arrays_by_name)
    return deepcopy(over)


def _merge_by_position(base: list[Any], over: list[Any], arrays_by_name: bool) -> list[Any]:
    merged = [_merge_element(old, new, arrays_by_name) for old, new in zip(base, over, strict=False)]
    return [*merged, *deepcopy(base[len(over) :]), *deepcopy(over[len(base) :])]


def _merge_element(old: Any, new: Any, arrays_by_name: bool) -> Any:
    """Elements that are neither mappings nor lists stay as they are in the base."""
    if isinstance(old, Mapping | list):
        return _merge(old, new, arrays_by_name)
    return old


def _merge_by_name(base: list[Any], over: list[Any], arrays_by_name: bool) -> list[Any]:
    news = {element["name"]: element for element in over}
    merged = [_merge(old, news.pop(old["name"], {}), arrays_by_name) for old in base]
    return [*merged, *deepcopy(list(news.values()))]


def _all_named(elements: list[Any]) -> bool:
    return all(isinstance(element, Mapping) and "name" in element for element in elements)


def _add_other_resources(template: Json, component: JobManagerSpec | TaskManagerSpec) -> None:
    """What is neither cpu nor memory goes into the main container as it is."""
    if wanted := other_resources(component):
        resources = main_container(template).setdefault("resources", {})
        for group, amounts in wanted.items():
            resources[group] = {**resources.get(group, {}), **amounts}

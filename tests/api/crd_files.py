"""The CRDs of the chart, and the nodes of their schemas."""

from collections.abc import Iterator
from functools import cache

import yaml

from tests.api.admission import CHART
from tests.api.api_server import Json

CRD_FILES = sorted((CHART / "crds").glob("*.yaml"))
POD_TEMPLATE = "podTemplate"


@cache
def custom_resource_definitions() -> tuple[Json, ...]:
    """The definitions; nobody may change them."""
    return tuple(yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader) for file in CRD_FILES)


def definition_of(kind: str) -> Json:
    (definition,) = (one for one in custom_resource_definitions() if one["spec"]["names"]["kind"] == kind)
    return definition


def root_schema(definition: Json) -> Json:
    schema: Json = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def schema_nodes(definition: Json) -> Iterator[tuple[str, Json]]:
    """Path and node of everything of ours, pod templates without what is in them."""
    yield from nodes_below("", root_schema(definition))


def nodes_below(path: str, node: Json) -> Iterator[tuple[str, Json]]:
    """A node and those in it.

    Elements of lists are `[0]`, values of mappings `*`: `spec.jobManager.resources.limits.*`.
    """
    yield path, node
    if path.endswith(f".{POD_TEMPLATE}"):
        return
    for name, child in node.get("properties", {}).items():
        yield from nodes_below(f"{path}.{name}" if path else name, child)
    if "items" in node:
        yield from nodes_below(f"{path}[0]", node["items"])
    if isinstance(node.get("additionalProperties"), dict):
        yield from nodes_below(f"{path}.*", node["additionalProperties"])

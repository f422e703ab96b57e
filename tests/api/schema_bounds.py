"""The bounds in the CRDs, each with values that just keep it and values that just do not."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tests.api.api_server import Json
from tests.api.crd_files import definition_of, schema_nodes
from tests.api.full_resources import FULL_RESOURCES

ABSENT: Final = object()
"""The value of a field that is left out."""

_ANY_KEY = "extra"
"""A key for mappings that have none of their own."""


class Bound(NamedTuple):
    """One bound of one field."""

    kind: str
    path: str
    keyword: str
    kept: tuple[Any, ...]
    broken: tuple[Any, ...]

    @property
    def name(self) -> str:
        """For the test's name."""
        return f"{self.kind}-{self.path}-{self.keyword}"

    def full_resource_with(self, value: Any) -> Json:
        """A resource that says something everywhere, with this value in the field."""
        resource: Json = json.loads(json.dumps(FULL_RESOURCES[self.kind]))  # nothing in it is there twice
        *above, last = re.findall(r"[^.\[\]]+", self.path)
        node: Any = resource
        for name in above:
            node = node[int(name) if isinstance(node, list) else name]
        if value is ABSENT:
            del node[last]
        else:
            node[last] = value
        return resource


def bounds(kind: str) -> list[Bound]:
    """All bounds of a kind's own fields, but those that a rule is narrower than: names, log files."""
    nodes = [(path.replace("*", _ANY_KEY), node) for path, node in schema_nodes(definition_of(kind))]
    return [
        Bound(kind, path, keyword, kept, broken)
        for path, node in nodes
        if path != "metadata.name" and not path.endswith(".logConfiguration")
        for keyword, kept, broken in _values(node)
    ] + [
        Bound(kind, f"{path}.{field}", "required", (), (ABSENT,))
        for path, node in nodes
        for field in node.get("required", ())
        if path
    ]


def _values(node: Json) -> Iterator[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    if "minimum" in node:
        yield "minimum", (node["minimum"],), (node["minimum"] - 1,)
    if "maximum" in node:
        yield "maximum", (node["maximum"],), (node["maximum"] + 1,)
    if "enum" in node:
        yield "enum", tuple(node["enum"]), ("nonsense", "", node["enum"][0].swapcase())
    if "maxLength" in node:
        most = node["maxLength"]
        # Text of digits and letters alike, so that it is a quantity where one is wanted.
        yield "maxLength", (f"{1:0{most}}",), (f"{1:0{most + 1}}",)
    if "maxProperties" in node:
        most = node["maxProperties"]
        yield "maxProperties", (_entries(most),), (_entries(most + 1),)


def _entries(number: int) -> Json:
    return {f"example.com/resource-{index}": "1" for index in range(number)}

"""Pydantic's JSON schema to the structural schema that the API server wants.

References are inlined, optional fields are just absent (no null), and what the API server refuses beside
`properties` (titles, additionalProperties: true, defaults that only the model needs) is left out.
"""

from collections.abc import Mapping
from typing import Any

from shared.model.base import Model

_KEPT = ("description", "enum", "format", "minimum", "maximum", "pattern")
_KUBERNETES = "x-kubernetes-"


def structural_schema(model: type[Model]) -> dict[str, Any]:
    """Structural OpenAPI v3 schema of a model."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    return _node(schema, schema.get("$defs", {}))


def _node(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    node = _resolved(node, definitions)
    result = {key: node[key] for key in _KEPT if key in node}
    result |= {key: value for key, value in node.items() if key.startswith(_KUBERNETES)}
    if "description" in result:
        result["description"] = " ".join(result["description"].split())
    if f"{_KUBERNETES}int-or-string" in node:
        result["anyOf"] = node["anyOf"]
        return result
    result["type"] = node["type"]
    if "properties" in node:
        result["properties"] = {name: _node(child, definitions) for name, child in node["properties"].items()}
    elif isinstance(node.get("additionalProperties"), Mapping):
        result["additionalProperties"] = _node(node["additionalProperties"], definitions)
    if "items" in node:
        result["items"] = _node(node["items"], definitions)
    if result["type"] == "integer" and "format" not in result:
        result["format"] = "int32"
    elif result["type"] == "number":
        result["format"] = "double"
    return result


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node with its reference inlined and `or null` taken off; its own description wins."""
    own = {"description": node["description"]} if "description" in node else {}
    if "$ref" in node:
        return {**_resolved(definitions[node["$ref"].rsplit("/", 1)[1]], definitions), **own}
    if "anyOf" in node and f"{_KUBERNETES}int-or-string" not in node:
        (value,) = (choice for choice in node["anyOf"] if choice.get("type") != "null")
        return {**_resolved(value, definitions), **own}
    return node

"""Pydantic's JSON schema to the structural schema that the API server wants.

References are inlined, optional fields are just absent (no null), rules are added (shared.schema.cel), and
what the API server refuses beside `properties` (titles, additionalProperties: true) is left out.
"""

from collections.abc import Mapping
from typing import Any

from shared.model.base import Model
from shared.model.pod_template import MARK as POD_TEMPLATE
from shared.schema.cel import CelRule
from shared.schema.cel_rules import CEL_RULES
from shared.schema.pod_template import pod_template_schema

_Json = dict[str, Any]

_KEPT = ("enum", "format", "minimum", "maximum", "pattern", "maxLength", "maxItems", "maxProperties")
_KUBERNETES = "x-kubernetes-"
_VALIDATIONS = f"{_KUBERNETES}validations"
_INT_OR_STRING = f"{_KUBERNETES}int-or-string"
_RULES = {model.__name__: rules for model, rules in CEL_RULES.items()}


def structural_schema(model: type[Model]) -> _Json:
    """Structural OpenAPI v3 schema of a model.

    Defaults are written for the fields of the spec: what the status does not say is not known.
    """
    schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.get("$defs", {})
    root = {key: value for key, value in schema.items() if key != "$defs"}
    return _with_rules(
        {
            "type": "object",
            "description": _one_line(root["description"]),
            "properties": {
                name: _node(child, definitions, stores_defaults=name == "spec")
                for name, child in root["properties"].items()
            },
        },
        model.__name__,
    )


def _node(node: Mapping[str, Any], definitions: Mapping[str, Any], *, stores_defaults: bool) -> _Json:
    node = _resolved(node, definitions)
    result: _Json = {"description": _one_line(node["description"])} if "description" in node else {}
    if POD_TEMPLATE in node:
        return {**result, **pod_template_schema()}
    if stores_defaults and _is_stored(node):
        result["default"] = node["default"]
    result |= {key: node[key] for key in _KEPT if key in node}
    result |= {key: value for key, value in node.items() if key.startswith(_KUBERNETES)}
    if _INT_OR_STRING in node:
        return result | {"anyOf": node["anyOf"]}
    result["type"] = node["type"]
    if "properties" in node:
        if "required" in node:
            result["required"] = node["required"]
        result["properties"] = {
            name: _node(child, definitions, stores_defaults=stores_defaults)
            for name, child in node["properties"].items()
        }
        return _with_rules(result, node["title"])
    for inner in ("additionalProperties", "items"):
        if isinstance(node.get(inner), Mapping):
            result[inner] = _node(node[inner], definitions, stores_defaults=stores_defaults)
    if result["type"] == "integer":
        result.setdefault("format", "int32")
    elif result["type"] == "number":
        result["format"] = "double"
    return result


def _is_stored(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("default"), str | int) and "x-default-not-stored" not in node


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _with_rules(schema: _Json, model: str) -> _Json:
    for rule in _RULES.get(model, ()):
        _target(schema, rule).setdefault(_VALIDATIONS, []).append(rule.validation())
    return schema


def _target(schema: _Json, rule: CelRule) -> _Json:
    node = schema
    for step in rule.field.split(".") if rule.field else ():
        node = node["additionalProperties"] if step == "*" else node["properties"][step]
    return node


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node with its reference inlined and `or null` taken off; what it says itself wins."""
    own = {key: value for key, value in node.items() if key not in {"$ref", "anyOf", "title"}}
    if "$ref" in node:
        return {**_resolved(definitions[node["$ref"].rsplit("/", 1)[1]], definitions), **own}
    if "anyOf" in node and _INT_OR_STRING not in node:
        (value,) = (choice for choice in node["anyOf"] if choice.get("type") != "null")
        return {**_resolved(value, definitions), **own}
    return node

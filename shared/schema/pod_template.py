"""The structural schema of a Pod template: Kubernetes' own types, without descriptions and defaults.

Objects keep fields that they do not know, so that a newer Kubernetes' pods can be written. Known values are
not enumerated for the same reason; admission warns about unknown ones.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.model.pod_template import pod_template_document

_Json = dict[str, Any]
_KEPT: Mapping[str, Any] = {"x-kubernetes-preserve-unknown-fields": True}


@cache
def pod_template_schema() -> Mapping[str, Any]:
    """Schema of a Pod with metadata and spec; what else stands at its top level is no Pod and is refused."""
    return {"type": "object", "properties": _properties(pod_template_document())}


def _properties(node: Mapping[str, Any]) -> _Json:
    return {name: _node(child) for name, child in node["properties"].items()}


def _node(node: Mapping[str, Any]) -> _Json:
    match node:
        case {"$ref": "Quantity"}:
            return dict(_KEPT)  # text, a whole number or a fraction: no structural type is all three
        case {"$ref": "IntOrString"}:
            return {"x-kubernetes-int-or-string": True}
        case {"$ref": "FreeForm"}:
            return {"type": "object", **_KEPT}
        case {"$ref": name}:
            definition = pod_template_document()["definitions"][name]
            required = {"required": definition["required"]} if "required" in definition else {}
            return {"type": "object", **_KEPT, **required, "properties": _properties(definition)}
        case {"type": "array"}:
            return {"type": "array", **_merged_by(node.get("key")), "items": _node(node["items"])}
        case {"type": "object"}:
            return {"type": "object", "additionalProperties": _node(node["additionalProperties"])}
        case _:
            return {key: node[key] for key in ("type", "format") if key in node}


def _merged_by(key: str | None) -> _Json:
    """Two server-side appliers share such a list, an element each."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]} if key else {}

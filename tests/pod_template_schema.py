"""Write shared/model/pod_template.json anew from a running API server: `make pod-schema`.

Kubernetes publishes the schema of a Pod template as OpenAPI. Kept are types, list keys and known values;
descriptions go (kubectl explains pods itself), and so do defaults: the API server would write them into
users' resources.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.model.pod_template import FREE_FORM, INT_OR_STRING, QUANTITY
from tests.cluster import Console, Level, up

FILE = Path(__file__).resolve().parent.parent / "shared" / "model" / "pod_template.json"
_ROOT = "io.k8s.api.core.v1.PodTemplateSpec"
_MERGED_BY_NAME = frozenset({"containers", "initContainers", "volumes"})
"""Lists whose elements have a unique name in every valid Pod; others may hold duplicates and stay atomic."""
_NAMED = frozenset({"Container", "Volume"})
"""Their elements."""

_Json = dict[str, Any]


def pod_template_document(schemas: Mapping[str, Any], kubernetes: str) -> _Json:
    """The definitions that a Pod template needs, from the `components.schemas` of /openapi/v3/api/v1."""
    definitions: _Json = {}

    def reference(full_name: str) -> _Json:
        name = full_name.rsplit(".", 1)[1]
        source = schemas[full_name]
        if name in {QUANTITY, INT_OR_STRING}:
            return {"$ref": name}
        if "properties" not in source:
            return _leaf(source)
        if name not in definitions:
            definitions[name] = {}  # holds the place: a definition may refer to itself
            required = {"required": ["name"]} if name in _NAMED else {}
            definitions[name] = {**required, **object_node(source)}
        return {"$ref": name}

    def object_node(source: Mapping[str, Any]) -> _Json:
        return {
            "properties": {name: node(child, name) for name, child in sorted(source["properties"].items())}
        }

    def node(source: Mapping[str, Any], name: str) -> _Json:
        if name == "ephemeralContainers":  # a new Pod cannot have any
            return {"type": "array", "items": {"$ref": FREE_FORM}}
        target = source.get("$ref") or next((one["$ref"] for one in source.get("allOf", ())), None)
        if target is not None:
            return reference(target.rsplit("/", 1)[1])
        if source["type"] == "array":
            items = node(source["items"], "")
            keyed = {"key": "name"} if name in _MERGED_BY_NAME else {}
            return {"type": "array", **keyed, "items": items}
        if "additionalProperties" in source:
            return {"type": "object", "additionalProperties": node(source["additionalProperties"], "")}
        return _leaf(source)

    reference(_ROOT)
    template = definitions.pop(_ROOT.rsplit(".", 1)[1])["properties"]
    root = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": template["metadata"],
        "spec": template["spec"],
        "status": {"$ref": FREE_FORM},
    }
    return {"kubernetes": kubernetes, "properties": root, "definitions": dict(sorted(definitions.items()))}


def _leaf(source: Mapping[str, Any]) -> _Json:
    if source["type"] == "object":
        return {"$ref": FREE_FORM}
    kept = {key: source[key] for key in ("type", "enum") if key in source}
    if source["type"] == "integer":
        kept["format"] = source["format"]
    return kept


def text_of(document: _Json) -> str:
    """A line a definition, so that a new Kubernetes version is a readable change."""
    lines = [f'    "{name}": {json.dumps(body)}' for name, body in document["definitions"].items()]
    return (
        "{\n"
        f'  "kubernetes": "{document["kubernetes"]}",\n'
        f'  "properties": {json.dumps(document["properties"])},\n'
        '  "definitions": {\n' + ",\n".join(lines) + "\n  }\n"
        "}\n"
    )


def main() -> int:
    """Exit status 0 when the file is written."""
    cluster = up(Level.API, "tests-api", Console())
    schemas = json.loads(cluster.kubectl("get", "--raw", "/openapi/v3/api/v1").stdout)["components"][
        "schemas"
    ]
    version = json.loads(cluster.kubectl("get", "--raw", "/version").stdout)["gitVersion"]
    FILE.write_text(text_of(pod_template_document(schemas, version)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

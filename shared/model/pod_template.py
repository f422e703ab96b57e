"""Pod templates, typed as Kubernetes types them; `pod_template.json` is taken from an API server.

What core Kubernetes accepts is accepted: nothing is required but the names by which containers and volumes
are merged, null is the same as absent, and fields that a newer Kubernetes has are kept as they are.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from shared.config.quantity import QUANTITY_PATTERN

_Json = dict[str, Any]
_Node = Mapping[str, Any]

MARK: Final = "x-pod-template"
"""What stands for a Pod template in the JSON schema of a model."""

MAIN_CONTAINER: Final = "flink-main-container"
"""The container of a template that Flink's own is made from."""

QUANTITY: Final = "Quantity"
INT_OR_STRING: Final = "IntOrString"
FREE_FORM: Final = "FreeForm"
"""Nodes may refer to these three, which have no entry among the definitions."""


@cache
def pod_template_document() -> _Json:
    """The file: `properties` of a Pod, `definitions` by name, and the Kubernetes version they are from.

    A node is `{"$ref": name}` or has a `type`; an array whose elements have unique names has a `key`.
    """
    document: _Json = orjson.loads(Path(__file__).with_name("pod_template.json").read_bytes())
    return document


@cache
def pod_template_validator() -> SchemaValidator:
    """Checks types; what it gives back has quantities as text."""
    return SchemaValidator(_pod_template(known=False))


@cache
def known_pod_template_validator() -> SchemaValidator:
    """Refuses also what the Kubernetes version that the types are from does not know: fields and values.

    And quantities that cannot be read.
    """
    return SchemaValidator(_pod_template(known=True))


def _validated(value: Any) -> _Json:
    validated: _Json = pod_template_validator().validate_python(value)
    return validated


def without_empty_fields(template: Mapping[str, Any]) -> _Json:
    """The template without nulls, empty lists and empty maps: for Kubernetes these are absent fields.

    Empty objects stay: `emptyDir: {}` says something.
    """
    filled: _Json = _filled(pod_template_document(), template)
    return filled


def _filled(node: _Node, value: Any) -> Any:
    node = pod_template_document()["definitions"].get(node.get("$ref"), node)
    if isinstance(value, list):
        return [_filled(node.get("items", {}), element) for element in value]
    if not isinstance(value, Mapping):
        return value
    fields = node.get("properties", {})
    filled = {name: _filled(fields.get(name, {}), child) for name, child in value.items()}
    return {name: child for name, child in filled.items() if not _is_absent(fields.get(name), child)}


def _is_absent(node: _Node | None, value: Any) -> bool:
    """Whether the field might as well not be there; of fields that are not known nothing is."""
    if node is None:
        return False
    return value is None or (not value and ("items" in node or "additionalProperties" in node))


class _PodTemplateType:
    """Keeps the types of a Pod out of the models' own schemas: they are made when first needed."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.simple_ser_schema("any")
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> _Json:
        return {"type": "object", MARK: True}


PodTemplate = Annotated[dict[str, Any], _PodTemplateType()]
"""A Pod manifest (metadata and spec) that Flink's pods are made from."""


def _pod_template(*, known: bool) -> CoreSchema:
    document = pod_template_document()
    definitions = [_object(body, name, known=known) for name, body in document["definitions"].items()]
    definitions += [
        core_schema.dict_schema(core_schema.str_schema(), ref=FREE_FORM),
        core_schema.str_schema(
            coerce_numbers_to_str=True, pattern=f"^{QUANTITY_PATTERN}$" if known else None, ref=QUANTITY
        ),
        core_schema.union_schema(
            [core_schema.int_schema(strict=True, ge=-(2**63), le=2**63 - 1), core_schema.str_schema()],
            custom_error_type="string_type",
            ref=INT_OR_STRING,
        ),
    ]
    return core_schema.definitions_schema(_object(document, "Pod", known=known), definitions)


def _object(node: _Node, name: str, *, known: bool) -> CoreSchema:
    required = node.get("required", ())
    fields = {
        field: core_schema.typed_dict_field(_value(child, known=known))
        if field in required
        else core_schema.typed_dict_field(
            core_schema.nullable_schema(_value(child, known=known)), required=False
        )
        for field, child in node["properties"].items()
    }
    return core_schema.typed_dict_schema(
        fields,
        extra_behavior="forbid" if known else "allow",
        ref=name,
    )


def _value(node: _Node, *, known: bool) -> CoreSchema:
    if "$ref" in node:
        return core_schema.definition_reference_schema(node["$ref"])
    match node["type"]:
        case "array":
            return core_schema.list_schema(_value(node["items"], known=known), strict=True)
        case "object":
            entry = core_schema.nullable_schema(_value(node["additionalProperties"], known=known))
            return core_schema.dict_schema(core_schema.str_schema(), entry)
        case "integer":
            return core_schema.int_schema(strict=True, ge=-(2**63), le=2**63 - 1)
        case "boolean":
            return core_schema.bool_schema(strict=True)
        case _:
            if known and "enum" in node:
                return core_schema.literal_schema(["", *node["enum"]])
            return core_schema.str_schema(coerce_numbers_to_str=False)

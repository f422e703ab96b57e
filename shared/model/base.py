"""The base of all models and the metadata that every Kubernetes object carries."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, Strict, WithJsonSchema
from pydantic.alias_generators import to_camel

Int32 = Annotated[int, Strict(), Field(ge=-(2**31), le=2**31 - 1)]
"""A whole number of 32 bits."""

Int64 = Annotated[
    int,
    Strict(),
    Field(ge=-(2**63), le=2**63 - 1),
    WithJsonSchema({"type": "integer", "format": "int64"}),
]
"""A whole number of 64 bits."""

Float64 = Annotated[float, Strict()]
"""A number."""

Flag = Annotated[bool, Strict()]
"""true or false, and nothing that merely looks like it."""

FreeForm = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
]
"""A mapping whose content the API server keeps as it is."""

DEFAULT_NOT_STORED: Final[dict[str, JsonValue]] = {"x-default-not-stored": True}
"""Marks a field whose default the API server must not write into resources."""

QUANTITY_LENGTH: Final = 64


def _whole_number_as_text(value: object) -> object:
    is_int64 = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    return str(value) if is_int64 else value


Quantity = Annotated[
    str,
    BeforeValidator(_whole_number_as_text),
    Field(max_length=QUANTITY_LENGTH),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": QUANTITY_LENGTH,
            "x-kubernetes-int-or-string": True,
        }
    ),
]
"""A Kubernetes quantity; a bare whole number is one too."""


class Model(BaseModel):
    """Camel case on the wire, snake case in code; fields of newer versions survive a round trip."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        use_attribute_docstrings=True,
        defer_build=True,  # validators are built when first needed: imports stay fast
    )

    def to_wire(self) -> dict[str, Any]:
        """The object as the API server stores it: absent fields are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class OwnerReference(Model):
    """The object that this one belongs to."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: Flag | None = None
    block_owner_deletion: Flag | None = None


class Metadata(Model):
    """What this project reads of `metadata`; the rest passes through."""

    name: str = ""
    generate_name: str | None = None
    namespace: str = ""
    uid: str = ""
    generation: Int64 = 0
    resource_version: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: list[str] = Field(default_factory=list)
    deletion_timestamp: datetime | None = None
    owner_references: list[OwnerReference] = Field(default_factory=list)

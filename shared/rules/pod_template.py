"""Pod templates: what the types leave open. The types are part of the model (shared.model.pod_template)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.model.pod_template import known_pod_template_validator, pod_template_document
from shared.rules.finding import Finding, Severity, did_you_mean, shown
from shared.rules.location import Location, path_of
from shared.rules.resources import QUANTITY_HINT

_MERGED_BY_NAME = ("containers", "initContainers", "volumes")


def pod_template_findings(path: str, template: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Names are unique where lists are merged by name, and quantities can be read.

    What Kubernetes does not know is only warned about.
    """
    if template is None:
        return
    spec = template.get("spec") or {}
    for field in _MERGED_BY_NAME:
        yield from _repeated_names(f"{path}.spec.{field}", spec.get(field) or ())
    try:
        known_pod_template_validator().validate_python(template)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            yield _not_a_quantity(path, detail) if _is_quantity(detail) else _unknown(path, detail)


def _repeated_names(path: str, elements: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    seen = set()
    for number, element in enumerate(elements):
        name = element["name"]
        if name in seen:
            hint = "Give each a name of its own."
            yield Finding("FK120", f"{path}[{number}].name", f"{name!r} is there already", hint)
        seen.add(name)


def _is_quantity(detail: ErrorDetails) -> bool:
    """Quantities are all that has a pattern."""
    return detail["type"] == "string_pattern_mismatch"


def _not_a_quantity(path: str, detail: ErrorDetails) -> Finding:
    found = f"{shown(detail['input'])} is not a quantity"
    return Finding("FK127", path_of((path, *detail["loc"])), found, QUANTITY_HINT)


def _unknown(path: str, detail: ErrorDetails) -> Finding:
    """A field or a value that the Kubernetes version of our types does not have; a newer one may."""
    location = detail["loc"]
    if detail["type"] == "extra_forbidden":
        what, hint = "field", did_you_mean(str(location[-1]), _fields_beside(location))
    else:
        known = detail["ctx"]["expected"].removeprefix("'', ")
        what, hint = "value", f"Known are {known}."
    found = f"is not a {what} that Kubernetes {pod_template_document()['kubernetes']} knows"
    return Finding("FK118", path_of((path, *location)), found, hint, Severity.WARNING)


def _fields_beside(location: Location) -> Iterable[str]:
    """The fields of the object that the last part of the location names a field of."""
    document = pod_template_document()
    node: Mapping[str, Any] = document
    for part in location[:-1]:
        node = node["items"] if isinstance(part, int) else node["properties"][part]
        if "$ref" in node:
            node = document["definitions"][node["$ref"]]
    fields: Mapping[str, Any] = node["properties"]
    return fields

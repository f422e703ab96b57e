"""Fields that the schema does not have: kubectl refuses them by default, other clients drop them silently.

The API server has dropped such fields before a webhook sees the resource, so these are no rules of admission:
they are for what has not been to the server yet. Inside a pod template unknown fields are kept, and warned
about by shared.rules.pod_template.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Annotated, Any, get_args, get_origin

from shared.model import KINDS
from shared.model.base import Metadata, Model
from shared.model.pod_template import PodTemplate, pod_template_document
from shared.rules.finding import Finding
from shared.rules.location import Location, path_of

CODE = "FK010"
_STATUS = "status"


def unknown_field_findings(raw: Any) -> Iterator[Finding]:
    """An error for each field of a raw object that its kind does not have, whatever else is wrong with it.

    `status` is left out: no user writes it. Nothing is said about objects of unknown kinds.
    """
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    known = KINDS.get(kind) if isinstance(kind, str) else None
    if known is not None:
        yield from _Search(known.model).below((), raw, _fields_of(known.model))


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field holds: an object, or a list of such."""

    model: type[Model] | None = None
    names: frozenset[str] = frozenset()
    """The fields of an object that is no model; none for what may hold anything."""
    is_list: bool = False
    is_pod_template: bool = False

    @property
    def fields(self) -> "_Fields | None":
        """Of the object; None for what may hold anything."""
        if self.model is not None:
            return _fields_of(self.model)
        return dict.fromkeys(self.names, _Field()) if self.names else None


_Fields = Mapping[str, _Field]
_Places = Mapping[str, tuple[str, Sequence[Location]]]
"""Name and places of a field, by its plain name."""


@dataclass(frozen=True, slots=True)
class _Search:
    """Through an object of one kind."""

    model: type[Model]

    def below(self, location: Location, value: Any, fields: _Fields) -> Iterator[Finding]:
        if not isinstance(value, Mapping):
            return
        for name, child in value.items():
            here = (*location, str(name))
            if name not in fields:
                hint = _hint(str(name), location, fields, _places(self.model))
                yield Finding(CODE, path_of(here), "is not a field", hint)
            elif here != (_STATUS,):
                yield from self._within(here, child, fields[name])

    def _within(self, location: Location, value: Any, field: _Field) -> Iterator[Finding]:
        inner = field.fields
        if inner is None:
            return
        if not field.is_list:
            yield from self.below(location, value, inner)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for index, element in enumerate(value):
                yield from self.below((*location, index), element, inner)


def _hint(name: str, location: Location, fields: _Fields, places: _Places) -> str:
    """A field whose name is almost this, here or elsewhere in the kind; or else the fields that there are."""
    here = {_plain(field): field for field in fields}
    for cutoff in (0.85, 0.7):
        if near := _nearest(name, here, cutoff):
            return f"Did you mean {here[near]}?"
        if near := _nearest(name, places, cutoff):
            return _hint_elsewhere(name, near, location, places)
    return f"Known here: {', '.join(sorted(fields))}." if fields else "The object has no fields."


def _hint_elsewhere(name: str, near: str, location: Location, places: _Places) -> str:
    field, candidates = places[near]
    best = min(_distance(location, place) for place in candidates)
    objects = [place for place in candidates if _distance(location, place) == best]
    if field == name:
        listed = " and ".join(path_of(place) or "the resource itself" for place in objects)
        return f"It is a field of {listed}: check the indentation."
    return f"Did you mean {' or '.join(path_of((*place, field)) for place in objects)}?"


def _plain(name: str) -> str:
    """As names are compared: without case, hyphens and underscores."""
    return name.lower().replace("_", "").replace("-", "")


def _nearest(name: str, names: Iterable[str], cutoff: float) -> str | None:
    near = difflib.get_close_matches(_plain(name), list(names), n=1, cutoff=cutoff)
    return near[0] if near else None


def _distance(one: Location, other: Location) -> int:
    """Steps up and down from one place to the other."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return len(one) + len(other) - 2 * shared


@cache
def _places(model: type[Model]) -> _Places:
    """Where the fields of a kind stand; those in lists and in metadata are left out."""
    places: dict[str, tuple[str, list[Location]]] = {}

    def visit(location: Location, fields: _Fields) -> None:
        for name, field in fields.items():
            places.setdefault(_plain(name), (name, []))[1].append(location)
            below = (*location, name)
            if field.is_pod_template:
                visit((*below, "spec"), dict.fromkeys(_definition("PodSpec"), _Field()))
            elif field.model is not None and not field.is_list and below != (_STATUS,):
                visit(below, _fields_of(field.model))

    visit((), _fields_of(model))
    return places


@cache
def _fields_of(model: type[Model]) -> _Fields:
    """By their names on the wire."""
    return {
        field.alias or name: _field(field.rebuild_annotation()) for name, field in model.model_fields.items()
    }


def _field(annotation: Any) -> _Field:
    if annotation == PodTemplate:
        return _Field(names=frozenset(pod_template_document()["properties"]), is_pod_template=True)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return (
            _Field(names=_definition("ObjectMeta"))
            if issubclass(annotation, Metadata)
            else _Field(annotation)
        )
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        element = _field(arguments[0])
        return _Field(element.model, element.names, is_list=True)
    if origin is dict:
        return _Field()
    members = map(_field, arguments[:1] if origin is Annotated else arguments)
    return next((member for member in members if member != _Field()), _Field())


def _definition(name: str) -> frozenset[str]:
    """The fields of one of Kubernetes' own objects."""
    return frozenset(pod_template_document()["definitions"][name]["properties"])

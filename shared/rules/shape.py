"""The shape of a resource: types, enums and unknown kinds, as findings.

What is sound is kept for the rules: a finding in one subtree must not silence the rules over the rest, so
broken subtrees are cut out and the remainder is parsed again. Rules then skip what is missing, and `overlaps`
drops what they say about a cut.
"""

import difflib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared import API_VERSION
from shared.model import KINDS, Resource
from shared.rules.finding import Finding

_ROUNDS = 8  # each round cuts what the one before it laid bare
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The sound part of a resource (None when nothing could be read) and what was wrong with the rest."""

    resource: Resource | None
    findings: tuple[Finding, ...]


def parse(raw: Any) -> Parsed:
    """Read a raw object of one of the four kinds, whatever it holds."""
    if not isinstance(raw, Mapping):
        return Parsed(
            None, (Finding("FK001", "", "the resource must be a mapping", "Check the indentation."),)
        )
    kind = raw.get("kind")
    known = KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        return Parsed(None, (Finding("FK002", "kind", f"{kind!r} is not known", _one_of(kind, KINDS)),))
    if raw.get("apiVersion") != API_VERSION:
        found = Finding(
            "FK003", "apiVersion", f"{raw.get('apiVersion')!r} is not known", f"Use {API_VERSION}."
        )
        return Parsed(None, (found,))
    return _parse_sound_part(known.model, raw)


def overlaps(path: str, broken: Iterable[str]) -> bool:
    """Whether the path lies in a broken subtree or holds one."""
    return any(path == other or _is_within(path, other) or _is_within(other, path) for other in broken)


def _is_within(path: str, other: str) -> bool:
    return path.startswith((f"{other}.", f"{other}["))


def _parse_sound_part(model: type[Resource], raw: Mapping[str, Any]) -> Parsed:
    findings: list[Finding] = []
    rest = deepcopy(dict(raw))
    for _ in range(_ROUNDS):
        try:
            return Parsed(model.model_validate(rest), tuple(findings))
        except ValidationError as error:
            locations = []
            for detail in error.errors(include_url=False):
                locations.append(_field_location(detail))
                if locations[-1][0] != "status":  # written by the operator: no user can mend it
                    findings.append(_finding(detail))
            for location in locations:
                _cut(rest, location)
    return Parsed(None, tuple(findings))


def _field_location(detail: ErrorDetails) -> Location:
    """Where in the document the error is, without pydantic's mark for a mapping's key."""
    return tuple(part for part in detail["loc"] if part != "[key]")


def _cut(document: dict[str, Any], location: Location) -> None:
    """Take the value at a location out of the document; a broken element takes its outermost list with it.

    Fields that must be there are found in elements of lists only, so that nothing broken is left behind.
    """
    names = list(takewhile(lambda part: isinstance(part, str), location))
    if len(names) == 1:
        document[str(names[0])] = {}  # metadata, spec and status must be there
        return
    *above, last = names
    node: Any = document
    for name in above:
        node = node[name]
    node.pop(last, None)


def _path(location: Location) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


_EXPECTED = {
    "int": ("FK013", "must be a whole number"),
    "float": ("FK014", "must be a number"),
    "bool": ("FK015", "must be true or false"),
    "string": ("FK016", "must be text"),
    "list": ("FK017", "must be a list"),
    "dict": ("FK018", "must be a mapping"),
    "model": ("FK018", "must be a mapping"),
}
"""What was expected, by the first word of pydantic's error type (`int_parsing`, `model_type`)."""


def _finding(detail: ErrorDetails) -> Finding:
    path, value = _path(_field_location(detail)), _shown(detail["input"])
    if detail["type"] == "missing":
        return Finding("FK012", path, "is required")
    if detail["type"] in {"enum", "literal_error"}:
        allowed = [word.strip("'") for word in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        return Finding("FK011", path, f"{value} is not allowed", _one_of(detail["input"], allowed))
    expected = _EXPECTED.get(detail["type"].split("_")[0])
    if expected is not None and detail["type"].split("_")[1] in {"type", "parsing", "from", "attributes"}:
        return Finding(expected[0], path, f"{expected[1]}, not {value}")
    return Finding("FK019", path, f"{detail['msg'][0].lower()}{detail['msg'][1:]} (found {value})")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"


def _one_of(value: Any, allowed: Iterable[str]) -> str:
    names = list(allowed)
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.7)
    guess = f"Did you mean {near[0]}? " if near else ""
    return f"{guess}Use one of {', '.join(names)}."

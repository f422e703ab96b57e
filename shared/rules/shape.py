"""The shape of a resource: types, enums and unknown kinds, as findings.

What is sound is kept for the rules: a finding in one subtree must not silence the rules over the rest, so
broken subtrees are cut out and the remainder is parsed again. Rules then skip what is missing, and `overlaps`
drops what they say about a cut.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared import API_VERSION
from shared.model import KINDS, Resource
from shared.rules.finding import Finding, did_you_mean, shown
from shared.rules.location import Location, path_of

_ROUNDS = 8  # each round cuts what the one before it laid bare
_CONTAINERS = (dict, list)
MOST_LEVELS = 100  # what JSON writers take, and far more than a Pod has


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
        found = _missing_or_unknown(kind)
        return Parsed(None, (Finding("FK002", "kind", found, _one_of(kind, KINDS)),))
    if is_deeper_than(raw, MOST_LEVELS):
        hint = "Is a list or mapping within itself by mistake?"
        return Parsed(None, (Finding("FK004", "", f"is nested deeper than {MOST_LEVELS} levels", hint),))
    if raw.get("apiVersion") != API_VERSION:
        found = _missing_or_unknown(raw.get("apiVersion"))
        return Parsed(None, (Finding("FK003", "apiVersion", found, f"Use {API_VERSION}."),))
    return _parse_sound_part(known.model, raw)


def _missing_or_unknown(value: Any) -> str:
    return "is missing" if value in (None, "") else f"{shown(value)} is not known"


def overlaps(path: str, broken: Iterable[str]) -> bool:
    """Whether the path lies in a broken subtree or holds one."""
    return any(path == other or _is_within(path, other) or _is_within(other, path) for other in broken)


def _is_within(path: str, other: str) -> bool:
    return path.startswith((f"{other}.", f"{other}["))


def is_deeper_than(value: object, levels: int) -> bool:
    """Whether mappings and lists in each other go further down than that."""
    level = [value]
    for _ in range(levels):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)  # type: ignore[attr-defined]
            if isinstance(child, _CONTAINERS)
        ]
        if not level:
            return False
    return True


def _parse_sound_part(model: type[Resource], raw: Mapping[str, Any]) -> Parsed:
    try:
        return Parsed(model.model_validate(raw), ())
    except ValidationError:  # the common case is a sound resource: only a broken one is copied and cut
        return _parse_after_cuts(model, deepcopy(dict(raw)))


def _parse_after_cuts(model: type[Resource], rest: dict[str, Any]) -> Parsed:
    findings: list[Finding] = []
    for _ in range(_ROUNDS):
        try:
            return Parsed(model.model_validate(rest), tuple(findings))
        except ValidationError as error:
            locations = []
            for detail in error.errors(include_url=False):
                location = _field_location(detail)
                if detail["input"] is None and isinstance(location[-1], str):
                    _remove(rest, location)  # null is the same as absent: the API server drops it
                    continue
                locations.append(location)
                if location[0] != "status":  # written by the operator: no user can mend it
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
    _remove(document, names)


def _remove(document: dict[str, Any], location: Sequence[str | int]) -> None:
    *above, last = location
    node: Any = document
    for part in above:
        node = node[part]
    node.pop(last, None)


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
    path, value = path_of(_field_location(detail)), shown(detail["input"])
    if detail["type"] == "missing":
        return Finding("FK012", path, "is required")
    if detail["type"] in {"enum", "literal_error"}:
        allowed = [word.strip("'") for word in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        return Finding("FK011", path, f"{value} is not allowed", _one_of(detail["input"], allowed))
    expected = _EXPECTED.get(detail["type"].split("_")[0])
    limit = _limit(detail)
    if limit is not None:
        return Finding("FK020", path, limit)
    if expected is not None and detail["type"].split("_")[1] in {"type", "parsing", "from", "attributes"}:
        return Finding(expected[0], path, f"{expected[1]}, not {value}", _quote_hint(detail))
    return Finding("FK019", path, f"{detail['msg'][0].lower()}{detail['msg'][1:]} (found {value})")


def _limit(detail: ErrorDetails) -> str | None:
    match detail["type"], detail.get("ctx", {}):
        case "greater_than_equal", {"ge": least}:
            return f"must be at least {least}, not {shown(detail['input'])}"
        case "less_than_equal", {"le": most}:
            return f"must be at most {most}, not {shown(detail['input'])}"
        case (("string_too_long" | "too_long"), {"max_length": most}):
            unit = "entries" if isinstance(detail["input"], Mapping | list) else "characters"
            return f"is too long: at most {most} {unit}"
    return None


def _quote_hint(detail: ErrorDetails) -> str:
    """YAML reads 8081 and true as a number and a truth value where text is meant."""
    is_plain = isinstance(detail["input"], int | float)
    return "Put it in quotes." if is_plain and detail["type"] == "string_type" else ""


def _one_of(value: Any, allowed: Iterable[str]) -> str:
    names = list(allowed)
    return f"{did_you_mean(str(value), names)} Use one of {', '.join(names)}.".lstrip()

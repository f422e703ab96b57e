"""Plain scalars of YAML as kubectl reads them, so that a file means here what it means there.

PyYAML's own resolver differs: `1e3` is text to it, `y` too, `1:30` is ninety and `2026-01-01` a date.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

Scalar = str | int | float | bool | None

MERGE: Final = "<<"

_PREFIX: Final = "tag:yaml.org,2002:"
_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NOT_IN_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NUMBER = re.compile(r"[-+]?\.?[0-9]")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)|(?P<d>0|[1-9][0-9]*))"
)
_BASES: Mapping[str, int] = {"x": 16, "b": 2, "o": 8, "d": 10}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400
_SMALLEST_WITH_EXPONENT = 1e21


class ScalarError(ValueError):
    """A scalar that no JSON document can hold, or that is not of the type that its tag names."""


def scalar(text: str, tag: str | None) -> Scalar:
    """The value of a plain scalar, or of any with a tag. Raises ScalarError."""
    if tag is None:
        return _resolved(text)
    kind = tag.removeprefix(_PREFIX)
    if tag == kind or kind in {"str", "timestamp"}:
        return text  # a tag of one's own says nothing to kubectl
    if kind == "binary":
        return _decoded(text)
    return _of_kind(text, kind)


def key_text(value: Scalar) -> str:
    """A key as JSON has it: text. Raises ScalarError for null."""
    match value:
        case None:
            raise ScalarError("null cannot be a key")
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _of_kind(text: str, kind: str) -> Scalar:
    value = _resolved(text)
    types: Mapping[str, tuple[type, ...]] = {
        "int": (int,),
        "float": (int, float),
        "bool": (bool,),
        "null": (type(None),),
    }
    expected = types.get(kind)
    if expected is None:
        return value
    if not isinstance(value, expected) or isinstance(value, bool) != (kind == "bool"):
        raise ScalarError(f"{text[:60]!r} is no !!{kind}")
    return value


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        raise ScalarError("!!binary holds what is not base64") from None


def _resolved(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_IN_JSON.fullmatch(text):
        raise ScalarError(f"{text} cannot be written in JSON")
    if not _NUMBER.match(text) or len(text) > _LONGEST_NUMBER:
        return text
    number = _number(text.replace("_", ""))
    return text if number is None else number


def _number(text: str) -> int | float | None:
    """A whole number of at most 64 bits, or a float as kubectl writes it: 1.0 and 1e3 are whole again."""
    match = _INTEGER.fullmatch(text)
    if match is not None:
        digits, base = next((match[name], base) for name, base in _BASES.items() if match[name])
        whole = int(digits, base) * (-1 if match["sign"] == "-" else 1)
        if -(2**63) <= whole < 2**64:
            return whole
    if not _FLOAT.fullmatch(text):
        return None
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return None
    return int(value) if value.is_integer() and abs(value) < _SMALLEST_WITH_EXPONENT else value

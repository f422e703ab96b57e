"""Lists, maps and lists of maps in Flink's one-line notation: `a;b`, `k:v,k2:v2`, `k:v;k:v,k2:v2`.

Where Flink's configuration file is YAML it first tries to read the text of such an option as YAML: `[a, b]`,
`{k: v}`, and `k: v, k2: v2` as one entry.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from shared.config.bounded_yaml import MonstrousYamlError, refuse_monsters

_QUOTES = "'\""
_MARKS_OF_YAML = ("[", "{", ": ", ":\n", "- ")
"""Without one of them no text is a list or a map in YAML."""


def parse_list(text: str, *, reads_yaml: bool = False) -> list[str]:
    """Elements of a list option; a quoted element may hold the separator, its quote doubled inside.

    Raises ValueError for a quotation that is not closed.
    """
    if reads_yaml and isinstance(node := _yaml(text), list):
        return [str(element) for element in node]
    return [_unquoted(part) for part in _split(text, ";")]


def parse_map(text: str, *, reads_yaml: bool = False) -> dict[str, str]:
    """Entries of a map option; a value with a colon is quoted.

    Raises ValueError for an entry that is no `key:value`, and for an open quotation.
    """
    if reads_yaml and isinstance(node := _yaml(text), Mapping):
        return {str(key): str(value) for key, value in node.items()}
    result = {}
    for entry in _split(text, ","):
        key, *value = _split(_unquoted(entry), ":")
        if len(value) != 1:
            raise ValueError(f"{entry!r} is not a `key:value` pair; quote a value that holds a colon")
        result[_unquoted(key)] = _unquoted(value[0])
    return result


def parse_maps(text: str, *, reads_yaml: bool = False) -> list[dict[str, str]]:
    """Maps of an option that is a list of maps. Raises ValueError."""
    if reads_yaml and isinstance(node := _yaml(text), list) and all(isinstance(one, Mapping) for one in node):
        return [{str(key): str(value) for key, value in one.items()} for one in node]
    return [parse_map(entry) for entry in parse_list(text)]


def _yaml(text: str) -> Any:
    """The text as YAML with all scalars as text; None when it is no list or map of YAML's."""
    if not any(mark in text for mark in _MARKS_OF_YAML):
        return None
    try:
        refuse_monsters(text)
        return yaml.load(text, yaml.CBaseLoader)  # noqa: S506 - it builds text, lists and maps only
    except (yaml.YAMLError, MonstrousYamlError):
        return None


def _split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in _parts(text, separator) if part.strip()]


def _parts(text: str, separator: str) -> Iterator[str]:
    start, quote = 0, ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character == separator:
            yield text[start:index]
            start = index + 1
    if quote:
        raise ValueError(f"{text!r} has a quotation that is not closed")
    yield text[start:]


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        return text[1:-1].replace(text[0] * 2, text[0])
    return text

"""The names of Flink's own options, and which of its versions read them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

_V1, _V2 = "1.20", "2.3"
_EXPERIMENTAL = ("execution.async-state.", "traces.")
"""Gone by 2.3, but not from 2.0 on."""


class FlinkOptions(NamedTuple):
    """What Flink 1.20 and 2.3 say of their options."""

    names: frozenset[str]
    """Every name that one of the two reads, older names included."""
    gone_in_2: Mapping[str, str | None]
    """Names that Flink 1 reads and Flink 2 does not, with what took their place."""
    newer_names: Mapping[str, "NewerName"]
    """Names that not every Flink 1 reads, by name."""
    newest_in_2: Mapping[str, str]
    """Every name that Flink 2 reads, with the newest name of the same option."""


class NewerName(NamedTuple):
    """Since when a name is read, and the name before it."""

    since: tuple[int, int]
    older: str


@cache
def flink_options() -> FlinkOptions:
    """The lists, read when they are first needed."""
    document = orjson.loads(Path(__file__).with_name("flink_options.json").read_bytes())
    options: Mapping[str, Mapping[str, Any]] = document["options"]
    first, second = _names(options, _V1), _names(options, _V2)
    return FlinkOptions(
        names=frozenset(first.keys() | second.keys()),
        gone_in_2={
            name: _successor(options, first[name], second)
            for name in first.keys() - second.keys()
            if not name.startswith(_EXPERIMENTAL)
        },
        newer_names=dict(_newer_names(options, first)),
        newest_in_2=second,
    )


def _names(options: Mapping[str, Mapping[str, Any]], version: str) -> dict[str, str]:
    """All names that a version reads, with the newest name of the same option."""
    names = {older: key for key, option in options.items() for older in option.get(version, ())}
    return names | {key: key for key, option in options.items() if version in option}


def _successor(options: Mapping[str, Mapping[str, Any]], newest: str, known: Mapping[str, str]) -> str | None:
    instead: str | None = options[newest].get("instead")
    return newest if newest in known else instead


def _newer_names(
    options: Mapping[str, Mapping[str, Any]], first: Mapping[str, str]
) -> "list[tuple[str, NewerName]]":
    found = []
    for key, option in options.items():
        since = option.get("since") or ("2.0" if key not in first else None)
        older = [name for name in option.get(_V2, ()) if name in first]
        if since and older:
            major, minor = since.split(".")
            newest = next((name for name in older if first[name] == name), older[-1])
            found.append((key, NewerName((int(major), int(minor)), newest)))
    return found

"""Options that are read here must be readable: Flink's that objects are made of, and the operator's."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from shared.config.known_options import NAMES_OF_SYSTEM, NAMES_WITH_TYPE, OPTION_OF
from shared.rules.finding import Finding, shown

_NAMES_FOR_RESOURCES = NAMES_WITH_TYPE - NAMES_OF_SYSTEM
_ONLY_OF_SYSTEM = NAMES_WITH_TYPE & NAMES_OF_SYSTEM


def option_findings(own: Mapping[str, str], config: Mapping[str, str]) -> Iterator[Finding]:
    """A finding for each option that cannot be read; of the system's, only those that the resource sets."""
    names = (config.keys() & _NAMES_FOR_RESOURCES) | (own.keys() & _ONLY_OF_SYSTEM)
    yield from unreadable("spec.flinkConfiguration", config, names)


def unreadable(path: str, config: Mapping[str, str], names: Iterable[str]) -> Iterator[Finding]:
    """A finding for each of these options whose text is not of its type."""
    for name in sorted(name for name in names if not _is_readable(name, config[name])):
        found = f"{OPTION_OF[name].type.expected}, not {shown(config[name])}"
        yield Finding("FK117", f"{path}[{name}]", found)


def _is_readable(name: str, text: str) -> bool:
    return _reads(name, text) if len(text) > _LONGEST_KEPT else _kept_reads(name, text)


def _reads(name: str, text: str) -> bool:
    return OPTION_OF[name].type.reads(text)


_LONGEST_KEPT = 64
_kept_reads = lru_cache(maxsize=4096)(_reads)
"""Resources come again and again with the same few values."""

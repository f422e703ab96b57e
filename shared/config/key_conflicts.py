"""Options whose keys begin other keys: the configuration of Flink 2 is a tree, which cannot hold both."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.config.flink_options import flink_options

NOT_WRITTEN = ("kubernetes.operator.", "job.autoscaler.", "kubernetes.jobmanager.annotations.")
"""Beginnings of keys that no file of Flink's holds; annotations of the JobManager become one option."""


class KeyConflict(NamedTuple):
    """An option and the first of those below it."""

    prefix: str
    """`state.backend`"""
    key: str
    """`state.backend.incremental`"""
    remedy: str
    """What to do, in one sentence."""


def key_conflicts(keys: Iterable[str]) -> Iterator[KeyConflict]:
    """One for each key that has others below it, sorted; those that are not written are left out."""
    known = sorted(keys)
    if not any(map(str.startswith, known[1:], known)):
        return  # the common case: what begins others stands right before one of them
    known = [key for key in known if not key.startswith(NOT_WRITTEN)]
    beginnings: list[str] = []  # keys that the current one begins with, dot or no dot
    told = set()
    for key in known:
        while beginnings and not key.startswith(beginnings[-1]):
            beginnings.pop()
        for prefix in beginnings:
            if key[len(prefix)] == "." and prefix not in told:
                told.add(prefix)
                yield KeyConflict(prefix, key, _remedy(prefix, key, set(known)))
        beginnings.append(key)


def _remedy(prefix: str, key: str, keys: set[str]) -> str:
    newest = flink_options().newest_in_2
    for name in (prefix, key):
        other = newest.get(name, name)
        if other != name:
            return f"Remove {name}." if other in keys else f"Use {other} instead of {name}."
    return "Remove one of the two."

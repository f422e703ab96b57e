"""What a rule finds wrong, and what a review of a resource comes to."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Severity(StrEnum):
    """Whether a finding denies the request or is only told to the user."""

    ERROR = "error"
    WARNING = "warning"


class Reference(NamedTuple):
    """Another resource, by kind, namespace and name."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a resource: where (`spec.job.parallelism`), what, and what to do."""

    code: str
    path: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    rests_on: Reference | None = None
    """The resource whose look-up led to this; a cache may be behind, so read it anew before a denial."""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}.{hint} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a review found."""

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A question for the hint of a finding; empty when no name is near."""
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.7)
    return f"Did you mean {near[0]}?" if near else ""


def shown(value: Any) -> str:
    """A value in a message: short, whatever it is."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

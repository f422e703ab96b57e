"""One case: a resource, what is known beside it, and all that there is to say about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.rules import RuleContext, Severity, Verdict, review
from shared.rules.context import LookUp, Presence
from shared.rules.not_supported import NOT_ACTED_ON

Json = dict[str, Any]
Found = tuple[str, str, Severity]
"""Code, path, and whether it denies."""

_OF_THIS_VERSION = {NOT_ACTED_ON}
"""What a version does not do yet goes with the version; cases stay."""


@dataclass(frozen=True)
class Case:
    """A review: the resource as it is to be, and as it was if it is an update."""

    id: str
    new: Any
    expected: frozenset[Found] = frozenset()
    old: Any = None
    operator: Mapping[str, str] = field(default_factory=dict)
    """The operator's configuration."""
    others: Sequence[Json] | None = None
    """All resources that there are beside this one; None when nothing is known of others."""


def error(code: str, path: str) -> frozenset[Found]:
    return frozenset({(code, path, Severity.ERROR)})


def warning(code: str, path: str) -> frozenset[Found]:
    return frozenset({(code, path, Severity.WARNING)})


def option(key: str) -> str:
    """The path of an option."""
    return f"spec.flinkConfiguration[{key}]"


def look_up_in(others: Iterable[Json] | None) -> LookUp:
    """What a look-up finds among these resources; UNKNOWN when they are None."""
    if others is None:
        return lambda _kind, _namespace, _name: Presence.UNKNOWN
    there = {
        (other["kind"], other["metadata"]["namespace"], other["metadata"]["name"]): other for other in others
    }
    return lambda kind, namespace, name: there.get((kind, namespace, name), Presence.ABSENT)


def reviewed(case: Case) -> Verdict:
    """The rules' verdict."""
    return review(case.new, case.old, RuleContext(case.operator, look_up_in(case.others)))


def found_by(verdict: Verdict) -> list[Found]:
    """All findings but those about what this version does not do yet, sorted."""
    errors = [(error.code, error.path, Severity.ERROR) for error in verdict.errors]
    warnings = [(warning.code, warning.path, Severity.WARNING) for warning in verdict.warnings]
    return sorted(finding for finding in [*errors, *warnings] if not is_of_this_version(finding[0]))


def is_of_this_version(code: str) -> bool:
    """Whether a finding is about what this version does not do yet."""
    return code in _OF_THIS_VERSION

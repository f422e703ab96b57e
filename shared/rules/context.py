"""What rules may know besides the resource itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any


class Presence(Enum):
    """What is known of an object that was not found: unknown is never absent."""

    ABSENT = auto()
    UNKNOWN = auto()


LookUp = Callable[[str, str, str], Mapping[str, Any] | Presence]
"""Kind, namespace and name to the raw object, or to why there is none. No network call behind it."""


def nothing_is_known(_kind: str, _namespace: str, _name: str) -> Presence:
    """For reviews without a cluster."""
    return Presence.UNKNOWN


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The operator's configuration, flat, and the other resources."""

    operator_configuration: Mapping[str, str] = field(default_factory=dict)
    look_up: LookUp = nothing_is_known

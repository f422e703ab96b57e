"""The annotations that switch what the operator does: each is true or false."""

from collections.abc import Iterator

from shared.control import OFF, ON, SWITCHES
from shared.model.base import Metadata
from shared.rules.finding import Finding, shown

_HINT = 'Write "true" or "false", in quotes.'


def control_findings(metadata: Metadata) -> Iterator[Finding]:
    """A misspelt value would leave on what was to be off, or the reverse."""
    for switch in SWITCHES:
        value = metadata.annotations.get(switch, OFF)
        if value not in {ON, OFF}:
            found = f"{shown(value)} is neither true nor false"
            yield Finding("FK022", f"metadata.annotations[{switch}]", found, _HINT)

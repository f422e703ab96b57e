"""What a job threw, as events: each once, also by a controller that starts anew (contract part 5.4.4)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from controller.decide.conditions import milliseconds
from controller.observation import JobException, Known, Observation
from controller.plan import Event, EventComponent, EventType
from shared.config.operator_options import EXCEPTION_EVENT_LIMIT, EXCEPTION_EVENT_LINES
from shared.model.status import CommonStatus

_RECENT = 30 * 60 * 1000  # milliseconds; what was thrown earlier is no news to anybody
_ANNOTATION = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def told_until(status: CommonStatus, at: datetime) -> int:
    """Milliseconds since 1970: later exceptions were not told yet."""
    return max(int(status.job_status.last_exception_time or 0), milliseconds(at) - _RECENT)


def tell_exceptions(
    status: CommonStatus, observation: Observation, configuration: Mapping[str, str]
) -> list[Event]:
    """Events of what was not told yet, the newest so many of it; the newest goes on record."""
    match observation.exceptions:
        case Known(exceptions):
            since = told_until(status, observation.at)
            untold = [one for one in exceptions if one.timestamp > since]
        case _:
            untold = []
    if not untold:
        return []
    status.job_status.last_exception_time = str(max(one.timestamp for one in untold))
    most = max(0, int(EXCEPTION_EVENT_LIMIT.read(configuration) or 0))
    lines = max(1, int(EXCEPTION_EVENT_LINES.read(configuration) or 0))
    return [_event(one, lines) for one in reversed(untold[:most])]


def _event(exception: JobException, most_lines: int) -> Event:
    lines = exception.stack_trace.strip().splitlines()
    shown, omitted = lines[:most_lines], len(lines) - most_lines
    if omitted > 0:
        shown.append(f"... ({omitted} more lines)")
    thrown = datetime.fromtimestamp(exception.timestamp / 1000, UTC)
    facts = [("exception-timestamp", thrown.isoformat(timespec="milliseconds").replace("+00:00", "Z"))]
    facts += [(name, _one_line(value)) for name, value in exception.facts if _ANNOTATION.fullmatch(name)]
    return Event(EventType.WARNING, "JobException", "\n".join(shown), EventComponent.JOB, tuple(facts))


def _one_line(text: str) -> str:
    """Line breaks become spaces; other control characters go."""
    return "".join(one for one in " ".join(text.splitlines()) if one.isprintable())

"""How often objects of a resource may be repaired: what does not last is repeated ever more rarely.

Something else may write them too, and two writers that never give way keep the API server busy. Only this
process knows of it: after a restart it is tried at once again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

_SHORTEST, _LONGEST = timedelta(seconds=30), timedelta(minutes=5)
_CALM = timedelta(minutes=10)
"""A repair that lasted so long is forgotten."""


@dataclass(frozen=True, slots=True)
class _Repair:
    at: datetime
    pause: timedelta


class RepairPace:
    """The last repair of each resource, by namespace and name."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], _Repair] = {}

    def note(self, key: tuple[str, str], at: datetime) -> None:
        """One is made: the next has to wait, and twice as long as this one had to."""
        last = self._recent(key, at)
        pause = _SHORTEST if last is None else min(2 * last.pause, _LONGEST)
        self._last[key] = _Repair(at, pause)

    def next_at(self, key: tuple[str, str], at: datetime) -> datetime | None:
        """The earliest time for another one; None where nothing stands against it."""
        last = self._recent(key, at)
        return None if last is None else last.at + last.pause

    def forget(self, key: tuple[str, str]) -> None:
        """The resource is gone."""
        self._last.pop(key, None)

    def _recent(self, key: tuple[str, str], at: datetime) -> _Repair | None:
        """A time that is still to come is from before the clock was set back."""
        last = self._last.get(key)
        if last is not None and timedelta(0) <= at - last.at < _CALM:
            return last
        self.forget(key)
        return None

"""How often objects of a resource may be repaired: what does not last is repeated ever more rarely.

Something else may write them too, and two writers that never give way keep the API server busy. Only this
process knows of it: after a restart it is tried at once again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.observation import Repairs

_SHORTEST, _LONGEST = timedelta(seconds=30), timedelta(minutes=5)
_CALM = timedelta(minutes=10)
"""A repair that lasted so long is forgotten."""


@dataclass(frozen=True, slots=True)
class _Repair:
    at: datetime
    pause: timedelta
    number: int
    """Counted from the first that did not last."""


class RepairPace:
    """The last repair of each resource, by namespace and name."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], _Repair] = {}

    def note(self, key: tuple[str, str], at: datetime) -> None:
        """One is made: the next has to wait, and twice as long as this one had to."""
        last = self._recent(key, at)
        if last is None:
            self._last[key] = _Repair(at, _SHORTEST, 1)
        else:
            self._last[key] = _Repair(at, min(2 * last.pause, _LONGEST), last.number + 1)

    def recent(self, key: tuple[str, str], at: datetime) -> Repairs | None:
        """Those of late; None where nothing stands against another one."""
        last = self._recent(key, at)
        return None if last is None else Repairs(last.number, last.at + last.pause)

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

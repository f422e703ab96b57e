"""The controller's queue on the virtual clock: a resource at a time, several beside each other."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass

from controller.cache import Key
from controller.kubernetes_api import ApiError
from tests.simulation.clock import Clock
from tests.simulation.faults import Crash
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.transport import Line

Item = tuple[str, Key]
"""Plural and key of a resource."""
_LONGEST_DELAY = 60.0

WORKED_ON: ContextVar[Item | None] = ContextVar("WORKED_ON", default=None)
"""The resource for which a call is made; tasks inherit it from the work that began them."""


@dataclass(slots=True)
class _Entry:
    due: float | None = None
    is_working: bool = False
    is_wanted: bool = False
    failures: int = 0


class Queue:
    """Of one process."""

    def __init__(self, clock: Clock, line: Line, work: Callable[[Item], Awaitable[float | None]]) -> None:
        self.reconciliations = 0
        self._clock = clock
        self._line = line
        self._reconcile = work
        self._entries: dict[Item, _Entry] = {}

    def add(self, item: Item, delay: float = 0) -> None:
        """Look at the resource then, or earlier if that was asked for before."""
        entry = self._entries.setdefault(item, _Entry())
        if entry.is_working and delay == 0:
            entry.is_wanted = True
            return
        due = self._clock.now + delay
        if entry.due is not None and entry.due <= due:
            return
        entry.due = due
        self._clock.after(delay, lambda: self._work(item, entry, due))

    async def _work(self, item: Item, entry: _Entry, due: float) -> None:
        line = self._line
        if entry.due != due or line.is_dead:
            return
        if self._clock.now < line.frozen_until:
            entry.due = thaw = line.frozen_until
            self._clock.after(thaw - self._clock.now, lambda: self._work(item, entry, thaw))
            return
        entry.due = None
        if entry.is_working:
            entry.is_wanted = True
            return
        entry.is_working = True
        WORKED_ON.set(item)
        try:
            delay = await self._one(item, entry)
        finally:
            entry.is_working = False
        if entry.is_wanted:
            entry.is_wanted = False
            self.add(item)
        elif delay is not None:
            self.add(item, delay)

    async def _one(self, item: Item, entry: _Entry) -> float | None:
        self.reconciliations += 1
        try:
            delay = await self._reconcile(item)
        except Crash:
            return None
        except ApiError:
            entry.failures += 1
            return min(_LONGEST_DELAY, 2.0 ** (entry.failures - 1))
        except PromiseBrokenError:
            raise
        except Exception as error:
            raise PromiseBrokenError(f"the controller failed by its own fault: {error!r}") from error
        entry.failures = 0
        return delay

"""A keyed queue: every key is worked on by one worker at a time, and again if it was added meanwhile."""

import asyncio
import heapq
import logging
import random
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
Key = TypeVar("Key", bound=Hashable)

_FIRST_DELAY = 1.0
_LONGEST_DELAY = 60.0


class ReconcileQueue(Generic[Key]):
    """Keys to reconcile, with delays, a bound on concurrency, and backoff with jitter after failures.

    `work` reconciles one key and returns the seconds after which it wants to be called again, or None. Errors
    that are `expected` are logged in one line, others with their traceback.
    """

    def __init__(
        self,
        work: Callable[[Key], Awaitable[float | None]],
        *,
        concurrency: int = 50,
        expected: type[Exception] | tuple[type[Exception], ...] = (),
    ) -> None:
        self._work = work
        self._expected = expected
        self._slots = asyncio.Semaphore(concurrency)
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._running: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._changed = asyncio.Event()
        self._sequence = 0

    def add(self, key: Key, delay: float = 0) -> None:
        """Reconcile the key after the delay (seconds), or earlier if that was asked for before."""
        if key in self._running and delay == 0:
            self._again.add(key)
            return
        due = time.monotonic() + delay
        if key in self._due and self._due[key] <= due:
            return
        self._due[key] = due
        self._sequence += 1
        heapq.heappush(self._heap, (due, self._sequence, key))
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled; what is being worked on is cancelled too."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._changed.clear()
                for key in self._take_due():
                    self._running.add(key)
                    tasks.create_task(self._reconcile(key))
                try:
                    async with asyncio.timeout(self._seconds_to_next()):
                        await self._changed.wait()
                except TimeoutError:
                    continue

    def _take_due(self) -> list[Key]:
        now, taken, later = time.monotonic(), [], []
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            due, _, key = entry
            if self._due.get(key) != due:
                continue  # superseded by an earlier time
            if key in self._running:
                later.append(key)
                continue
            del self._due[key]
            taken.append(key)
        for key in later:
            del self._due[key]
            self._again.add(key)
        return taken

    def _seconds_to_next(self) -> float | None:
        return max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None

    async def _reconcile(self, key: Key) -> None:
        delay: float | None
        try:
            async with self._slots:
                delay = await self._work(key)
            self._failures.pop(key, None)
        except Exception as error:
            # One resource's failure must not end the queue: it is logged, and tried again later.
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311
            if isinstance(error, self._expected):
                log.warning("reconciling %s failed, again in %.1f s: %s", key, delay, error)
            else:
                log.exception("reconciling %s failed, again in %.1f s", key, delay)
        finally:
            self._running.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)
        elif delay is not None:
            self.add(key, delay)

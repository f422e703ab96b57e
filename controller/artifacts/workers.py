"""Threads for calls that may hang: name servers and stores that a user chose.

Not the event loop's own threads, which everything else shares. They never keep the process from ending.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class AllBusyError(Exception):
    """As many calls hang as there may be threads."""


class Workers:
    """At most `limit` threads at a time, each for one transfer; one that hangs counts until it returns."""

    def __init__(self, limit: int) -> None:
        self._free = threading.BoundedSemaphore(limit)

    def begin(self) -> "Worker":
        """A thread that waits for calls. Raises AllBusyError."""
        if not self._free.acquire(blocking=False):
            raise AllBusyError
        return Worker(self._free.release)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A single call. Raises AllBusyError, and what the function raises."""
        worker = self.begin()
        try:
            return await worker.call(function, *args, **kwargs)
        finally:
            worker.end()


class Worker:
    """A thread that makes one call after the other."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ended = ended
        threading.Thread(target=self._run, name="artifact", daemon=True).start()

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Its result; a caller that gives up leaves the call to end by itself."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)  # type: ignore[arg-type]
            else:
                future.set_exception(error)

        def make() -> None:
            try:
                result, error = function(*args, **kwargs), None
            except BaseException as caught:  # noqa: BLE001 - it is raised where the result is awaited
                result, error = None, caught
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, result, error)

        self._calls.put(make)
        return await future

    def end(self, last: Callable[[], None] | None = None) -> None:
        """After the calls so far, and `last`, which raises nothing."""
        if last is not None:
            self._calls.put(last)
        self._calls.put(None)

    def _run(self) -> None:
        try:
            while call := self._calls.get():
                call()
        finally:
            self._ended()

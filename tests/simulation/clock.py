"""Virtual time: a heap of what is due, the wall clock that the controller reads, an event loop on both."""

import asyncio
import heapq
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count
from typing import Any, Self, TypeVar

T = TypeVar("T")
Callback = Callable[[], Coroutine[Any, Any, None] | None]

_START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Clock:
    """Seconds since the start of the scenario. The wall clock can jump, the monotonic one cannot.

    Time passes only when nothing is left to be done at a moment: one thing that is due after the other, each
    with all that follows from it.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._jumps = 0.0
        self.set_back = 0.0
        """Seconds that it was ever set back: as much longer what is on record seems to be to come."""
        self._due: list[tuple[float, int, Callback]] = []
        self._sequence = count()
        self._work: set[asyncio.Task[None]] = set()
        self._audience: asyncio.Future[None] | None = None
        self._failure: Exception | None = None

    def wall(self) -> datetime:
        """What a clock on the wall shows."""
        return _START + timedelta(seconds=self.now + self._jumps)

    def stamp(self) -> str:
        """As Kubernetes writes times: to the second."""
        return self.wall().strftime("%Y-%m-%dT%H:%M:%SZ")

    def milliseconds(self) -> int:
        """As Flink writes times."""
        return int(self.wall().timestamp() * 1000)

    def jump(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self._jumps += seconds
        self.set_back += max(-seconds, 0.0)

    def after(self, seconds: float, callback: Callback) -> None:
        """Call it then."""
        heapq.heappush(self._due, (self.now + seconds, next(self._sequence), callback))

    async def sleep(self, seconds: float) -> None:
        """A pause of something that lives in the world."""
        await self._moment(seconds)

    async def advance(self, seconds: float) -> None:
        """Watch the world for so long. Raises what failed in it meanwhile."""
        self._audience = self._moment(seconds)
        if self._failure is not None:
            raise self._failure
        await self._audience

    def fail(self, error: Exception) -> None:
        """Whoever watches the world is told."""
        self._failure = self._failure or error
        if self._audience is not None and not self._audience.done():
            self._audience.set_exception(error)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run it in this time."""
        with asyncio.Runner(loop_factory=lambda: _VirtualLoop(self)) as runner:
            return runner.run(main)

    def step(self, until: float | None) -> None:
        """Go to what is due next, but not beyond that time."""
        if not self._due or (until is not None and self._due[0][0] > until):
            if until is None:
                raise RuntimeError("nothing will ever happen")
            self.now = max(self.now, until)
            return
        time, _, callback = heapq.heappop(self._due)
        self.now = max(self.now, time)
        try:
            work = callback()
        except Exception as error:  # noqa: BLE001 - for whoever watches
            self.fail(error)
            return
        if work is not None:
            task = asyncio.get_running_loop().create_task(work)
            self._work.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):  # a process that was killed ends by something else
            self.fail(error)

    def _moment(self, seconds: float) -> asyncio.Future[None]:
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def reach() -> None:
            if not reached.done():
                reached.set_result(None)

        self.after(seconds, reach)
        return reached


class _VirtualLoop(BaseEventLoop):
    """Instead of waiting it goes to the next moment."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._selector = self

    def time(self) -> float:
        return self._clock.now

    def select(self, timeout: float | None) -> tuple[()]:
        """What BaseEventLoop calls when all that is ready was run, with the seconds to its next timer."""
        if timeout is None or timeout > 0:
            self._clock.step(None if timeout is None else self._clock.now + timeout)
        return ()

    def _process_events(self, _: object) -> None:
        """There are none from outside."""

    def call_exception_handler(self, _: object) -> None:
        """Tasks of a process that was killed end by that, and nobody asks."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken."""


def virtual_datetime(clock: Callable[[], Clock]) -> type[datetime]:
    """A `datetime` whose `now` is that of the clock; everything else is datetime's own."""

    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = clock().wall().astimezone(tz)
            return cls.fromtimestamp(moment.timestamp(), tz)

    return VirtualDatetime

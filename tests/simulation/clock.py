"""Virtual time: a heap of what is due, and the wall clock that the controller reads."""

import heapq
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count
from typing import Any, Literal, Self

Callback = Callable[[], Awaitable[None] | None]

_START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Clock:
    """Seconds since the start of the scenario. The wall clock can jump, the monotonic one cannot."""

    def __init__(self) -> None:
        self.now = 0.0
        self._jumps = 0.0
        self._due: list[tuple[float, int, Callback]] = []
        self._sequence = count()

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

    def after(self, seconds: float, callback: Callback) -> None:
        """Call it then."""
        heapq.heappush(self._due, (self.now + seconds, next(self._sequence), callback))

    async def advance(self, seconds: float) -> None:
        """Let time pass, with all that is due meanwhile. What is due may itself let time pass."""
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            time, _, callback = heapq.heappop(self._due)
            self.now = max(self.now, time)
            result = callback()
            if result is not None:
                await result
        self.now = max(self.now, until)


async def in_turn(*calls: Coroutine[Any, Any, Any], **_: Literal[True]) -> list[Any]:
    """What `gather` with `return_exceptions` is on this clock: an event loop's tasks would wait for ever."""
    results: list[Any] = []
    left = list(calls)
    try:
        while left:
            try:
                results.append(await left.pop(0))
            except Exception as error:  # noqa: BLE001 - gather's own rule
                results.append(error)
    finally:
        for call in left:
            call.close()
    return results


def virtual_datetime(clock: Callable[[], Clock]) -> type[datetime]:
    """A `datetime` whose `now` is that of the clock; everything else is datetime's own."""

    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = clock().wall().astimezone(tz)
            return cls.fromtimestamp(moment.timestamp(), tz)

    return VirtualDatetime

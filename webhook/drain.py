"""Leaving without losing a request.

Endpoints need seconds to forget a pod, and the API server keeps connections to it meanwhile. Its client does
not repeat a POST whose connection went away, so a server may not just hang up: for the length of the drain
it goes on serving, and each response asks the client to close its connection. The next request then opens a
new one, to a pod that stays. Connections that are left at the end were idle all that time.
"""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Clock = Callable[[], float]
"""Monotonic seconds."""


class Drain:
    """Whether the service is leaving, and whether it has waited long enough."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._ends_at: float | None = None

    def begin(self) -> None:
        """Start to leave; the length of the drain counts from the first call."""
        if self._ends_at is None:
            self._ends_at = self._clock() + self.seconds

    @property
    def active(self) -> bool:
        """Whether the service is leaving."""
        return self._ends_at is not None

    @property
    def over(self) -> bool:
        """Whether the drain has lasted its time."""
        return self._ends_at is not None and self._clock() >= self._ends_at

    def unready(self) -> str | None:
        """Why no new connections should come here, or None."""
        return "the service is shutting down" if self.active else None


class CloseConnections:
    """ASGI middleware: during the drain every response says `Connection: close`, and uvicorn then does it."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_close(message: Message) -> None:
            if message["type"] == "http.response.start" and self._drain.active:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_with_close)

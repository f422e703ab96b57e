"""One connection of a client: uvicorn's, with the bounds that uvicorn leaves to a proxy in front of it.

A request that has begun must be there whole before a deadline, and within a number of bytes; otherwise its
connection is closed, so that nobody can hold memory by sending slowly or without end. Besides, each request
notes when it arrived and how many others were being served: a loop that is behind runs it later.
"""

import logging
import time
from asyncio import AbstractEventLoop, TimerHandle, Transport
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from webhook.logs import fields
from webhook.metrics import Refusal

logger = logging.getLogger(__name__)

ARRIVED: Final = "arrived"
"""In the state of an ASGI scope: when the head of the request was complete, by time.perf_counter()."""
IN_FLIGHT: Final = "inFlight"
"""In the state of an ASGI scope: how many requests were being served when this one arrived."""

HEAD_LIMIT = 64 * 1024
"""Bytes before the end of the headers."""
_END_OF_HEAD = b"\r\n\r\n"
_FAREWELL_SECONDS = 1.0

REQUEST_LIMIT = 16 * 1024 * 1024
"""Bytes of a whole request. More than any body that is accepted: up to here, a larger one is answered."""


class JoinedWrites:
    """A transport that sends the head of a response with its body: one TLS record, one system call.

    uvicorn writes them one after the other. What is held back goes with the next write, or at the end.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, or hold back what is the head of a final response."""
        if self._head:
            self._transport.write(self._head + data)
            self._head = b""
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(_END_OF_HEAD) and data[9:10] != b"1":
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send what is held back."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        """Send what is held back, and hang up."""
        self.flush()
        self._transport.close()


class Connection(HttpToolsProtocol):
    """HTTP/1.1 on one socket."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
        *,
        request_seconds: float,
        on_refusal: Callable[[Refusal], None],
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._request_seconds = request_seconds
        self._on_refusal = on_refusal
        self._deadline: TimerHandle | None = None
        self._received = 0
        self._in_head = False
        self._in_request = False
        self._ended_one = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Wait for the first request as long as for any other: clients open connections in advance."""
        self._joined = JoinedWrites(transport)
        super().connection_made(cast("Transport", self._joined))
        self._await_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._at_rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; the deadline counts from the first byte after the end of a request, whatever it is."""
        if self.transport.is_closing():
            return
        self._ended_one = False
        super().data_received(data)
        if self._ended_one:
            self._at_rest()
            if not self._in_request:
                self._await_next_if_answered()
                return
        self._received += len(data)
        if self._received > (HEAD_LIMIT if self._in_head else REQUEST_LIMIT):
            status = "431 Request Header Fields Too Large" if self._in_head else "413 Content Too Large"
            self._refuse(status, Refusal.TOO_LARGE)
        elif self._deadline is None:
            self._deadline = self.loop.call_later(
                self._request_seconds, self._refuse, "408 Request Timeout", Refusal.SLOW
            )

    def on_message_begin(self) -> None:
        """The first byte of a request came."""
        super().on_message_begin()
        self._in_head = self._in_request = True

    def on_headers_complete(self) -> None:
        """The request starts to be served; its body can still be on its way."""
        self._in_head = False
        state = self.scope["state"]
        state[ARRIVED] = time.perf_counter()
        state[IN_FLIGHT] = len(self.tasks)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The last byte of a request came."""
        super().on_message_complete()
        self._in_request = False
        self._ended_one = True

    def on_response_complete(self) -> None:
        """Nothing of it is held back any longer."""
        self._joined.flush()
        super().on_response_complete()

    def _await_next(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _await_next_if_answered(self) -> None:
        """A request can be answered before its last byte, and each byte ends the wait for a next request."""
        answered = self.cycle is not None and self.cycle.response_complete
        if answered and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self._await_next()

    def _at_rest(self) -> None:
        self._received = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: str, reason: Refusal) -> None:
        """Hang up, and say why unless a response is under way."""
        if self.transport.is_closing():
            return
        self._on_refusal(reason)
        logger.warning("connection closed", extra=fields(status=status))
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            head = f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(head.encode("ascii"))
        self.transport.close()
        # Over TLS that still reads, until the client hangs up too.
        self._at_rest()
        self._deadline = self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)

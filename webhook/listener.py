"""Sockets that listen, and the plain one for probes and metrics."""

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from webhook.connections import Connection
from webhook.metrics import Refusal

_REQUEST_SECONDS = 5.0
_KEEP_ALIVE_SECONDS = 75


def listen(port: int) -> socket.socket:
    """A listener on all addresses, IPv6 too where the machine has it. Raises OSError."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=2048)
    return socket.create_server(("", port), backlog=2048)


def configuration(
    app: ASGIApp,
    request_seconds: float,
    on_refusal: Callable[[Refusal], None],
    **settings: Any,
) -> uvicorn.Config:
    """uvicorn's, with connections of our own and nothing that this service has no use for."""
    connection: Any = partial(Connection, request_seconds=request_seconds, on_refusal=on_refusal)
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=connection,
        ws="none",
        lifespan="off",
        workers=1,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        **settings,
    )


class PlainListener:
    """HTTP without TLS, in the event loop of whoever opens it."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.port = port
        """The port asked for; once opened, the port that is served."""
        self._configuration = configuration(
            app, _REQUEST_SECONDS, lambda _: None, timeout_keep_alive=_KEEP_ALIVE_SECONDS
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Serve. Raises OSError."""
        self._configuration.load()
        listener = listen(self.port)
        self._server = await asyncio.get_running_loop().create_server(self._connection, sock=listener)
        self.port = listener.getsockname()[1]

    async def close(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()

    def _connection(self) -> asyncio.Protocol:
        kind: Any = self._configuration.http_protocol_class
        made: asyncio.Protocol = kind(config=self._configuration, server_state=self._state, app_state={})
        return made

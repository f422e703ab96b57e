"""uvicorn, with a certificate that can be late and can change, and with a drain before its end."""

import asyncio
import contextlib
import logging
import socket
import time
from types import FrameType

import uvicorn

from webhook.app import create_app
from webhook.certificates import ServingCertificate
from webhook.drain import CloseConnections, Drain
from webhook.logs import fields
from webhook.reviewer import Reviewer

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 120
"""Longer than the API server's client keeps idle connections (90 s): the side that sends must be the one that
closes, or a request can meet a connection that is just going away."""

CERTIFICATE_WAIT_SECONDS = 60.0
_CERTIFICATE_RETRY_SECONDS = 0.5
_LAST_RESPONSES_SECONDS = 2
"""For responses that are still on their way when the drain is over, and clients slow to hang up."""


class Server(uvicorn.Server):
    """A server for one port; `run` returns when it has ended, and `started` says whether it ever served."""

    def __init__(
        self,
        app: CloseConnections,
        port: int,
        certificate: ServingCertificate,
        drain: Drain,
        certificate_wait_seconds: float,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                workers=1,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_LAST_RESPONSES_SECONDS,
                ssl_context_factory=lambda _config, _default: certificate.listener_context,
            )
        )
        self.port = port
        """The port asked for; once started, the port that is served."""
        self._certificate = certificate
        self._certificate_wait_seconds = certificate_wait_seconds
        self._drain = drain
        self._watch: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for a certificate, then listen. Ends the server, with a log line, when either fails."""
        if not await self._certificate_came():
            self.should_exit = True
            return
        try:
            listener = _listen(self.port)
        except OSError as error:
            logger.error("cannot listen on port %d: %s", self.port, error.strerror)  # noqa: TRY400 - no bug of ours
            self.should_exit = True
            return
        await super().startup([*(sockets or []), listener])
        self.port = listener.getsockname()[1]
        self._watch = asyncio.create_task(self._certificate.watch())
        logger.info("listening", extra=fields(port=self.port))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is left; by now it is idle."""
        await super().shutdown(sockets)
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        logger.info("stopped", extra=fields(requests=self.server_state.total_requests))

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second; True ends the server."""
        if self._drain.over:
            self.should_exit = True
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """SIGTERM and SIGINT: the first begins the drain, a second ends the process at once."""
        if not self.started:
            self.should_exit = True
        elif self._drain.active:
            self.should_exit = self.force_exit = True
        else:
            self._drain.begin()
            logger.info("draining", extra=fields(signal=sig, seconds=self._drain.seconds))

    async def _certificate_came(self) -> bool:
        """Whether there is a certificate to serve; cert-manager can be later than the first pod."""
        if self._certificate.check() is None:
            return True
        seconds = self._certificate_wait_seconds
        logger.info("waiting up to %g s for a serving certificate", seconds)
        deadline = time.monotonic() + seconds
        while (complaint := self._certificate.check()) is not None:
            if self.should_exit:
                return False
            if time.monotonic() >= deadline:
                logger.error("no serving certificate after %g s: %s", seconds, complaint)
                return False
            await asyncio.sleep(_CERTIFICATE_RETRY_SECONDS)
        return True


def build_server(
    reviewer: Reviewer,
    port: int,
    certificate: ServingCertificate,
    drain: Drain,
    *,
    certificate_wait_seconds: float = CERTIFICATE_WAIT_SECONDS,
) -> Server:
    """The whole service, wired."""
    fault = reviewer.self_test()
    app = create_app(reviewer, readiness=[drain.unready, certificate.unready, lambda: fault])
    return Server(CloseConnections(app, drain), port, certificate, drain, certificate_wait_seconds)


def _listen(port: int) -> socket.socket:
    """A listener on all addresses, IPv6 too where the machine has it."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=2048)
    return socket.create_server(("", port), backlog=2048)

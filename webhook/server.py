"""uvicorn, with a certificate that can be late and can change, and with a drain before its end."""

import asyncio
import contextlib
import logging
import socket
import time
from functools import partial
from types import FrameType

import uvicorn

from webhook.app import Check, create_app, create_plain_app
from webhook.certificates import ServingCertificate
from webhook.cluster_view import WATCHED_KINDS, ClusterView
from webhook.drain import CloseConnections, Drain
from webhook.endpoint import Bounds, Desk
from webhook.listener import PlainListener, configuration, listen
from webhook.logs import fields
from webhook.metrics import Metrics
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
    """A server for one port, and one without TLS; `run` returns when it has ended.

    `started` says whether it ever served.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        port: int,
        plain: PlainListener | None,
        certificate: ServingCertificate,
        drain: Drain,
        certificate_wait_seconds: float,
        view: ClusterView | None,
    ) -> None:
        super().__init__(config)
        self.port = port
        """The port asked for; once started, the port that is served."""
        self.plain = plain
        self._certificate = certificate
        self._certificate_wait_seconds = certificate_wait_seconds
        self._drain = drain
        self._view = view
        self._tasks: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for a certificate, then listen. Ends the server, with a log line, when either fails.

        Probes and metrics come first: a service that waits is alive, and says what it waits for.
        """
        if not await self._opened_plain():
            self.should_exit = True
            return
        if self._view is not None:
            self._tasks.append(asyncio.create_task(self._view.run()))
        if not await self._certificate_came():
            self.should_exit = True
            return
        try:
            listener = listen(self.port)
        except OSError as error:
            _complain(self.port, error)
            self.should_exit = True
            return
        await super().startup([*(sockets or []), listener])
        self.port = listener.getsockname()[1]
        self._tasks.append(asyncio.create_task(self._certificate.watch()))
        logger.info("listening", extra=fields(port=self.port))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is left; by now it is idle."""
        await super().shutdown(sockets)
        if self.plain is not None:
            await self.plain.close()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
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

    async def _opened_plain(self) -> bool:
        if self.plain is None:
            return True
        try:
            await self.plain.open()
        except OSError as error:
            _complain(self.plain.port, error)
            return False
        logger.info("serving probes and metrics", extra=fields(plainPort=self.plain.port))
        return True

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
    plain_port: int | None = None,
    bounds: Bounds | None = None,
    view: ClusterView | None = None,
    certificate_wait_seconds: float = CERTIFICATE_WAIT_SECONDS,
) -> Server:
    """The whole service, wired; `view` is what the reviewer sees of other resources."""
    bounds, metrics, fault = bounds or Bounds(), Metrics(), reviewer.self_test()
    checks: list[Check] = [drain.unready, certificate.unready, lambda: fault]
    if view is not None:
        checks.append(view.unready)
        metrics.sources.cache_ages = {kind: partial(view.age_seconds, kind) for kind in WATCHED_KINDS}
    app = CloseConnections(create_app(Desk(reviewer, metrics, bounds), checks), drain)
    config = configuration(
        app,
        bounds.seconds,
        metrics.refused,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_LAST_RESPONSES_SECONDS,
        ssl_context_factory=lambda _config, _default: certificate.listener_context,
    )
    plain = None if plain_port is None else PlainListener(create_plain_app(metrics, checks), plain_port)
    server = Server(config, port, plain, certificate, drain, certificate_wait_seconds, view)
    metrics.sources.in_flight = lambda: len(server.server_state.tasks)
    metrics.sources.certificate_expiry = lambda: certificate.not_after
    metrics.sources.certificate_failures = lambda: certificate.failures
    return server


def _complain(port: int, error: OSError) -> None:
    logger.error("cannot listen on port %d: %s", port, error.strerror)

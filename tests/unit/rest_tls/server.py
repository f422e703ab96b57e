"""A JobManager's REST on loopback, whose TLS tells clients what it thinks of them, as Flink's does.

asyncio's servers close the connection before that has gone out.
"""

import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from controller.observation import FlinkInfo
from tests.certificates import Pair

INFO = FlinkInfo("2.3.0", "c0f8d1a")
JAR = "5a1c_job.jar"
_HANDSHAKE_SECONDS = 10.0


class JobManager(ThreadingHTTPServer):
    """It gives the same answer to whatever it is asked."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("localhost", 0), _Handler)
        self.context = context
        self.asked: list[tuple[str, str]] = []
        self.received = b""
        self.location: str | None = None
        """Where it sends whoever asks."""

    @property
    def url(self) -> str:
        scheme = "http" if self.context is None else "https"
        return f"{scheme}://localhost:{self.server_port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is not None:
            request.settimeout(_HANDSHAKE_SECONDS)
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Handshakes fail on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    server: JobManager

    def _answer(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while length := int(self.rfile.readline(), 16):
                self.server.received += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append((self.command, self.path))
        body = orjson.dumps(
            {"flink-version": INFO.version, "flink-revision": INFO.revision, "filename": f"/tmp/{JAR}"}
        )
        self.send_response(200 if self.server.location is None else 301)
        if self.server.location is not None:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Nothing is written to standard error."""


def serving(pair: Pair, folder: Path, *, asks_for: Pair | None = None) -> ssl.SSLContext:
    """The server's side; with `asks_for` clients must show a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serve_from_now_on(context, pair, folder)
    if asks_for is not None:
        context.load_verify_locations(cadata=asks_for.certificate_pem.decode())
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def serve_from_now_on(context: ssl.SSLContext, pair: Pair, folder: Path) -> None:
    """Another certificate for the next handshake."""
    file = folder / "server.pem"
    file.write_bytes(pair.certificate_pem + pair.key_pem)
    context.load_cert_chain(file)


@asynccontextmanager
async def job_manager(context: ssl.SSLContext | None) -> AsyncIterator[JobManager]:
    """One that serves until the end of the block, without TLS if there is no context."""
    with JobManager(context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

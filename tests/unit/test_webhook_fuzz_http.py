"""Whatever comes over a connection: an answer or the end of it, and a service that goes on."""

import contextlib
import json
import logging
import socket
import ssl
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.flink_deployments import application as flink_application
from tests.unit.webhook_reviews import admission_review
from tests.unit.webhook_service import DEADLINE_SECONDS, connect, issue, post_review, running
from webhook.certificates import ServingCertificate
from webhook.endpoint import Bounds
from webhook.server import Server

FUZZED = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

SOUND = json.dumps(admission_review(object=flink_application())).encode()


@pytest.fixture(scope="module", autouse=True)
def silence() -> Iterator[None]:
    """Thousands of refusals need not be kept."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("certificates")
    issue(folder)
    with running(ServingCertificate(folder), bounds=Bounds(seconds=0.1)) as it:
        yield it


METHODS = [
    b"GET",
    b"POST",
    b"PUT",
    b"DELETE",
    b"CONNECT",
    b"OPTIONS",
    b"TRACE",
    b"HEAD",
    b"PRI",
    b"post",
    b"M-SEARCH",
]
PATHS = [
    b"/validate",
    b"/mutate",
    b"/healthz",
    b"/readyz",
    b"*",
    b"//",
    b"/validate?timeout=5s",
    b"http://h/validate",
    b"h:443",
    b"/%ff",
    b"/%00",
    b"/../validate",
    b"/" + b"a" * 9000,
]
HEADERS = [
    b"Content-Length: 0",
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 1e3",
    b"Content-Length: 99999999999999999999999",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: chunked\r\nContent-Length: 3",
    b"Expect: 100-continue",
    b"Upgrade: websocket\r\nConnection: upgrade",
    b"Upgrade: h2c\r\nConnection: Upgrade",
    b"Connection: close",
    b"Content-Encoding: gzip",
    b"Host:",
    b"X: \xff",
    b"no colon",
    b" folded",
    b"Cookie: \0",
]


@settings(FUZZED, max_examples=50)
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    headers=st.lists(st.sampled_from(HEADERS), max_size=2),
    body=st.sampled_from(
        [b"", b"{}", SOUND, b"5\r\n{}{}{\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"0\r\nX: y\r\n\r\n"]
    )
    | st.binary(max_size=40),
)
def test_any_http_is_answered_or_hung_up_on(
    server: Server, method: bytes, path: bytes, headers: list[bytes], body: bytes
) -> None:
    head = b"\r\n".join([method + b" " + path + b" HTTP/1.1", *headers])
    answer = b""
    with contextlib.closing(connect(server.port)) as connection, contextlib.suppress(ConnectionError):
        assert isinstance(connection.sock, ssl.SSLSocket)
        connection.sock.sendall(head + b"\r\n\r\n" + body)
        answer = connection.sock.recv(65536)  # nothing within its time-out is a failure
    assert not answer.startswith(b"HTTP/1.1 5")


@settings(FUZZED, max_examples=30)
@given(first=st.binary(min_size=1, max_size=60))
@example(first=b"POST /validate HTTP/1.1\r\n\r\n")
@example(first=b"\x16\x03\x01\xff\xff")
@example(first=b"\x80\x2e\x01\x00\x02")
def test_what_is_no_tls_is_hung_up_on(server: Server, first: bytes) -> None:
    with socket.create_connection(("localhost", server.port), timeout=DEADLINE_SECONDS) as sock:
        sock.sendall(first)
        sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while sock.recv(4096):
                pass
    with contextlib.closing(connect(server.port)) as connection:
        post_review(connection, "next")

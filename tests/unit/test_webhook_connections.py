"""What a client may do with its connection: send slowly, too much, or one request after the other."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.unit.webhook_service import connect, get_plainly, issue, post_review, review, running, wait_until
from webhook.certificates import ServingCertificate
from webhook.connections import HEAD_LIMIT, REQUEST_LIMIT
from webhook.endpoint import BODY_LIMIT, Bounds
from webhook.server import Server

SHORT = Bounds(seconds=0.2)
PIECE = b" " * 65536
MUCH = 200 * REQUEST_LIMIT


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Server]:
    """A service that gives requests a fifth of a second to arrive."""
    issue(tmp_path)
    with running(ServingCertificate(tmp_path), bounds=SHORT) as server:
        yield server


@contextlib.contextmanager
def socket_to(server: Server) -> Iterator[ssl.SSLSocket]:
    with contextlib.closing(connect(server.port)) as connection:
        assert isinstance(connection.sock, ssl.SSLSocket)
        yield connection.sock


def rest_of(sock: ssl.SSLSocket) -> bytes:
    """Everything until the server hangs up."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := sock.recv(65536):
            received += data
    return received


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"P", id="one letter"),
        pytest.param(b"POST /validate HTTP/1.1\r\nHost: webhook\r\nX-Slow: ", id="half a head"),
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(b"POST /validate HTTP/1.1\r\nContent-Length: 9\r\n\r\n", id="no body"),
        pytest.param(b"POST /validate HTTP/1.1\r\nContent-Length: 9\r\n\r\n{", id="half a body"),
        pytest.param(
            b"POST /validate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", id="half in chunks"
        ),
    ],
)
def test_a_request_that_does_not_arrive_in_time_is_hung_up_on(hasty: Server, beginning: bytes) -> None:
    with socket_to(hasty) as sock:
        sock.sendall(beginning)
        assert rest_of(sock).startswith(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n")


def test_sending_a_little_now_and_then_gains_no_time(hasty: Server) -> None:
    with socket_to(hasty) as sock:
        sock.sendall(b"POST /validate HTTP/1.1\r\nX-Slow: ")
        sock.settimeout(0.01)

        def is_hung_up_on() -> bool:
            sock.sendall(b"a")
            try:
                return sock.recv(12) == b"HTTP/1.1 408"
            except TimeoutError:
                return False

        wait_until(is_hung_up_on, "the service hangs up")


def test_a_connection_opened_in_advance_is_kept(hasty: Server) -> None:
    with contextlib.closing(connect(hasty.port)) as idle, socket_to(hasty) as slow:
        slow.sendall(b"P")
        assert rest_of(slow)
        opened = idle.sock
        post_review(idle, "first")
        assert idle.sock is opened


def test_a_connection_between_requests_is_kept(hasty: Server) -> None:
    with contextlib.closing(connect(hasty.port)) as idle, socket_to(hasty) as slow:
        post_review(idle, "first")
        slow.sendall(b"P")
        assert rest_of(slow)
        opened = idle.sock
        post_review(idle, "second")
        assert idle.sock is opened


def test_a_head_above_its_limit_is_refused(hasty: Server) -> None:
    with socket_to(hasty) as sock:
        sock.sendall(b"POST /validate HTTP/1.1\r\nX-Long: ")
        with contextlib.suppress(ConnectionError):
            for _ in range(20):
                sock.sendall(b"a" * (HEAD_LIMIT // 2))
        assert rest_of(sock).startswith(b"HTTP/1.1 431 ")


def test_an_endless_body_is_answered_and_then_cut_off(tmp_path: Path) -> None:
    issue(tmp_path)
    with running(ServingCertificate(tmp_path)) as server, socket_to(server) as sock:
        sock.sendall(b"POST /validate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunks = 16 * (b"10000\r\n" + PIECE + b"\r\n")
        sent = 0
        with contextlib.suppress(OSError):
            while sent < MUCH:
                sock.sendall(chunks)
                sent += len(chunks)
        assert REQUEST_LIMIT <= sent < MUCH
        assert 'requests_refused_total{reason="too_large"} 2.0' in get_plainly(server, "/metrics")[1]


def test_after_a_body_that_was_too_large_the_connection_goes_on(hasty: Server) -> None:
    with contextlib.closing(connect(hasty.port)) as connection:
        connection.request("POST", "/validate", b" " * (BODY_LIMIT + 1))
        answer = connection.getresponse()
        assert answer.status == 413
        assert orjson.loads(answer.read())["reason"] == "RequestEntityTooLarge"
        opened = connection.sock
        post_review(connection, "next")
        assert connection.sock is opened


def test_requests_that_are_still_arriving_count(tmp_path: Path) -> None:
    issue(tmp_path)
    with (
        running(ServingCertificate(tmp_path), bounds=Bounds(in_flight=1)) as server,
        socket_to(server) as arriving,
        contextlib.closing(connect(server.port)) as second,
    ):
        arriving.sendall(b"POST /validate HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        gauge = "flink_operator_webhook_requests_in_flight 1.0"
        wait_until(lambda: gauge in get_plainly(server, "/metrics")[1], "the first request is being served")
        second.request("POST", "/validate", review("second"))
        answer = orjson.loads(second.getresponse().read())["response"]
        assert (answer["uid"], answer["status"]["code"]) == ("second", 429)


def test_requests_sent_without_awaiting_answers_are_answered_in_order(hasty: Server) -> None:
    body = review("piped")
    request = b"POST /validate HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with socket_to(hasty) as sock:
        sock.sendall(3 * request + b"GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n")
        answers = rest_of(sock)
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert answers.rindex(b"HTTP/1.1 404") > answers.rindex(b"HTTP/1.1 200")


def test_an_answer_without_a_body_is_not_held_back(hasty: Server) -> None:
    with socket_to(hasty) as sock:
        sock.sendall(b"HEAD /validate HTTP/1.1\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 405 ")


def test_a_client_that_asks_whether_to_send_its_body_is_told_to(hasty: Server) -> None:
    body = review("patient")
    with socket_to(hasty) as sock:
        sock.sendall(
            b"POST /validate HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        assert sock.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(body)
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")

"""The service's end: it asks its clients away before it goes, and loses no request. And its beginning."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.webhook_service import (
    DEADLINE_SECONDS,
    SERVER_NAME,
    connect,
    get,
    issue,
    post_review,
    running,
    wait_until,
)
from webhook.certificates import ServingCertificate
from webhook.drain import Drain
from webhook.server import Server

LONG_SECONDS = 600.0


@dataclass(frozen=True)
class Process:
    """`python -m webhook` in a process of its own."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int | None:
        """The port once it listens."""
        for line in self.log.read_text().splitlines():
            if (port := json.loads(line).get("port")) is not None:
                return int(port)
        return None

    def listening(self) -> int:
        """The port, waited for."""
        wait_until(lambda: self.port is not None or self.popen.poll() is not None, "the service listens")
        assert self.port is not None, self.log.read_text()
        return self.port

    def ended(self) -> int:
        """The exit code, waited for."""
        return self.popen.wait(DEADLINE_SECONDS)


@contextlib.contextmanager
def process(folder: Path, **environment: str) -> Iterator[Process]:
    """Run the service with its certificates in the folder; it has ended afterwards."""
    log = folder / "log"
    settings = {
        "WEBHOOK_SERVER_PORT": "0",
        "WEBHOOK_TLS_DIR": str(folder),
        "WEBHOOK_SERVER_NAME": SERVER_NAME,
        "FLINK_CONF_DIR": str(folder),
    }
    command = [sys.executable, "-m", "webhook"]
    with log.open("wb") as sink:
        popen = subprocess.Popen(command, env={**os.environ, **settings, **environment}, stderr=sink)
    try:
        yield Process(popen, log)
    finally:
        popen.kill()
        popen.wait()


def drain_now(server: Server) -> None:
    server.handle_exit(signal.SIGTERM, None)


def test_a_termination_under_load_loses_no_request(tmp_path: Path) -> None:
    issue(tmp_path)
    endpoint_is_gone = threading.Event()
    answered: list[str] = []

    def post_until_the_endpoint_is_gone(client: int, port: int) -> None:
        with contextlib.closing(connect(port)) as connection:
            for uid in (f"{client}-{number}" for number in itertools.count()):
                if endpoint_is_gone.is_set():
                    return
                post_review(connection, uid)
                answered.append(uid)

    with process(tmp_path, WEBHOOK_DRAIN_SECONDS="3") as service, ThreadPoolExecutor(4) as clients:
        port = service.listening()
        posting = [clients.submit(post_until_the_endpoint_is_gone, client, port) for client in range(4)]
        try:
            wait_until(lambda: len(answered) > 40, "requests are answered")
            service.popen.send_signal(signal.SIGTERM)
            wait_until(lambda: get(port, "/readyz")[0] == 503, "the service is unready")
            before = len(answered)
            wait_until(lambda: len(answered) > before + 40, "requests are answered while draining")
        finally:
            endpoint_is_gone.set()
        for client in posting:
            client.result()
        assert service.ended() == 0


def test_in_a_drain_every_response_closes_its_connection_and_the_next_one_is_served_too(
    tmp_path: Path,
) -> None:
    issue(tmp_path)
    with (
        running(ServingCertificate(tmp_path), drain_seconds=LONG_SECONDS) as server,
        contextlib.closing(connect(server.port)) as connection,
    ):
        assert post_review(connection, "before").getheader("connection") is None
        drain_now(server)
        for uid in ("on the old connection", "on a new one"):
            assert post_review(connection, uid).getheader("connection") == "close"


def test_a_connection_that_was_idle_when_the_drain_began_is_still_served(tmp_path: Path) -> None:
    issue(tmp_path)
    with (
        running(ServingCertificate(tmp_path), drain_seconds=LONG_SECONDS) as server,
        contextlib.closing(connect(server.port)) as idle,
    ):
        drain_now(server)
        socket_before = idle.sock
        assert get(server.port, "/readyz") == (
            503,
            '{"ready":false,"reason":"the service is shutting down"}',
        )
        assert idle.sock is socket_before
        post_review(idle, "late")


def test_a_draining_service_is_alive(tmp_path: Path) -> None:
    issue(tmp_path)
    with running(ServingCertificate(tmp_path), drain_seconds=LONG_SECONDS) as server:
        drain_now(server)
        assert get(server.port, "/healthz")[0] == 200


def test_an_idle_connection_is_closed_in_good_order_at_the_end(tmp_path: Path) -> None:
    issue(tmp_path)
    with (
        process(tmp_path, WEBHOOK_DRAIN_SECONDS="0.2") as service,
        contextlib.closing(connect(service.listening())) as idle,
    ):
        post_review(idle, "only")
        service.popen.send_signal(signal.SIGTERM)
        assert idle.sock.recv(1) == b""  # the end of the stream, and no reset
        idle.close()
        assert service.ended() == 0
        assert "stopped" in service.log.read_text().splitlines()[-1]


def test_a_second_signal_ends_the_drain_at_once(tmp_path: Path) -> None:
    issue(tmp_path)
    with process(tmp_path, WEBHOOK_DRAIN_SECONDS=str(LONG_SECONDS)) as service:
        port = service.listening()
        service.popen.send_signal(signal.SIGTERM)
        wait_until(lambda: get(port, "/readyz")[0] == 503, "the service is unready")
        service.popen.send_signal(signal.SIGTERM)
        assert service.ended() == 0


def test_a_signal_ends_the_wait_for_a_certificate(tmp_path: Path) -> None:
    with process(tmp_path) as service:
        wait_until(lambda: "waiting up to 60 s" in service.log.read_text(), "the service waits")
        service.popen.send_signal(signal.SIGTERM)
        assert service.ended() == 1


@pytest.mark.parametrize(
    ("file", "environment", "complaint"),
    [
        ("", {"WEBHOOK_SERVER_PORT": "https"}, "WEBHOOK_SERVER_PORT is 'https'"),
        ("- a list", {}, "config.yaml: must hold"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_one_line(
    tmp_path: Path, file: str, environment: dict[str, str], complaint: str
) -> None:
    (tmp_path / "config.yaml").write_text(file)
    with process(tmp_path, **environment) as service:
        assert service.ended() == 2
        [line] = service.log.read_text().splitlines()
    assert complaint in json.loads(line)["message"]


def test_a_port_in_use_ends_the_start_with_a_clear_line(tmp_path: Path) -> None:
    issue(tmp_path)
    with (
        running(ServingCertificate(tmp_path)) as first,
        process(tmp_path, WEBHOOK_SERVER_PORT=str(first.port)) as second,
    ):
        assert second.ended() == 1
        assert f"cannot listen on port {first.port}: Address already in use" in second.log.read_text()


def test_a_drain_is_over_when_its_time_has_passed_since_the_first_signal() -> None:
    now = [100.0]
    drain = Drain(15, clock=lambda: now[0])
    assert (drain.active, drain.over) == (False, False)
    drain.begin()
    now[0] = 110.0
    drain.begin()
    assert (drain.active, drain.over) == (True, False)
    now[0] = 115.0
    assert drain.over

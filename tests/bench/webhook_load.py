"""The webhook alone under load, beside a bare FastAPI application that admits everything unseen."""

import contextlib
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson
from rich.table import Table

from tests.api.service_process import PROJECT, ServiceProcess
from tests.bench.load import Result, ensure_wrk, load
from tests.bench.resources import basic
from tests.unit.webhook_service import connect, issue, post_review

_CONNECTIONS = (1, 10, 50, 200)
_OFFERED_CONNECTIONS, _OFFERED_PAUSE_MS = 10, 50
_START_SECONDS = 30.0


def tables() -> Iterator[Table]:
    """Latency and rate by connections, the rate of an API server, memory, and the first answer."""
    ensure_wrk()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        issue(folder, "localhost")
        body = folder / "review.json"
        body.write_bytes(orjson.dumps(_review()))
        ours, bare = _free_port(), _free_port()
        began = time.monotonic()
        process = stack.enter_context(_webhook(folder, ours))
        _wait_for_answer(ours)
        first = time.monotonic() - began
        stack.enter_context(_bare(folder, bare))
        idle = _resident_mebibytes(process.pid)
        yield _latencies(ours, bare, body)
        offered = load(_url(ours), body, _OFFERED_CONNECTIONS, pause_ms=_OFFERED_PAUSE_MS)
        yield _service(offered, first, idle, _resident_mebibytes(process.pid))


def _review() -> dict[str, object]:
    resource = basic()
    resource["metadata"]["namespace"] = "default"
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "operation": "CREATE",
        "kind": {"group": "flink.apache.org", "version": "v1beta1", "kind": "FlinkDeployment"},
        "namespace": "default",
        "name": resource["metadata"]["name"],
        "object": resource,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def _latencies(ours: int, bare: int, body: Path) -> Table:
    title = "The webhook under load: examples/basic.yaml, TLS, connections kept open"
    table = Table(title=title, caption="ms of latency, p50 / p99; in brackets: times the bare application")
    for column in ("connections", "bare FastAPI", "a second", "webhook", "a second", "maximum"):
        table.add_column(column, justify="right")
    for connections in _CONNECTIONS:
        floor = load(_url(bare), body, connections)
        measured = load(_url(ours), body, connections)
        table.add_row(
            str(connections),
            str(floor),
            f"{floor.per_second:,.0f}",
            f"{measured} ({measured.p50 / floor.p50:.1f} / {measured.p99 / floor.p99:.1f})",
            f"{measured.per_second:,.0f} ({measured.per_second / floor.per_second:.2f})",
            f"{measured.max:.0f}",
        )
    return table


def _service(offered: Result, first_seconds: float, idle: float, loaded: float) -> Table:
    table = Table(title="The webhook as a process")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_row("first answer after the start", f"{first_seconds:.2f} s")
    table.add_row("memory, idle", f"{idle:.0f} MiB")
    table.add_row("memory after the load", f"{loaded:.0f} MiB")
    table.add_row(f"p50 / p99 at {offered.per_second:.0f} reviews a second", f"{offered} ms")
    return table


def _url(port: int) -> str:
    return f"https://localhost:{port}/validate"


@contextmanager
def _webhook(folder: Path, port: int) -> Iterator[ServiceProcess]:
    environment = {
        "WEBHOOK_TLS_DIR": str(folder),
        "WEBHOOK_SERVER_PORT": str(port),
        "WEBHOOK_DRAIN_SECONDS": "0",
    }
    process = ServiceProcess("webhook", environment, folder / "webhook.log")
    process.start()
    try:
        yield process
    finally:
        process.stop()


@contextmanager
def _bare(folder: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.echo", str(folder), str(port)]
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            _wait_for_answer(port)
            yield
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_answer(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with contextlib.closing(connect(port)) as connection:
                post_review(connection, "first")
                return
        except OSError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.005)


def _resident_mebibytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024

"""Load from wrk: many connections that are kept open, one body, TLS."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.debian_packages import install

SECONDS = 8
_SCRIPT = Path(__file__).with_name("wrk.lua")
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Result:
    """Latencies in milliseconds."""

    per_second: float
    p50: float
    p99: float
    max: float

    def __str__(self) -> str:
        return f"{self.p50:.2f} / {self.p99:.1f}"


class LoadError(Exception):
    """Requests failed: what was measured is no answer to anything."""


def load(
    url: str,
    body: Path,
    connections: int,
    *,
    pause_ms: int = 0,
    headers: Mapping[str, str] | None = None,
    seconds: int = SECONDS,
) -> Result:
    """Post the body over so many connections, each waiting a while between its requests. Raises LoadError."""
    command = [
        *("wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"),
        *("--timeout", f"{_TIMEOUT_SECONDS}s", "--script", str(_SCRIPT), url, "--", str(body), str(pause_ms)),
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    measured = json.loads(output.splitlines()[-1])
    if measured["failed"]:
        raise LoadError(f"{measured['failed']} of {measured['requests']} requests to {url} failed")
    return Result(
        per_second=measured["requests"] / measured["microseconds"] * 1e6,
        p50=measured["p50"] / 1000,
        p99=measured["p99"] / 1000,
        max=measured["max"] / 1000,
    )


def ensure_wrk() -> None:
    """Install the program if it is missing. Raises PackagesMissingError."""
    if shutil.which("wrk") is None:
        install(["wrk"], print)

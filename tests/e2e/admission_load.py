"""A steady stream of requests through the API server, half of them to be refused; every answer is judged."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from tests.api.api_server import FLINK_DEPLOYMENTS, ApiServer, Json, RefusedError

PER_SECOND = 20
_THREADS = 10


@dataclass(frozen=True)
class Miss:
    """A request that was not answered as it should have been."""

    at: float
    what: str
    wrong_verdict: bool
    """Admitted although invalid, or denied by a rule although valid; otherwise the request failed."""


@dataclass
class Load:
    """What has happened so far; times are of the monotonic clock."""

    sent: int = 0
    misses: list[Miss] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, miss: Miss | None) -> None:
        with self._lock:
            self.sent += 1
            if miss is not None:
                self.misses.append(miss)


@contextmanager
def steady_load(api: ApiServer, valid: Json) -> Iterator[Load]:
    """Dry runs of a valid resource and of one that a rule refuses, in turn, until the block ends."""
    invalid = deepcopy(valid)
    invalid["spec"]["serviceAccount"] = None  # no schema and no CEL rule asks for it: only the webhook does
    load, over = Load(), threading.Event()

    def send_until_over(offset: float) -> None:
        due = time.monotonic() + offset
        number = 0
        while not over.wait(max(0.0, due - time.monotonic())):
            load.note(_sent(api, invalid if number % 2 else valid, refused=bool(number % 2)))
            number += 1
            due = max(due + _THREADS / PER_SECOND, time.monotonic() - 1)

    with ThreadPoolExecutor(_THREADS) as pool:
        senders = [pool.submit(send_until_over, number / PER_SECOND) for number in range(_THREADS)]
        try:
            yield load
        finally:
            over.set()
    for sender in senders:
        sender.result()


def _sent(api: ApiServer, resource: Json, *, refused: bool) -> Miss | None:
    at = time.monotonic()
    try:
        api.create(FLINK_DEPLOYMENTS, resource, dry_run=True)
    except RefusedError as error:
        message = str(error)
        if "[FK105]" in message:
            return None if refused else Miss(at, message, wrong_verdict=True)
        return Miss(at, message, wrong_verdict=False)
    except OSError as error:
        return Miss(at, f"{type(error).__name__}: {error}", wrong_verdict=False)
    return Miss(at, "an invalid resource was admitted", wrong_verdict=True) if refused else None


def api_server(kubeconfig: Path, folder: Path) -> ApiServer:
    """The API server of a kubeconfig with certificates in it."""
    return ApiServer.of(kubeconfig, folder)

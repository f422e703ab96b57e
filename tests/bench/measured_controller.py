"""A controller under measurement: what a stretch of its work takes, and waiting for the end of it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.api.controller import Controller
from tests.api.namespace import Namespace
from tests.bench.audit import Request, counted
from tests.bench.audited_cluster import AuditedCluster
from tests.bench.consumption import cpu_seconds

_QUIET_SECONDS = 5.0
_LONGEST = 900.0
LOOK_AT_ALL = 1.0
_CLIENTS = 4

Enter = Callable[[int], None]
"""Called with the pid of a controller that was just started."""


@dataclass
class Stretch:
    """What a stretch of work took."""

    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of the controller."""
    requests: list[Request] = field(default_factory=list)
    """Of the controller, without those about its Lease."""

    @property
    def calls(self) -> Counter[tuple[str, str]]:
        """By verb and kind."""
        return counted(self.requests)

    def writes(self) -> int:
        return sum(request.is_write for request in self.requests)


class MeasuredController:
    """One controller in a namespace of its own."""

    def __init__(self, cluster: AuditedCluster, namespace: Namespace, controller: Controller) -> None:
        self._log = cluster.log
        self._namespace = namespace
        self._controller = controller

    def _start(self, enter: Enter) -> None:
        self._controller.start()
        enter(self._controller.process.pid)
        self._controller.wait_until_ready()
        self._controller.wait_until_leading()

    def _each(self, names: Iterable[str], work: Callable[[str], Any]) -> None:
        with ThreadPoolExecutor(_CLIENTS) as pool:
            list(pool.map(work, names))

    @contextmanager
    def _stretch(self) -> Iterator[Stretch]:
        """Counts what happens in the block."""
        stretch, pid = Stretch(), self._controller.process.pid
        self._log.new()
        began, cpu = time.time(), cpu_seconds(pid)
        yield stretch
        stretch.seconds, stretch.cpu = time.time() - began, cpu_seconds(pid) - cpu
        stretch.requests += self._new_requests()

    def _new_requests(self) -> list[Request]:
        return [request for request in self._log.new() if not request.is_about_the_lease]

    def _until_quiet(self, stretch: Stretch) -> None:
        """Nothing was written for a while."""
        last = time.time()

        def quiet() -> bool:
            nonlocal last
            new = self._new_requests()
            stretch.requests += new
            if any(request.is_write for request in new):
                last = time.time()
            return time.time() - last > _QUIET_SECONDS

        self._until(quiet, LOOK_AT_ALL)

    def _until(self, reached: Callable[[], bool], pause: float) -> None:
        deadline = time.monotonic() + _LONGEST
        while not reached():
            self._controller.process.assert_running()
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"not within {_LONGEST:g} s; the controller's log ends with:\n{self._end()}"
                )
            time.sleep(pause)

    def _end(self) -> str:
        return self._controller.process.log[-2000:]

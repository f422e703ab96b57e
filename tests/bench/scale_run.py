"""One controller and so many FlinkDeployments, from their creation to their deletion."""

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.api.api_server import FLINK_DEPLOYMENTS
from tests.api.controller import Controller
from tests.api.namespace import Namespace
from tests.bench.audit import Request
from tests.bench.audited_cluster import AuditedCluster
from tests.bench.consumption import cpu_seconds, forget_peak, peak, resident
from tests.bench.measured_controller import LOOK_AT_ALL, Enter, MeasuredController, Stretch
from tests.bench.resources import stateful
from tests.cluster import Console

_ALONE = 20
_REST_SECONDS = 120.0
_LOOK = 0.05


@dataclass
class Figures:
    """What was measured; None where it was not."""

    size: int
    limit: int | None
    """MiB that the controller may use."""
    alone: float | None = None
    """Median of seconds from creation to the Deployment."""
    creation: Stretch = field(default_factory=Stretch)
    deployed: float = 0.0
    """Seconds until the status of each says that it is deployed."""
    idle: float = 0.0
    """MiB resident with no resource."""
    peak: float = 0.0
    after: float = 0.0
    rest: Stretch | None = None
    restart: Stretch | None = None
    deletion: Stretch = field(default_factory=Stretch)


class Run(MeasuredController):
    """The controller in a namespace of its own, and what is done to it."""

    def __init__(
        self, cluster: AuditedCluster, namespace: Namespace, controller: Controller, figures: Figures
    ) -> None:
        super().__init__(cluster, namespace, controller)
        self.figures = figures
        self._names = [f"orders-{number:04}" for number in range(figures.size)]

    @classmethod
    @contextmanager
    def begun(
        cls,
        cluster: AuditedCluster,
        folder: Path,
        size: int,
        limit: int | None = None,
        enter: Enter = lambda _: None,
    ) -> Iterator[Self]:
        """A controller that leads, until the end of the block."""
        with Namespace.made(cluster.cluster, cluster.api, "scale") as namespace:
            controller = Controller(namespace, namespace.name, folder)
            run = cls(cluster, namespace, controller, Figures(size, limit))
            try:
                run._start(enter)
                yield run
            finally:
                controller.process.stop()

    def measure(self, progress: Console) -> None:
        """Everything, in the order of a resource's life."""
        size = self.figures.size
        progress(f"{_ALONE} resources, one after the other")
        self._measure_alone()
        self.measure_creation(progress)
        progress(f"{size} resources at rest")
        self._measure_rest()
        progress(f"a restart with {size} resources")
        self._measure_restart()
        self.measure_deletion(progress)

    def measure_creation(self, progress: Console) -> None:
        """All at once."""
        figures, pid = self.figures, self._controller.process.pid
        progress(f"{figures.size} resources at once")
        figures.idle = resident(pid)
        forget_peak(pid)
        with self._stretch() as stretch:
            began = self._create(self._names)
            self._until_created(stretch, len(self._names))
            ended = max(request.at for request in stretch.requests if _is_creation(request))
            self._until(lambda: self._all_are("DEPLOYED"), LOOK_AT_ALL)
            figures.deployed = time.time() - began
            self._until_quiet(stretch)
        stretch.seconds = ended - began
        figures.creation, figures.peak, figures.after = stretch, peak(pid), resident(pid)

    def measure_deletion(self, progress: Console) -> None:
        """All at once, until nothing is left."""
        progress(f"{self.figures.size} resources are deleted")
        self.figures.deletion = self._delete_all()

    def _measure_alone(self) -> None:
        seconds = []
        for name in self._names[:_ALONE]:
            with self._stretch() as stretch:
                began = self._create([name])
                self._until_created(stretch, 1)
                self._until(lambda: self._all_are("DEPLOYED"), _LOOK)
            seconds.append(next(one.at for one in stretch.requests if _is_creation(one)) - began)
        self.figures.alone = statistics.median(seconds)
        self._delete_all()

    def _measure_rest(self) -> None:
        with self._stretch() as stretch:
            time.sleep(_REST_SECONDS)
        self.figures.rest = stretch

    def _measure_restart(self) -> None:
        """Each status lacks a field meanwhile, so that it can be seen when each was looked at."""
        self._controller.process.stop()
        self._each(
            self._names,
            lambda name: self._namespace.patch(
                name, {"status": {"lifecycleState": None}}, subresource="status"
            ),
        )
        stretch = Stretch()
        self._log.new()
        began = time.time()
        self._start(lambda _: None)
        self._until(lambda: self._all_are("DEPLOYED"), LOOK_AT_ALL)
        stretch.requests = self._new_requests()
        stretch.seconds = max(one.at for one in stretch.requests if one.is_write) - began
        stretch.cpu = cpu_seconds(self._controller.process.pid)
        self.figures.restart = stretch

    def _delete_all(self) -> Stretch:
        with self._stretch() as stretch:
            self._each(
                [one["metadata"]["name"] for one in self._namespace.of(FLINK_DEPLOYMENTS)], self._delete
            )
            self._until(lambda: not self._namespace.of(FLINK_DEPLOYMENTS), LOOK_AT_ALL / 4)
        return stretch

    def _delete(self, name: str) -> None:
        self._namespace.api.call("DELETE", FLINK_DEPLOYMENTS.path(self._namespace.name, name))

    def _create(self, names: Iterable[str]) -> float:
        """When the first was sent, in seconds since 1970."""
        began = time.time()
        self._each(names, lambda name: self._namespace.store(stateful(name)))
        return began

    def _until_created(self, stretch: Stretch, count: int) -> None:
        """So many Deployments of JobManagers."""

        def created() -> bool:
            stretch.requests += self._new_requests()
            return sum(map(_is_creation, stretch.requests)) >= count

        self._until(created, _LOOK)

    def _all_are(self, state: str) -> bool:
        resources = self._namespace.of(FLINK_DEPLOYMENTS)
        return all(one.get("status", {}).get("lifecycleState") == state for one in resources)


def _is_creation(request: Request) -> bool:
    return (request.verb, request.kind, request.code) == ("create", "deployments", 201)

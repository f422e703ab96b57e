"""One replica of the controller: its own caches, watches, queue and elector around the real parts."""

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

from controller.cache import (
    CONFIG_MAP_INDEX,
    DEPLOYMENT_INDEX,
    POD_INDEX,
    SERVICE_INDEX,
    SESSION_JOB_INDEX,
    Cache,
    Key,
    SeenObject,
    named_cluster,
    resource_index,
)
from controller.drift import clusters_touched
from controller.flink.checksums import Kind
from controller.flink.names import CONFIGURATION, NATIVE
from controller.kubernetes_api import FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS, ApiError, Object
from controller.leadership import LeaderElector
from tests.simulation.clock import Clock
from tests.simulation.coverage import Coverage
from tests.simulation.faults import Fault
from tests.simulation.flink import Flink
from tests.simulation.jars import SimulatedArtifacts
from tests.simulation.node import Pace
from tests.simulation.queue import Item, Queue
from tests.simulation.rest import SimulatedRest
from tests.simulation.server import Server
from tests.simulation.transport import Line, SimulatedKubernetes
from tests.simulation.wiring import wired

NAMESPACE, NAME = "shop", "orders"
KEY = (NAMESPACE, NAME)
WATCHED = {
    FLINK_DEPLOYMENTS.plural: "",
    FLINK_SESSION_JOBS.plural: "",
    "deployments": f"type={NATIVE},component=jobmanager",
    "pods": f"type={NATIVE}",
    "services": f"type={NATIVE}",
    "configmaps": ",".join(f"{name}={value}" for name, value in CONFIGURATION.items()),
}
"""Plurals with the labels that their watches select."""
_RELIST_SECONDS = 300.0
_CLUSTERS, _JOBS = FLINK_DEPLOYMENTS.plural, FLINK_SESSION_JOBS.plural


class Sleep:
    """What `asyncio.sleep` is to an elector: a pause that whoever drives it sees."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self._seconds


class Replica:
    """Works on the resources as long as it lives and leads."""

    def __init__(
        self,
        identity: str,
        clock: Clock,
        server: Server,
        flink: Flink,
        coverage: Coverage,
        faults: list[Fault],
        operator_configuration: Mapping[str, str],
        pace: Pace,
    ) -> None:
        self.identity = identity
        self.line = Line(clock, coverage, faults)
        self.watch_delay = dict.fromkeys(WATCHED, pace.watch)
        self.lost_watches: set[str] = set()
        self._clock = clock
        self._server = server
        self._views: dict[str, dict[str, Object]] = {plural: {} for plural in WATCHED}
        self._delivered: dict[str, float] = dict.fromkeys(WATCHED, 0.0)
        self._streams = dict.fromkeys(WATCHED, 0)
        self._cache = cache = Cache()
        cache.connect(_Indices(self._views))  # type: ignore[arg-type]
        self._queue = Queue(clock, self.line, self._work)
        self.elector = LeaderElector(
            SimulatedKubernetes(server, _ElectorsLine(self.line)).api,  # type: ignore[arg-type]
            namespace=NAMESPACE,
            name="lease",
            identity=identity,
            on_started=self._look_at_everything,
            clock=lambda: clock.now,
        )
        self._works = wired(
            identity=identity,
            api=SimulatedKubernetes(server, self.line).api,
            rest=SimulatedRest(flink, clock, self.line, pace),
            artifacts=SimulatedArtifacts(self.line),
            cache=cache,
            elector=self.elector,
            clock=clock,
            operator_configuration=operator_configuration,
            look_at_job=lambda key: self._queue.add((_JOBS, key)),
        )
        self._election = self.elector.run()
        server.watchers.append(self._changed)
        for plural in WATCHED:
            self.relist(plural)
        self._clock.after(_RELIST_SECONDS, self._relist_all)
        self._elect()

    @property
    def reconciliations(self) -> int:
        """How often it looked at a resource."""
        return self._queue.reconciliations

    def stop(self) -> None:
        """The process ends, whatever it was doing."""
        self.line.is_dead = True
        self._election.close()
        if self._changed in self._server.watchers:
            self._server.watchers.remove(self._changed)

    async def _work(self, item: Item) -> float | None:
        plural, key = item
        return await self._works[plural](key)

    def _look_at_everything(self) -> None:
        for plural in (_CLUSTERS, _JOBS):
            for key in self._cache.keys(plural):
                self._queue.add((plural, key))

    # Watches

    def _changed(self, event: str, plural: str, body: Object) -> None:
        if plural not in WATCHED or not _is_selected(body, WATCHED[plural]):
            return
        if plural in self.lost_watches:
            return
        at = max(self._delivered[plural], self._clock.now + self.watch_delay[plural])  # in order
        self._delivered[plural] = at
        stream = self._streams[plural]
        self._clock.after(at - self._clock.now, lambda: self._deliver(event, plural, body, stream))

    def _deliver(self, event: str, plural: str, body: Object, stream: int) -> None:
        """Unless that watch ended meanwhile: what it had under way never arrives."""
        if self.line.is_dead or self._streams[plural] != stream:
            return
        if self._clock.now < self.line.frozen_until:
            thaw = self.line.frozen_until - self._clock.now
            self._clock.after(thaw, lambda: self._deliver(event, plural, body, stream))
            return
        name = body["metadata"]["name"]
        if event == "DELETED":
            self._views[plural].pop(name, None)
        else:
            self._views[plural][name] = body
        self._look_at(event, plural, body)

    def _look_at(self, event: str | None, plural: str, body: Object) -> None:
        for item in self._touched(event, plural, body):
            self._queue.add(item)

    def _touched(self, event: str | None, plural: str, body: Object) -> Iterable[Item]:
        """As controller/watch.py has it."""
        metadata = body["metadata"]
        key = (metadata["namespace"], metadata["name"])
        if plural in {_CLUSTERS, _JOBS} and self._cache.is_news(plural, key, body):
            yield plural, key
        if plural == _JOBS:
            yield _CLUSTERS, (NAMESPACE, named_cluster(body))
        elif plural == _CLUSTERS:
            yield from self._jobs_of(key)
        elif plural in {"services", "configmaps"}:
            yield from ((_CLUSTERS, one) for one in clusters_touched(self._cache, event, metadata))
        else:
            yield _CLUSTERS, (NAMESPACE, metadata["labels"]["app"])
            if plural == "deployments":
                yield from self._jobs_of(key)

    def _jobs_of(self, cluster: Key) -> Iterable[Item]:
        return [(_JOBS, key) for key in self._cache.session_jobs(cluster)]

    def relist(self, plural: str) -> None:
        """The watch starts anew: the view is what there is now, and everything is looked at."""
        if self.line.is_dead:
            return
        self.lost_watches.discard(plural)
        self._streams[plural] += 1  # what the older watch had under way never arrives
        self.watch_delay[plural] = min(self.watch_delay.values())
        self._delivered[plural] = self._clock.now
        found = self._server.selected(plural, WATCHED[plural])
        gone = [body for name, body in self._views[plural].items() if self._server.find(plural, name) is None]
        self._views[plural] = {body["metadata"]["name"]: body for body in found}
        for event, bodies in ((None, found), ("DELETED", gone)):
            for body in bodies:
                self._look_at(event, plural, body)

    def repeat(self, plural: str) -> bool:
        """Everything is delivered once more; whether there was anything."""
        for body in list(self._views[plural].values()):
            self._deliver("MODIFIED", plural, body, self._streams[plural])
        return bool(self._views[plural])

    def _relist_all(self) -> None:
        if self.line.is_dead:
            return
        for plural in WATCHED:
            self.relist(plural)
        self._clock.after(_RELIST_SECONDS, self._relist_all)

    # The election

    def _elect(self) -> None:
        if self.line.is_dead:
            return
        if self._clock.now < self.line.frozen_until:
            self._clock.after(self.line.frozen_until - self._clock.now, self._elect)
            return
        seconds: Any = self._election.send(None)
        self._clock.after(seconds, self._elect)


class _ElectorsLine:
    """Answers at once: an election takes no time of the world's."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def call(self, _: Any, effect: Any) -> Any:
        if self._line.lease_fails_until > self._line.clock.now:
            raise ApiError(0, "Timeout", "no answer within 1.5 s")
        return effect()


_SEEN = {SERVICE_INDEX: ("services", Kind.SERVICE), CONFIG_MAP_INDEX: ("configmaps", Kind.CONFIG_MAP)}


class _Indices:
    """kopf's indices over the views."""

    def __init__(self, views: Mapping[str, dict[str, Object]]) -> None:
        self._views = views

    def get(self, index: str, default: Any = None) -> Any:
        for plural in (_CLUSTERS, _JOBS):
            if index == resource_index(plural):
                return self._by_key(plural)
        if index == DEPLOYMENT_INDEX:
            return self._by_key("deployments")
        if index == POD_INDEX:
            return self._grouped("pods", lambda body: body["metadata"]["labels"]["app"])
        if index == SESSION_JOB_INDEX:
            by_cluster = self._grouped(_JOBS, named_cluster)
            return {key: [one["metadata"]["name"] for one in found] for key, found in by_cluster.items()}
        if index in _SEEN:
            plural, kind = _SEEN[index]
            bodies = self._views[plural].values()
            return {(NAMESPACE, body["metadata"]["name"]): [SeenObject.of(kind, body)] for body in bodies}
        return default

    def _by_key(self, plural: str) -> dict[Key, list[Object]]:
        return {(NAMESPACE, name): [body] for name, body in self._views[plural].items()}

    def _grouped(self, plural: str, of: Callable[[Object], str]) -> dict[Key, list[Object]]:
        found: dict[Key, list[Object]] = {}
        for body in self._views[plural].values():
            found.setdefault((NAMESPACE, of(body)), []).append(body)
        return found


def _is_selected(body: Object, labels: str) -> bool:
    if not labels:
        return True
    wanted = dict(pair.split("=", 1) for pair in labels.split(","))
    return wanted.items() <= (body["metadata"].get("labels") or {}).items()

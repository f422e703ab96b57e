"""One replica of the controller: its own caches, watches, queue and elector around the real parts."""

from collections.abc import Generator, Mapping
from typing import Any

from controller.act import Actor
from controller.authorship import Authorship
from controller.cache import (
    CONFIG_MAP_INDEX,
    DEPLOYMENT_INDEX,
    POD_INDEX,
    SERVICE_INDEX,
    Cache,
    SeenObject,
    resource_index,
)
from controller.deployments import Deployments
from controller.drift import clusters_touched
from controller.events import EventPoster
from controller.flink.checksums import Kind
from controller.flink.names import CONFIGURATION, NATIVE
from controller.flink.operator_files import OperatorFiles
from controller.kubernetes_api import FLINK_DEPLOYMENTS, ApiError, Object
from controller.leadership import LeaderElector
from controller.observe import Observer
from controller.reconcile import Reconciler
from tests.simulation.clock import Clock
from tests.simulation.coverage import Coverage
from tests.simulation.faults import Crash, Fault
from tests.simulation.flink import Flink
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.rest import SimulatedRest
from tests.simulation.server import Server
from tests.simulation.transport import Line, SimulatedKubernetes

NAMESPACE, NAME = "shop", "orders"
KEY = (NAMESPACE, NAME)
WATCHED = {
    FLINK_DEPLOYMENTS.plural: "",
    "deployments": f"type={NATIVE},component=jobmanager",
    "pods": f"type={NATIVE}",
    "services": f"type={NATIVE}",
    "configmaps": ",".join(f"{name}={value}" for name, value in CONFIGURATION.items()),
}
"""Plurals with the labels that their watches select."""
_RELIST_SECONDS = 300.0
_LONGEST_DELAY = 60.0


class Sleep:
    """What `asyncio.sleep` is to an elector: a pause that whoever drives it sees."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self._seconds


class Replica:
    """Works on the one resource as long as it lives and leads."""

    def __init__(
        self,
        identity: str,
        clock: Clock,
        server: Server,
        flink: Flink,
        coverage: Coverage,
        faults: list[Fault],
        operator_configuration: Mapping[str, str],
        latency: float,
    ) -> None:
        self.identity = identity
        self.line = Line(clock, coverage, faults)
        self.watch_delay = dict.fromkeys(WATCHED, latency)
        self.lost_watches: set[str] = set()
        self.problem: BaseException | None = None
        self.reconciliations = 0
        self._clock = clock
        self._server = server
        self._coverage = coverage
        self._views: dict[str, dict[str, Object]] = {plural: {} for plural in WATCHED}
        self._delivered: dict[str, float] = dict.fromkeys(WATCHED, 0.0)
        self._streams = dict.fromkeys(WATCHED, 0)
        self._due: float | None = None
        self._is_working = False
        self._is_wanted = False
        self._failures = 0
        api = SimulatedKubernetes(server, self.line).api
        self._cache = cache = Cache()
        cache.connect(_Indices(self._views))  # type: ignore[arg-type]
        self.elector = LeaderElector(
            SimulatedKubernetes(server, _ElectorsLine(self.line)).api,  # type: ignore[arg-type]
            namespace=NAMESPACE,
            name="lease",
            identity=identity,
            on_started=lambda: self.enqueue(0),
            clock=lambda: clock.now,
        )
        rest = SimulatedRest(flink, clock, self.line)
        self._reconciler = Reconciler(
            lifecycle=Deployments(
                Observer(api, cache, rest), Actor(api, rest), operator_configuration, OperatorFiles()
            ),
            api=api,
            cache=cache,
            events=EventPoster(api, identity),
            elector=self.elector,
            authorship=Authorship(api, clock=lambda: clock.now),
        )
        self._election = self.elector.run()
        server.watchers.append(self._changed)
        for plural in WATCHED:
            self.relist(plural)
        self._clock.after(_RELIST_SECONDS, self._relist_all)
        self._elect()

    def stop(self) -> None:
        """The process ends, whatever it was doing."""
        self.line.is_dead = True
        self._election.close()
        if self._changed in self._server.watchers:
            self._server.watchers.remove(self._changed)

    # Watches

    def _changed(self, event: str, plural: str, body: Object) -> None:
        if plural not in WATCHED or not _is_selected(body, WATCHED[plural]):
            return
        if plural in self.lost_watches:
            return
        at = max(self._delivered[plural], self._clock.now + self.watch_delay[plural])  # in order
        self._delivered[plural] = at
        stream = self._streams[plural]

        def deliver() -> None:
            if self._streams[plural] == stream:
                self._deliver(event, plural, body)

        self._clock.after(at - self._clock.now, deliver)

    def _deliver(self, event: str, plural: str, body: Object) -> None:
        if self.line.is_dead:
            return
        if self._clock.now < self.line.frozen_until:
            self._clock.after(
                self.line.frozen_until - self._clock.now, lambda: self._deliver(event, plural, body)
            )
            return
        name = body["metadata"]["name"]
        if event == "DELETED":
            self._views[plural].pop(name, None)
        else:
            self._views[plural][name] = body
        self._look_at(event, plural, body)

    def _look_at(self, event: str | None, plural: str, body: Object) -> None:
        metadata = body["metadata"]
        if plural in {"services", "configmaps"}:
            keys = list(clusters_touched(self._cache, event, metadata))
        elif plural == FLINK_DEPLOYMENTS.plural:
            keys = (
                [KEY]
                if metadata["name"] == NAME and self._cache.is_news(FLINK_DEPLOYMENTS.plural, KEY, body)
                else []
            )
        else:
            keys = [(metadata["namespace"], metadata["labels"].get("app"))]
        if KEY in keys:
            self.enqueue(0)

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
            self._deliver("MODIFIED", plural, body)
        return bool(self._views[plural])

    def _relist_all(self) -> None:
        if self.line.is_dead:
            return
        for plural in WATCHED:
            self.relist(plural)
        self._clock.after(_RELIST_SECONDS, self._relist_all)

    # The queue

    def enqueue(self, delay: float) -> None:
        """Look at the resource then, or earlier if that was asked for before."""
        if self._is_working and delay == 0:
            self._is_wanted = True
            return
        due = self._clock.now + delay
        if self._due is not None and self._due <= due:
            return
        self._due = due
        self._clock.after(delay, lambda: self._work(due))

    async def _work(self, due: float) -> None:
        if self._due != due or self.line.is_dead:
            return
        if self._clock.now < self.line.frozen_until:
            self._due = self.line.frozen_until
            self._clock.after(self._due - self._clock.now, lambda: self._work(self.line.frozen_until))
            return
        self._due = None
        if self._is_working:
            self._is_wanted = True
            return
        self._is_working = True
        try:
            delay = await self._reconcile()
        finally:
            self._is_working = False
        if self._is_wanted:
            self._is_wanted = False
            self.enqueue(0)
        elif delay is not None:
            self.enqueue(delay)

    async def _reconcile(self) -> float | None:
        self.reconciliations += 1
        try:
            delay = await self._reconciler.reconcile(KEY)
        except Crash:
            return None
        except ApiError:
            self._failures += 1
            return min(_LONGEST_DELAY, 2.0 ** (self._failures - 1))
        except PromiseBrokenError:
            raise
        except Exception as error:
            raise PromiseBrokenError(f"the controller failed by its own fault: {error!r}") from error
        self._failures = 0
        return delay

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
        if index == resource_index(FLINK_DEPLOYMENTS.plural):
            return self._named(FLINK_DEPLOYMENTS.plural)
        if index == DEPLOYMENT_INDEX:
            return self._named("deployments")
        if index == POD_INDEX:
            return {KEY: list(self._views["pods"].values())}
        if index in _SEEN:
            plural, kind = _SEEN[index]
            bodies = self._views[plural].values()
            return {(NAMESPACE, body["metadata"]["name"]): [SeenObject.of(kind, body)] for body in bodies}
        return default

    def _named(self, plural: str) -> dict[tuple[str, str], list[Object]]:
        body = self._views[plural].get(NAME)
        return {} if body is None else {KEY: [body]}


def _is_selected(body: Object, labels: str) -> bool:
    if not labels:
        return True
    wanted = dict(pair.split("=", 1) for pair in labels.split(","))
    return wanted.items() <= (body["metadata"].get("labels") or {}).items()

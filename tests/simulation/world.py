"""The world that the controller lives in: Kubernetes, Flink, users, faults; all on one virtual clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from controller.kubernetes_api import FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS
from tests.simulation.clock import Clock
from tests.simulation.control import Control
from tests.simulation.coverage import Coverage
from tests.simulation.faults import Call, Fault
from tests.simulation.flink import Flink
from tests.simulation.job_manager import RestorePoint, Storage
from tests.simulation.node import Node, Pace
from tests.simulation.promises import Promises
from tests.simulation.replica import NAME, WATCHED, Replica
from tests.simulation.resource import Json, Resource
from tests.simulation.server import Server
from tests.simulation.terse import Terse

PLURAL = FLINK_DEPLOYMENTS.plural
INITIAL = "s3://shop/initial"
_NAMESPACE_SECONDS = 2.0


class AnySetup(Protocol):
    """What a scenario starts with."""

    @property
    def head_start(self) -> float:
        """Seconds in which nothing happens."""

    @property
    def pace(self) -> Pace:
        """How long things take."""

    def spec(self) -> Json:
        """The first spec of the FlinkDeployment."""


class Controls(Protocol):
    """Sees what the controller does."""

    def effect(self, call: Call, /) -> None:
        """A call that was made and is no read."""


@dataclass(frozen=True, slots=True, repr=False)
class Setup(Terse):
    """What a scenario starts with."""

    mode: str = "savepoint"
    ha: bool = True
    checkpoints: bool = True
    savepoint_directory: bool = True
    initial_savepoint: bool = False
    version: str = "v2_3"
    options: tuple[tuple[str, str], ...] = ()
    savepoint_on_deletion: bool = False
    head_start: float = 0.0
    """Seconds in which nothing happens, so that the job runs."""
    pace: Pace = field(default_factory=Pace)

    def spec(self) -> Json:
        """The first spec of the resource."""
        options = options_of_cluster(self.options, ha=self.ha)
        if self.checkpoints:
            options["execution.checkpointing.interval"] = "10 s"
        if self.savepoint_directory:
            options["execution.checkpointing.savepoint-dir"] = "s3://shop/sp"
        if self.savepoint_on_deletion:
            options["kubernetes.operator.job.savepoint-on-deletion"] = "true"
        job = {
            "jarURI": "local:///opt/job.jar",
            "parallelism": 1,
            "upgradeMode": self.mode,
            "state": "running",
        }
        if self.initial_savepoint:
            job["initialSavepointPath"] = INITIAL
        return {**spec_of_cluster(self.version, options), "job": job}


def options_of_cluster(options: Iterable[tuple[str, str]], *, ha: bool) -> Json:
    """With where checkpoints go, and Flink's metadata if it keeps any."""
    kept = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://shop/ha"}
    return {"execution.checkpointing.dir": "s3://shop/cp", **dict(options), **(kept if ha else {})}


def spec_of_cluster(version: str, options: Json) -> Json:
    """Of a FlinkDeployment without a job."""
    return {
        "image": "flink:1",
        "flinkVersion": version,
        "serviceAccount": "flink",
        "jobManager": {"resource": {"memory": "1024m", "cpu": 0.5}},
        "taskManager": {"resource": {"memory": "1024m", "cpu": 0.5}},
        "flinkConfiguration": options,
    }


class World:
    """One scenario's world."""

    def __init__(self, setup: AnySetup, coverage: Coverage) -> None:
        self.setup = setup
        self.coverage = coverage
        self.clock = Clock()
        self.server = Server(self.clock)
        self.storage = Storage()
        self.storage.points[INITIAL] = RestorePoint(INITIAL, 7, 1000.0, 0, is_savepoint=True)
        self.promises = self._promises()
        self.node = Node(self.clock, self.server, setup.pace)
        self.flink = Flink(self.clock, self.server, self.node, setup.pace, self.storage, self.promises)
        self.control = self._control()
        self.faults: list[Fault] = []
        self.replicas: list[Replica] = []
        self.has_left_a_cluster = False
        """A deletion left one running; its metadata is nobody's when it is deleted by hand."""
        self.cluster = Resource(self.server, "FlinkDeployment", NAME, setup.spec())
        self.numbers = count(1)
        self._identities = count(1)
        self.operator_configuration: dict[str, str] = {}

    def _promises(self) -> Promises:
        return Promises(self.server, self.storage, self.coverage)

    def _control(self) -> Controls:
        return Control(self.clock, self.server, self.flink, self.coverage)

    def lost_by_hand(self, owner: str) -> None:
        """Somebody took the cluster of the resource with that uid away."""
        self.promises.lineage(owner).lost_by_hand = True

    # The controller

    def start_replica(self, identity: str | None = None) -> Replica:
        """One more replica of the controller."""
        name = identity or f"controller-{next(self._identities)}"
        replica = Replica(
            name,
            self.clock,
            self.server,
            self.flink,
            self.coverage,
            self.faults,
            self.operator_configuration,
            self.setup.pace,
        )
        replica.line.on_death = lambda: self.bury(replica)
        replica.line.on_effect = self.control.effect
        self.replicas.append(replica)
        return replica

    def bury(self, replica: Replica) -> None:
        """The process is dead; its container starts again with empty caches."""
        replica.stop()
        if replica in self.replicas:
            self.replicas.remove(replica)
            self.clock.after(self.setup.pace.controller, lambda: self._start_again(replica.identity))

    def _start_again(self, identity: str) -> None:
        if all(one.identity != identity for one in self.replicas):
            self.start_replica(identity)

    def writes(self) -> list[str]:
        """All that any living replica has written."""
        return [write for replica in self.replicas for write in replica.line.writes]

    # The user

    def create(self) -> None:
        """All that the scenario begins with."""
        self.cluster.create()

    def delete_namespace(self) -> bool:
        """The user deletes the namespace, and makes it again when it is gone; whether there was anything."""
        if self.server.is_terminating or self.cluster.stored is None:
            return False
        self.server.is_terminating = True
        self._delete_contents()
        return True

    def _delete_contents(self) -> None:
        """As the namespace controller does: again and again, until nothing is left."""
        contents = [
            (plural, body)
            for plural in (
                PLURAL,
                FLINK_SESSION_JOBS.plural,
                "pods",
                "deployments",
                "services",
                "configmaps",
                "events",
            )
            for body in self.server.all(plural)
        ]
        for plural, body in contents:
            name = body["metadata"]["name"]
            if "deletionTimestamp" not in body["metadata"] and self.server.find(plural, name) is not None:
                self.server.delete(plural, name)
        self.server.is_terminating = bool(contents)
        if contents:
            self.clock.after(_NAMESPACE_SECONDS, self._delete_contents)

    def newest_restore_point(self) -> str | None:
        """What a user would find in the storage."""
        own = [point for path, point in self.storage.points.items() if path != INITIAL]
        resource = self.cluster.stored
        floor = None if resource is None else self.promises.lineage(resource["metadata"]["uid"]).floor
        if floor is None:
            return None
        found = [point for point in [*own, self.storage.points[INITIAL]] if point.content >= floor]
        return found[-1].path if found else None

    # Time

    async def advance(self, seconds: float) -> None:
        """Let time pass."""
        await self.clock.advance(seconds)

    async def until(self, reached: Any, seconds: float) -> bool:
        """Let time pass until then, at most so long."""
        end = self.clock.now + seconds
        while not reached():
            if self.clock.now >= end:
                return False
            await self.clock.advance(0.5)
        return True

    def heal(self) -> None:
        """Nothing fails any more."""
        self.faults.clear()
        self.flink.ailments.checkpoints_stall_until = 0.0
        self.flink.ailments.savepoint_fails = self.flink.ailments.savepoint_made_but_job_fails = 0
        for replica in self.replicas:
            replica.line.lease_fails_until = 0.0
            for plural in WATCHED:
                replica.watch_delay[plural] = self.setup.pace.watch
                replica.relist(plural)

"""The world that the controller lives in: Kubernetes, Flink, users, faults; all on one virtual clock."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any

from controller import deployments, events, leadership, observe, reconcile
from controller.decide import Subject, change, decide, decide_unseen, state_machine, suspension
from controller.decide.route import Route
from controller.decide.upgrade import choose_route
from controller.kubernetes_api import FLINK_DEPLOYMENTS, Object
from controller.observation import Observation
from controller.plan import Plan
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.reconciled_spec import ReconciledSpec
from tests.simulation.clock import Clock, virtual_datetime
from tests.simulation.control import Control
from tests.simulation.coverage import Coverage
from tests.simulation.faults import Fault
from tests.simulation.flink import Flink
from tests.simulation.job_manager import RestorePoint, Storage
from tests.simulation.node import Node, Pace
from tests.simulation.promises import PromiseBrokenError, Promises
from tests.simulation.replica import NAME, NAMESPACE, WATCHED, Replica, Sleep
from tests.simulation.server import Server
from tests.simulation.terse import Terse

PLURAL = FLINK_DEPLOYMENTS.plural
INITIAL = "s3://shop/initial"
_NAMESPACE_SECONDS = 2.0
Json = dict[str, Any]


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
        options: Json = {"execution.checkpointing.dir": "s3://shop/cp", **dict(self.options)}
        if self.ha:
            options |= {
                "high-availability.type": "kubernetes",
                "high-availability.storageDir": "s3://shop/ha",
            }
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
        return {
            "image": "flink:1",
            "flinkVersion": self.version,
            "serviceAccount": "flink",
            "jobManager": {"resource": {"memory": "1024m", "cpu": 0.5}},
            "taskManager": {"resource": {"memory": "1024m", "cpu": 0.5}},
            "flinkConfiguration": options,
            "job": job,
        }


class World:
    """One scenario's world. `spec` is what the user wants, written by `apply`."""

    def __init__(self, setup: Setup, coverage: Coverage) -> None:
        self.setup = setup
        self.coverage = coverage
        self.clock = Clock()
        self.server = Server(self.clock)
        self.storage = Storage()
        self.storage.points[INITIAL] = RestorePoint(INITIAL, 7, 1000.0, 0, is_savepoint=True)
        self.promises = Promises(self.server, self.storage, coverage)
        self.node = Node(self.clock, self.server, setup.pace)
        self.flink = Flink(self.clock, self.server, self.node, setup.pace, self.storage, self.promises)
        self.control = Control(self.clock, self.server, self.flink, coverage)
        self.faults: list[Fault] = []
        self.replicas: list[Replica] = []
        self.has_left_a_cluster = False
        """A deletion left one running; its metadata is nobody's when it is deleted by hand."""
        self.spec = setup.spec()
        self.numbers = count(1)
        self._identities = count(1)

    # The controller

    def start_replica(self, identity: str | None = None) -> Replica:
        """One more replica of the controller."""
        name = identity or f"controller-{next(self._identities)}"
        replica = Replica(
            name, self.clock, self.server, self.flink, self.coverage, self.faults, {}, self.setup.pace.watch
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

    @property
    def resource(self) -> Object | None:
        """As it is stored."""
        return self.server.find(PLURAL, NAME)

    @property
    def status(self) -> Json:
        """Empty while there is none."""
        return (self.resource or {}).get("status") or {}

    @property
    def is_editable(self) -> bool:
        """Whether the resource exists and is not being deleted."""
        resource = self.resource
        return resource is not None and "deletionTimestamp" not in resource["metadata"]

    def create(self) -> bool:
        """The user creates the resource; whether there was none."""
        if self.resource is not None or self.server.is_terminating:
            return False
        metadata = {"name": NAME, "namespace": NAMESPACE}
        kind = {"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkDeployment"}
        self.server.create(PLURAL, {**kind, "metadata": metadata, "spec": self.spec})
        return True

    def apply(self) -> bool:
        """The user writes the spec; whether it was another one."""
        resource = self.resource
        if resource is None or not self.is_editable or resource["spec"] == self.spec:
            return False
        self.server.replace(PLURAL, {**resource, "spec": self.spec})
        return True

    def annotate(self, name: str, value: str | None) -> bool:
        """The user sets an annotation, or takes it away; whether that made a difference."""
        resource = self.resource
        if resource is None or (resource["metadata"].get("annotations") or {}).get(name) == value:
            return False
        self.server.merge(PLURAL, NAME, {"metadata": {"annotations": {name: value}}})
        return True

    def delete_namespace(self) -> bool:
        """The user deletes the namespace, and makes it again when it is gone; whether there was anything."""
        if self.server.is_terminating or self.resource is None:
            return False
        self.server.is_terminating = True
        self._delete_contents()
        return True

    def _delete_contents(self) -> None:
        """As the namespace controller does: again and again, until nothing is left."""
        contents = [
            (plural, body)
            for plural in (PLURAL, "pods", "deployments", "services", "configmaps", "events")
            for body in self.server.all(plural)
        ]
        for plural, body in contents:
            name = body["metadata"]["name"]
            if "deletionTimestamp" not in body["metadata"] and self.server.find(plural, name) is not None:
                self.server.delete(plural, name)
        self.server.is_terminating = bool(contents)
        if contents:
            self.clock.after(_NAMESPACE_SECONDS, self._delete_contents)

    @property
    def error(self) -> str:
        """What the resource's owner reads."""
        ready: Json = next((one for one in self.status.get("conditions", []) if one["type"] == "Ready"), {})
        return f"{self.status.get('error') or ''} {ready.get('message', '')}"

    def newest_restore_point(self) -> str | None:
        """What a user would find in the storage."""
        own = [point for path, point in self.storage.points.items() if path != INITIAL]
        resource = self.resource
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


@contextmanager
def simulated(coverage: Coverage) -> Iterator["Stage"]:
    """The controller's modules read virtual time, and tell what they decide, until the end of the block."""
    stage = Stage()
    clock = virtual_datetime(lambda: stage.world.clock)
    levels = {name: logging.getLogger(name).level for name in ("controller", "asyncio")}
    changes: list[tuple[Any, str, Any]] = [
        *((module, "datetime", clock) for module in (observe, reconcile, events, leadership)),
        (leadership, "asyncio", SimpleNamespace(sleep=Sleep)),
        (deployments, "decide", _telling_decide(coverage)),
        (reconcile, "decide_unseen", _telling_unseen(coverage)),
        (state_machine, "transition_of", _telling_transition(coverage)),
        (change, "choose_route", _telling_route(coverage)),
        (suspension, "choose_route", _telling_route(coverage)),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in changes]
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for module, name, value in changes:
        setattr(module, name, value)
    try:
        yield stage
    finally:
        for module, name, value in originals:
            setattr(module, name, value)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


class Stage:
    """Where the world of the present scenario stands."""

    world: World


def _telling_decide(coverage: Coverage) -> Any:
    def telling(subject: Subject, observation: Observation) -> Plan:
        plan = decide(subject, observation)
        if plan.actions:
            coverage.hit("effects", "+".join(type(action).__name__ for action in plan.actions))
        return plan

    return telling


def _telling_unseen(coverage: Coverage) -> Any:
    def telling(subject: Subject) -> Plan | None:
        plan = decide_unseen(subject)
        for action in () if plan is None else plan.actions:
            coverage.hit("effects", type(action).__name__)
        return plan

    return telling


def _telling_transition(coverage: Coverage) -> Any:
    original = state_machine.transition_of

    def telling(table: Any, stage: state_machine.Stage, now: Any) -> Any:
        row = original(table, stage, now)
        coverage.hit("transition", str(row))
        return row

    return telling


def _telling_route(coverage: Coverage) -> Any:
    def telling(
        subject: Subject, last: ReconciledSpec, spec: FlinkDeploymentSpec, observation: Observation
    ) -> Any:
        route = choose_route(subject, last, spec, observation)
        mode = spec.job.upgrade_mode.value if spec.job else "session"
        if isinstance(route, Route):
            coverage.hit("route", f"{mode}: {route.suspension.name.lower()}, then {route.restore.value}")
        else:
            reason = route.problem.reason if route.problem else "a matter of time"
            coverage.hit("route", f"{mode}: wait ({reason})")
        return route

    return telling


__all__ = ["INITIAL", "PLURAL", "PromiseBrokenError", "Setup", "Stage", "World", "simulated"]

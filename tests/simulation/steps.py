"""What can happen in a scenario. A step is nothing but its fields, so that a scenario can be printed."""

from dataclasses import dataclass
from typing import Any, Protocol

from tests.simulation.by_hand import BY_HAND
from tests.simulation.faults import Failure, Fault, Target
from tests.simulation.node import BROKEN_IMAGE
from tests.simulation.replica import NAME
from tests.simulation.terse import Terse
from tests.simulation.world import INITIAL, World


class Step(Protocol):
    """Something that happens at once; time passes after it."""

    def happen(self, world: World, /) -> bool:
        """Whether it made any difference."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Nothing(Terse):
    """What a scenario is shrunk to."""

    def happen(self, _: World) -> bool:
        return False


@dataclass(frozen=True, slots=True, repr=False)
class Wait(Terse):
    """Time passes."""

    seconds: float

    def happen(self, _: World) -> bool:
        return True


@dataclass(frozen=True, slots=True, repr=False)
class Edit(Terse):
    """The user changes the spec: image, parallelism, option, broken image, invalid."""

    what: str = "image"

    def happen(self, world: World) -> bool:
        spec, number = world.cluster.spec, next(world.numbers)
        job = spec.get("job", {})
        match self.what:
            case "image":
                spec["image"] = f"flink:{number + 1}"
            case "parallelism":
                job["parallelism"] = number + 1
            case "option":
                spec["flinkConfiguration"]["restart-strategy.type"] = f"none-{number}"
            case "broken image":
                spec["image"] = BROKEN_IMAGE
            case "invalid":
                spec["jobManager"] = {"resource": {"memory": "lots", "cpu": 0.5}}
            case "mended":
                spec["jobManager"] = {"resource": {"memory": "1024m", "cpu": 0.5}}
                if spec["image"] == BROKEN_IMAGE:
                    spec["image"] = f"flink:{number + 1}"
            case "restart":
                spec["restartNonce"] = number
            case "suspended" | "running":
                job["state"] = self.what
            case "savepoint by nonce":
                job["savepointTriggerNonce"] = number
            case "other version":
                spec["flinkVersion"] = "v1_20" if spec["flinkVersion"] == "v2_3" else "v2_3"
            case "redeployed from initial" | "redeployed from newest":
                newest = world.newest_restore_point() or INITIAL
                job["initialSavepointPath"] = INITIAL if self.what.endswith("initial") else newest
                job["savepointRedeployNonce"] = number
            case mode:
                job["upgradeMode"] = mode
        return done(world, f"edit: {self.what}", world.cluster.apply())


EDITS = (
    "image",
    "parallelism",
    "option",
    "broken image",
    "invalid",
    "mended",
    "restart",
    "suspended",
    "running",
    "other version",
    "redeployed from initial",
    "redeployed from newest",
    "savepoint by nonce",
    "stateless",
    "savepoint",
    "last-state",
)


@dataclass(frozen=True, slots=True, repr=False)
class Delete(Terse):
    """The user deletes the resource; with kubectl's --cascade: background, foreground, orphan."""

    cascade: str = "background"

    def happen(self, world: World) -> bool:
        is_deleted = world.cluster.delete(self.cascade)
        world.has_left_a_cluster |= is_deleted and self.cascade == "orphan"
        return done(world, f"delete: {self.cascade}", is_deleted)


@dataclass(frozen=True, slots=True, repr=False)
class Annotate(Terse):
    """The user sets an annotation; None takes it away."""

    name: str
    value: str | None = "true"

    def happen(self, world: World) -> bool:
        return done(
            world, f"annotate: {self.name}={self.value}", world.cluster.annotate(self.name, self.value)
        )


@dataclass(frozen=True, slots=True, repr=False)
class Create(Terse):
    """The user creates the resource, where there is none."""

    def happen(self, world: World) -> bool:
        return done(world, "create again", world.cluster.create())


@dataclass(frozen=True, slots=True, repr=False)
class Happens(Terse):
    """Something that nobody asked for."""

    what: str

    def happen(self, world: World) -> bool:
        return done(world, self.what, self._happen(world))

    def _happen(self, world: World) -> bool:
        if self.what in BY_HAND:
            return BY_HAND[self.what](world)
        match self.what:
            case "the Deployment is deleted by hand":
                return _delete_deployment(world)
            case "the JobManager crashes":
                return world.flink.crash(NAME)
            case "the JobManager's node is lost":
                return _lose_node(world)
            case "the job's metadata is lost":
                return lose_metadata(world, (world.cluster.status.get("jobStatus") or {}).get("jobId"))
            case "a task fails":
                return world.flink.restart_jobs(NAME)
            case "the job fails":
                return world.flink.end_jobs(NAME, "FAILED")
            case "the job finishes":
                return world.flink.end_jobs(NAME, "FINISHED")
            case "the next savepoint fails":
                world.flink.ailments.savepoint_fails = 1
            case "the next savepoint is made but the job fails":
                world.flink.ailments.savepoint_made_but_job_fails = 1
            case "checkpoints stall":
                world.flink.ailments.checkpoints_stall_until = world.clock.now + 40
            case "the controller is killed":
                for replica in world.replicas[:1]:
                    world.bury(replica)
            case "the Lease cannot be renewed":
                for replica in world.replicas[:1]:
                    replica.line.lease_fails_until = world.clock.now + 30
            case "a second controller starts":
                if len(world.replicas) > 1:
                    return False
                world.start_replica()
            case "the clock jumps ahead":
                world.clock.jump(600)
            case "the clock jumps back":
                world.clock.jump(-600)
        return True


HAPPENINGS = (
    "the Deployment is deleted by hand",
    "the JobManager crashes",
    "the JobManager's node is lost",
    "the job's metadata is lost",
    *BY_HAND,
    "a task fails",
    "the job fails",
    "the job finishes",
    "the next savepoint fails",
    "the next savepoint is made but the job fails",
    "checkpoints stall",
    "the controller is killed",
    "the Lease cannot be renewed",
    "a second controller starts",
    "the clock jumps ahead",
    "the clock jumps back",
)


@dataclass(frozen=True, slots=True, repr=False)
class DeleteNamespace(Terse):
    """The user deletes the namespace with all that is in it."""

    def happen(self, world: World) -> bool:
        return done(world, "delete the namespace", world.delete_namespace())


@dataclass(frozen=True, slots=True, repr=False)
class WriteStatus(Terse):
    """Another operator, or a person, writes the status."""

    def happen(self, world: World) -> bool:
        written = world.cluster.written_by_another(world.clock.milliseconds())
        return done(world, "another writes the status", written)


@dataclass(frozen=True, slots=True, repr=False)
class Watch(Terse):
    """A watch of the first controller is late, lost until it starts anew, or delivers twice."""

    plural: str
    how: str

    def happen(self, world: World) -> bool:
        for replica in world.replicas[:1]:
            match self.how:
                case "late":
                    replica.watch_delay[self.plural] = 15.0
                case "lost":
                    replica.lost_watches.add(self.plural)
                case "twice":
                    replica.repeat(self.plural)
                case "anew":
                    replica.relist(self.plural)
            return done(world, f"watch {self.how}", True)
        return False


WATCHES = ("late", "lost", "twice", "anew")


@dataclass(frozen=True, slots=True, repr=False)
class Fail(Terse):
    """The next calls of a kind fail, after some that do not."""

    target: Target
    failure: Failure
    skip: int = 0
    times: int = 1

    def happen(self, world: World) -> bool:
        world.faults.append(Fault(self.target, self.failure, self.skip, self.times))
        return True


@dataclass(frozen=True, slots=True, repr=False)
class Meanwhile(Terse):
    """In the midst of a reconciliation, before a call of that kind, something else happens."""

    target: Target
    step: Any
    skip: int = 0

    def happen(self, world: World) -> bool:
        fault = Fault(self.target, Failure.MEANWHILE, self.skip, meanwhile=lambda: self.step.happen(world))
        world.faults.append(fault)
        return True


def done(world: World, what: str, effective: bool) -> bool:
    """Count it, if it was."""
    if effective:
        world.coverage.hit("step", what)
    return effective


def _delete_deployment(world: World) -> bool:
    deployment = world.server.find("deployments", NAME)
    if deployment is None:
        return False
    world.server.delete("deployments", NAME)
    for owner in deployment["metadata"].get("ownerReferences") or []:
        world.lost_by_hand(owner["uid"])
    return True


def lose_metadata(world: World, job_id: str | None) -> bool:
    """Somebody deletes the ConfigMap while nobody writes it."""
    name = f"{NAME}-{job_id}-config-map"
    if world.flink.living_jobs(NAME) or world.server.find("configmaps", name) is None:
        return False
    world.server.remove("configmaps", name)
    return True


def _lose_node(world: World) -> bool:
    pods = world.server.selected("pods", f"app={NAME},component=jobmanager")
    for pod in pods:
        world.node.lose(pod["metadata"]["name"])
    return bool(pods)

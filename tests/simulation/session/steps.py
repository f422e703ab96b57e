"""What can happen to session jobs, and to their cluster for their sake."""

from dataclasses import dataclass
from typing import cast

from tests.simulation.jars import MISSING
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.replica import NAME
from tests.simulation.session.setup import BLOCK, CASCADE
from tests.simulation.session.world import SessionWorld
from tests.simulation.steps import done, lose_metadata
from tests.simulation.terse import Terse
from tests.simulation.world import INITIAL, World


@dataclass(frozen=True, slots=True, repr=False)
class EditJob(Terse):
    """The user changes the spec of a session job."""

    name: str
    what: str = "parallelism"

    def happen(self, world: World) -> bool:
        session = cast(SessionWorld, world)
        resource, number = session.jobs.get(self.name), next(world.numbers)
        if resource is None:
            return False
        job, options = resource.spec["job"], resource.spec["flinkConfiguration"]
        match self.what:
            case "parallelism":
                job["parallelism"] = number + 1
            case "arguments":
                job["args"] = [str(number)]
            case "invalid":
                job["parallelism"] = 0
            case "mended":
                job["parallelism"] = number + 1
                job["jarURI"] = f"https://jars.example.com/{self.name}-{number}.jar"
            case "missing jar":
                job["jarURI"] = MISSING
            case "restart":
                resource.spec["restartNonce"] = number
            case "directory":
                options["execution.checkpointing.savepoint-dir"] = f"s3://shop/sp/{self.name}"
            case "fallback":
                options["kubernetes.operator.job.upgrade.last-state-fallback.enabled"] = "true"
            case "suspended" | "running":
                job["state"] = self.what
            case "redeployed from initial" | "redeployed from newest":
                newest = session.newest_of(self.name) or INITIAL
                job["initialSavepointPath"] = INITIAL if self.what.endswith("initial") else newest
                job["savepointRedeployNonce"] = number
            case "savepoint by nonce":
                job["savepointTriggerNonce"] = number
            case mode:
                job["upgradeMode"] = mode
        return done(world, f"edit job: {self.what}", resource.apply())


JOB_EDITS = (
    "parallelism",
    "arguments",
    "restart",
    "invalid",
    "mended",
    "missing jar",
    "suspended",
    "running",
    "redeployed from initial",
    "redeployed from newest",
    "savepoint by nonce",
    "stateless",
    "savepoint",
    "last-state",
)


@dataclass(frozen=True, slots=True, repr=False)
class EditSession(Terse):
    """The user says what becomes of jobs when the cluster goes."""

    what: str

    def happen(self, world: World) -> bool:
        options = world.cluster.spec["flinkConfiguration"]
        match self.what:
            case "jobs keep the cluster":
                options[BLOCK], options[CASCADE] = "true", "false"
            case "jobs are parked":
                options[BLOCK], options[CASCADE] = "false", "false"
            case "jobs go with the cluster":
                options[CASCADE] = "true"
            case "high availability":
                options["high-availability.type"] = "kubernetes"
                options["high-availability.storageDir"] = "s3://shop/ha"
            case "no high availability":
                options.pop("high-availability.type", None)
        return done(world, f"edit session: {self.what}", world.cluster.apply())


SESSION_EDITS = (
    "jobs keep the cluster",
    "jobs are parked",
    "jobs go with the cluster",
    "high availability",
    "no high availability",
)


@dataclass(frozen=True, slots=True, repr=False)
class Told(Terse):
    """The status of a session job tells that it runs. Only for scenarios in which nothing fails."""

    name: str

    def happen(self, world: World) -> bool:
        state = (cast(SessionWorld, world).jobs[self.name].status.get("jobStatus") or {}).get("state")
        if state != "RUNNING":
            raise PromiseBrokenError(f"{self.name} runs, and its status says {state}")
        return True


@dataclass(frozen=True, slots=True, repr=False)
class CreateJob(Terse):
    """The user creates a session job, where there is none."""

    name: str

    def happen(self, world: World) -> bool:
        job = cast(SessionWorld, world).jobs.get(self.name)
        return done(world, "create job again", job is not None and job.create())


@dataclass(frozen=True, slots=True, repr=False)
class DeleteJob(Terse):
    """The user deletes a session job."""

    name: str

    def happen(self, world: World) -> bool:
        job = cast(SessionWorld, world).jobs.get(self.name)
        return done(world, "delete job", job is not None and job.delete())


@dataclass(frozen=True, slots=True, repr=False)
class AnnotateJob(Terse):
    """The user sets an annotation of a session job; None takes it away."""

    name: str
    annotation: str
    value: str | None = "true"

    def happen(self, world: World) -> bool:
        job = cast(SessionWorld, world).jobs.get(self.name)
        changed = job is not None and job.annotate(self.annotation, self.value)
        return done(world, f"annotate job: {self.annotation}={self.value}", changed)


@dataclass(frozen=True, slots=True, repr=False)
class WriteJobStatus(Terse):
    """Another operator, or a person, writes the status of a session job."""

    name: str

    def happen(self, world: World) -> bool:
        job = cast(SessionWorld, world).jobs.get(self.name)
        written = job is not None and job.written_by_another(world.clock.milliseconds())
        return done(world, "another writes the status of a job", written)


@dataclass(frozen=True, slots=True, repr=False)
class HappensToJob(Terse):
    """Something that nobody asked for."""

    name: str
    what: str

    def happen(self, world: World) -> bool:
        session = cast(SessionWorld, world)
        job_id = session.job_id(self.name) if self.name in session.jobs else None
        return done(world, f"of a job: {self.what}", job_id is not None and self._happen(world, job_id))

    def _happen(self, world: World, job_id: str) -> bool:
        match self.what:
            case "a task fails":
                return world.flink.restart_jobs(NAME, job_id)
            case "it fails":
                return world.flink.end_jobs(NAME, "FAILED", job_id)
            case "it finishes":
                return world.flink.end_jobs(NAME, "FINISHED", job_id)
            case "its metadata is lost":
                return lose_metadata(world, job_id)
        return False


JOB_HAPPENINGS = ("a task fails", "it fails", "it finishes", "its metadata is lost")

"""A JobManager's process, its job, and the storage that outlives both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from shared.config.flink_versions import RELEASES, FlinkRelease
from shared.model.deployment import FlinkVersion

TERMINAL = frozenset({"FAILED", "CANCELED", "FINISHED"})


@dataclass(frozen=True, slots=True)
class RestorePoint:
    """A completed checkpoint or savepoint: how far the job was, in seconds of running."""

    path: str
    number: int
    content: float
    completed_at: int
    """Milliseconds since 1970."""
    is_savepoint: bool = False
    maker: str | None = None
    """Id of the job whose it is, to be deleted with it or when a newer one is there; None when nobody's."""
    made_by: str | None = None
    """Id of the job that made it."""

    @property
    def entry(self) -> dict[str, Any]:
        """As /jobs/J/checkpoints shows it."""
        return {
            "id": self.number,
            "external_path": self.path,
            "trigger_timestamp": self.completed_at,
            "latest_ack_timestamp": self.completed_at,
            "is_savepoint": self.is_savepoint,
        }


_OWN_JOB = "$internal.pipeline.job-id"


class Plan(NamedTuple):
    """What a job is made of."""

    parallelism: str
    path: str | None
    """The configured one to start from."""
    options: Mapping[str, str] = {}
    """Over those of the JobManager."""


class Storage:
    """Object storage: what lies under a path, and results of jobs that ended."""

    def __init__(self) -> None:
        self.points: dict[str, RestorePoint] = {}
        self.read_only: set[str] = set()
        """Folders that nobody can write to."""
        self.results: set[tuple[str, str]] = set()
        """Paths of job result stores with the ids of jobs that have ended."""
        self.untidied: set[tuple[str, str]] = set()
        """Paths of application result stores with the clusters of applications not yet tidied up after."""
        self._names = count(1)

    def path(self, folder: str, kind: str) -> str:
        """A new one in the folder."""
        return f"{folder}/{kind}-{next(self._names)}"

    def drop(self, point: RestorePoint | None, job_id: str) -> None:
        """Delete what the job made and need not keep."""
        if point is not None and point.maker == job_id:
            self.points.pop(point.path, None)


@dataclass(slots=True)
class Job:
    """A run of a job."""

    job_id: str
    state: str
    start_time: int
    plan: Plan
    restored: RestorePoint | None
    progress: float
    options: Mapping[str, Any]
    running_since: float | None = None
    """On the monotonic clock; None while it does not run."""
    completed: RestorePoint | None = None
    savepoint: RestorePoint | None = None
    kept: RestorePoint | None = None
    """The newest checkpoint in Flink's own store, where what it was restored from counts too."""
    number: int = 1
    """Of the next checkpoint."""
    restarts: int = 0
    thrown: list[tuple[int, str]] = field(default_factory=list)
    """The newest last; times in milliseconds since 1970."""
    modified: int = 0
    """Milliseconds since 1970."""
    ended: float | None = None
    """On the monotonic clock."""

    @property
    def is_alive(self) -> bool:
        return self.state not in TERMINAL


@dataclass(slots=True)
class Operation:
    """A savepoint that was asked for."""

    location: str | None = None
    failure: str | None = None
    expires: float = float("inf")


@dataclass(slots=True)
class JobManager:
    """The process in one container."""

    cluster: str
    deployment_uid: str
    pod_uid: str
    generation: str
    is_rollback: bool
    options: dict[str, Any]
    is_alive: bool = True
    answers: bool = False
    jobs: dict[str, Job] = field(default_factory=dict)
    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    """By the job's id and that of the trigger."""
    remembered: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    """What was last told of a job's checkpoints, and when, on the monotonic clock."""
    jars: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Name and time, in milliseconds since 1970, by id: on its disk, which ends with its process."""

    @property
    def release(self) -> FlinkRelease:
        """What this version of Flink knows."""
        return RELEASES[FlinkVersion(self.options["$internal.flink.version"])]

    @property
    def own_job(self) -> str | None:
        """Id of the job that its application submits; None of a session cluster."""
        return self.options.get(_OWN_JOB)

    @property
    def is_highly_available(self) -> bool:
        return bool(self.options.get("high-availability.type", "NONE") == "kubernetes")

    @property
    def result_store(self) -> str:
        """Path of the store for results of jobs that have ended."""
        return str(self.options.get("job-result-store.storage-path", self.cluster))

    @property
    def application(self) -> tuple[str, str] | None:
        """Path of the store for its application's result, and what the application is called there."""
        if self.own_job is None or not self.is_highly_available:
            return None
        if not self.release.has_application_result_store:
            return None
        return str(self.options.get("application-result-store.storage-path", "")), self.cluster

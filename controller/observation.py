"""What is known about a cluster at one moment. Unknown is never absent: nothing is concluded from silence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from shared.model.status import JobState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """The fact, as it was read."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """Whoever must know says that there is none."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody could be asked, or no answer came."""

    reason: str


Fact = Known[T] | Absent | Unknown


class Component(StrEnum):
    """A pod's part in the cluster, by its label `component`."""

    JOB_MANAGER = "jobmanager"
    TASK_MANAGER = "taskmanager"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot start: one word for programs, a sentence for people."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """The JobManager's Deployment."""

    uid: str
    generation: int | None
    """Generation of the FlinkDeployment that it was made for, from its annotation."""
    replicas: int
    available: bool
    paused: bool
    """Made but not yet released: its accompanying objects may be missing."""
    being_deleted: bool
    never_available: bool
    """No JobManager of it was ever up, so no job of it ever ran."""
    problem: Problem | None = None
    foreign: bool = False
    """It has the name, but was not made for this resource: nothing may be done to it."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the cluster."""

    name: str
    component: Component
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """The job as Flink reports it."""

    job_id: str
    name: str
    state: JobState
    start_time: int
    """Milliseconds since 1970."""
    failure: str | None = None
    """Root cause, when the job failed."""


@dataclass(frozen=True, slots=True)
class FlinkInfo:
    """Version and revision that the JobManager reports."""

    version: str
    revision: str


@dataclass(frozen=True, slots=True)
class Observation:
    """All facts about one FlinkDeployment, read at about the same time."""

    at: datetime
    cluster: Fact[Cluster]
    pods: Fact[tuple[Pod, ...]]
    flink: Fact[FlinkInfo]
    """Known when the JobManager answers over REST."""
    job: Fact[Job]
    """The job with the recorded id; absent only when the JobManager answers and does not know it."""

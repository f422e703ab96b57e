"""What is known about a cluster at one moment. Unknown is never absent: nothing is concluded from silence."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Any, Generic, TypeVar

from controller.flink.checksums import ObjectName
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
class Problem:
    """Why something cannot start, or be asked: one word for programs, a sentence for people."""

    reason: str
    message: str
    stack_trace: str = ""
    """Java's, where an exception is behind it; people see it only where the operator is told so."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody could be asked, or no answer came."""

    reason: str
    problem: Problem | None = None
    """What somebody must mend before it can be known."""


Fact = Known[T] | Absent | Unknown

NOT_ASKED = Unknown("nobody was asked")


class Component(StrEnum):
    """A pod's part in the cluster, by its label `component`."""

    JOB_MANAGER = "jobmanager"
    TASK_MANAGER = "taskmanager"


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
    resource_version: str | None = None
    is_rollback: bool = False
    """It was made of the last stable spec, in place of that generation's."""
    foreign: bool = False
    """It has the name, but was not made for this resource: nothing may be done to it."""
    since: datetime | None = None
    """When it became available, or ceased to be; None while Kubernetes has not said."""
    service_account: str = "default"
    """Of its pods."""

    @property
    def is_whole(self) -> bool:
        """Ours, released, and not on its way down."""
        return not (self.foreign or self.being_deleted or self.paused) and self.replicas > 0


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the cluster."""

    name: str
    component: Component
    problem: Problem | None = None
    """Why it does not run."""
    crash: Problem | None = None
    """Why a container of it ended that is not ready since, whether it runs again or not."""
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """The job as Flink reports it."""

    job_id: str
    name: str
    state: JobState
    start_time: int
    """Milliseconds since 1970."""
    last_modified: int = 0
    """When the state of the job or of one of its tasks last changed, in milliseconds since 1970."""
    failure: str | None = None
    """Stack trace of what the job failed for, when it failed and Flink tells it."""


@dataclass(frozen=True, slots=True)
class JobException:
    """What a job threw, as its JobManager remembers it."""

    timestamp: int
    """Milliseconds since 1970."""
    stack_trace: str
    facts: tuple[tuple[str, str], ...] = ()
    """Where it was thrown, and how it was classified: the contract's names of annotations, with values."""


@dataclass(frozen=True, slots=True)
class TaskManagers:
    """The TaskManagers' Deployment of a standalone cluster."""

    uid: str
    replicas: int
    being_deleted: bool
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class StopOperation:
    """A stop with savepoint, as Flink tells of it; under way while it has neither location nor failure."""

    location: str | None = None
    """Where the savepoint lies: the job's state is safe."""
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """What a job could be restored from, as Flink tells it; times in milliseconds since 1970."""

    newest: str | None = None
    """Path of the newest of completed checkpoint, savepoint, and what the job itself was restored from."""
    is_addressable: bool = True
    """False when the newest lies in the JobManager's memory, where no other job can reach it."""
    is_discarded: bool = False
    """Flink deleted the newest when the job ended, because it was not to be retained."""
    completed_at: int | None = None
    in_progress_since: int | None = None

    @property
    def is_within_reach(self) -> bool:
        """Whether another run can start from the newest, if there is one."""
        return self.is_addressable and not self.is_discarded


@dataclass(frozen=True, slots=True)
class HighAvailability:
    """Flink's own metadata of a job in Kubernetes: whoever starts the job again goes on from it."""

    job_id: str
    has_checkpoint: bool


class Drift(Enum):
    """How an object is not any more what it was made as."""

    MISSING = auto()
    EDITED = auto()
    FOREIGN = auto()
    """Somebody else's has its name: nothing may be done to it."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A Service or ConfigMap of the cluster that has drifted."""

    object: ObjectName
    drift: Drift
    checksum: str | None = None
    """What it had when it was made; None where that is not on record."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody else writes the resource's status."""

    writer: str
    """The name under which the API server knows it."""
    quiet_for: float
    """Seconds until it is taken for gone, if it writes nothing more."""
    is_new: bool


@dataclass(frozen=True, slots=True)
class Repairs:
    """Those of late of a resource's objects, each because the one before did not last."""

    number: int
    next_at: datetime
    """The earliest time for another one."""


@dataclass(frozen=True, slots=True)
class SessionJob:
    """A FlinkSessionJob, as the session cluster sees it that it names."""

    name: str
    has_state_to_lose: bool
    """It keeps state, and has not ended."""
    may_run: bool = False
    """It was submitted, and has not ended."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A submission of a session job by this process."""

    job_id: str
    ended_at: datetime | None = None
    """None while it is under way."""
    problem: Problem | None = None
    """Why it failed."""
    may_pass: bool = False
    """Another attempt may succeed though nobody mends anything."""
    unanswered_at: datetime | None = None
    """Until when at the latest the JobManager was asked, by this attempt or one before it, to run the job,
    and did not say what came of it: the job may come up for a while after.
    """


@dataclass(frozen=True, slots=True)
class FlinkInfo:
    """Version and revision that the JobManager reports."""

    version: str
    revision: str


@dataclass(frozen=True, slots=True)
class Observation:
    """All facts about one FlinkDeployment or FlinkSessionJob, read at about the same time."""

    at: datetime
    cluster: Fact[Cluster]
    """Of a session job the one that it runs on."""
    pods: Fact[tuple[Pod, ...]]
    flink: Fact[FlinkInfo]
    """Known when the JobManager answers over REST."""
    job: Fact[Job]
    """The job with the recorded id; absent only when the JobManager answers and does not know it."""
    task_managers: Fact[TaskManagers] = NOT_ASKED
    """Absent too where Flink itself makes the TaskManagers, and where the Deployment is somebody else's."""
    ingress: Fact[dict[str, Any]] = NOT_ASKED
    """The object as it was last seen; what is done about it is decided again on what is read then."""
    drifted: Fact[tuple[Drifted, ...]] = NOT_ASKED
    """Services and ConfigMaps of the cluster, read live where any has drifted."""
    repairs: Repairs | None = None
    """None where nothing was repaired of late."""
    stop: Fact[StopOperation] = NOT_ASKED
    """The stop with the recorded trigger id; absent when the JobManager answers and does not know it."""
    checkpoints: Fact[Checkpoints] = NOT_ASKED
    """Those of the recorded job; absent when it takes none."""
    restarts: Fact[int] = NOT_ASKED
    """How often Flink has restarted the recorded job in this JobManager's life."""
    exceptions: Fact[tuple[JobException, ...]] = NOT_ASKED
    """What the recorded job threw and nobody told yet, the newest first; asked when something moved."""
    high_availability: Fact[HighAvailability] = NOT_ASKED
    """The metadata of the recorded job in the cluster's ConfigMaps; absent too where none are kept there."""
    missing_rights: Fact[tuple[str, ...]] = NOT_ASKED
    """What the cluster's service account may not do though Flink needs it; asked when it does not come up."""
    session_jobs: Fact[tuple[SessionJob, ...]] = NOT_ASKED
    """Those that name this session cluster; asked when it changes or goes."""
    running_jobs: Fact[tuple[str, ...]] = NOT_ASKED
    """Ids of jobs of a session cluster that is being deleted, which have not ended."""
    attempt: Fact[Attempt] = NOT_ASKED
    """The last one of a session job's recorded submission; absent where this process made none."""
    from_caches: bool = False
    """What is in Kubernetes was not read live: it may be behind, and no effect may follow from it."""

    @property
    def rest_problem(self) -> Problem | None:
        """What somebody must mend before the JobManager can be asked."""
        return self.flink.problem if isinstance(self.flink, Unknown) else None

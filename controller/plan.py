"""What `decide` wants: a status, effects, events, and when to look again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic

from shared.config.effective import Submission
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.snapshot_info import SavepointFormatType
from shared.model.status import CommonStatus, Status_co


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Make deletion wait for the cluster to be cleaned up."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Let the resource go."""


@dataclass(frozen=True, slots=True)
class CreateCluster:
    """Create what is missing of the cluster's objects, then release its JobManager."""

    spec: FlinkDeploymentSpec
    submission: Submission


@dataclass(frozen=True, slots=True)
class RunJob:
    """Have a session cluster run a job: its jar is brought there first."""

    spec: FlinkSessionJobSpec
    job_id: str
    """On record beforehand: Flink runs no two jobs of the same id."""
    restore_path: str | None
    is_repeated: bool = False
    """It was on record before: another process may have had it run."""


@dataclass(frozen=True, slots=True)
class AbandonSubmission:
    """Bring no jar to the session cluster any more; one that is being run there already is waited for."""


@dataclass(frozen=True, slots=True)
class StopWithSavepoint:
    """Have the JobManager take a savepoint and end the job with it."""

    job_id: str
    trigger_id: str
    """32 hexadecimal digits, on record beforehand: repeated with the same id it is the same stop."""
    directory: str
    format_type: SavepointFormatType
    drain: bool
    """Whether sources end first, with a final watermark: windows fire that would have gone on."""


@dataclass(frozen=True, slots=True)
class TriggerSavepoint:
    """Have the JobManager take a savepoint of a job that runs on."""

    job_id: str
    trigger_id: str
    """As that of StopWithSavepoint."""
    directory: str
    format_type: SavepointFormatType


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Have the JobManager end the job; its newest checkpoint is retained."""

    job_id: str


@dataclass(frozen=True, slots=True)
class StopJobManager:
    """Scale the JobManager to zero, so that it makes no TaskManagers while they are being deleted."""

    resource_version: str | None = None
    """Of its Deployment when that was decided: a JobManager that came up since is looked at again."""


@dataclass(frozen=True, slots=True)
class DeleteCluster:
    """Delete the JobManager's Deployment with this uid and all that it owns."""

    uid: str


@dataclass(frozen=True, slots=True)
class DeleteTaskManagers:
    """Delete the TaskManagers' Deployment with this uid: the JobManager's does not own it."""

    uid: str


@dataclass(frozen=True, slots=True)
class GiveUpCluster:
    """Have what is known of the cluster deleted, by uid; what the API server refuses is left to its owner."""

    cluster: str | None
    task_managers: str | None


@dataclass(frozen=True, slots=True)
class ScaleTaskManagers:
    """Have a standalone cluster run so many TaskManagers."""

    replicas: int


@dataclass(frozen=True, slots=True)
class EnsureIngress:
    """Put the Ingress in place."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RemoveIngress:
    """Take the resource's Ingress away."""


@dataclass(frozen=True, slots=True)
class RepairObjects:
    """Put Services and ConfigMaps of a cluster in place that runs."""

    uid: str
    """Of its Deployment."""
    bodies: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class DeleteHighAvailabilityData:
    """Delete Flink's high-availability ConfigMaps: the state that they point to is given up."""


@dataclass(frozen=True, slots=True)
class DeleteSessionJobs:
    """Delete these FlinkSessionJobs of the cluster's namespace: each ends as its own options say."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgetJobPlans:
    """Take the plans of older jobs out of Flink's high-availability ConfigMaps.

    A JobManager runs every plan that it finds there, beside the job that it is started for.
    """


ClusterAction = (
    CreateCluster
    | StopJobManager
    | DeleteCluster
    | DeleteTaskManagers
    | GiveUpCluster
    | ScaleTaskManagers
    | RepairObjects
    | DeleteHighAvailabilityData
    | DeleteSessionJobs
    | ForgetJobPlans
)
"""On the objects that a cluster is made of."""

JobAction = AddFinalizer | RemoveFinalizer | StopWithSavepoint | TriggerSavepoint | CancelJob
"""On a job and its resource, of either kind."""

Action = JobAction | RunJob | AbandonSubmission | EnsureIngress | RemoveIngress | ClusterAction


class EventType(StrEnum):
    """Kubernetes' two types of events."""

    NORMAL = "Normal"
    WARNING = "Warning"


class EventComponent(StrEnum):
    """The part of the operator that an event speaks for (contract part 6)."""

    OPERATOR = "Operator"
    JOB_MANAGER_DEPLOYMENT = "JobManagerDeployment"
    JOB = "Job"


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes event on the resource."""

    type: EventType
    reason: str
    message: str
    component: EventComponent = EventComponent.JOB_MANAGER_DEPLOYMENT
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan(Generic[Status_co]):
    """The status is written first, then the events are posted, then the actions run in order."""

    status: Status_co
    actions: tuple[Action, ...] = ()
    events: tuple[Event, ...] = ()
    again_after: float | None = None
    """Seconds until the next look, when nothing changes before; None when only a change matters."""


AnyPlan = Plan[CommonStatus]

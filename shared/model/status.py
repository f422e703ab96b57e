"""Status of FlinkDeployment and FlinkSessionJob, in the Java operator's form (contract 1.7-1.10)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue
from typing_extensions import TypeVar

from shared.model.base import Int32, Int64, Model
from shared.model.snapshot_info import CheckpointInfo, SavepointInfo


class JobManagerDeploymentStatus(StrEnum):
    """How far the JobManager's Deployment has come."""

    READY = "READY"
    DEPLOYED_NOT_READY = "DEPLOYED_NOT_READY"
    DEPLOYING = "DEPLOYING"
    MISSING = "MISSING"
    ERROR = "ERROR"


class JobState(StrEnum):
    """Flink's JobStatus."""

    INITIALIZING = "INITIALIZING"
    CREATED = "CREATED"
    RUNNING = "RUNNING"
    FAILING = "FAILING"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"
    RESTARTING = "RESTARTING"
    SUSPENDED = "SUSPENDED"
    RECONCILING = "RECONCILING"

    @property
    def is_terminal(self) -> bool:
        """Globally terminal: Flink will not run this job id again."""
        return self in {JobState.FAILED, JobState.CANCELED, JobState.FINISHED}


class ReconciliationState(StrEnum):
    """Where the last reconciled spec is on its way to the cluster."""

    DEPLOYED = "DEPLOYED"
    UPGRADING = "UPGRADING"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"

    @property
    def is_deployed(self) -> bool:
        """Nothing is under way: the recorded spec is deployed, or the stable one in its place."""
        return self in {ReconciliationState.DEPLOYED, ReconciliationState.ROLLED_BACK}


class LifecycleState(StrEnum):
    """The state of the whole resource, in one word."""

    CREATED = "CREATED"
    SUSPENDED = "SUSPENDED"
    UPGRADING = "UPGRADING"
    DEPLOYED = "DEPLOYED"
    STABLE = "STABLE"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"
    FAILED = "FAILED"
    DELETING = "DELETING"
    DELETED = "DELETED"


class JobStatus(Model):
    """What Flink last said about the job."""

    job_name: str | None = None
    """Name of the job in Flink."""
    job_id: str | None = None
    """Flink's id of the job, 32 hexadecimal digits; fixed before the job is submitted."""
    state: JobState | None = None
    """State of the job as Flink reports it; RECONCILING while the JobManager cannot be asked."""
    start_time: str | None = None
    """When the job started, in milliseconds since 1970."""
    update_time: str | None = None
    """When the state last changed, in milliseconds since 1970."""
    last_exception_time: str | None = None
    """When the job threw what was last told as an event, in milliseconds since 1970."""
    upgrade_savepoint_path: str | None = None
    """Restore point of the upgrade in progress, or of the last one."""
    savepoint_info: SavepointInfo | None = None
    """Deprecated: savepoints triggered through nonces."""
    checkpoint_info: CheckpointInfo | None = None
    """Deprecated: checkpoints triggered through nonces."""


Document = Annotated[str, Field(json_schema_extra={"maxLength": 3 * 2**18})]
"""A JSON document; bounded for the cost of rules about its text. An object of etcd's 1.5 MiB, which holds the
spec beside it, has room for no longer one."""


class ReconciliationStatus(Model):
    """Which spec was last reconciled, which was last stable, and what is under way."""

    reconciliation_timestamp: Int64 = 0
    """When the spec was last reconciled, in milliseconds since 1970."""
    last_reconciled_spec: Document | None = None
    """The spec that was last reconciled, as a JSON document; absent before the first deployment."""
    last_reconciled_generation: Int64 | None = None
    """Generation of lastReconciledSpec, where a newer one was seen that waits or is not valid."""
    last_stable_spec: Document | None = None
    """The spec that last proved stable, as a JSON document."""
    state: ReconciliationState = ReconciliationState.UPGRADING
    """Progress of the last reconciled spec."""


class ConditionStatus(StrEnum):
    """Kubernetes' three-valued condition status."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Model):
    """A Kubernetes condition."""

    type: str
    """Ready, Progressing, Degraded, Stalled, JobRunning or Running."""
    status: ConditionStatus
    """True, False or Unknown."""
    reason: str
    """One word for programs."""
    message: str = ""
    """What it means and what to do, for people."""
    last_transition_time: str
    """When the condition's status last changed."""
    observed_generation: Int64 | None = None
    """Generation of the spec that the condition speaks of."""


class TaskManagerInfo(Model):
    """What the scale subresource reads."""

    label_selector: str | None = None
    """Selects the TaskManagers' pods."""
    replicas: Int32 = Field(default=0, json_schema_extra={"minimum": 0})
    """Number of TaskManagers."""


_BY_TYPE: dict[str, JsonValue] = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
}


class StatusWithConditions(Model):
    """A status that speaks in conditions, as all four kinds do."""

    observed_generation: Int64 | None = None
    """Newest generation that the operator has looked at."""
    conditions: list[Condition] = Field(default_factory=list, json_schema_extra=_BY_TYPE)
    """How the resource stands, for people, `kubectl wait` and dashboards."""

    def condition(self, condition_type: str) -> Condition | None:
        """The condition of that type, if there is one."""
        return next((c for c in self.conditions if c.type == condition_type), None)


class CommonStatus(StatusWithConditions):
    """What FlinkDeployment and FlinkSessionJob have in common."""

    job_status: JobStatus = Field(default_factory=JobStatus)
    """The job as Flink last reported it."""
    error: str | None = None
    """What is wrong, as a JSON document with type and message; absent when nothing is."""
    lifecycle_state: LifecycleState | None = None
    """State of the resource in one word."""
    reconciliation_status: ReconciliationStatus = Field(default_factory=ReconciliationStatus)
    """Which spec runs and what is under way."""

    @property
    def recorded_generation(self) -> int | None:
        """Generation of the spec on record, which decisions rest on; None before the first deployment.

        Other operators know observedGeneration alone, and mean this one by it.
        """
        if self.reconciliation_status.last_reconciled_spec is None:
            return None
        return self.reconciliation_status.last_reconciled_generation or self.observed_generation


class FlinkDeploymentStatus(CommonStatus):
    """What the operator knows about a cluster and its job."""

    cluster_info: dict[str, str] = Field(default_factory=dict)
    """Flink's version and revision and what the cluster uses."""
    job_manager_deployment_status: JobManagerDeploymentStatus = JobManagerDeploymentStatus.MISSING
    """How far the JobManager has come."""
    task_manager: TaskManagerInfo | None = None
    """Number and selector of the TaskManagers, for the scale subresource."""


class FlinkSessionJobStatus(CommonStatus):
    """What the operator knows about a session job."""


Status = TypeVar("Status", bound=CommonStatus)
Status_co = TypeVar("Status_co", bound=CommonStatus, covariant=True, default=FlinkDeploymentStatus)
"""A FlinkDeployment's where nothing is said."""

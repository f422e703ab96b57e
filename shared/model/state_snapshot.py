"""FlinkStateSnapshot: one savepoint or checkpoint (contract part 1.5)."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared import API_VERSION
from shared.model.base import Flag, Int32, Metadata, Model
from shared.model.snapshot_info import SavepointFormatType
from shared.model.status import StatusWithConditions


class JobKind(StrEnum):
    """What a snapshot can be taken of."""

    FLINK_DEPLOYMENT = "FlinkDeployment"
    FLINK_SESSION_JOB = "FlinkSessionJob"


class SnapshotState(StrEnum):
    """How far the snapshot has come."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    IN_PROGRESS = "IN_PROGRESS"
    TRIGGER_PENDING = "TRIGGER_PENDING"
    ABANDONED = "ABANDONED"


class JobReference(Model):
    """The resource whose job the snapshot is taken of, in the same namespace."""

    kind: JobKind | None = None
    """Kind of the resource."""
    name: str | None = None
    """Its name."""


class SavepointSpec(Model):
    """A savepoint to take, or one that exists already."""

    path: str | None = None
    """Target folder, by default the job's savepoint folder. With alreadyExists: the savepoint itself."""
    format_type: SavepointFormatType = SavepointFormatType.CANONICAL
    """Binary format."""
    dispose_on_delete: Flag = True
    """Whether the savepoint's data goes when this resource is deleted."""
    already_exists: Flag = False
    """Only record the savepoint; nothing is triggered."""


class CheckpointSpec(Model):
    """A checkpoint to take; it has no settings."""


class FlinkStateSnapshotSpec(Model):
    """What snapshot to take, and of which job."""

    job_reference: JobReference | None = None
    """The job."""
    savepoint: SavepointSpec | None = None
    """Take (or record) a savepoint."""
    checkpoint: CheckpointSpec | None = None
    """Take a checkpoint."""
    backoff_limit: Int32 = Field(default=-1, json_schema_extra={"minimum": -1})
    """How often a failed snapshot is tried again; -1 without limit."""


class FlinkStateSnapshotStatus(StatusWithConditions):
    """What came of the snapshot."""

    state: SnapshotState = SnapshotState.TRIGGER_PENDING
    """How far the snapshot has come."""
    trigger_id: str | None = None
    """Flink's id of the operation."""
    trigger_timestamp: str | None = None
    """When it was triggered."""
    result_timestamp: str | None = None
    """When it ended."""
    path: str | None = None
    """Where the snapshot lies."""
    error: str | None = None
    """What went wrong."""
    failures: Int32 = 0
    """Number of failed attempts."""


class FlinkStateSnapshot(Model):
    """One savepoint or checkpoint of a job."""

    api_version: Literal["flink.apache.org/v1beta1"] = API_VERSION
    kind: Literal["FlinkStateSnapshot"] = "FlinkStateSnapshot"
    metadata: Metadata
    spec: FlinkStateSnapshotSpec
    """What snapshot to take, and of which job."""
    status: FlinkStateSnapshotStatus = Field(default_factory=FlinkStateSnapshotStatus)
    """What came of it. Written by the operator."""

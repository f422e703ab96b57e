"""Savepoints and checkpoints that nonces, periods and upgrades triggered, as the job status lists them.

Deprecated by FlinkStateSnapshot, and still read: the Java operator leaves them on jobs (contract 1.7).
"""

from enum import StrEnum

from shared.model.base import Int64, Model


class SavepointFormatType(StrEnum):
    """Binary format of a savepoint."""

    CANONICAL = "CANONICAL"
    NATIVE = "NATIVE"
    UNKNOWN = "UNKNOWN"


class CheckpointType(StrEnum):
    """Whether a checkpoint holds all state or what changed since the one before."""

    FULL = "FULL"
    INCREMENTAL = "INCREMENTAL"
    UNKNOWN = "UNKNOWN"


class SnapshotTriggerType(StrEnum):
    """Why a snapshot was taken."""

    MANUAL = "MANUAL"
    PERIODIC = "PERIODIC"
    UPGRADE = "UPGRADE"
    UNKNOWN = "UNKNOWN"


class Savepoint(Model):
    """A savepoint that was taken."""

    time_stamp: Int64 | None = None
    """When it was triggered, in milliseconds since 1970."""
    location: str | None = None
    """Where it lies."""
    trigger_type: SnapshotTriggerType | None = None
    """Why it was taken."""
    format_type: SavepointFormatType | None = None
    """Its binary format."""
    trigger_nonce: Int64 | None = None
    """The nonce that asked for it."""


class SavepointInfo(Model):
    """The newest savepoint, those before it, and one that is under way."""

    last_savepoint: Savepoint | None = None
    """The newest savepoint."""
    trigger_id: str | None = None
    """Flink's id of the savepoint that is under way."""
    trigger_timestamp: Int64 | None = None
    """When that was triggered, in milliseconds since 1970."""
    trigger_type: SnapshotTriggerType | None = None
    """Why that was triggered."""
    format_type: SavepointFormatType | None = None
    """Binary format of the one under way."""
    savepoint_history: list[Savepoint] | None = None
    """Savepoints that are still kept, the oldest first."""
    last_periodic_savepoint_timestamp: Int64 | None = None
    """When a periodic savepoint was last taken, in milliseconds since 1970."""


class Checkpoint(Model):
    """A checkpoint that was asked for."""

    time_stamp: Int64 | None = None
    """When it was triggered, in milliseconds since 1970."""
    trigger_type: SnapshotTriggerType | None = None
    """Why it was taken."""
    format_type: CheckpointType | None = None
    """Whether it holds all state."""
    trigger_nonce: Int64 | None = None
    """The nonce that asked for it."""


class CheckpointInfo(Model):
    """The newest checkpoint that was asked for, and one that is under way."""

    last_checkpoint: Checkpoint | None = None
    """The newest checkpoint."""
    trigger_id: str | None = None
    """Flink's id of the checkpoint that is under way."""
    trigger_timestamp: Int64 | None = None
    """When that was triggered, in milliseconds since 1970."""
    trigger_type: SnapshotTriggerType | None = None
    """Why that was triggered."""
    format_type: CheckpointType | None = None
    """Kind of the one under way."""
    last_periodic_checkpoint_timestamp: Int64 | None = None
    """When a periodic checkpoint was last taken, in milliseconds since 1970."""

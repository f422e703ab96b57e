"""The job of an application cluster or of a session job (contract part 1.2)."""

from enum import StrEnum

from pydantic import Field

from shared.model.base import DEFAULT_NOT_STORED, Flag, FreeForm, Int32, Int64, Model


class DesiredJobState(StrEnum):
    """Whether the job should run."""

    RUNNING = "running"
    SUSPENDED = "suspended"


class UpgradeMode(StrEnum):
    """How state is carried over when the job is upgraded or suspended."""

    SAVEPOINT = "savepoint"
    LAST_STATE = "last-state"
    STATELESS = "stateless"


class JobSpec(Model):
    """The Flink job: its code, its arguments, and how its state is handled."""

    jar_uri: str | None = Field(default=None, alias="jarURI")
    """Location of the job jar. In an application cluster usually local:///… inside the image; may be absent
    when the main class is on the class path."""
    parallelism: Int32 = Field(default=0, json_schema_extra={"minimum": 0} | DEFAULT_NOT_STORED)
    """Parallelism of the job, at least 1. With taskManager.replicas a FlinkDeployment needs none."""
    entry_class: str | None = None
    """Fully qualified name of the main class; absent means the jar's manifest."""
    args: list[str] = Field(default_factory=list)
    """Arguments of the main method."""
    state: DesiredJobState = DesiredJobState.RUNNING
    """Desired state of the job: running or suspended."""
    savepoint_trigger_nonce: Int64 | None = None
    """Deprecated: create a FlinkStateSnapshot instead. A new value triggers a savepoint."""
    initial_savepoint_path: str | None = Field(default=None, max_length=4096)
    """Savepoint or checkpoint that the first deployment, or a savepoint redeployment, starts from."""
    checkpoint_trigger_nonce: Int64 | None = None
    """Deprecated: create a FlinkStateSnapshot instead. A new value triggers a checkpoint."""
    upgrade_mode: UpgradeMode = UpgradeMode.STATELESS
    """How state is carried over: savepoint, last-state or stateless."""
    allow_non_restored_state: Flag | None = None
    """Whether state that no operator of the job claims may be dropped on restore."""
    savepoint_redeploy_nonce: Int64 | None = None
    """A new value drops the running job and redeploys it from initialSavepointPath."""
    autoscaler_reset_nonce: Int64 | None = None
    """A new value clears all that the autoscaler has learned about the job."""


FlinkConfiguration = FreeForm
"""Flink options, flat (`a.b: c`), nested, or both mixed; see shared.config.flatten."""

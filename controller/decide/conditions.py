"""Conditions and the lifecycle state of a status (contract parts 1.8 and 1.10)."""

from datetime import UTC, datetime

from controller.decide.error_document import recorded_problem
from shared.model.reconciled_spec import AnySpec, ReconciledSpec
from shared.model.status import (
    CommonStatus,
    Condition,
    ConditionStatus,
    FlinkDeploymentStatus,
    JobManagerDeploymentStatus,
    JobState,
    LifecycleState,
    ReconciliationState,
    StatusWithConditions,
)

READY, RUNNING, JOB_RUNNING = "Ready", "Running", "JobRunning"
PROGRESSING, DEGRADED, STALLED = "Progressing", "Degraded", "Stalled"
_STATE_IS_MISSING = frozenset({"Missing", "RestoreFailed", "UpgradeFailed"})
"""Reasons of problems that only the job's owner can solve: where its state lies is not known."""

_JOB_MANAGER_REASONS = {
    JobManagerDeploymentStatus.READY: "JobManagerReady",
    JobManagerDeploymentStatus.DEPLOYED_NOT_READY: "DeployedNotReady",
    JobManagerDeploymentStatus.DEPLOYING: "JobManagerIsDeploying",
    JobManagerDeploymentStatus.MISSING: "JobManagerDeploymentMissing",
    JobManagerDeploymentStatus.ERROR: "Error",
}


_VALUES = {True: ConditionStatus.TRUE, False: ConditionStatus.FALSE, None: ConditionStatus.UNKNOWN}


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def set_condition(
    status: StatusWithConditions,
    condition_type: str,
    value: bool | None,
    reason: str,
    message: str,
    at: datetime,
    generation: int,
) -> None:
    """Put a condition into a status; its transition time moves only when its value (None: unknown) does."""
    wanted = _VALUES[value]
    before = status.condition(condition_type)
    unmoved = before is not None and before.status is wanted
    condition = Condition(
        type=condition_type,
        status=wanted,
        reason=reason,
        message=message,
        last_transition_time=before.last_transition_time if before and unmoved else timestamp(at),
        observed_generation=generation,
    )
    others = [other for other in status.conditions if other.type != condition_type]
    status.conditions = sorted([*others, condition], key=lambda one: one.type)


def drop_condition(status: StatusWithConditions, condition_type: str) -> None:
    """For conditions whose absence means that all is well."""
    status.conditions = [other for other in status.conditions if other.type != condition_type]


def set_running_condition(
    status: FlinkDeploymentStatus, application: bool, at: datetime, generation: int
) -> None:
    """The contract's condition: the job runs, or the session cluster's JobManager is ready."""
    if application:
        state = status.job_status.state
        name = state.value if state else "unknown"
        reason = name.capitalize()
        set_condition(
            status, RUNNING, state is JobState.RUNNING, reason, f"Job status {name}", at, generation
        )
    else:
        deployment = status.job_manager_deployment_status
        ready = deployment is JobManagerDeploymentStatus.READY
        reason = _JOB_MANAGER_REASONS[deployment]
        set_condition(status, RUNNING, ready, reason, f"JobManager {deployment.value}", at, generation)


def set_job_running_condition(
    status: CommonStatus, last: ReconciledSpec[AnySpec], at: datetime, generation: int
) -> None:
    """Whether Flink says that the job runs; unknown while the JobManager cannot be asked."""
    state = status.job_status.state
    if last.is_suspended and (state is None or state.is_terminal or state is JobState.RECONCILING):
        value, reason, message = False, "Suspended", "The job is stopped"
    elif state is None or state is JobState.RECONCILING:
        value, reason, message = None, "JobManagerNotReady", "The JobManager cannot be asked"
    else:
        value, reason = state is JobState.RUNNING, state.value.capitalize()
        message = f"Flink says that the job is {state.value}"
    set_condition(status, JOB_RUNNING, value, reason, message, at, generation)


def lifecycle_state(status: CommonStatus, last: ReconciledSpec[AnySpec] | None) -> LifecycleState:
    """The state of the resource in one word, in the contract's order of precedence (part 1.8)."""
    reconciliation = status.reconciliation_status
    if last is None:
        return LifecycleState.FAILED if status.error else LifecycleState.CREATED
    if reconciliation.state is ReconciliationState.UPGRADING:
        return LifecycleState.UPGRADING
    if reconciliation.state is ReconciliationState.ROLLING_BACK:
        return LifecycleState.ROLLING_BACK
    if last.is_suspended:
        return LifecycleState.SUSPENDED
    if status.job_status.state is JobState.FAILED or _waits_for_its_owner(status):
        return LifecycleState.FAILED
    if reconciliation.state is ReconciliationState.ROLLED_BACK:
        return LifecycleState.ROLLED_BACK
    if reconciliation.last_stable_spec == reconciliation.last_reconciled_spec:
        return LifecycleState.STABLE
    return LifecycleState.DEPLOYED


def _waits_for_its_owner(status: CommonStatus) -> bool:
    """Rule 6: there is no JobManager, and none is started without the job's state."""
    if not isinstance(status, FlinkDeploymentStatus):
        return False
    if status.job_manager_deployment_status not in {
        JobManagerDeploymentStatus.MISSING,
        JobManagerDeploymentStatus.ERROR,
    }:
        return False
    problem = recorded_problem(status)
    return problem is not None and problem.reason in _STATE_IS_MISSING


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""The condition Ready: one reason and one sentence for whoever looks at the resource."""

from datetime import datetime

from controller.decide.conditions import READY, set_condition
from controller.decide.suspension import pending_trigger
from controller.observation import Problem
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import (
    FlinkDeploymentStatus,
    JobManagerDeploymentStatus,
    JobState,
    ReconciliationState,
)

_ROLLING_BACK = "The spec did not become stable in time, the last stable one comes back"
_ROLLED_BACK = (
    "The spec did not become stable in time, and the last stable one runs in its place. "
    "Change the spec: it is deployed then, and a return to the stable one restarts nothing"
)
_NOT_LISTED = (
    "The JobManager answers and does not list the job: it is about to be submitted, or it ended before this "
    "JobManager started"
)


def set_ready_condition(
    status: FlinkDeploymentStatus,
    last: ReconciledSpec | None,
    problem: Problem | None,
    at: datetime,
    generation: int,
    *,
    suspended: bool,
) -> None:
    """A problem comes first; then what is under way; then how the job or the session cluster is."""
    ready, reason, message = _ready(status, last, problem, suspended=suspended)
    set_condition(status, READY, ready, reason, message, at, generation)


def _ready(
    status: FlinkDeploymentStatus, last: ReconciledSpec | None, problem: Problem | None, *, suspended: bool
) -> tuple[bool, str, str]:
    if problem is not None:
        return False, problem.reason, problem.message
    if last is None and suspended:
        return False, "Suspended", "Nothing is deployed: spec.job.state is suspended"
    if last is None:
        return False, "Waiting", "Nothing is deployed until it is known that nothing older is left"
    if (moving := _moving(status, last)) is not None:
        return False, *moving
    if last.is_suspended:
        return False, "Suspended", "The job is suspended, as spec.job.state asks"
    if last.spec.is_application:
        return _job_ready(status)
    if status.job_manager_deployment_status is JobManagerDeploymentStatus.READY:
        return True, "SessionReady", "The session cluster takes jobs"
    return False, "JobManagerNotReady", "The JobManager does not answer yet"


def _moving(status: FlinkDeploymentStatus, last: ReconciledSpec) -> tuple[str, str] | None:
    """Reason and message while the user's spec is not what is deployed."""
    match status.reconciliation_status.state:
        case ReconciliationState.DEPLOYED:
            return None
        case ReconciliationState.ROLLED_BACK:
            return "RolledBack", _ROLLED_BACK
        case ReconciliationState.ROLLING_BACK:
            return "RollingBack", _ROLLING_BACK
        case ReconciliationState.UPGRADING if last.spec.is_application and not last.is_suspended:
            how = "with a savepoint" if pending_trigger(status) is not None else "by cancelling it"
            return "Suspending", f"The job is being stopped for the change, {how}"
        case ReconciliationState.UPGRADING:
            return "Upgrading", "The cluster of the new spec is being brought up"


def _job_ready(status: FlinkDeploymentStatus) -> tuple[bool, str, str]:
    answers = status.job_manager_deployment_status is JobManagerDeploymentStatus.READY
    match status.job_status.state:
        case JobState.RUNNING:
            return True, "JobRunning", "The job runs"
        case JobState.FINISHED:
            return False, "JobFinished", "The job came to its end"
        case None | JobState.RECONCILING if answers:
            return False, "JobNotListed", _NOT_LISTED
        case None | JobState.RECONCILING:
            return False, "JobManagerNotReady", "The JobManager does not answer yet"
        case state:
            return False, f"Job{state.value.capitalize()}", f"The job is {state.value}"

"""How a resource stands: a problem comes first, then what is under way, then how the job is."""

from controller.decide.suspension import pending_trigger
from controller.decide.verdict import Standing, Verdict, verdict_on
from controller.observation import Problem
from shared.model.reconciled_spec import AnySpec, ReconciledSpec
from shared.model.status import (
    CommonStatus,
    FlinkDeploymentStatus,
    JobManagerDeploymentStatus,
    JobState,
    ReconciliationState,
)

SUSPENDING = "Suspending"
_ROLLED_BACK = (
    "The spec did not become stable in time, and the last stable one runs in its place. "
    "Change the spec: it is deployed then, and a return to the stable one restarts nothing"
)
_NOT_LISTED = (
    "The JobManager answers and does not list the job: it is about to be submitted, or it ended before this "
    "JobManager started"
)


def readiness(
    status: CommonStatus,
    last: ReconciledSpec[AnySpec] | None,
    problem: Problem | None,
    generation: int,
    *,
    suspended: bool,
) -> Verdict:
    """Of a resource of that generation; `suspended`: its spec asks for a job that does not run."""
    if problem is not None:
        return verdict_on(problem)
    if last is None and suspended:
        return _ready("Suspended", "Nothing is deployed, as spec.job.state asks")
    if last is None:
        return _moving("Waiting", "Nothing is deployed until it is known that nothing older is left")
    if (change := _of_change(status, last, generation)) is not None:
        return change
    if last.is_suspended:
        return _ready("Suspended", "The job is suspended, as spec.job.state asks")
    if last.spec.job is not None:
        return _of_job(status)
    if _answers(status):
        return _ready("SessionReady", "The session cluster takes jobs")
    return _moving("JobManagerNotReady", "The JobManager does not answer yet")


def _of_change(status: CommonStatus, last: ReconciledSpec[AnySpec], generation: int) -> Verdict | None:
    """While the user's spec is not what is deployed."""
    match status.reconciliation_status.state:
        case ReconciliationState.ROLLING_BACK:
            message = "The spec did not become stable in time, the last stable one comes back"
            return Verdict(Standing.TROUBLED, "RollingBack", message)
        case ReconciliationState.UPGRADING if last.spec.job is not None and not last.is_suspended:
            how = "with a savepoint" if pending_trigger(status) is not None else "by cancelling it"
            return _moving(SUSPENDING, f"The job is being stopped for the change, {how}")
        case ReconciliationState.UPGRADING:
            return _moving("Upgrading", "The cluster of the new spec is being brought up")
        case _ if status.recorded_generation != generation:
            return _moving("Pending", "The change of the spec is taken up when more is known of the job")
        case ReconciliationState.ROLLED_BACK:
            return Verdict(Standing.STALLED, "RolledBack", _ROLLED_BACK)
        case ReconciliationState.DEPLOYED:
            return None


def _of_job(status: CommonStatus) -> Verdict:
    answers = _answers(status)
    match status.job_status.state:
        case JobState.RUNNING:
            return _ready("JobRunning", "The job runs")
        case JobState.FINISHED:
            return _ready("JobFinished", "The job came to its end")
        case None | JobState.RECONCILING if answers:
            return _moving("JobNotListed", _NOT_LISTED)
        case None | JobState.RECONCILING:
            return _moving("JobManagerNotReady", "The JobManager does not answer yet")
        case JobState.CANCELED:
            message = "Somebody cancelled the job. To start it again, change spec.restartNonce."
            return Verdict(Standing.STALLED, "JobCanceled", message)
        case JobState.FAILING | JobState.RESTARTING as state:
            return Verdict(Standing.TROUBLED, f"Job{state.value.capitalize()}", f"The job is {state.value}")
        case state:
            return _moving(f"Job{state.value.capitalize()}", f"The job is {state.value}")


def _answers(status: CommonStatus) -> bool:
    """By what is on record; a session job's status tells nothing of its JobManager."""
    if not isinstance(status, FlinkDeploymentStatus):
        return False
    return status.job_manager_deployment_status is JobManagerDeploymentStatus.READY


def _ready(reason: str, message: str) -> Verdict:
    return Verdict(Standing.READY, reason, message)


def _moving(reason: str, message: str) -> Verdict:
    return Verdict(Standing.PROGRESSING, reason, message)

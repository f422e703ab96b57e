"""Why a session job, or its cluster, waits or fails: what is wrong, and what its owner can do."""

from collections.abc import Sequence

from controller.decide.problems import told
from controller.observation import Problem

_WAITING_FOR_CLUSTER = "WaitingForCluster"


def session_cluster_is_missing(name: str) -> Problem:
    """The FlinkDeployment that the job names is not there."""
    return Problem(
        _WAITING_FOR_CLUSTER,
        f"There is no FlinkDeployment {name} in this namespace. The job is submitted when there is one, "
        "without spec.job.",
    )


def cluster_is_an_application(name: str) -> Problem:
    """It has a job of its own."""
    return Problem(
        "NotASessionCluster",
        f"FlinkDeployment {name} runs a job of its own and takes no other. Name a session cluster in a new "
        "FlinkSessionJob: a FlinkDeployment without spec.job.",
    )


def session_cluster_goes(name: str) -> Problem:
    """It is being deleted."""
    return Problem(
        _WAITING_FOR_CLUSTER,
        f"Session cluster {name} is being deleted. The job is submitted when there is another of that name.",
    )


def session_cluster_is_not_ready(name: str, why: Problem | None) -> Problem:
    """It is on its way up, or in trouble of its own."""
    return Problem(
        _WAITING_FOR_CLUSTER,
        f"Session cluster {name} takes no jobs yet. {told(why)}What it waits for its own conditions tell: "
        f"kubectl describe flinkdeployment {name}",
    )


def session_jobs_run(names: Sequence[str], *, can_stop: bool) -> Problem:
    """The cluster's JobManager may not go before them, unless it carries them over; `can_stop`: it is up."""
    hint = "Where one does not stop, its own conditions say why."
    if not can_stop:
        hint = (
            "No JobManager runs them. Undo the change, so that Flink brings them back before it is replaced."
        )
    message = f"The change waits until these session jobs are stopped: {', '.join(sorted(names))}. {hint}"
    return Problem("WaitingForSessionJobs", message)


def artifact_failed(cause: str) -> Problem:
    """The jar cannot be had from where it is said to lie."""
    return Problem("ArtifactFailed", cause)


def submission_failed(cause: str) -> Problem:
    """The JobManager did not take the job, or did not say so."""
    return Problem("SubmissionFailed", f"The job could not be submitted: {cause}")


def operator_failed() -> Problem:
    """By a fault of its own."""
    message = "The operator failed to submit the job, by its own fault: its log tells more."
    return Problem("InternalError", message)


def session_jobs_stay(name: str, cause: str) -> Problem:
    """The operator may not delete them."""
    return Problem(
        "SessionJobsStay",
        f"FlinkSessionJob {name} is to be deleted with its cluster. The API server refuses that: {cause}. "
        "Install the operator with rbac.deleteSessionJobs: true, or delete it yourself.",
    )

"""What was observed, put into the status: how the JobManager and the job are."""

from collections.abc import Mapping
from datetime import datetime

from controller.decide.conditions import milliseconds
from controller.decide.error_document import error_document, recorded_problem
from controller.observation import Absent, Component, Job, Known, Observation, Problem, Unknown
from controller.plan import Event, EventComponent, EventType
from shared.model.status import (
    CommonStatus,
    FlinkDeploymentStatus,
    JobManagerDeploymentStatus,
    JobState,
)

_EVENTS = {
    "ValidationError": ("ValidationError", EventComponent.OPERATOR),
    "JobFailed": ("Error", EventComponent.JOB),
}
"""Events whose reason or component is not that of other problems (contract part 6)."""


def first_problem(observation: Observation) -> tuple[Problem, Component] | None:
    """Why the cluster cannot start, the JobManager's reason before a TaskManager's."""
    match observation.cluster:
        case Known(cluster) if cluster.problem is not None:
            return cluster.problem, Component.JOB_MANAGER
    match observation.pods:
        case Known(pods):
            for component in (Component.JOB_MANAGER, Component.TASK_MANAGER):
                for pod in pods:
                    if pod.component is component and pod.problem is not None:
                        return pod.problem, component
    return None


def job_manager_status(
    observation: Observation, before: JobManagerDeploymentStatus
) -> JobManagerDeploymentStatus:
    """How far the JobManager has come; what cannot be known stays as it was."""
    match observation.cluster:
        case Unknown():
            return before
        case Absent():
            return JobManagerDeploymentStatus.MISSING
        case Known():
            pass
    if isinstance(observation.flink, Known):
        return JobManagerDeploymentStatus.READY
    problem = first_problem(observation)
    if problem is not None and problem[1] is Component.JOB_MANAGER:
        return JobManagerDeploymentStatus.ERROR
    if before is JobManagerDeploymentStatus.READY and observation.cluster.value.available:
        return before  # one unanswered question does not unmake a JobManager that Kubernetes sees available
    return JobManagerDeploymentStatus.DEPLOYING


def apply_job(status: CommonStatus, observation: Observation) -> list[Event]:
    """Write what Flink says about the job into the status; the event tells of a change."""
    match observation.job:
        case Known(job):
            return _apply_known_job(status, job, observation.at)
        case Absent() | Unknown():
            state = status.job_status.state
            if state is not None and not state.is_terminal and state is not JobState.RECONCILING:
                missing = isinstance(observation.job, Absent)
                lost = isinstance(observation.cluster, Absent) or missing
                if lost or not _has_job_manager(status, observation):
                    status.job_status.state = JobState.RECONCILING
                if missing:
                    message = f"The JobManager does not know the job, which was {state.value}"
                    return [Event(EventType.WARNING, "Missing", message, EventComponent.JOB)]
            return []


def _has_job_manager(status: CommonStatus, observation: Observation) -> bool:
    """One that is up, by the status of its FlinkDeployment; a session job's says nothing of it."""
    if isinstance(status, FlinkDeploymentStatus):
        return status.job_manager_deployment_status is JobManagerDeploymentStatus.READY
    return isinstance(observation.cluster, Known) and observation.cluster.value.available


def _apply_known_job(status: CommonStatus, job: Job, at: datetime) -> list[Event]:
    before = status.job_status.state
    status.job_status.job_name = job.name
    status.job_status.job_id = job.job_id
    status.job_status.start_time = str(job.start_time)
    if before is job.state:
        return []
    status.job_status.state = job.state
    status.job_status.update_time = str(milliseconds(at))
    was = before.value if before else "unknown"
    message = f"Job status changed from {was} to {job.state.value}"
    return [Event(EventType.NORMAL, "JobStatusChanged", message, EventComponent.JOB)]


def problem_of_last_attempt(status: FlinkDeploymentStatus, generation: int) -> Problem | None:
    """Why this generation's cluster could not be created so far: it stands until an attempt goes better."""
    failed = status.job_manager_deployment_status is JobManagerDeploymentStatus.ERROR
    if status.error is None or status.recorded_generation != generation or not failed:
        return None
    return recorded_problem(status)


def apply_problem(
    status: CommonStatus, problem: Problem | None, configuration: Mapping[str, str]
) -> list[Event]:
    """Put the problem into `status.error`, or take an old one out; the event tells of a new one.

    `configuration` is the operator's.
    """
    if problem is None:
        status.error = None
        return []
    document = error_document(problem, configuration)
    if document == status.error or problem == recorded_problem(status):  # which may tell of causes too
        return []
    status.error = document
    reason, component = _EVENTS.get(problem.reason, (problem.reason, EventComponent.JOB_MANAGER_DEPLOYMENT))
    return [Event(EventType.WARNING, reason, problem.message, component)]

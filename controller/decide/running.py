"""A deployed spec: what is seen of it, put into the status."""

from controller.decide.in_place import see_to_scale
from controller.decide.observed import apply_job, job_manager_status
from controller.decide.recording import mark_stable
from controller.decide.step import Step
from controller.decide.subject import Subject
from controller.decide.transitions import recover
from controller.observation import Absent, Known, Observation
from shared.config.effective import task_manager_count
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import FlinkDeploymentStatus, JobState, TaskManagerInfo


def observe_running(step: Step, last: ReconciledSpec, subject: Subject, observation: Observation) -> None:
    """Note how JobManager and job are: running makes a spec stable, a lost JobManager is recovered."""
    status = step.status
    status.job_manager_deployment_status = job_manager_status(
        observation, status.job_manager_deployment_status
    )
    if last.is_suspended:
        return
    if isinstance(observation.flink, Known):
        info = observation.flink.value
        status.cluster_info |= {"flink-version": info.version, "flink-revision": info.revision}
    if last.spec.is_application:
        step.events += apply_job(status, observation)
        _note_task_managers(status, last, subject)
    see_to_scale(step, last, subject, observation)
    if isinstance(observation.cluster, Absent):
        recover(step, subject, last, observation)
    elif _is_stable(status, last, observation):
        mark_stable(status)


def _note_task_managers(status: FlinkDeploymentStatus, last: ReconciledSpec, subject: Subject) -> None:
    """For the scale subresource."""
    config = subject.configuration(last.spec)
    status.task_manager = TaskManagerInfo(
        label_selector=f"component=taskmanager,app={subject.metadata.name}",
        replicas=task_manager_count(last.spec, config),
    )


def _is_stable(status: FlinkDeploymentStatus, last: ReconciledSpec, observation: Observation) -> bool:
    if last.spec.is_application:
        return status.job_status.state in {JobState.RUNNING, JobState.FINISHED}
    return isinstance(observation.flink, Known)

"""The savepoint with which a job ends when its resource is deleted, where its owner wants one.

It is asked for as for a change: the trigger id is on record before, and one that a change had under way is
taken over. It stays on record beside the savepoint, which tells the two from a savepoint of an earlier day.
"""

from dataclasses import dataclass

from controller.decide import problems
from controller.decide.error_document import recorded_problem
from controller.decide.guards import the_savepoint_is_made
from controller.decide.observed import first_problem
from controller.decide.rollback import is_rollback
from controller.decide.route import recorded_path
from controller.decide.situation import AnySituation
from controller.decide.suspension import (
    may_try_again,
    note_savepoint,
    pending_trigger,
    record_trigger,
    savepoint_directory,
    stop_with_savepoint,
)
from controller.observation import Absent, Job, Known, Problem, StopOperation, Unknown
from controller.plan import Event, EventComponent, EventType
from shared.config.operator_options import SAVEPOINT_ON_DELETION
from shared.config.options import high_availability_is_kubernetes, is_true
from shared.control import FORCE_DELETION, is_on
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.status import CommonStatus, JobState


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps the savepoint from being taken."""

    message: str
    """Without a stop at its end."""
    is_certain: bool = False
    """It is no matter of time."""


def the_last_savepoint_is_made(now: AnySituation) -> bool:
    """Flink tells where it lies, and it is not on record yet."""
    return the_savepoint_is_made(now) and taken(now.step.status) is None


def no_savepoint_is_due(now: AnySituation) -> bool:
    """None is wanted, or there is nothing of which one could be taken."""
    return not is_wanted(now) or why_none(now) is not None


def a_savepoint_can_be_asked_for(now: AnySituation) -> bool:
    """The job runs, and Flink does not know of the request, or there was none."""
    if not _runs(now):
        return False
    if pending_trigger(now.step.status) is not None:
        return not isinstance(now.observation.stop, Known)
    return savepoint_directory(now) is not None and may_try_again(now.step.status, now.observation.at)


def is_wanted(now: AnySituation) -> bool:
    """By the spec, or by what runs where the spec is not valid."""
    config = now.subject.configuration(now.goal.spec)
    return now.goal.spec.job is not None and is_true(SAVEPOINT_ON_DELETION.read(config))


def taken(status: CommonStatus) -> str | None:
    """Where the savepoint lies that the recorded trigger asked for."""
    info = status.job_status.savepoint_info
    if info is None or pending_trigger(status) is None or info.last_savepoint is None:
        return None
    is_its = info.last_savepoint.time_stamp == info.trigger_timestamp
    return info.last_savepoint.location if is_its else None


def is_awaited(status: CommonStatus) -> bool:
    """It was asked for, and where it lies is not on record."""
    return pending_trigger(status) is not None and taken(status) is None


def note(now: AnySituation) -> None:
    """Its place goes on record, and is told before the cluster goes."""
    match now.observation.stop:
        case Known(StopOperation(location=str() as location)):
            note_savepoint(now.step.status, location)
            now.step.status.job_status.upgrade_savepoint_path = location
            now.step.status.error = None
            message = f"The job ended with a savepoint: {location}"
            now.step.events.append(Event(EventType.NORMAL, "SavepointTaken", message, EventComponent.JOB))


def ask(now: AnySituation) -> None:
    """With the trigger id on record: Flink takes one savepoint for it, however often it is asked."""
    if pending_trigger(now.step.status) is None:
        record_trigger(now)
    job_id, trigger = now.step.status.job_status.job_id, pending_trigger(now.step.status)
    if job_id is not None and trigger is not None:
        now.step.actions = (stop_with_savepoint(now, job_id, trigger),)


def obstacle(now: AnySituation) -> Obstacle | None:
    """Why it is not made yet; None while it is being made."""
    failed = recorded_problem(now.step.status)
    if failed is not None and failed.reason == problems.SAVEPOINT_ERROR and _runs(now):
        return Obstacle(failed.message, is_certain=True)
    if pending_trigger(now.step.status) is not None and _is_being_stopped(now):
        return None
    if _runs(now) and savepoint_directory(now) is None:
        return Obstacle(problems.no_savepoint_directory().message.removesuffix("."), is_certain=True)
    return Obstacle(f"A savepoint is to be taken before the job ends, and {_what_is_missing(now)}")


def why_none(now: AnySituation) -> str | None:
    """Why none is taken, in words; None where one is due."""
    if is_on(FORCE_DELETION, now.subject.metadata):
        return f"the annotation {FORCE_DELETION} gives it up"
    match now.observation.cluster:
        case Absent():
            return "the cluster is gone"
        case Known(cluster) if cluster.being_deleted:
            return "Kubernetes is deleting the cluster already, as a deletion in the foreground asks"
        case Known(cluster) if cluster.replicas == 0:
            return "the JobManager is scaled to zero"
        case Known(cluster) if cluster.paused or cluster.never_available:
            return "the JobManager never came up"
    return _why_none_of_the_job(now)


def _why_none_of_the_job(now: AnySituation) -> str | None:
    if _may_be_made(now):
        return None
    recorded = now.step.status.job_status.state
    match now.observation.job:
        case Known(job) if job.state.is_terminal:
            return f"the job is {job.state.value}"
        case Known(job):
            return "the job has not run since it was deployed" if _has_not_run(now, job) else None
        case Absent() if _is_known_to_have_ended(now):
            return "Flink does not know the job any more"
        case _ if recorded is not None and recorded.is_terminal:
            return f"the job is {recorded.value}"
        case _:
            return None


def _may_be_made(now: AnySituation) -> bool:
    """A job that ended by it is over before anybody has read where it lies."""
    may_tell = isinstance(now.observation.stop, Unknown) and not isinstance(now.observation.job, Absent)
    return may_tell and is_awaited(now.step.status)


def _is_being_stopped(now: AnySituation) -> bool:
    match now.observation.job:
        case Known(job):
            return not job.state.is_terminal
        case _:
            return False


def _runs(now: AnySituation) -> bool:
    match now.observation.job:
        case Known(job):
            return job.state is JobState.RUNNING
        case _:
            return False


def _has_not_run(now: AnySituation, job: Job) -> bool:
    """Since it was started; its state is what it was started from."""
    reconciliation = now.step.status.reconciliation_status
    is_stable = reconciliation.last_stable_spec == reconciliation.last_reconciled_spec
    was_stable = is_stable or is_rollback(now.step.status)
    if job.state is JobState.RUNNING or was_stable:
        return False
    match now.observation.checkpoints:
        case Known(checkpoints):
            return checkpoints.newest in {None, recorded_path(now.step.status)}
        case Absent():
            return True
        case Unknown():
            return False


def _is_known_to_have_ended(now: AnySituation) -> bool:
    """Flink keeps metadata of a job that has not; without such the JobManager of an application that starts
    knows none yet.
    """
    spec = now.goal.spec if now.step.last is None else now.last.spec
    if isinstance(spec, FlinkDeploymentSpec) and not high_availability_is_kubernetes(
        now.subject.configuration(spec)
    ):
        return False
    return isinstance(now.observation.high_availability, Absent)


def _what_is_missing(now: AnySituation) -> str:
    match now.observation.cluster, now.observation.job:
        case Unknown(reason), _:
            return f"it is not known whether the cluster still runs: {reason}"
        case _, Known(job) if job.state.is_terminal:
            return "the JobManager does not tell yet where the one lies with which the job ended"
        case _, Known(job):
            return f"the job does not run: it is {job.state.value}"
        case _, Absent():
            return "the JobManager does not know the job yet"
        case _, Unknown(_, Problem() as told):
            return f"the JobManager cannot be asked: {told.message.removesuffix('.')}"
        case Known(cluster), _ if cluster.available:
            return "the JobManager does not answer"
        case _:
            problem = first_problem(now.observation)
            why = "" if problem is None else f": {problem[0].message.removesuffix('.')}"
            return f"the JobManager is not up{why}"

"""Deletion of a FlinkSessionJob: its last savepoint, the end of its job, the finalizer. The cluster stays."""

from datetime import timedelta

from controller.decide import last_savepoint
from controller.decide.going import begin, end_job, has_waited, let_it_go, note_job, say, way_out
from controller.decide.session.guards import (
    it_is_alive,
    its_submission_may_still_come,
    the_job_is_not_there,
)
from controller.decide.situation import SessionJobSituation
from controller.observation import Known, Unknown
from controller.plan import AbandonSubmission, CancelJob, Event, EventComponent, EventType
from shared.control import FORCE_DELETION, is_on

_DOWN = timedelta(seconds=60)
"""A JobManager that is down for so long has lost its jobs, where Flink keeps no metadata."""


def its_job_is_over(now: SessionJobSituation) -> bool:
    """Known, not only not seen; and no savepoint of it is due."""
    if _was_suspended(now):
        return True
    if its_submission_may_still_come(now) or not last_savepoint.no_savepoint_is_due(now):
        return False
    has_ended = isinstance(now.observation.job, Known) and not it_is_alive(now)
    return has_ended or the_job_is_not_there(now) or _went_down_with_its_job_manager(now)


def its_owner_gives_it_up(now: SessionJobSituation) -> bool:
    """By the annotation, and it had time to end."""
    return is_on(FORCE_DELETION, now.subject.metadata) and has_waited(now)


def let_it_go_with_a_word(now: SessionJobSituation) -> None:
    """Where its last savepoint lies."""
    begin(now)
    end_job(now)
    message = "The job has ended"
    if last_savepoint.is_wanted(now) and (location := last_savepoint.taken(now.step.status)) is not None:
        message = f"The job has ended. Its last savepoint: {location}"
    now.step.events.append(Event(EventType.NORMAL, "Cleanup", message, EventComponent.OPERATOR))
    let_it_go(now)


def let_it_go_as_it_is(now: SessionJobSituation) -> None:
    """Its job may run on, and nobody will look after it."""
    job_id = now.step.status.job_status.job_id
    message = f"The resource goes, as its annotation {FORCE_DELETION} asks. Its job {job_id} may run on"
    now.step.events.append(Event(EventType.WARNING, "CleanupFailed", message, EventComponent.OPERATOR))
    let_it_go(now)


def note_its_savepoint(now: SessionJobSituation) -> None:
    """The job is about to end, and its state is safe."""
    begin(now)
    last_savepoint.note(now)
    say(now, "The job ends with a savepoint", blocked=False)


def have_it_cancelled_and_say_what_blocks(now: SessionJobSituation) -> None:
    """With the way to override it, when it takes long."""
    begin(now)
    note_job(now)
    job_id = now.step.status.job_status.job_id
    if it_is_alive(now) and job_id is not None:
        now.step.actions = (CancelJob(job_id),)
    elif its_submission_may_still_come(now):
        now.step.actions = (AbandonSubmission(),)
    blocked, message = has_waited(now), _what_is_awaited(now)
    if blocked:
        message = (
            f"{message}. To give the job up, whether it runs or not, annotate the resource: {way_out(now)}"
        )
    say(now, message, blocked=blocked)


def _what_is_awaited(now: SessionJobSituation) -> str:
    match now.observation.cluster, now.observation.job:
        case _, Known(job):
            return f"The job is being cancelled, it is {job.state.value}"
        case Unknown(reason), _:
            return f"It is not known whether the job's cluster still runs: {reason}"
        case Known(cluster), Unknown() if not cluster.available:
            return "The JobManager is not up, and would start the job again when it comes up"
        case _, Unknown(reason):
            return f"The JobManager does not tell whether the job runs: {reason}"
        case _:
            return "The job may still come up, its submission is under way"


def _was_suspended(now: SessionJobSituation) -> bool:
    """It was known to have ended then, and was not started again."""
    is_at_rest = now.step.last is not None and now.last.is_suspended and now.step.state.is_deployed
    return is_at_rest and not it_is_alive(now)


def _went_down_with_its_job_manager(now: SessionJobSituation) -> bool:
    match now.observation.cluster:
        case Known(cluster) if not cluster.available and isinstance(now.observation.job, Unknown):
            keeps = now.subject.cluster is not None and now.subject.cluster.keeps_metadata
            return not keeps and cluster.since is not None and now.observation.at - cluster.since > _DOWN
        case _:
            return False

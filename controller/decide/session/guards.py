"""Guards of a session job's state machine. Their names stand in its table."""

from datetime import datetime

from controller.decide.change import way
from controller.decide.guards import the_job_has_ended
from controller.decide.recording import submission_is_recorded
from controller.decide.route import Route
from controller.decide.situation import SessionJobSituation
from controller.decide.stability import age_of_record
from controller.decide.suspension import pending_trigger, way_without_waiting
from controller.observation import Absent, Attempt, Known
from shared.model.job import UpgradeMode

_ON_ITS_WAY = 30.0
"""Seconds in which a submission may come through of which nobody heard what came of it."""
_LINGERING = 5.0
"""Seconds that a job may take to end after its savepoint was made."""


def the_cluster_takes_no_jobs(now: SessionJobSituation) -> bool:
    """It is not there, not ready, on its way down, or has a job of its own."""
    cluster = now.subject.cluster
    return cluster is None or not cluster.takes_jobs or not isinstance(now.observation.flink, Known)


def its_cluster_goes(now: SessionJobSituation) -> bool:
    """By a change or by its deletion, and the job's state with it: Flink does not bring the job back."""
    cluster = now.subject.cluster
    if cluster is None or not cluster.goes or cluster.carries_jobs_over:
        return False
    would_come_back = cluster.keeps_metadata and not cluster.being_deleted
    return (keeps_state(now) or would_come_back) and it_is_alive(now)


def its_cluster_goes_and_a_way_is_open(now: SessionJobSituation) -> bool:
    """The state can be kept."""
    return its_cluster_goes(now) and isinstance(way(now), Route)


def it_was_submitted(now: SessionJobSituation) -> bool:
    """By the record: what became of it is not known."""
    return submission_is_recorded(now.step.status)


def the_job_is_there(now: SessionJobSituation) -> bool:
    """The JobManager lists what was submitted, in whatever state."""
    return it_was_submitted(now) and isinstance(now.observation.job, Known)


def its_submission_may_still_come(now: SessionJobSituation) -> bool:
    """It was submitted, and the JobManager does not list it yet."""
    if not it_was_submitted(now) or not isinstance(now.observation.job, Absent):
        return False
    match now.observation.attempt:
        case Known(Attempt(ended_at=None)):
            return True
        case Known(Attempt(unanswered_at=None)):
            return False
        case Known(Attempt(unanswered_at=datetime() as since)):
            return (now.observation.at - since).total_seconds() <= _ON_ITS_WAY
        case _:
            return age_of_record(now) <= _ON_ITS_WAY


def what_was_submitted_may_still_come_and_is_not_wanted(now: SessionJobSituation) -> bool:
    """Its owner, or its cluster's, wants something else by now, which waits until that is known."""
    is_another = now.goal.generation != now.step.status.recorded_generation
    is_unwanted = is_another or now.goal.is_suspended or the_cluster_takes_no_jobs(now)
    return is_unwanted and its_submission_may_still_come(now)


def its_cluster_goes_and_waits_for_its_submission(now: SessionJobSituation) -> bool:
    """Which never arrived."""
    cluster = now.subject.cluster
    return it_was_submitted(now) and cluster is not None and cluster.goes


def it_is_on_its_way(now: SessionJobSituation) -> bool:
    """Its jar is being brought to the JobManager, or is being run there."""
    match now.observation.attempt:
        case Known(Attempt(ended_at=None)):
            return True
        case _:
            return False


def an_older_run_is_alive(now: SessionJobSituation) -> bool:
    """It takes time to end, or came back with its JobManager."""
    return it_is_alive(now)


def an_older_run_lingers(now: SessionJobSituation) -> bool:
    """Longer than a job takes to end after its savepoint."""
    return it_is_alive(now) and age_of_record(now) > _LINGERING


def a_run_of_it_may_be_alive(now: SessionJobSituation) -> bool:
    """The JobManager does not tell."""
    is_known = isinstance(now.observation.job, Known) or the_job_is_not_there(now)
    return now.step.status.job_status.job_id is not None and not is_known


def its_savepoint_is_not_needed_any_more(now: SessionJobSituation) -> bool:
    """The owner gives the state up meanwhile, or names another."""
    return pending_trigger(now.step.status) is not None and way_without_waiting(now) is not None


def it_has_ended_and_its_state_is_not_needed(now: SessionJobSituation) -> bool:
    """It is given up, or another is named."""
    is_over = the_job_has_ended(now) or the_job_is_not_there(now)
    return is_over and way_without_waiting(now) is not None


def the_job_is_not_there(now: SessionJobSituation) -> bool:
    """Neither the JobManager nor Flink's metadata knows it, or both are gone."""
    is_unlisted = isinstance(now.observation.job, Absent) or isinstance(now.observation.cluster, Absent)
    return is_unlisted and isinstance(now.observation.high_availability, Absent)


def it_is_lost(now: SessionJobSituation) -> bool:
    """It is not there, and had not ended."""
    state = now.step.status.job_status.state
    return the_job_is_not_there(now) and not (state is not None and state.is_terminal)


def it_is_lost_and_keeps_no_state(now: SessionJobSituation) -> bool:
    """So that nothing is lost with it."""
    return it_is_lost(now) and not keeps_state(now)


def a_suspended_job_runs(now: SessionJobSituation) -> bool:
    """Its submission had been given up, and came through."""
    return now.last.is_suspended and it_is_alive(now)


def it_is_alive(now: SessionJobSituation) -> bool:
    """The JobManager lists the job of the record, and it has not ended."""
    match now.observation.job:
        case Known(job):
            return not job.state.is_terminal
        case _:
            return False


def keeps_state(now: SessionJobSituation) -> bool:
    """Its owner wants it to go on from where it was."""
    job = now.goal.spec.job
    return job is not None and job.upgrade_mode is not UpgradeMode.STATELESS

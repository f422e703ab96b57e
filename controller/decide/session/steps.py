"""What is done for a session job: its jar is run on its cluster, and what is seen of it is noted."""

from controller.decide import problems
from controller.decide.change import changes, way
from controller.decide.ended import apply_job_and_its_end, its_end_is_half_told, route_after_end
from controller.decide.recording import (
    mark_stable,
    record_change,
    record_spec,
    record_submission,
    submission_is_recorded,
    with_nonce_of,
)
from controller.decide.restore import NotYet, Restore, restore_of
from controller.decide.route import Suspension, Wait
from controller.decide.session import problems as session
from controller.decide.session.guards import keeps_state, the_cluster_takes_no_jobs
from controller.decide.situation import SessionJobSituation
from controller.decide.stability import has_proved_itself
from controller.decide.submission import job_id_of_next_run
from controller.decide.suspension import begin_suspension
from controller.observation import Absent, Attempt, Known
from controller.plan import CancelJob, Event, EventComponent, EventType, RunJob
from shared.model.job import UpgradeMode

_SOON = 1.0
"""Seconds until the next look at a job that has just ended."""
_RETRY_SOON, _RETRY = 5.0, 30.0
"""Seconds until the next attempt at a submission: after what may pass, and after what somebody must mend."""


def say_what_the_cluster_lacks(now: SessionJobSituation) -> None:
    """The job waits for it; one that is on its way up is no problem."""
    name, cluster = now.goal.spec.deployment_name or "", now.subject.cluster
    if cluster is None:
        now.step.problem = session.session_cluster_is_missing(name)
    elif cluster.is_application:
        now.step.problem = session.cluster_is_an_application(name)
    elif cluster.being_deleted:
        now.step.problem = session.session_cluster_goes(name)
    else:
        now.step.waits_for = session.session_cluster_is_not_ready(name, now.observation.rest_problem)


def say_that_nobody_tells(now: SessionJobSituation) -> None:
    """Whether a run of it is alive; nothing is submitted before that is known."""
    if the_cluster_takes_no_jobs(now):
        say_what_the_cluster_lacks(now)


def submit_for_the_first_time(now: SessionJobSituation) -> None:
    """Record job id and restore point, have the jar run."""
    _submit(now, first=True)


def submit(now: SessionJobSituation) -> None:
    """Record job id and restore point, have the jar run."""
    _submit(now, first=now.last.first_deployment)


def submit_it_again_unless_that_just_failed(now: SessionJobSituation) -> None:
    """With the job id on record: Flink refuses a second run under it."""
    match now.observation.attempt:
        case Known(Attempt() as attempt) if attempt.problem is not None and attempt.ended_at is not None:
            now.step.problem = attempt.problem
            pause = _RETRY_SOON if attempt.may_pass else _RETRY
            left = pause - (now.observation.at - attempt.ended_at).total_seconds()
            if left > 0 and now.goal.generation == now.step.status.recorded_generation:
                now.step.look_within = left
                return
    _submit(now, first=now.last.first_deployment)


def take_its_submission_back(now: SessionJobSituation) -> None:
    """The cluster need not wait for it; when there is one again it starts from the same restore point."""
    job, path = now.last.spec.job, now.step.status.job_status.upgrade_savepoint_path
    mode = UpgradeMode.STATELESS if job is None else job.upgrade_mode
    _record_another_run(now, Restore(mode, path), first=now.last.first_deployment)


def have_it_cancelled(now: SessionJobSituation) -> None:
    """It must end before another run of it begins."""
    job_id = now.step.status.job_status.job_id
    if job_id is not None:
        now.step.actions = (CancelJob(job_id),)


def have_it_cancelled_instead(now: SessionJobSituation) -> None:
    """Of its savepoint: its end is all that is waited for."""
    begin_suspension(now, Suspension.CANCELLATION)


def park_it(now: SessionJobSituation) -> None:
    """Stop it with its state, to be started again when its cluster is there again."""
    route = way(now)
    if isinstance(route, Wait):
        now.step.problem = route.problem
        return
    message = "The session cluster goes: the job is stopped with its state, and started again when it is back"
    now.step.events.append(Event(EventType.NORMAL, "Suspended", message, EventComponent.JOB))
    begin_suspension(now, route.suspension)


def start_it_again(now: SessionJobSituation) -> None:
    """It was lost with its JobManager."""
    note_what_is_seen(now)
    _record_another_run(now, Restore(UpgradeMode.STATELESS))


def say_that_it_is_lost(now: SessionJobSituation) -> None:
    """Where it was is not known."""
    note_what_is_seen(now)
    if isinstance(now.observation.job, Absent):
        now.step.problem = problems.job_is_not_known()
    else:
        say_what_the_cluster_lacks(now)


def start_the_failed_job_again(now: SessionJobSituation) -> None:
    """From its newest checkpoint, unless it has no state to keep."""
    note_what_is_seen(now)
    job, restore = now.goal.spec.job, Restore(UpgradeMode.STATELESS)
    if job is not None and job.upgrade_mode is not UpgradeMode.STATELESS:
        route = route_after_end(now.step.status, now.observation)
        if isinstance(route, Wait):
            now.step.problem = route.problem
            return
        restore = Restore(route.restore, route.path)
    message = f"The job failed, it is started again from {restore.path or 'the beginning'}"
    now.step.events.append(Event(EventType.WARNING, "RestartFailedJob", message, EventComponent.JOB))
    _record_another_run(now, restore)


def note_what_is_seen(now: SessionJobSituation) -> None:
    """Running makes the spec stable."""
    status, generation = now.step.status, now.goal.generation
    if not changes(now):
        now.step.last = record_spec(status, now.last, now.last.spec, generation=generation)
    if now.last.is_suspended:
        return
    if keeps_state(now) and its_end_is_half_told(status, now.observation):
        now.step.look_within = _SOON
        return
    now.step.events += apply_job_and_its_end(status, now.observation)
    if has_proved_itself(now):
        mark_stable(status)


def note_what_is_seen_and_what_is_missing(now: SessionJobSituation) -> None:
    """No way is open: what runs keeps running."""
    note_what_is_seen(now)
    match way(now):
        case Wait(problem):
            now.step.problem = problem


def _record_another_run(now: SessionJobSituation, restore: Restore, *, first: bool = False) -> None:
    """Of what runs, or ran."""
    now.step.last = record_change(
        now.step.status,
        now.last.spec,
        generation=now.step.status.recorded_generation or now.subject.metadata.generation,
        at=now.observation.at,
        first=first,
        restore=restore.mode,
        path=restore.path,
    )


def _submit(now: SessionJobSituation, *, first: bool) -> None:
    step, goal, job = now.step, now.goal, now.goal.spec.job
    if job is None:
        return
    restore = restore_of(step.status, step.last, goal, job, now.observation, first=first)
    if isinstance(restore, NotYet):
        step.problem = restore.problem
        return
    recorded = step.status.job_status.job_id if submission_is_recorded(step.status) else None
    job_id = recorded or job_id_of_next_run(now)
    step.last = record_submission(
        step.status,
        with_nonce_of(step.last, goal.spec),
        generation=goal.generation,
        at=now.observation.at,
        job_id=job_id,
        restore=restore.mode,
        path=restore.path,
        first=first,
    )
    step.actions = (RunJob(goal.spec, job_id, restore.path, is_repeated=recorded is not None),)
    if recorded is None:  # another attempt at what was refused or cut short is no news
        step.events.append(Event(EventType.NORMAL, "Submit", "Submitting the job", EventComponent.JOB))

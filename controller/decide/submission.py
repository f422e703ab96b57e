"""Submissions: what is about to be created is on record before, and is created until it is complete."""

from controller.decide import problems
from controller.decide.identity import next_job_id
from controller.decide.observed import problem_of_last_attempt
from controller.decide.recording import (
    mark_deployed,
    mark_suspended,
    record_submission,
    submission_is_recorded,
    with_nonce_of,
)
from controller.decide.restore import NotYet, Restore, restore_of
from controller.decide.rollback import is_rollback
from controller.decide.situation import AnySituation, Situation
from controller.plan import (
    Action,
    CreateCluster,
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    ForgetJobPlans,
)
from shared.config.effective import Submission
from shared.config.options import high_availability_is_kubernetes
from shared.model.job import UpgradeMode
from shared.model.status import CommonStatus, JobState


def wait(_: AnySituation) -> None:
    """Do nothing; what is waited for comes by watch, or is looked for again."""


def say_that_it_is_in_the_way(now: Situation) -> None:
    """Nothing is done to what is not ours."""
    now.step.problem = problems.foreign_deployment(now.subject.metadata.name)


def submit_for_the_first_time(now: Situation) -> None:
    """Record job id and restore point, create the cluster."""
    _submit(now, first=True)


def submit(now: Situation) -> None:
    """Record job id and restore point, create the cluster."""
    _submit(now, first=now.last.first_deployment)


def create_what_is_missing(now: Situation) -> None:
    """And release it then."""
    now.step.problem = problem_of_last_attempt(now.step.status, now.goal.generation)
    # The goal, not the record: what was begun depends on the upgradeMode, which the record overrides.
    now.step.actions = (CreateCluster(now.goal.spec, _recorded_submission(now.step.status)),)


def mark_it_deployed(now: AnySituation) -> None:
    """What comes next is decided as for any that is deployed."""
    now.step.last = mark_deployed(now.step.status, now.last, now.observation.at)


def note_it(now: Situation) -> None:
    """As deployed: its job may have run for long, and have newer state than at its start."""
    mark_it_deployed(now)
    now.step.status.job_status.state = JobState.RECONCILING


def mark_it_suspended(now: AnySituation) -> None:
    """That is deployed and stable, too."""
    now.step.last = mark_suspended(now.step.status, now.last, now.observation.at)


def _submit(now: Situation, *, first: bool) -> None:
    step, goal, job, restore = now.step, now.goal, now.goal.spec.job, Restore(UpgradeMode.STATELESS)
    if job is not None:
        found = restore_of(step.status, step.last, goal, job, now.observation, first=first)
        if isinstance(found, NotYet):
            step.problem = found.problem
            return
        restore = found
    repeated = job is not None and submission_is_recorded(step.status, goal.generation)
    step.problem = problem_of_last_attempt(step.status, goal.generation)
    step.last = record_submission(
        step.status,
        with_nonce_of(step.last, goal.spec),
        generation=goal.generation,
        at=now.observation.at,
        job_id=_job_id(now, restore, repeated=repeated),
        restore=restore.mode,
        path=restore.path,
        first=first,
    )
    create = CreateCluster(goal.spec, _recorded_submission(step.status))
    step.actions = (*_clearing(now, restore, first=first), create)
    component = EventComponent.JOB_MANAGER_DEPLOYMENT
    if step.problem is None and not repeated:  # another attempt at what was refused or cut short is no news
        step.events.append(Event(EventType.NORMAL, "Submit", "Starting deployment", component))


def _job_id(now: Situation, restore: Restore, *, repeated: bool) -> str | None:
    """Flink finds its own metadata by the job's id: last-state keeps it. Everything else is a new run."""
    before = now.step.status.job_status.job_id
    if now.goal.spec.job is None:
        return None
    if before is not None and (repeated or restore.mode is UpgradeMode.LAST_STATE):
        return before
    return job_id_of_next_run(now)


def job_id_of_next_run(now: AnySituation) -> str:
    """Derived, so that a repeated decision comes to the same."""
    return next_job_id(now.subject.metadata.uid, now.goal.generation, now.step.status.job_status.job_id)


def _clearing(now: Situation, restore: Restore, *, first: bool) -> tuple[Action, ...]:
    """What must go from Flink's high-availability data before the JobManager reads it."""
    config = now.subject.configuration(now.goal.spec)
    if now.goal.spec.job is None or not high_availability_is_kubernetes(config):
        return ()
    keeps_data = first or restore.mode is UpgradeMode.LAST_STATE
    return (ForgetJobPlans(),) if keeps_data else (DeleteHighAvailabilityData(),)


def _recorded_submission(status: CommonStatus) -> Submission:
    """What the status records of the submission that is due."""
    job = status.job_status
    generation = status.recorded_generation or 0
    return Submission(generation, job.job_id, job.upgrade_savepoint_path, is_rollback(status))

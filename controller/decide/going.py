"""What deletions of both kinds have in common: how far they are, and how the job ends.

The time of the last reconciliation is that of the step that is waited for, so that an operator that was away,
or a savepoint that took long, makes nothing seem blocked.
"""

from datetime import UTC, datetime, timedelta

from controller.decide import last_savepoint, problems
from controller.decide.conditions import READY, milliseconds, set_condition, set_running_condition
from controller.decide.ended import note_newest_checkpoint
from controller.decide.observed import apply_job, apply_problem, job_manager_status
from controller.decide.route import recorded_path
from controller.decide.situation import AnySituation
from controller.decide.suspension import pending_trigger
from controller.observation import Known
from controller.plan import Event, EventComponent, EventType, RemoveFinalizer
from shared.control import FORCE_DELETION, ON
from shared.model.status import FlinkDeploymentStatus, JobState, LifecycleState

DELETING = "Deleting"
"""Reason of Ready while what belongs to the resource goes."""
BLOCKED = "DeletionBlocked"
"""While something may never go, or come, by itself."""

_SAY_WHAT_BLOCKS_AFTER = timedelta(seconds=45)  # the promise is a minute


def nothing_was_ever_made(now: AnySituation) -> bool:
    """Nothing is on record, so nothing was asked for; a damaged record tells nothing."""
    status = now.step.status
    has_begun = now.subject.record_is_damaged or status.lifecycle_state is LifecycleState.DELETING
    return status.reconciliation_status.last_reconciled_spec is None and not has_begun


def let_it_go(now: AnySituation) -> None:
    """The finalizer was all."""
    now.step.actions = (RemoveFinalizer(),)


def let_the_job_run_on_for_now(now: AnySituation) -> None:
    """As Flink does; another savepoint is tried after a while."""
    begin(now)
    info = now.step.status.job_status.savepoint_info
    if info is not None:
        info.trigger_id = None
    failure = now.observation.stop.value.failure if isinstance(now.observation.stop, Known) else None
    problem = problems.last_savepoint_failed(failure)
    now.step.events += apply_problem(now.step.status, problem, now.subject.operator_configuration)
    _say_what_the_savepoint_waits_for(now)


def ask_for_the_last_savepoint(now: AnySituation) -> None:
    """On record before it is asked for."""
    begin(now)
    note_job(now)
    last_savepoint.ask(now)
    _say_what_the_savepoint_waits_for(now)


def wait_for_it_and_say_what_blocks(now: AnySituation) -> None:
    """Until Flink answers, the job runs or has ended."""
    begin(now)
    note_job(now)
    _say_what_the_savepoint_waits_for(now)


def begin(now: AnySituation) -> None:
    status = now.step.status
    if isinstance(status, FlinkDeploymentStatus):
        status.job_manager_deployment_status = job_manager_status(
            now.observation, status.job_manager_deployment_status
        )
    since, at = status.reconciliation_status.reconciliation_timestamp, milliseconds(now.observation.at)
    if not is_under_way(now) or since > at:  # the clock was set back
        status.reconciliation_status.reconciliation_timestamp = at
    if status.lifecycle_state is not LifecycleState.DELETING:
        status.lifecycle_state, status.error = LifecycleState.DELETING, None
        event = Event(EventType.NORMAL, "Cleanup", "Cleaning up", EventComponent.OPERATOR)
        now.step.events.append(event)


def is_under_way(now: AnySituation) -> bool:
    """And nothing held it since the last look: no pause, no other operator."""
    ready = now.step.status.condition(READY)
    return ready is not None and ready.reason in {DELETING, BLOCKED}


def note_job(now: AnySituation) -> None:
    """That it has ended is put on record when it is acted on."""
    match now.observation.job:
        case Known(job) if job.state.is_terminal:
            return
    now.step.events += apply_job(now.step.status, now.observation)


def job_is_over(now: AnySituation) -> bool:
    state = now.step.status.job_status.state
    return now.goal.spec.job is None or (state is not None and state.is_terminal)


def end_job(now: AnySituation) -> None:
    """Nothing more is asked of it: that is on record as its end (contract part 5.7)."""
    if job_is_over(now):
        return
    status, why = now.step.status, last_savepoint.why_none(now)
    status.reconciliation_status.reconciliation_timestamp = milliseconds(now.observation.at)
    match now.observation.job:
        case Known(job) if job.state.is_terminal:
            now.step.events += apply_job(status, now.observation)
            if last_savepoint.taken(now.step.status) is None:
                note_newest_checkpoint(status, now.observation.checkpoints)
        case _:
            status.job_status.state = JobState.FINISHED
    if last_savepoint.is_wanted(now) and last_savepoint.taken(now.step.status) is None and why is not None:
        now.step.events.append(_no_savepoint(now, why))


def _no_savepoint(now: AnySituation, why: str) -> Event:
    message = f"No savepoint is taken: {why}"
    if pending_trigger(now.step.status) is not None:
        message += ". One was under way: if it was made, it is in the savepoint directory"
    elif (path := recorded_path(now.step.status)) is not None:
        message += f". The newest restore point on record is {path}"
    return Event(EventType.WARNING, "SavepointSkipped", message, EventComponent.JOB)


def _say_what_the_savepoint_waits_for(now: AnySituation) -> None:
    obstacle = last_savepoint.obstacle(now)
    message = "The job is being stopped with a savepoint" if obstacle is None else obstacle.message
    blocked = obstacle is not None and (obstacle.is_certain or has_waited(now))
    say(now, f"{message}. To delete it without a savepoint: {way_out(now)}", blocked=blocked)


def say(now: AnySituation, message: str, *, blocked: bool) -> None:
    status, at, generation = now.step.status, now.observation.at, now.subject.metadata.generation
    reason = BLOCKED if blocked else DELETING
    before = status.condition(READY)
    if blocked and (before is None or before.reason != BLOCKED):
        event = Event(EventType.WARNING, "CleanupFailed", message, EventComponent.OPERATOR)
        now.step.events.append(event)
    set_condition(status, READY, False, reason, message, at, generation)
    if now.step.last is not None and isinstance(status, FlinkDeploymentStatus):
        set_running_condition(status, now.step.last.spec.job is not None, at, generation)


def way_out(now: AnySituation) -> str:
    metadata = now.subject.metadata
    kind = now.subject.resource.kind.lower()
    command = f"kubectl annotate {kind} {metadata.name} -n {metadata.namespace} {FORCE_DELETION}={ON}"
    value = metadata.annotations.get(FORCE_DELETION)
    return command if value is None else f"{command} --overwrite"


def has_waited(now: AnySituation) -> bool:
    """So long that what is waited for may never come; nobody waits before it began, or while it is held."""
    if not is_under_way(now):
        return False
    since = datetime.fromtimestamp(now.step.status.reconciliation_status.reconciliation_timestamp / 1000, UTC)
    return now.observation.at - since > _SAY_WHAT_BLOCKS_AFTER

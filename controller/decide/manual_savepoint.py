"""A savepoint that the owner asks for by a new `job.savepointTriggerNonce` (contract part 5.5.3).

The trigger id is on record before it is asked for. The nonce is on record once the savepoint is made; one
that fails is tried again while the job runs.
"""

from controller.decide import problems
from controller.decide.recording import record_spec, with_nonce
from controller.decide.situation import AnySituation
from controller.decide.subject import AnySubject
from controller.decide.suspension import (
    begin_trigger,
    end_trigger,
    may_try_again,
    note_savepoint,
    savepoint_directory,
)
from controller.observation import Absent, Known, StopOperation
from controller.plan import Event, EventComponent, EventType, TriggerSavepoint
from shared.config.operator_options import IGNORE_PENDING_SAVEPOINT
from shared.config.options import is_true
from shared.model.reconciled_spec import AnySpec
from shared.model.snapshot_info import SavepointFormatType, SnapshotTriggerType
from shared.model.status import CommonStatus, JobState

_LOOK_WITHIN = 1.0  # seconds, while one is under way


def pending_savepoint(status: CommonStatus) -> str | None:
    """The trigger id of the one that is under way."""
    info = status.job_status.savepoint_info
    if info is None or info.trigger_type is not SnapshotTriggerType.MANUAL:
        return None
    return info.trigger_id


def is_due(subject: AnySubject) -> bool:
    """One is under way, or is asked for."""
    if subject.last is None:
        return False
    return (
        pending_savepoint(subject.status) is not None
        or _new_nonce(subject.last.spec, subject.spec) is not None
    )


def holds_up_changes(now: AnySituation) -> bool:
    """One is being taken, and a change would end it."""
    match now.observation.stop:
        case Known(StopOperation(location=None, failure=None)) if pending_savepoint(now.step.status):
            options = now.subject.configuration(now.goal.spec)
            return not is_true(IGNORE_PENDING_SAVEPOINT.read(options))
        case _:
            return False


def see_to_savepoint(now: AnySituation) -> None:
    """Of a deployed job about which nothing else is to be done."""
    if now.step.last is None or now.step.actions or not now.step.state.is_deployed or now.last.is_suspended:
        return
    if pending_savepoint(now.step.status) is not None:
        _follow(now)
    elif _new_nonce(now.last.spec, now.goal.spec) is not None:
        _ask_for_it(now)


def _new_nonce(last: AnySpec, spec: AnySpec) -> int | None:
    if last.job is None or spec.job is None:
        return None
    nonce = spec.job.savepoint_trigger_nonce
    return None if nonce == last.job.savepoint_trigger_nonce else nonce


def _ask_for_it(now: AnySituation) -> None:
    if _state(now) is not JobState.RUNNING:
        return  # it is asked for when the job runs
    if savepoint_directory(now) is None:
        now.step.problem = now.step.problem or problems.no_savepoint_directory()
    elif may_try_again(now.step.status, now.observation.at):
        begin_trigger(now, SnapshotTriggerType.MANUAL)
        _trigger(now)


def _follow(now: AnySituation) -> None:
    now.step.look_within = _LOOK_WITHIN
    match now.observation.stop:
        case Known(StopOperation(location=str() as location)):
            _note(now, location)
        case Known(StopOperation(failure=str() as failure)):
            info = now.step.status.job_status.savepoint_info
            if info is not None:
                info.trigger_id = None
            now.step.problem = now.step.problem or problems.asked_savepoint_failed(failure)
        case Absent() if _state(now) is JobState.RUNNING:
            _trigger(now)  # it did not arrive, or a JobManager that started anew forgot it
        case _ if (state := _state(now)) is not None and state.is_terminal:
            _give_up(now, state)


def _state(now: AnySituation) -> JobState | None:
    return now.observation.job.value.state if isinstance(now.observation.job, Known) else None


def _trigger(now: AnySituation) -> None:
    job = now.step.status.job_status
    info, directory = job.savepoint_info, savepoint_directory(now)
    if info is None or info.trigger_id is None or job.job_id is None or directory is None:
        return
    format_type = info.format_type or SavepointFormatType.CANONICAL
    now.step.actions = (TriggerSavepoint(job.job_id, info.trigger_id, directory, format_type),)
    now.step.look_within = _LOOK_WITHIN


def _note(now: AnySituation, location: str) -> None:
    nonce = _new_nonce(now.last.spec, now.goal.spec)
    note_savepoint(now.step.status, location, SnapshotTriggerType.MANUAL, nonce)
    _record_nonce(now)
    message = f"The savepoint that savepointTriggerNonce asks for: {location}"
    now.step.events.append(Event(EventType.NORMAL, "SavepointTaken", message, EventComponent.JOB))


def _give_up(now: AnySituation, state: JobState) -> None:
    _record_nonce(now)
    message = f"The job is {state.value}: no savepoint was taken of it for savepointTriggerNonce"
    now.step.events.append(Event(EventType.WARNING, "SavepointError", message, EventComponent.JOB))


def _record_nonce(now: AnySituation) -> None:
    end_trigger(now.step.status)
    nonce = None if now.goal.spec.job is None else now.goal.spec.job.savepoint_trigger_nonce
    spec = with_nonce(now.last.spec, nonce)
    generation = now.step.status.recorded_generation or now.subject.metadata.generation
    now.step.last = record_spec(now.step.status, now.last, spec, generation=generation)

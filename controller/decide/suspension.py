"""A job on its way down: a savepoint is being taken, or it is being cancelled, and its end is awaited.

The status is UPGRADING while the recorded spec still says that the job runs. What is asked of the JobManager
is on record before: the trigger id of a savepoint, or none for a cancellation. Both can be asked again.
"""

from datetime import datetime, timedelta

from controller.decide import problems
from controller.decide.conditions import milliseconds
from controller.decide.ended import route_after_end
from controller.decide.identity import trigger_id
from controller.decide.recording import mark_still_deployed, record_suspension
from controller.decide.route import WITHOUT_STATE, Route, Suspension, Wait
from controller.decide.situation import AnySituation
from controller.decide.stopping import tear_down
from controller.decide.upgrade import RETAINED, choose_route, redeployment_path
from controller.observation import Known, Problem, StopOperation, Unknown
from controller.plan import CancelJob, StopWithSavepoint
from shared.config.operator_options import DRAIN_ON_SAVEPOINT, SAVEPOINT_FORMAT
from shared.config.options import CHECKPOINT_RETENTION, SAVEPOINT_DIRECTORY, is_true
from shared.model.job import UpgradeMode
from shared.model.snapshot_info import (
    Savepoint,
    SavepointFormatType,
    SavepointInfo,
    SnapshotTriggerType,
)
from shared.model.status import CommonStatus

RETRY = timedelta(seconds=30)
"""Between two savepoints of which the first failed: each costs the job a pause."""


def begin_suspension(now: AnySituation, suspension: Suspension) -> None:
    """Put on record how the job is stopped, and ask for it."""
    status, at = now.step.status, now.observation.at
    if suspension is Suspension.SAVEPOINT:
        record_trigger(now)
    else:
        end_trigger(status)
    now.step.last = record_suspension(status, now.last, at)
    ask_for_its_end_again(now)


def record_trigger(now: AnySituation) -> None:
    """The savepoint that is about to be asked for, with which the job ends."""
    begin_trigger(now, SnapshotTriggerType.UPGRADE)


def begin_trigger(now: AnySituation, why: SnapshotTriggerType) -> None:
    """Put a savepoint on record that is about to be asked for."""
    job, config = now.step.status.job_status, now.subject.configuration(now.goal.spec)
    at = milliseconds(now.observation.at)
    info = job.savepoint_info or SavepointInfo()
    info.trigger_id = trigger_id(now.subject.metadata.uid, job.job_id, at)
    info.trigger_timestamp = at
    info.trigger_type = why
    info.format_type = _format(SAVEPOINT_FORMAT.read(config))
    job.savepoint_info = info


def have_its_job_cancelled(now: AnySituation) -> None:
    """End it as one ends a job that runs: by cancelling it, so that its newest checkpoint is known."""
    retention = CHECKPOINT_RETENTION.read(now.subject.configuration(now.goal.spec)) or ""
    if retention.strip().upper() != RETAINED:
        now.step.problem = problems.cancellation_loses_checkpoints(retention)
        return
    begin_suspension(now, Suspension.CANCELLATION)


def way_without_waiting(now: AnySituation) -> Route | None:
    """The owner gives the state up, or names another: nothing need be waited for."""
    spec = now.goal.spec
    if (path := redeployment_path(now.last.spec, spec)) is not None:
        return Route(Suspension.DELETION, UpgradeMode.SAVEPOINT, path)
    if spec.job is None or spec.job.upgrade_mode is UpgradeMode.STATELESS:
        return WITHOUT_STATE
    return None


def go_on_without_it(now: AnySituation) -> None:
    """Whatever becomes of the job."""
    if (route := way_without_waiting(now)) is not None:
        _go_on(now, route)


def go_on_by_metadata_or_say_what_is_lost(now: AnySituation) -> None:
    """Flink's own metadata tells where the job was, or its owner must."""
    if isinstance(now.observation.high_availability, Unknown):
        return
    route = choose_route(now.subject, now.last, now.goal.spec, now.observation)
    match now.observation.high_availability, route:
        case Known(), Route(Suspension.DELETION) as found:
            _go_on(now, found)
        case _, Wait(Problem() as problem):
            now.step.problem = problem
        case _:
            now.step.problem = problems.savepoint_is_lost()


def go_on_from_the_savepoint(now: AnySituation) -> None:
    """Its place goes on record."""
    match now.observation.stop:
        case Known(StopOperation(location=str() as location)):
            note_savepoint(now.step.status, location)
            _go_on(now, Route(Suspension.DELETION, UpgradeMode.SAVEPOINT, location))


def let_the_job_run_on(now: AnySituation) -> None:
    """As Flink does, until it is tried again."""
    info = now.step.status.job_status.savepoint_info
    if info is not None:
        info.trigger_id = None
    now.step.last = mark_still_deployed(now.step.status, now.last, now.observation.at)
    failure = now.observation.stop.value.failure if isinstance(now.observation.stop, Known) else None
    now.step.problem = problems.savepoint_failed(failure)


def go_on_from_its_newest_checkpoint(now: AnySituation) -> None:
    """No answer tells of a savepoint, and Flink still tells the checkpoint."""
    match route_after_end(now.step.status, now.observation):
        case Route() as route:
            _go_on(now, route)
        case Wait(problem):
            now.step.problem = problem


def say_that_its_job_manager_is_silent(now: AnySituation) -> None:
    """Whether the job runs or has ended is unknown: nothing is done, and its owner told."""
    why = now.observation.job.problem if isinstance(now.observation.job, Unknown) else None
    now.step.problem = problems.nobody_tells_whether_it_stopped(why)


def ask_for_its_end_again(now: AnySituation) -> None:
    """With the same trigger id: Flink takes one savepoint for it."""
    job_id, trigger = now.step.status.job_status.job_id, pending_trigger(now.step.status)
    if job_id is not None:
        now.step.actions = (
            CancelJob(job_id) if trigger is None else stop_with_savepoint(now, job_id, trigger),
        )


def stop_with_savepoint(now: AnySituation, job_id: str, trigger: str) -> StopWithSavepoint:
    """What is asked of the JobManager."""
    info, config = now.step.status.job_status.savepoint_info, now.subject.configuration(now.goal.spec)
    return StopWithSavepoint(
        job_id=job_id,
        trigger_id=trigger,
        directory=savepoint_directory(now) or "",
        format_type=(info and info.format_type) or SavepointFormatType.CANONICAL,
        drain=is_true(DRAIN_ON_SAVEPOINT.read(config)),
    )


def savepoint_directory(now: AnySituation) -> str | None:
    """Of the wanted spec, else of the one that runs."""
    specs = [now.goal.spec] if now.step.last is None else [now.goal.spec, now.last.spec]
    found = (SAVEPOINT_DIRECTORY.read(now.subject.configuration(spec)) for spec in specs)
    return next((directory for directory in found if directory), None)


def pending_trigger(status: CommonStatus) -> str | None:
    """The trigger id of the savepoint that an upgrade waits for."""
    info = status.job_status.savepoint_info
    if info is None or info.trigger_type is not SnapshotTriggerType.UPGRADE:
        return None
    return info.trigger_id


def may_try_again(status: CommonStatus, at: datetime) -> bool:
    """Whether the last savepoint that failed is long enough ago."""
    info = status.job_status.savepoint_info
    if info is None or info.trigger_id is not None or info.trigger_timestamp is None:
        return True
    since = milliseconds(at) - info.trigger_timestamp
    return not 0 <= since < RETRY.total_seconds() * 1000  # before it was triggered: the clock was set back


def _go_on(now: AnySituation, route: Route) -> None:
    """The job has ended, or need not be waited for: the change goes on with its cluster."""
    end_trigger(now.step.status)
    tear_down(now, route, first=False)


def note_savepoint(
    status: CommonStatus,
    location: str,
    why: SnapshotTriggerType = SnapshotTriggerType.UPGRADE,
    nonce: int | None = None,
) -> None:
    """The one that was asked for lies there."""
    info = status.job_status.savepoint_info
    if info is None:
        return
    savepoint = Savepoint(
        time_stamp=info.trigger_timestamp,
        location=location,
        trigger_type=why,
        format_type=info.format_type,
        trigger_nonce=nonce,
    )
    info.last_savepoint = savepoint
    info.savepoint_history = [*(info.savepoint_history or []), savepoint]


def _format(text: str | None) -> SavepointFormatType:
    """A spec that is not valid may name another: it can still be deleted with a savepoint."""
    known = {one.value: one for one in SavepointFormatType}
    return known.get((text or "").strip().upper(), SavepointFormatType.CANONICAL)


def end_trigger(status: CommonStatus) -> None:
    """No savepoint is under way any more."""
    info = status.job_status.savepoint_info
    if info is not None:
        info.trigger_id = info.trigger_timestamp = info.trigger_type = info.format_type = None

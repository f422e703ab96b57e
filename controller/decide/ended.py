"""A job that has ended by itself: its newest checkpoint is put on record while its JobManager can tell it."""

from collections.abc import Mapping
from datetime import datetime

from controller.decide import problems
from controller.decide.observed import apply_job
from controller.decide.route import LAST_STATE_MARKER, Route, Suspension, Wait, recorded_path
from controller.observation import Absent, Checkpoints, Fact, Known, Observation, Unknown
from controller.plan import Event
from shared.config.duration import parse_duration
from shared.config.operator_options import JM_SHUTDOWN_TTL
from shared.config.options import high_availability_is_active
from shared.model.job import UpgradeMode
from shared.model.status import CommonStatus, FlinkDeploymentStatus, FlinkSessionJobStatus

SHUTDOWN = "job-manager-shutdown"
"""Key of `status.clusterInfo`: since when the JobManager of the ended job is not kept any more, RFC 3339."""


def note_newest_checkpoint(status: CommonStatus, checkpoints: Fact[Checkpoints]) -> None:
    """Whoever starts the job again goes on from there, also when the JobManager is gone.

    A job without any never got beyond what it was started from.
    """
    match checkpoints:
        case Known(found) if not found.is_within_reach:
            status.job_status.upgrade_savepoint_path = LAST_STATE_MARKER  # its newest state is lost
        case Known(found) if found.newest is not None:
            status.job_status.upgrade_savepoint_path = found.newest


def apply_job_and_its_end(status: CommonStatus, observation: Observation) -> list[Event]:
    """What is seen of it; of one that has ended, its newest checkpoint, too."""
    events = apply_job(status, observation)
    if _has_ended_now(observation):
        note_newest_checkpoint(status, observation.checkpoints)
    return events


def its_end_is_half_told(status: CommonStatus, observation: Observation) -> bool:
    """Of a session job: until it is known where it was, its end is not put on record.

    Its JobManager alone knows that, and may go for the sake of others.
    """
    is_on_record = status.job_status.state is not None and status.job_status.state.is_terminal
    is_untold = isinstance(observation.checkpoints, Unknown)
    return (
        isinstance(status, FlinkSessionJobStatus)
        and _has_ended_now(observation)
        and is_untold
        and not is_on_record
    )


def has_ended(status: CommonStatus, observation: Observation, configuration: Mapping[str, str]) -> bool:
    """The JobManager says so; or it did, is there no more, and cannot have run the job again.

    One without high availability does, when its container starts anew; but not of a session job.
    `configuration`: what ran.
    """
    match observation.job:
        case Known(job):
            return job.state.is_terminal
        case _:
            state = status.job_status.state
            was_final = high_availability_is_active(configuration) or _was_shut_down(status)
            is_gone = isinstance(observation.cluster, Absent)
            is_final = isinstance(status, FlinkSessionJobStatus) or (is_gone and was_final)
            return state is not None and state.is_terminal and is_final


def route_after_end(status: CommonStatus, observation: Observation) -> Route | Wait:
    """From the job's newest checkpoint: asked of the JobManager while it is there, else what is on record."""
    forgotten = isinstance(status, FlinkSessionJobStatus) and isinstance(observation.job, Absent)
    if forgotten or isinstance(observation.cluster, Absent):
        return _by_record(status)
    match observation.checkpoints:
        case Unknown():
            return Wait()
        case Known(checkpoints) if checkpoints.is_discarded:
            return Wait(problems.checkpoint_is_discarded())
        case Known(checkpoints) if not checkpoints.is_addressable:
            return Wait(problems.checkpoint_is_out_of_reach())
        case Known(checkpoints) if checkpoints.newest is not None:
            return _from(checkpoints.newest)
        case _:
            return _from(recorded_path(status))


def seconds_to_live(status: CommonStatus, options: Mapping[str, str], at: datetime) -> float | None:
    """How long the JobManager of a job that ended is still kept; None of one that has not ended."""
    job = status.job_status
    if job.state is None or not job.state.is_terminal or not (job.update_time or "").isdigit():
        return None
    limit = parse_duration(JM_SHUTDOWN_TTL.read(options) or "1 d")
    return int(job.update_time or 0) / 1000 + limit - at.timestamp()


def _has_ended_now(observation: Observation) -> bool:
    return isinstance(observation.job, Known) and observation.job.value.state.is_terminal


def _was_shut_down(status: CommonStatus) -> bool:
    return isinstance(status, FlinkDeploymentStatus) and SHUTDOWN in status.cluster_info


def _by_record(status: CommonStatus) -> Route | Wait:
    if status.job_status.upgrade_savepoint_path == LAST_STATE_MARKER:
        return Wait(problems.no_savepoint_is_recorded())
    return _from(status.job_status.upgrade_savepoint_path)


def _from(path: str | None) -> Route:
    mode = UpgradeMode.STATELESS if path is None else UpgradeMode.SAVEPOINT
    return Route(Suspension.DELETION, mode, path)

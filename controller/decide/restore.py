"""What a submission starts its job from: what was recorded when the older one was stopped."""

from dataclasses import dataclass

from controller.decide import problems
from controller.decide.recording import submission_is_recorded
from controller.decide.route import LAST_STATE_MARKER, recorded_path
from controller.decide.subject import Subject
from controller.decide.upgrade import redeployment_path
from controller.decide.wanted import Wanted
from controller.observation import Absent, Known, Observation, Problem, Unknown
from shared.config.operator_options import JM_DEPLOYMENT_RECOVERY
from shared.config.options import high_availability_is_active, is_true
from shared.model.job import JobSpec, UpgradeMode
from shared.model.reconciled_spec import AnySpec, ReconciledSpec
from shared.model.status import CommonStatus


@dataclass(frozen=True, slots=True)
class Restore:
    """From what the job starts."""

    mode: UpgradeMode
    path: str | None = None
    """For last-state a marker, or None where Flink has not completed any checkpoint."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """It cannot be submitted now; the problem is for the user, None when it is only a matter of time."""

    problem: Problem | None = None


def restore_of(
    status: CommonStatus,
    last: ReconciledSpec[AnySpec] | None,
    goal: Wanted[AnySpec],
    job: JobSpec,
    observation: Observation,
    *,
    first: bool,
) -> Restore | NotYet:
    """The restore point of the submission that is due."""
    if last is not None and (path := redeployment_path(last.spec, goal.spec)) is not None:
        return Restore(UpgradeMode.SAVEPOINT, path)
    # The owner gives the state up, after it was decided otherwise.
    is_given_up = job.upgrade_mode is UpgradeMode.STATELESS and goal.generation != status.recorded_generation
    if submission_is_recorded(status) and _has_run(observation) and not is_given_up:
        return _from_metadata(status, observation)
    if first and job.initial_savepoint_path:
        return Restore(UpgradeMode.SAVEPOINT, job.initial_savepoint_path)
    if first or last is None or last.spec.job is None:
        return Restore(UpgradeMode.STATELESS)
    if is_given_up:
        return Restore(UpgradeMode.STATELESS)
    match last.spec.job.upgrade_mode:
        case UpgradeMode.STATELESS:
            return Restore(UpgradeMode.STATELESS)
        case UpgradeMode.SAVEPOINT:
            return _from_path(status)
        case UpgradeMode.LAST_STATE:
            return _from_metadata(status, observation)


def recovery(subject: Subject, last: ReconciledSpec, observation: Observation) -> Restore | NotYet:
    """From what a job goes on whose JobManager is gone though nobody asked for that."""
    config = subject.configuration(last.spec)
    job = subject.spec.job
    if not is_true(JM_DEPLOYMENT_RECOVERY.read(subject.configuration(subject.spec))):
        return NotYet(problems.recovery_is_off())
    match observation.high_availability:
        case Known():
            return Restore(UpgradeMode.LAST_STATE, recorded_path(subject.status))
        case Unknown():
            return NotYet()
    # With findings, the mode may be a default in place of what its owner wrote.
    stateless = not subject.errors and job is not None and job.upgrade_mode is UpgradeMode.STATELESS
    if stateless and not high_availability_is_active(config):
        return Restore(UpgradeMode.STATELESS)
    return NotYet(problems.job_manager_is_missing())


def _has_run(observation: Observation) -> bool:
    """The run on record left metadata: it was there for a while, and its state is newer than the record."""
    return isinstance(observation.high_availability, Known)


def _from_path(status: CommonStatus) -> Restore | NotYet:
    path = recorded_path(status)
    info = status.job_status.savepoint_info
    if path is None and info is not None and info.last_savepoint is not None:
        path = info.last_savepoint.location
    if path is None:
        return NotYet(problems.no_savepoint_is_recorded())
    return Restore(UpgradeMode.SAVEPOINT, path)


def _from_metadata(status: CommonStatus, observation: Observation) -> Restore | NotYet:
    match observation.high_availability:
        case Unknown():
            return NotYet()
        case Absent():
            return NotYet(problems.metadata_is_lost())
        case Known(metadata):
            # Without a checkpoint of its own the job starts from what the run before it was started from.
            path = LAST_STATE_MARKER if metadata.has_checkpoint else recorded_path(status)
            return Restore(UpgradeMode.LAST_STATE, path)

"""When a spec has proved itself (contract part 5.3.8), and what is held against one that does not.

Where a spec that does not prove itself is rolled back, running is not enough: with checkpoints on, one must
have been completed.
"""

from controller.decide.conditions import milliseconds
from controller.decide.situation import AnySituation
from controller.decide.subject import AnySubject
from controller.observation import Checkpoints, Known, Unknown
from shared.config.derived import LAST_STATE_INTERVAL
from shared.config.duration import parse_duration
from shared.config.operator_options import READINESS_TIMEOUT, ROLLBACK
from shared.config.options import CHECKPOINT_INTERVAL, is_true
from shared.model.job import UpgradeMode
from shared.model.status import JobState, ReconciliationState


def is_on_probation(subject: AnySubject) -> bool:
    """Whether the deployed spec is to be rolled back if it does not prove itself."""
    reconciliation = subject.status.reconciliation_status
    return (
        reconciliation.state is ReconciliationState.DEPLOYED
        and reconciliation.last_stable_spec is not None
        and reconciliation.last_stable_spec != reconciliation.last_reconciled_spec
        and is_true(ROLLBACK.read(subject.configuration(subject.spec)))
    )


def has_proved_itself(now: AnySituation) -> bool:
    """Whether the deployed spec is stable."""
    if now.step.state is not ReconciliationState.DEPLOYED:
        return False
    if now.last.spec.job is None:
        return isinstance(now.observation.flink, Known)
    match _job_state(now):
        case JobState.FINISHED:
            return True
        case JobState.RUNNING:
            return not is_on_probation(now.subject) or _has_checkpoint(now)
        case _:
            return False


def may_have_proved_itself(now: AnySituation) -> bool:
    """Also where the JobManager cannot be asked, or does not tell whether a running job has a checkpoint."""
    untold = _job_state(now) is JobState.RUNNING and isinstance(now.observation.checkpoints, Unknown)
    return untold or now.observation.rest_problem is not None or has_proved_itself(now)


def time_to_prove_itself(now: AnySituation) -> float:
    """Seconds; a running job has two checkpoint intervals at least."""
    options = now.subject.configuration(now.goal.spec)
    limit = parse_duration(READINESS_TIMEOUT.read(options) or "5 min")
    if _job_state(now) is not JobState.RUNNING:
        return limit
    return max(limit, 2 * parse_duration(checkpoint_interval(now) or "0 s"))


def age_of_record(now: AnySituation) -> float:
    """Seconds since the recorded spec came to be what it is."""
    since = now.step.status.reconciliation_status.reconciliation_timestamp
    return (milliseconds(now.observation.at) - since) / 1000


def _job_state(now: AnySituation) -> JobState | None:
    match now.observation.job:
        case Known(job):
            return job.state
        case _:
            return now.step.status.job_status.state


def checkpoint_interval(now: AnySituation) -> str | None:
    """None when checkpointing is off."""
    interval = CHECKPOINT_INTERVAL.read(now.subject.configuration(now.last.spec))
    job = now.last.spec.job
    if interval is None and job is not None and job.upgrade_mode is UpgradeMode.LAST_STATE:
        return LAST_STATE_INTERVAL
    return interval


def _has_checkpoint(now: AnySituation) -> bool:
    if checkpoint_interval(now) is None:
        return True
    match now.observation.checkpoints:
        case Known(Checkpoints(completed_at=int())):
            return True
        case _:
            return False

"""A session cluster and the jobs on it: what the one has to know of the others."""

from collections.abc import Sequence

from controller.decide.change import changes, changes_to
from controller.decide.situation import Situation
from controller.decide.subject import SessionCluster, SessionJobSubject, Subject
from controller.decide.upgrade import never_available
from controller.decide.wanted import spec_at_the_end, wanted
from controller.observation import Absent, Known, SessionJob
from shared.config.operator_options import BLOCK_ON_SESSION_JOBS
from shared.config.options import high_availability_is_kubernetes, is_true
from shared.control import PAUSED, is_on
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.job import UpgradeMode


def session_cluster(subject: Subject, address: str) -> SessionCluster:
    """What a session job needs to know of its FlinkDeployment, whose JobManager answers at the address."""
    deployed, goal = subject.deployed, wanted(subject)
    options, state = subject.configuration(deployed), subject.status.reconciliation_status.state
    being_deleted = subject.metadata.deletion_timestamp is not None
    is_deployed = subject.last is not None and state.is_deployed
    changed = (
        is_deployed
        and goal is not None
        and not is_on(PAUSED, subject.metadata)
        and bool(changes_to(goal, subject, deployed, subject.status))
    )
    return SessionCluster(
        name=subject.metadata.name,
        uid=subject.metadata.uid,
        address=address,
        version=deployed.flink_version,
        options=options,
        takes_jobs=is_deployed and not (changed or being_deleted or deployed.job is not None),
        is_application=deployed.job is not None,
        being_deleted=being_deleted,
        goes=changed or (being_deleted and not _waits_for_its_owner(subject)),
        carries_jobs_over=changed and goal is not None and _carries_over(subject, deployed, goal.spec),
        keeps_metadata=high_availability_is_kubernetes(options),
    )


def _waits_for_its_owner(subject: Subject) -> bool:
    """Its deletion does, while there are session jobs."""
    return is_true(BLOCK_ON_SESSION_JOBS.read(subject.configuration(spec_at_the_end(subject))))


def as_seen_by_its_cluster(job: SessionJobSubject) -> SessionJob:
    """A session job that has run, or is about to, and what its end would cost."""
    state, spec = job.status.job_status.state, job.spec.job
    is_stateless = spec is not None and spec.upgrade_mode is UpgradeMode.STATELESS
    keeps_state = bool(job.errors) or not is_stateless  # what is not valid may have had another mode
    is_over = state is None or state.is_terminal
    return SessionJob(job.metadata.name, has_state_to_lose=keeps_state and not is_over, may_run=not is_over)


def jobs_with_state_to_lose(now: Situation) -> tuple[str, ...]:
    """Names of session jobs that have to be stopped before their cluster's JobManager goes."""
    return tuple(job.name for job in session_jobs_of(now) if job.has_state_to_lose)


def jobs_to_stop_first(now: Situation) -> tuple[str, ...]:
    """Before the cluster is replaced; of one whose metadata Flink keeps, also those without state: another
    Flink need not be able to read it, and one that is some day would bring them back.
    """
    if not high_availability_is_kubernetes(now.subject.configuration(now.last.spec)):
        return jobs_with_state_to_lose(now)
    return tuple(job.name for job in session_jobs_of(now) if job.may_run)


def its_session_jobs_have_to_be_stopped_first(now: Situation) -> bool:
    """Its spec is changed, and Flink would not bring them back with their state."""
    if now.last.spec.job is not None or not changes(now):
        return False
    before = now.subject.configuration(now.last.spec)
    if no_job_manager_runs_them(now) and not high_availability_is_kubernetes(before):
        return False  # what was not saved is lost
    if _carries_over(now.subject, now.last.spec, now.goal.spec):
        return False
    return bool(jobs_to_stop_first(now))


def no_job_manager_runs_them(now: Situation) -> bool:
    """It is gone, or never came up; what it would bring back Flink's metadata tells, if it keeps any."""
    return isinstance(now.observation.cluster, Absent) or never_available(now.observation)


def session_jobs_of(now: Situation) -> Sequence[SessionJob]:
    """None are known where nobody could tell."""
    match now.observation.session_jobs:
        case Known(jobs):
            return jobs
        case _:
            return ()


def _carries_over(subject: Subject, before: FlinkDeploymentSpec, after: FlinkDeploymentSpec) -> bool:
    """By Flink's metadata in Kubernetes, which another version need not be able to read."""
    kept = all(high_availability_is_kubernetes(subject.configuration(spec)) for spec in (before, after))
    return kept and before.flink_version is after.flink_version

"""The end of every decision: error, conditions, lifecycle state and the time of the next look."""

from datetime import datetime

from controller.decide.conditions import lifecycle_state, milliseconds, set_running_condition
from controller.decide.ended import seconds_to_live
from controller.decide.health import Health
from controller.decide.observed import apply_problem, first_problem
from controller.decide.readiness import set_ready_condition
from controller.decide.step import Step
from controller.decide.subject import Subject
from controller.decide.wanted import objection
from controller.observation import Cluster, Known, Observation, Problem
from controller.plan import Plan
from shared.config.duration import parse_duration
from shared.config.options import RECONCILE_INTERVAL
from shared.model.job import DesiredJobState
from shared.model.status import FlinkDeploymentStatus, JobState, ReconciliationState

_DEPLOYED = {ReconciliationState.DEPLOYED, ReconciliationState.ROLLED_BACK}
MOVING = 1.0  # seconds between looks while something is under way
_CHANGING = 0.3  # seconds between looks while a change is: each step of it follows the one before at once
_SHARE_OF_SILENCE = 0.1
_SHARE_OF_ABSENCE = 0.5
_STUCK = 5.0  # seconds between looks while something must be mended first; changes of pods come by watch


def conclude(step: Step, subject: Subject, observation: Observation) -> Plan:
    """Conditions, error and lifecycle state follow from the rest of the status."""
    status, generation = step.status, subject.metadata.generation
    stated = objection(subject)
    if step.problem is None:
        step.problem = _observed_problem(step, observation)
    error = stated if stated is not None and subject.errors else step.problem
    step.events += apply_problem(status, error)
    job = subject.spec.job
    suspended = job is not None and job.state is DesiredJobState.SUSPENDED
    set_ready_condition(status, step.last, error or stated, observation.at, generation, suspended=suspended)
    if step.last is not None:
        set_running_condition(status, step.last.spec.is_application, observation.at, generation)
    status.lifecycle_state = lifecycle_state(status, step.last)
    pauses = (_again_after(step, subject, error, observation), step.look_within)
    again_after = min((one for one in pauses if one is not None), default=None)
    return Plan(status, step.actions, tuple(step.events), again_after)


def _observed_problem(step: Step, observation: Observation) -> Problem | None:
    """A pod's, before that of asking the JobManager, before the job's."""
    found = first_problem(observation)
    if found is not None:
        return found[0]
    return _rest_problem(step, observation) or _job_failure(step.status, observation)


def _rest_problem(step: Step, observation: Observation) -> Problem | None:
    """Why the JobManager cannot be asked. An old one that goes is asked as its successor will be: that says
    nothing.
    """
    goes = step.state not in _DEPLOYED and not _is_being_stopped(step)
    return None if goes else observation.rest_problem


def _is_being_stopped(step: Step) -> bool:
    """A change waits for the job's end."""
    return step.last is not None and step.last.spec.is_application and not step.last.is_suspended


def _job_failure(status: FlinkDeploymentStatus, observation: Observation) -> Problem | None:
    health = Health.of(status)
    if health is not None and health.error is not None:
        return Problem("JobUnhealthy", health.error)
    match observation.job:
        case Known(job) if status.job_status.state is JobState.FAILED:
            return Problem("JobFailed", job.failure or "The job failed; Flink gives no cause.")
    return None


def _at_rest(step: Step, subject: Subject, interval: float, at: datetime) -> float:
    left = seconds_to_live(step.status, subject.configuration(subject.spec), at)
    return interval if left is None or left <= 0 else min(interval, left + 1)


def _again_after(
    step: Step, subject: Subject, error: Problem | None, observation: Observation
) -> float | None:
    if step.last is None:
        return None if subject.errors else _STUCK
    interval = parse_duration(RECONCILE_INTERVAL.read(subject.operator_configuration) or "60 s")
    if (
        step.state in _DEPLOYED
        and not step.last.is_suspended
        and isinstance(observation.cluster, Known)
        and not isinstance(observation.flink, Known)
    ):
        pause = _pause_for_the_silent(step.status, observation.cluster.value, observation.at)
        return min(interval, max(MOVING if error is None else _STUCK, pause))
    if error is not None:
        return _STUCK
    stable = step.state is ReconciliationState.ROLLED_BACK or (
        step.status.reconciliation_status.last_stable_spec
        == step.status.reconciliation_status.last_reconciled_spec
    )
    state = step.status.job_status.state
    at_rest = step.last.is_suspended or state is JobState.RUNNING or (state is not None and state.is_terminal)
    job_moves = step.last.spec.is_application and not at_rest
    if step.state in _DEPLOYED and stable and not job_moves:
        return _at_rest(step, subject, interval, observation.at)
    return MOVING if step.state in _DEPLOYED else _CHANGING


def _pause_for_the_silent(status: FlinkDeploymentStatus, cluster: Cluster, at: datetime) -> float:
    """The longer a JobManager has been silent, the longer the seconds until it is asked again.

    That it comes up or goes is told by watch; that it answers is not.
    """
    began = status.reconciliation_status.reconciliation_timestamp or 0
    if cluster.since is not None:
        began = max(began, milliseconds(cluster.since))
    share = _SHARE_OF_SILENCE if cluster.available else _SHARE_OF_ABSENCE
    return (milliseconds(at) - began) / 1000 * share

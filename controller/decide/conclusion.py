"""The end of every decision: error, conditions, lifecycle state and the time of the next look."""

from dataclasses import replace
from datetime import datetime

from controller.decide.conditions import (
    lifecycle_state,
    milliseconds,
    set_job_running_condition,
    set_running_condition,
)
from controller.decide.ended import seconds_to_live
from controller.decide.error_document import recorded_problem
from controller.decide.health import Health
from controller.decide.job_exceptions import tell_exceptions
from controller.decide.observed import apply_problem
from controller.decide.problems import JOB_FAILED, job_failed
from controller.decide.readiness import SUSPENDING, readiness
from controller.decide.recording import note_generation_seen
from controller.decide.step import AnyStep, Step
from controller.decide.subject import AnySubject, Subject
from controller.decide.trouble import trouble
from controller.decide.verdict import Standing, Verdict, in_time, state_verdict
from controller.decide.wanted import objection
from controller.observation import Cluster, Known, Observation, Problem
from controller.plan import Plan
from shared.config.duration import parse_duration
from shared.config.operator_options import READINESS_TIMEOUT, RESTART_FAILED
from shared.config.options import RECONCILE_INTERVAL, is_true
from shared.model.job import DesiredJobState
from shared.model.reconciled_spec import AnySpec, ReconciledSpec, Spec
from shared.model.status import (
    CommonStatus,
    FlinkDeploymentStatus,
    JobState,
    LifecycleState,
    ReconciliationState,
    Status,
)

MOVING = 1.0  # seconds between looks while something is under way
_CHANGING = 0.3  # seconds between looks while a change is: each step of it follows the one before at once
_SHARE_OF_SILENCE = 0.1
_SHARE_OF_ABSENCE = 0.5
_STUCK = 5.0  # seconds between looks while something must be mended first; changes of pods come by watch


def conclude(
    step: Step[Spec, Status], subject: Subject[Spec, Status], observation: Observation
) -> Plan[Status]:
    """Conditions, error and lifecycle state follow from the rest of the status."""
    stated = objection(subject)
    if step.problem is None:
        step.problem = _observed_problem(step, subject, observation)
    error = stated if stated is not None and subject.errors else step.problem
    step.events += apply_problem(step.status, error, subject.operator_configuration)
    step.events += tell_exceptions(step.status, observation, subject.operator_configuration)
    problem, at = error or stated, observation.at
    verdict = conclude_with(problem, step.status, step.last, subject, at, waits_for=step.waits_for)
    pauses = (_again_after(step, subject, error, verdict, observation), step.look_within)
    again_after = min((one for one in pauses if one is not None), default=None)
    return Plan(step.status, step.actions, tuple(step.events), again_after)


def conclude_with(
    problem: Problem | None,
    status: CommonStatus,
    last: ReconciledSpec[AnySpec] | None,
    subject: AnySubject,
    at: datetime,
    *,
    waits_for: Problem | None = None,
) -> Verdict:
    """Put into the status how the resource stands."""
    generation, job = subject.metadata.generation, subject.spec.job
    suspended = job is not None and job.state is DesiredJobState.SUSPENDED
    if problem is None and waits_for is not None:
        verdict = Verdict(Standing.PROGRESSING, waits_for.reason, waits_for.message)
    else:
        verdict = readiness(status, last, problem, generation, suspended=suspended)
    if verdict.reason == JOB_FAILED and _comes_back(subject):
        verdict = replace(verdict, standing=Standing.TROUBLED)
    if verdict.reason != SUSPENDING:  # how long a savepoint takes is Flink's affair
        verdict = in_time(verdict, status, at, lambda: _patience(subject))
    state_verdict(status, verdict, at, generation)
    if last is not None:
        if isinstance(status, FlinkDeploymentStatus):
            set_running_condition(status, last.spec.job is not None, at, generation)
        if last.spec.job is not None:
            set_job_running_condition(status, last, at, generation)
    note_generation_seen(status, generation)
    if status.lifecycle_state is not LifecycleState.DELETING:
        status.lifecycle_state = lifecycle_state(status, last)
    return verdict


def _observed_problem(step: AnyStep, subject: AnySubject, observation: Observation) -> Problem | None:
    """What keeps the cluster from coming up, before that of asking the JobManager, before the job's."""
    return (
        trouble(subject, observation, proven=_is_stable(step.status))
        or _rest_problem(step, observation)
        or _job_failure(step, subject, observation)
    )


def _rest_problem(step: AnyStep, observation: Observation) -> Problem | None:
    """Why the JobManager cannot be asked. An old one that goes is asked as its successor will be: that says
    nothing.
    """
    goes = not step.state.is_deployed and not _is_being_stopped(step)
    return None if goes else observation.rest_problem


def _is_being_stopped(step: AnyStep) -> bool:
    """A change waits for the job's end."""
    return step.last is not None and step.last.spec.job is not None and not step.last.is_suspended


def _comes_back(subject: AnySubject) -> bool:
    """The operator starts failed jobs again."""
    return is_true(RESTART_FAILED.read(subject.configuration(subject.spec)))


def _job_failure(step: AnyStep, subject: AnySubject, observation: Observation) -> Problem | None:
    """What is on record of it holds while no JobManager tells more, and until another run is on its way."""
    health = Health.of(step.status) if isinstance(step.status, FlinkDeploymentStatus) else None
    if health is not None and health.error is not None:
        return Problem("JobUnhealthy", health.error)
    if step.status.job_status.state is not JobState.FAILED or not step.state.is_deployed:
        return None
    told = recorded_problem(step.status)
    if told is not None and told.reason != JOB_FAILED:
        told = None
    match observation.job:
        case Known(job) if job.failure is not None:
            return job_failed(job.failure, comes_back=_comes_back(subject))
        case _:
            return told or job_failed(None, comes_back=_comes_back(subject))


def _is_stable(status: CommonStatus) -> bool:
    """What is deployed has proved itself."""
    reconciliation = status.reconciliation_status
    is_back = reconciliation.state is ReconciliationState.ROLLED_BACK
    return is_back or reconciliation.last_stable_spec == reconciliation.last_reconciled_spec


def _patience(subject: AnySubject) -> float:
    return parse_duration(READINESS_TIMEOUT.read(subject.configuration(subject.spec)) or "5 min")


def _at_rest(step: AnyStep, subject: AnySubject, interval: float, at: datetime) -> float:
    left = seconds_to_live(step.status, subject.configuration(subject.spec), at)
    return interval if left is None or left <= 0 else min(interval, left + 1)


def _again_after(
    step: AnyStep, subject: AnySubject, error: Problem | None, verdict: Verdict, observation: Observation
) -> float | None:
    interval = parse_duration(RECONCILE_INTERVAL.read(subject.operator_configuration) or "60 s")
    if step.last is None:
        return None if subject.errors else interval if verdict.is_ready else _STUCK
    if (
        step.state.is_deployed
        and not step.last.is_suspended
        and isinstance(observation.cluster, Known)
        and not isinstance(observation.flink, Known)
    ):
        pause = _pause_for_the_silent(step.status, observation.cluster.value, observation.at)
        return min(interval, max(MOVING if error is None else _STUCK, pause))
    if error is not None and not (error.reason == JOB_FAILED and verdict.is_stalled):
        return _STUCK
    stable = _is_stable(step.status)
    state = step.status.job_status.state
    has_ended = state is not None and state.is_terminal
    at_rest = step.last.is_suspended or state is JobState.RUNNING or has_ended
    job_moves = step.last.spec.job is not None and not at_rest
    if step.state.is_deployed and (stable or has_ended) and not job_moves:
        return _at_rest(step, subject, interval, observation.at)
    if verdict.is_stalled:
        return _STUCK
    return MOVING if step.state.is_deployed else _CHANGING


def _pause_for_the_silent(status: CommonStatus, cluster: Cluster, at: datetime) -> float:
    """The longer a JobManager has been silent, the longer the seconds until it is asked again.

    That it comes up or goes is told by watch; that it answers is not.
    """
    began = status.reconciliation_status.reconciliation_timestamp or 0
    if cluster.since is not None:
        began = max(began, milliseconds(cluster.since))
    share = _SHARE_OF_SILENCE if cluster.available else _SHARE_OF_ABSENCE
    return (milliseconds(at) - began) / 1000 * share

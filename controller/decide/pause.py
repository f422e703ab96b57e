"""A resource that its owner paused by an annotation: it is observed, and nothing is done about it."""

from dataclasses import replace

from controller.decide.conclusion import conclude
from controller.decide.conditions import drop_condition, set_condition
from controller.decide.ended import apply_job_and_its_end, its_end_is_half_told
from controller.decide.observed import job_manager_status
from controller.decide.step import AnyStep, Step
from controller.decide.subject import AnySubject, Subject
from controller.decide.verdict import Standing, Verdict, state_verdict
from controller.decide.wanted import objection
from controller.observation import Absent, Observation
from controller.plan import AnyPlan, Plan
from shared.control import PAUSED
from shared.model.reconciled_spec import Spec
from shared.model.status import (
    CommonStatus,
    FlinkDeploymentStatus,
    LifecycleState,
    ReconciliationState,
    Status,
)

CONDITION = "Paused"
_SECONDS = 5.0  # between looks while something moves by itself


def observe_only(
    step: Step[Spec, Status], subject: Subject[Spec, Status], observation: Observation
) -> Plan[Status]:
    """The plan of a paused resource: what is seen of its job, and what waits."""
    metadata, status = subject.metadata, step.status
    if metadata.deletion_timestamp is not None and subject.finalizer not in metadata.finalizers:
        return Plan(subject.status)
    if step.last is not None:
        _note(step, observation)
    plan = conclude(step, subject, observation)
    if subject.status.lifecycle_state is LifecycleState.DELETING:
        status.lifecycle_state = LifecycleState.DELETING
    waits = _what_waits(step, subject, observation)
    message = "Nothing is done for this resource, it is only observed."
    if waits is not None:
        message += f" {waits} waits."
    named = f"{subject.resource.kind.lower()} {metadata.name} -n {metadata.namespace}"
    message += f" To go on: kubectl annotate {named} {PAUSED}-"
    at, generation = observation.at, metadata.generation
    set_condition(status, CONDITION, True, CONDITION, message, at, generation)
    if waits is not None and (metadata.deletion_timestamp is not None or objection(subject) is None):
        state_verdict(status, Verdict(Standing.PAUSED, CONDITION, message), at, generation)
    return replace(plan, actions=(), again_after=_again_after(step, plan))


def end_pause(status: CommonStatus) -> None:
    """The condition goes with the annotation."""
    drop_condition(status, CONDITION)


def _note(step: AnyStep, observation: Observation) -> None:
    """While a submission is due, the recorded state of the job belongs to that."""
    status = step.status
    if isinstance(status, FlinkDeploymentStatus):
        status.job_manager_deployment_status = job_manager_status(
            observation, status.job_manager_deployment_status
        )
    runs = step.last is not None and step.last.spec.job is not None and not step.last.is_suspended
    if runs and not its_end_is_half_told(status, observation):
        step.events += apply_job_and_its_end(status, observation)


def _what_waits(step: AnyStep, subject: AnySubject, observation: Observation) -> str | None:
    """In words; None when there is nothing to be done anyway."""
    if subject.metadata.deletion_timestamp is not None:
        return "The deletion"
    if step.last is None:
        return "The first deployment"
    if step.state is ReconciliationState.UPGRADING:
        return "The change that is under way"
    if step.status.recorded_generation != subject.metadata.generation:
        return "The change of the spec"
    state = step.status.job_status.state
    has_ended = step.last.is_suspended or (state is not None and state.is_terminal)
    if isinstance(observation.cluster, Absent) and not has_ended:
        return "The recovery of the JobManager's Deployment, which is gone,"
    return None


def _again_after(step: AnyStep, plan: AnyPlan) -> float | None:
    if step.last is None or plan.again_after is None:
        return None  # only a change of the resource matters
    return max(plan.again_after, _SECONDS)

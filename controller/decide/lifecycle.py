"""The lifecycles of a FlinkDeployment and of a FlinkSessionJob, one decision at a time."""

from controller.decide.conclusion import conclude
from controller.decide.conditions import READY
from controller.decide.drift import see_to_objects
from controller.decide.going import BLOCKED
from controller.decide.ingress import see_to_ingress
from controller.decide.manual_savepoint import see_to_savepoint
from controller.decide.pause import end_pause, observe_only
from controller.decide.rollback import is_rollback
from controller.decide.session import table as session_jobs
from controller.decide.situation import Situation
from controller.decide.state_machine import TRANSITIONS, follow
from controller.decide.step import Step
from controller.decide.subject import SessionJobSubject, Subject
from controller.decide.verdict import state_deletion
from controller.decide.wanted import Wanted, spec_at_the_end, wanted, wanted_session_job
from controller.observation import Observation
from controller.plan import AddFinalizer, Plan
from shared.control import PAUSED, is_on
from shared.model.reconciled_spec import Spec
from shared.model.status import FlinkSessionJobStatus, Status

_DELETING = 2.0  # seconds between looks
_BLOCKED = 10.0  # seconds between looks at what may never change; the way out comes by watch


def decide_unseen(subject: Subject[Spec, Status]) -> Plan[Status] | None:
    """What is due whatever the cluster is like; None when that has to be known."""
    if subject.finalizer in subject.metadata.finalizers or is_on(PAUSED, subject.metadata):
        return None
    if subject.metadata.deletion_timestamp is not None:
        return Plan(subject.status)
    if subject.errors and subject.last is None:
        return None
    return Plan(subject.status, (AddFinalizer(),), again_after=0)


def decide(subject: Subject, observation: Observation) -> Plan:
    """The plan for a FlinkDeployment, given all that is known about its cluster."""
    step = _begin(subject)
    if plan := decide_unseen(subject) or _leave_alone(step, subject, observation):
        return plan
    if subject.metadata.deletion_timestamp is not None:
        spec, generation = spec_at_the_end(subject), subject.metadata.generation
        goal = Wanted(spec, generation, is_rollback=is_rollback(step.status))
        follow(Situation(subject, goal, observation, step), TRANSITIONS)
        return _conclude_deletion(step, subject, observation)
    if (work := wanted(subject)) is not None:
        now = Situation(subject, work, observation, step)
        follow(now, TRANSITIONS)
        see_to_savepoint(now)
        see_to_objects(now)
        see_to_ingress(step, subject, work, observation)
    return conclude(step, subject, observation)


def decide_session_job(subject: SessionJobSubject, observation: Observation) -> Plan[FlinkSessionJobStatus]:
    """The plan for a FlinkSessionJob, given all that is known about its cluster and its job there."""
    step = _begin(subject)
    if plan := decide_unseen(subject) or _leave_alone(step, subject, observation):
        return plan
    if subject.metadata.deletion_timestamp is not None:
        goal = Wanted(spec_at_the_end(subject), subject.metadata.generation)
        follow(Situation(subject, goal, observation, step), session_jobs.TRANSITIONS)
        return _conclude_deletion(step, subject, observation)
    if (work := wanted_session_job(subject)) is not None:
        job = Situation(subject, work, observation, step)
        follow(job, session_jobs.TRANSITIONS)
        see_to_savepoint(job)
    return conclude(step, subject, observation)


def _begin(subject: Subject[Spec, Status]) -> Step[Spec, Status]:
    return Step(subject.status.model_copy(deep=True), subject.last)


def _leave_alone(
    step: Step[Spec, Status], subject: Subject[Spec, Status], observation: Observation
) -> Plan[Status] | None:
    """For a resource that its owner paused."""
    if is_on(PAUSED, subject.metadata):
        return observe_only(step, subject, observation)
    end_pause(step.status)
    return None


def _conclude_deletion(
    step: Step[Spec, Status], subject: Subject[Spec, Status], observation: Observation
) -> Plan[Status]:
    state_deletion(step.status, observation.at, subject.metadata.generation)
    ready = step.status.condition(READY)
    is_blocked = ready is not None and ready.reason == BLOCKED
    return Plan(step.status, step.actions, tuple(step.events), _BLOCKED if is_blocked else _DELETING)

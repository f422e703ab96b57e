"""The lifecycle of a FlinkDeployment, one decision at a time."""

from controller.decide.conclusion import conclude
from controller.decide.conditions import READY
from controller.decide.deletion import BLOCKED
from controller.decide.drift import see_to_objects
from controller.decide.ingress import see_to_ingress
from controller.decide.pause import end_pause, observe_only
from controller.decide.rollback import is_rollback
from controller.decide.situation import Situation
from controller.decide.state_machine import follow
from controller.decide.step import Step
from controller.decide.subject import Subject
from controller.decide.verdict import state_deletion
from controller.decide.wanted import Wanted, wanted
from controller.observation import Observation
from controller.plan import AddFinalizer, Plan
from shared.control import PAUSED, is_on

_DELETING = 2.0  # seconds between looks
_BLOCKED = 10.0  # seconds between looks at what may never change; the way out comes by watch


def decide_unseen(subject: Subject) -> Plan | None:
    """What is due whatever the cluster is like; None when that has to be known."""
    if subject.finalizer in subject.metadata.finalizers or is_on(PAUSED, subject.metadata):
        return None
    if subject.metadata.deletion_timestamp is not None:
        return Plan(subject.status)
    return None if wanted(subject) is None else Plan(subject.status, (AddFinalizer(),), again_after=0)


def decide(subject: Subject, observation: Observation) -> Plan:
    """The plan for a resource, given all that is known about its cluster."""
    if plan := decide_unseen(subject):
        return plan
    step = Step(subject.status.model_copy(deep=True), subject.last)
    if is_on(PAUSED, subject.metadata):
        return observe_only(step, subject, observation)
    end_pause(step.status)
    if subject.metadata.deletion_timestamp is not None:
        return _decide_deletion(step, subject, observation)
    goal = wanted(subject)
    if goal is not None:
        now = Situation(subject, goal, observation, step)
        follow(now)
        see_to_objects(now)
        see_to_ingress(step, subject, goal, observation)
    return conclude(step, subject, observation)


def _decide_deletion(step: Step, subject: Subject, observation: Observation) -> Plan:
    """Also of a resource whose spec is not valid: then that counts which runs."""
    spec = subject.spec if not subject.errors or subject.last is None else subject.last.spec
    goal = Wanted(spec, subject.metadata.generation, is_rollback=is_rollback(step.status))
    follow(Situation(subject, goal, observation, step))
    state_deletion(step.status, observation.at, subject.metadata.generation)
    ready = step.status.condition(READY)
    is_blocked = ready is not None and ready.reason == BLOCKED
    return Plan(step.status, step.actions, tuple(step.events), _BLOCKED if is_blocked else _DELETING)

"""The Ingress follows the spec whatever the job does: what is there is compared with it."""

from controller.decide.error_document import recorded_problem
from controller.decide.problems import INGRESS_FAILED, foreign_ingress
from controller.decide.step import Step
from controller.decide.subject import Subject, with_spec
from controller.decide.wanted import Wanted
from controller.flink.ingress import cluster_ingress, is_owned_by, replaced
from controller.observation import Absent, Known, Observation, Problem
from controller.plan import Action, EnsureIngress, Event, EventComponent, EventType, RemoveIngress
from shared.config.options import is_true
from shared.config.system_options import INGRESS_IS_MANAGED


def see_to_ingress(step: Step, subject: Subject, goal: Wanted, observation: Observation) -> None:
    """Put it in place or take it away, once the cluster was asked for."""
    if step.last is None:
        return
    if not is_true(INGRESS_IS_MANAGED.read(subject.operator_configuration)):
        if goal.spec.ingress is not None:
            _say_that_it_is_not_managed(step, subject)
        return
    try:
        action, problem = _next(subject, goal, observation)
    except ValueError as error:
        action, problem = None, Problem(INGRESS_FAILED, str(error))
    if action is not None:
        step.actions = (*step.actions, action)
        failed = recorded_problem(step.status)
        if failed is not None and failed.reason == INGRESS_FAILED:
            problem = failed  # it stands until an attempt goes better
    if step.problem is None:
        step.problem = problem


def _say_that_it_is_not_managed(step: Step, subject: Subject) -> None:
    """Once for each generation that is recorded."""
    if step.status.recorded_generation == subject.status.recorded_generation:
        return
    message = f"The operator is configured not to manage Ingresses ({INGRESS_IS_MANAGED.key})"
    step.events.append(Event(EventType.WARNING, "IngressManagement", message, EventComponent.OPERATOR))


def _next(subject: Subject, goal: Wanted, observation: Observation) -> tuple[Action | None, Problem | None]:
    """Raises ValueError for a spec that no Ingress can be made of."""
    resource = with_spec(subject, goal.spec)
    config = subject.configuration(goal.spec)
    wanted = cluster_ingress(resource, config)
    match observation.ingress:
        case Known(there) if not is_owned_by(there, subject.metadata):
            return None, None if wanted is None else foreign_ingress(subject.metadata.name)
        case Known() if wanted is None:
            return RemoveIngress(), None
        case Known(there) if wanted is not None and replaced(there, wanted) != there:
            return EnsureIngress(wanted), None
        case Absent() if wanted is not None:
            return EnsureIngress(wanted), None
        case _:
            return None, None

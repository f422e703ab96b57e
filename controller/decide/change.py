"""A change of the spec: whether it needs another cluster, and how its first step is taken."""

from dataclasses import replace

from controller.decide.changes import changed_fields
from controller.decide.ended import has_ended
from controller.decide.error_document import recorded_problem
from controller.decide.health import Health
from controller.decide.in_place import scales_in_place
from controller.decide.manual_savepoint import holds_up_changes
from controller.decide.rollback import is_rollback, stable_goal
from controller.decide.route import Route, Suspension, Wait, recorded_path
from controller.decide.situation import AnySituation, Situation
from controller.decide.stopping import tear_down
from controller.decide.subject import AnySubject
from controller.decide.suspension import begin_suspension, may_try_again
from controller.decide.upgrade import choose_route, never_ran
from controller.decide.wanted import Wanted
from controller.observation import Absent, Known, Unknown
from controller.plan import Event, EventComponent, EventType
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.job import UpgradeMode
from shared.model.reconciled_spec import AnySpec
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.status import CommonStatus, ReconciliationState

_SUSPENDING = {
    Suspension.DELETION: "Suspending existing deployment",
    Suspension.SAVEPOINT: "Suspending the job with a savepoint",
    Suspension.CANCELLATION: "Suspending the job by cancelling it",
}


def changes(now: AnySituation) -> tuple[str, ...]:
    """Paths whose change needs a new cluster.

    Of a generation that was acted on there are none: what differs its operator did, an autoscaler say.
    """
    return changes_to(now.goal, now.subject, now.last.spec, now.step.status)


def changes_to(
    goal: Wanted[AnySpec], subject: AnySubject, before: AnySpec, status: CommonStatus
) -> tuple[str, ...]:
    """As `changes`, from the spec `before` that is deployed by that status."""
    if goal.generation == status.recorded_generation and not is_rollback(status):
        return ()
    in_place = scales_in_place(subject, before, goal.spec)
    return changed_fields(before, goal.spec, scales_in_place=in_place)


def way(now: AnySituation) -> Route | Wait:
    """The way to the changed spec."""
    route = choose_route(now.subject, now.last, now.goal.spec, now.observation)
    if isinstance(route, Wait):
        return route
    if holds_up_changes(now):
        return Wait()
    if route.suspension is Suspension.SAVEPOINT and not may_try_again(now.step.status, now.observation.at):
        return Wait(recorded_problem(now.step.status))
    if route.suspension is not Suspension.DELETION and isinstance(now.observation.cluster, Unknown):
        return Wait()  # whose job it is that would be stopped, nobody knows
    return route


def way_back(now: Situation) -> Route | Wait:
    """The way to the last stable spec."""
    stable = _stable_goal(now)
    return Wait() if stable is None else _way_from_trouble(_towards(now, stable, is_rollback=True))


def roll_back(now: Situation) -> None:
    """The last stable spec takes the place of the recorded one."""
    stable, route = _stable_goal(now), way_back(now)
    if stable is None or isinstance(route, Wait):
        return
    message = "The spec did not become stable in time, the last stable one is deployed again"
    now.step.events.append(Event(EventType.NORMAL, "Rollback", message))
    now.step.status.reconciliation_status.state = ReconciliationState.ROLLING_BACK
    _take(_towards(now, stable, is_rollback=True), route)


def _stable_goal(now: Situation) -> FlinkDeploymentSpec | None:
    return stable_goal(now.step.status, now.subject.spec, now.subject.metadata.generation)


def way_to_start_anew(now: Situation) -> Route | Wait:
    """The way of an ailing job to another cluster of the same spec."""
    return _way_from_trouble(_towards(now, now.goal.spec, is_rollback=now.goal.is_rollback))


def start_the_unhealthy_job_again(now: Situation) -> None:
    """By another cluster of the same spec."""
    health, route = Health.of(now.step.status), way_to_start_anew(now)
    if health is None or isinstance(route, Wait):
        return
    message = health.error or ""
    now.step.events.append(Event(EventType.WARNING, "RestartUnhealthyJob", message, EventComponent.JOB))
    _take(_towards(now, now.goal.spec, is_rollback=now.goal.is_rollback), route)


def _way_from_trouble(now: Situation) -> Route | Wait:
    """By Flink's metadata where it is kept, for the job may not be able to take a savepoint."""
    job, before = now.goal.spec.job, now.subject.configuration(now.last.spec)
    ended = has_ended(now.step.status, now.observation, before)
    if job is None or job.upgrade_mode is UpgradeMode.STATELESS or ended:
        return way(now)
    match now.observation.high_availability:
        case Known():
            return Route(Suspension.DELETION, UpgradeMode.LAST_STATE, recorded_path(now.step.status))
        case Unknown():
            return Wait()
        case Absent():
            return way(now)


def _towards(now: Situation, spec: FlinkDeploymentSpec, *, is_rollback: bool) -> Situation:
    """With that spec as the goal, and its state kept as last-state keeps it, if at all."""
    job = spec.job
    if job is not None and job.upgrade_mode is not UpgradeMode.STATELESS:
        update = {"job": job.model_copy(update={"upgrade_mode": UpgradeMode.LAST_STATE})}
        spec = spec.model_copy(update=update)
    generation = now.step.status.recorded_generation or now.subject.metadata.generation
    return replace(now, goal=Wanted(spec, generation, is_rollback=is_rollback))


def begin_the_change(now: AnySituation) -> None:
    """Put the first step of the way on record, and take it."""
    route = way(now)
    if isinstance(route, Wait):
        now.step.problem = route.problem
        return
    if not now.goal.is_rollback and is_rollback(now.step.status):
        now.step.status.reconciliation_status.state = ReconciliationState.DEPLOYED
    message = f"UPGRADE change(s) detected ({', '.join(changes(now))}), starting reconciliation"
    now.step.events.append(Event(EventType.NORMAL, "SpecChanged", message))
    if not isinstance(now.observation.cluster, Absent):
        now.step.events.append(Event(EventType.NORMAL, "Suspended", _SUSPENDING[route.suspension]))
    _take(now, route)


def _take(now: AnySituation, route: Route) -> None:
    if _runs_beside_others(now):
        gives_up = route.suspension is Suspension.DELETION
        begin_suspension(now, Suspension.CANCELLATION if gives_up else route.suspension)
    elif route.suspension is Suspension.DELETION:
        tear_down(now, route, first=never_ran(now.last, now.observation))
    else:
        begin_suspension(now, route.suspension)


def _runs_beside_others(now: AnySituation) -> bool:
    """No cluster's end ends it; its JobManager may list it, or does not tell."""
    if not isinstance(now.goal.spec, FlinkSessionJobSpec) or now.last.is_suspended:
        return False
    match now.observation.job:
        case Known(job):
            return not job.state.is_terminal
        case Absent():
            return False
        case Unknown():
            return not isinstance(now.observation.cluster, Absent)

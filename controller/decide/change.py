"""A change of the spec: whether it needs another cluster, and how its first step is taken."""

from controller.decide.changes import changed_fields
from controller.decide.in_place import scales_in_place
from controller.decide.observed import recorded_problem
from controller.decide.route import Route, Suspension, Wait
from controller.decide.situation import Situation
from controller.decide.stopping import tear_down
from controller.decide.suspension import begin_suspension, may_try_again
from controller.decide.upgrade import choose_route, never_ran
from controller.observation import Absent, Unknown
from controller.plan import Event, EventType

_SUSPENDING = {
    Suspension.DELETION: "Suspending existing deployment",
    Suspension.SAVEPOINT: "Suspending the job with a savepoint",
    Suspension.CANCELLATION: "Suspending the job by cancelling it",
}


def changes(now: Situation) -> tuple[str, ...]:
    """Paths whose change needs a new cluster."""
    in_place = scales_in_place(now.subject, now.last.spec, now.goal.spec)
    return changed_fields(now.last.spec, now.goal.spec, scales_in_place=in_place)


def way(now: Situation) -> Route | Wait:
    """The way to the changed spec."""
    route = choose_route(now.subject, now.last, now.goal.spec, now.observation)
    if isinstance(route, Wait):
        return route
    if route.suspension is Suspension.SAVEPOINT and not may_try_again(now.step.status, now.observation.at):
        return Wait(recorded_problem(now.step.status))
    if route.suspension is not Suspension.DELETION and isinstance(now.observation.cluster, Unknown):
        return Wait()  # whose job it is that would be stopped, nobody knows
    return route


def begin_the_change(now: Situation) -> None:
    """Put the first step of the way on record, and take it."""
    route = way(now)
    if isinstance(route, Wait):
        now.step.problem = route.problem
        return
    message = f"UPGRADE change(s) detected ({', '.join(changes(now))}), starting reconciliation"
    now.step.events.append(Event(EventType.NORMAL, "SpecChanged", message))
    if not isinstance(now.observation.cluster, Absent):
        now.step.events.append(Event(EventType.NORMAL, "Suspended", _SUSPENDING[route.suspension]))
    if route.suspension is Suspension.DELETION:
        tear_down(now, route, first=never_ran(now.last, now.observation))
    else:
        begin_suspension(now, route.suspension)

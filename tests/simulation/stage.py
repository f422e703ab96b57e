"""The controller's modules, put on virtual time, and telling what they decide."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from controller import (
    deployments,
    events,
    jar_uploads,
    leadership,
    observe,
    observe_session_job,
    reconcile,
    session_jobs,
    submissions,
)
from controller.decide import (
    Subject,
    change,
    decide,
    decide_session_job,
    decide_unseen,
    state_machine,
    suspension,
)
from controller.decide.route import Route
from controller.decide.session import table as session_table
from controller.decide.subject import AnySubject
from controller.decide.upgrade import choose_route
from controller.observation import Observation
from controller.overviews import Overviews
from controller.plan import Plan
from shared.model.reconciled_spec import AnySpec, ReconciledSpec
from shared.model.session_job import FlinkSessionJobSpec
from tests.simulation.clock import virtual_datetime
from tests.simulation.coverage import Coverage
from tests.simulation.faults import Crash
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.replica import Sleep
from tests.simulation.world import World

_READ_THE_TIME = (observe, observe_session_job, reconcile, events, leadership, submissions)


class Stage:
    """Where the world of the present scenario stands."""

    world: World


@contextmanager
def simulated(coverage: Coverage) -> Iterator[Stage]:
    """The controller's modules read virtual time, and tell what they decide, until the end of the block."""
    stage = Stage()
    clock = virtual_datetime(lambda: stage.world.clock)
    levels = {name: logging.getLogger(name).level for name in ("controller", "asyncio")}
    changes: list[tuple[Any, str, Any]] = [
        *((module, "datetime", clock) for module in _READ_THE_TIME),
        (jar_uploads, "time", _time(stage)),
        (observe_session_job, "Overviews", partial(Overviews, clock=lambda: stage.world.clock.now)),
        (submissions, "log", _LogOfSubmissions(stage)),
        (leadership, "asyncio", SimpleNamespace(sleep=Sleep)),
        (deployments, "decide", _telling(decide, coverage)),
        (session_jobs, "decide_session_job", _telling(decide_session_job, coverage)),
        (reconcile, "decide_unseen", _telling_unseen(coverage)),
        (state_machine, "transition_of", _telling_transition(coverage)),
        (change, "choose_route", _telling_route(coverage)),
        (suspension, "choose_route", _telling_route(coverage)),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in changes]
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for module, name, value in changes:
        setattr(module, name, value)
    try:
        yield stage
    finally:
        for module, name, value in originals:
            setattr(module, name, value)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _time(stage: "Stage") -> SimpleNamespace:
    return SimpleNamespace(
        time=lambda: stage.world.clock.wall().timestamp(), monotonic=lambda: stage.world.clock.now
    )


class _LogOfSubmissions:
    """Where a fault of the operator's own ends that nobody awaits."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def info(self, *_: object) -> None:
        """Nobody reads it."""

    def error(self, *_: object, exc_info: BaseException) -> None:
        """A process that was killed ends by something else."""
        if not isinstance(exc_info, Crash):
            told = f"the controller failed by its own fault: {exc_info!r}"
            self._stage.world.clock.fail(PromiseBrokenError(told))


def _telling(decide: Any, coverage: Coverage) -> Any:
    def telling(subject: Any, observation: Observation) -> Any:
        plan = decide(subject, observation)
        if plan.actions:
            coverage.hit("effects", "+".join(type(action).__name__ for action in plan.actions))
        return plan

    return telling


def _telling_unseen(coverage: Coverage) -> Any:
    def telling(subject: Subject) -> Plan | None:
        plan = decide_unseen(subject)
        for action in () if plan is None else plan.actions:
            coverage.hit("effects", type(action).__name__)
        return plan

    return telling


def _telling_transition(coverage: Coverage) -> Any:
    original = state_machine.transition_of

    def telling(table: Any, stage: state_machine.Stage, now: Any) -> Any:
        row = original(table, stage, now)
        is_of_session_job = table is session_table.TRANSITIONS
        coverage.hit("session transition" if is_of_session_job else "transition", str(row))
        return row

    return telling


def _telling_route(coverage: Coverage) -> Any:
    def telling(
        subject: AnySubject, last: ReconciledSpec[AnySpec], spec: AnySpec, observation: Observation
    ) -> Any:
        route = choose_route(subject, last, spec, observation)
        kind = "session route" if isinstance(spec, FlinkSessionJobSpec) else "route"
        mode = spec.job.upgrade_mode.value if spec.job else "session"
        if isinstance(route, Route):
            coverage.hit(kind, f"{mode}: {route.suspension.name.lower()}, then {route.restore.value}")
        else:
            reason = route.problem.reason if route.problem else "a matter of time"
            coverage.hit(kind, f"{mode}: wait ({reason})")
        return route

    return telling

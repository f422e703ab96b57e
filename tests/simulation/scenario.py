"""A scenario: steps in a world, then the end in which everything must become good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from tests.simulation import faults, node, steps, world
from tests.simulation.coverage import Coverage
from tests.simulation.ending import finish, situation
from tests.simulation.session import setup as session_setup
from tests.simulation.session import steps as session_steps
from tests.simulation.session.ending import finish_session, situation_of_session
from tests.simulation.session.setup import SessionSetup
from tests.simulation.session.world import SessionWorld
from tests.simulation.stage import simulated
from tests.simulation.steps import Nothing, Step, Wait
from tests.simulation.world import Setup, World

_PAUSE = 0.4
_MODULES = (faults, node, steps, world, session_setup, session_steps)
"""What scripts are made of."""


@dataclass(frozen=True)
class Scenario:
    """Where it starts and what happens."""

    setup: Setup | SessionSetup
    steps: tuple[Step, ...]

    def script(self) -> str:
        """As text that makes the same scenario again."""
        lines = [f"        {step!r}," for step in self.steps if not isinstance(step, Nothing)]
        return "\n".join(["Scenario(", f"    {self.setup!r},", "    (", *lines, "    ),", ")"])

    @classmethod
    def of_script(cls, script: str) -> Self:
        """What `script` told."""
        names = {name: getattr(module, name) for module in _MODULES for name in dir(module)}
        scenario: Self = eval(script, {**names, "Scenario": cls})  # noqa: S307 - our own text
        return scenario


def run(scenario: Scenario, coverage: Coverage, tell: Callable[[str], None] | None = None) -> int:
    """Play it. Raises PromiseBrokenError; the answer is how many steps made a difference."""
    with simulated(coverage) as stage:
        stage.world = _world_of(scenario.setup, coverage)
        return stage.world.clock.run(_play(stage.world, scenario.steps, tell or (lambda _: None)))


async def _play(world: World, happening: Sequence[Step], tell: Callable[[str], None]) -> int:
    world.start_replica()
    world.create()
    effective = 0
    try:
        await world.advance(world.setup.head_start)
        for step in happening:
            if isinstance(step, Nothing):
                continue
            effective += step.happen(world)
            tell(f"{world.clock.now:7.1f} {step!r}")
            await world.advance(step.seconds if isinstance(step, Wait) else _PAUSE)
            tell(_told(world))
        tell("everything heals")
        if isinstance(world, SessionWorld):
            await finish_session(world, tell)
        else:
            await finish(world, tell)
    finally:
        for replica in list(world.replicas):
            replica.stop()
    return effective


def _world_of(setup: Setup | SessionSetup, coverage: Coverage) -> World:
    return SessionWorld(setup, coverage) if isinstance(setup, SessionSetup) else World(setup, coverage)


def _told(world: World) -> str:
    return situation_of_session(world) if isinstance(world, SessionWorld) else situation(world)

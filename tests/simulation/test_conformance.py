"""The API server in memory does what the real one does (tests/api/test_simulation_conformance.py)."""

import pytest

from tests.simulation.clock import Clock
from tests.simulation.conformance import CHECKS, Check
from tests.simulation.coverage import Coverage
from tests.simulation.server import Server
from tests.simulation.transport import Line, SimulatedKubernetes


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_api_server_in_memory(check: Check) -> None:
    clock = Clock()
    line = Line(clock, Coverage(), [])
    await check(SimulatedKubernetes(Server(clock), line).api, "shop")

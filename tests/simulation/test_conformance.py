"""The world in memory does what the real one does.

The same checks are held against a real API server (tests/api/test_simulation_conformance.py) and against real
Flink (tests/e2e/test_flink_conformance.py).
"""

from collections.abc import Mapping

import pytest

from controller.flink.rest import FlinkRest
from controller.kubernetes_api import Object
from shared import API_VERSION
from shared.model.deployment import FlinkVersion
from tests.simulation import conformance, flink_conformance
from tests.simulation.clock import Clock
from tests.simulation.coverage import Coverage
from tests.simulation.flink import Flink
from tests.simulation.job_manager import Storage
from tests.simulation.node import Node, Pace
from tests.simulation.replica import NAMESPACE
from tests.simulation.rest import SimulatedRest
from tests.simulation.server import Server
from tests.simulation.transport import Line, SimulatedKubernetes
from tests.simulation.world import Setup

_PAUSE = 0.1


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_api_server_in_memory(check: conformance.Check) -> None:
    clock = Clock()
    line = Line(clock, Coverage(), [])
    clock.run(check(SimulatedKubernetes(Server(clock), line).api, NAMESPACE))


class Indifferent:
    """Nobody controls these jobs, so nobody is to blame for what becomes of them."""

    def process_started(self, *_: object) -> None: ...

    def application_not_run(self, *_: object) -> None: ...

    def restore_failed(self, *_: object) -> None: ...

    def restore_point_made(self, *_: object) -> None: ...

    def checkpoint_dropped(self, *_: object) -> None: ...

    def volume_missing(self, *_: object) -> None: ...

    def job_started(self, *_: object) -> None: ...

    def job_ended(self, *_: object) -> None: ...

    def job_restarted(self, *_: object) -> None: ...


class SimulatedSite:
    """JobManagers in memory, on a virtual clock."""

    namespace = NAMESPACE
    storage = "s3://shop"

    def __init__(self, version: FlinkVersion) -> None:
        self.version = version
        self.clock = clock = Clock()
        self._storage, pace, server = Storage(), Pace(), Server(clock)
        self._storage.read_only.add(f"{self.storage}/readonly")
        node, line = Node(clock, server, pace), Line(clock, Coverage(), [])
        self._flink = Flink(clock, server, node, pace, self._storage, Indifferent())
        self.api = SimulatedKubernetes(server, line).api
        self.rest: FlinkRest = SimulatedRest(self._flink, clock, line, pace)

    def resource(self, name: str, options: Mapping[str, str]) -> Object:
        metadata = {"name": name, "namespace": NAMESPACE, "generation": 1, "uid": "uid"}
        spec = {**Setup(version=self.version.value).spec(), "flinkConfiguration": dict(options)}
        return {"apiVersion": API_VERSION, "kind": "FlinkDeployment", "metadata": metadata, "spec": spec}

    def stored(self) -> set[str]:
        return set(self._storage.points)

    def lose(self, path: str) -> None:
        del self._storage.points[path]

    async def kill_job_manager(self, name: str) -> None:
        assert self._flink.crash(name)

    async def pause(self) -> None:
        await self.clock.advance(_PAUSE)

    def seconds(self) -> float:
        return self.clock.now


@pytest.mark.parametrize("version", [FlinkVersion.V1_20, FlinkVersion.V2_3])
@pytest.mark.parametrize("check", flink_conformance.CHECKS, ids=lambda check: check.__name__)
def test_flink_in_memory(check: flink_conformance.Check, version: FlinkVersion) -> None:
    site = SimulatedSite(version)
    site.clock.run(check(site))

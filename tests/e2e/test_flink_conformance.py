"""What the simulated JobManagers are held against, on real Flink."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import pytest
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from controller.flink.rest import FlinkRest
from controller.kubernetes_api import PODS, KubernetesApi, Object
from shared.model.deployment import FlinkVersion
from tests.e2e.conftest import Release
from tests.e2e.continuity import IN_POD, History, counting, storage
from tests.e2e.flink import Flink
from tests.e2e.service_names import ServiceNames
from tests.simulation.flink_conformance import CHECKS

_PAUSE = 0.1
_TIMEOUT = 20.0  # seconds; a JobManager that starts on a busy machine answers late
_LEASE = "high-availability.kubernetes.leader-election"
_SHORT_LEASE = {
    f"{_LEASE}.lease-duration": "3 s",
    f"{_LEASE}.renew-deadline": "3 s",
    f"{_LEASE}.retry-period": "1 s",
}
"""A JobManager waits for the lease of the one that was killed."""


class RealSite:
    """A namespace of the node's, with a folder of the node as storage."""

    storage = f"file:{IN_POD}"

    def __init__(
        self, flink: Flink, release: Release, history: History, api: KubernetesApi, rest: FlinkRest
    ) -> None:
        self.api, self.rest = api, rest
        self.namespace = flink.namespace
        self.version = FlinkVersion(release.version)
        self._flink, self._release, self._history = flink, release, history

    def resource(self, name: str, options: Mapping[str, str]) -> Object:
        release = self._release
        resource = counting(name, release, self._history, upgrade_mode="savepoint")
        resource["metadata"] |= {"namespace": self.namespace, "generation": 1, "uid": "none"}
        resource["spec"]["flinkConfiguration"] = {**_SHORT_LEASE, **options}
        return resource

    def stored(self) -> set[str]:
        folders = [file.parent for file in self._history.folder.rglob("_metadata")]
        return {f"{self.storage}/{folder.relative_to(self._history.folder)}" for folder in folders}

    def lose(self, path: str) -> None:
        shutil.rmtree(self._history.folder / path.removeprefix(f"{self.storage}/"))

    async def kill_job_manager(self, name: str) -> None:
        (pod,) = await self.api.list(PODS, self.namespace, labels=f"app={name},component=jobmanager")
        (main,) = pod["status"]["containerStatuses"]
        container = main["containerID"].removeprefix("containerd://")
        await asyncio.to_thread(self._flink.cluster.kill_container, container)

    async def pause(self) -> None:
        await asyncio.sleep(_PAUSE)

    def seconds(self) -> float:
        return time.monotonic()


@asynccontextmanager
async def connected(flink: Flink) -> AsyncIterator[tuple[KubernetesApi, FlinkRest]]:
    configuration = Configuration()
    await config.load_kube_config(str(flink.cluster.kubeconfig), client_configuration=configuration)
    async with ApiClient(configuration) as client:
        api = KubernetesApi(client)
        connector = aiohttp.TCPConnector(resolver=ServiceNames(api), force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            yield api, FlinkRest(session, _TIMEOUT)


@pytest.fixture
def history(flink: Flink) -> History:
    if flink.cluster.external:
        pytest.skip("jobs keep their state on the node, which is not this machine")
    found = storage(flink.namespace)
    (found.folder / "readonly").mkdir(mode=0o555)
    return found


async def test_flink_does_what_the_simulation_does(flink: Flink, release: Release, history: History) -> None:
    """All checks at once: most of their time is spent waiting for processes to start."""
    async with connected(flink) as (api, rest):
        site = RealSite(flink, release, history, api, rest)
        results = await asyncio.gather(*(check(site) for check in CHECKS), return_exceptions=True)
    failures = [result for result in results if result is not None]
    if failures:
        raise BaseExceptionGroup("Flink does something else", failures)

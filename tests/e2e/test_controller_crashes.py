"""A savepoint upgrade whose controller dies before and after every effect, on real Flink: nothing is lost.

The controller's own parts run in this process, so that they can be ended between two calls. Each time all
that they remember is lost, and new ones go on from what the API server holds.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import aiohttp
import pytest
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from controller.act import Actor
from controller.authorship import Authorship
from controller.cache import Cache, Key
from controller.deployments import Deployments
from controller.events import EventPoster
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest
from controller.kubernetes_api import (
    DEPLOYMENTS,
    FLINK_DEPLOYMENTS,
    PODS,
    ApiError,
    KubernetesApi,
    Object,
)
from controller.leadership import LeaderElector
from controller.observe import Observer
from controller.reconcile import Reconciler
from shared.config.operator import load_operator_configuration
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.status import FlinkDeploymentStatus
from tests.api.service_process import OPERATOR_CONFIGURATION
from tests.cluster import Cluster
from tests.e2e.conftest import Release
from tests.e2e.continuity import History, counting, storage
from tests.e2e.flink import Flink
from tests.e2e.installed_controller import stopped_controller
from tests.e2e.service_names import ServiceNames
from tests.health_checks import Kstatus, kstatus

pytestmark = pytest.mark.alone

NAME = "crashing"
EFFECTS = ("intention", "savepoint", "result", "deletion", "creation")
POINTS = tuple((effect, moment) for effect in EFFECTS for moment in ("before", "after"))
SECONDS = 120.0
LONGEST_PAUSE = 1.0


class Crash(BaseException):
    """The process ends here."""


class Crashes:
    """The points at which the controller is still to die, each once."""

    def __init__(self) -> None:
        self.left = list(POINTS)

    def at(self, effect: str, moment: str) -> None:
        if (effect, moment) in self.left:
            self.left.remove((effect, moment))
            raise Crash


def effect_of(verb: str, collection: Any, body: Object) -> str | None:
    """Which of the effects a call is."""
    if verb == "replace" and collection == FLINK_DEPLOYMENTS:
        info = body["status"]["jobStatus"].get("savepointInfo") or {}
        if info.get("triggerId"):
            return "intention"
        return "result" if info.get("lastSavepoint") else None
    if collection != DEPLOYMENTS:
        return None
    return {"delete": "deletion", "create": "creation"}.get(verb)


class MortalApi(KubernetesApi):
    """Calls of a controller that dies."""

    def __init__(self, client: ApiClient, crashes: Crashes) -> None:
        super().__init__(client)
        self._crashes = crashes

    async def create(self, collection: Any, body: Object) -> Object:
        return cast(Object, await self._dying("create", collection, body, super().create(collection, body)))

    async def replace(self, collection: Any, body: Object, *, subresource: str = "") -> Object:
        call = super().replace(collection, body, subresource=subresource)
        return cast(Object, await self._dying("replace", collection, body, call))

    async def delete(self, collection: Any, namespace: str, name: str, **how: Any) -> None:
        await self._dying("delete", collection, {}, super().delete(collection, namespace, name, **how))

    async def _dying(self, verb: str, collection: Any, body: Object, call: Any) -> Any:
        effect = effect_of(verb, collection, body)
        try:
            if effect is not None:
                self._crashes.at(effect, "before")
        except Crash:
            call.close()
            raise
        answer = await call
        if effect is not None:
            self._crashes.at(effect, "after")
        return answer


class MortalRest(FlinkRest):
    """Calls to the JobManager of a controller that dies."""

    crashes: Crashes

    async def stop_with_savepoint(self, base: str, stop: Any) -> None:
        self.crashes.at("savepoint", "before")
        await super().stop_with_savepoint(base, stop)
        self.crashes.at("savepoint", "after")


class FreshCache(Cache):
    """What the watches of a controller would have delivered by now."""

    def __init__(self, api: KubernetesApi, key: Key) -> None:
        super().__init__()
        self._api, self._key = api, key
        self._resource: Object | None = None
        self._deployment: Object | None = None
        self._pods: list[Object] = []

    async def refresh(self) -> None:
        namespace, name = self._key
        self._resource = await self._api.get(FLINK_DEPLOYMENTS, namespace, name)
        self._deployment = await self._api.get(DEPLOYMENTS, namespace, name)
        self._pods = await self._api.list(PODS, namespace, labels=f"app={name}")

    def resource(self, plural: str, key: Key) -> Object | None:
        del plural, key
        return self._resource

    def wrote(self, plural: str, body: Object) -> None:
        del plural
        self._resource = body

    def deployment(self, namespace: str, name: str) -> Object | None:
        del namespace
        return self._deployment if name == self._key[1] else None

    def pods(self, namespace: str, cluster: str) -> Iterator[Object]:
        del namespace, cluster
        yield from self._pods


class Leader:
    """Nobody else acts: the installed controller is scaled away."""

    is_leading, term = True, 1

    def check(self, term: int | None = None) -> None:
        del term


@pytest.fixture
def no_other_controller(operator: Cluster) -> Iterator[None]:
    with stopped_controller(operator):
        yield


async def until(cluster: Cluster, key: Key, crashes: Crashes, done: Callable[[Object], bool]) -> None:
    """Run controllers, one after the other, until the resource is as wanted."""
    configuration = Configuration()
    await config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    async with asyncio.timeout(SECONDS), ApiClient(configuration) as client:
        while True:
            api = MortalApi(client, crashes)
            connector = aiohttp.TCPConnector(resolver=ServiceNames(KubernetesApi(client)), force_close=True)
            async with aiohttp.ClientSession(connector=connector) as session:
                flink = MortalRest(session, 5)
                flink.crashes = crashes
                cache = FreshCache(KubernetesApi(client), key)
                reconciler = Reconciler(
                    lifecycle=Deployments(
                        Observer(api, cache, flink),
                        Actor(api, flink),
                        load_operator_configuration(OPERATOR_CONFIGURATION),
                        OperatorFiles.read(OPERATOR_CONFIGURATION),
                    ),
                    api=api,
                    cache=cache,
                    events=EventPoster(KubernetesApi(client), "test"),
                    elector=cast(LeaderElector, Leader()),
                    authorship=Authorship(api),
                )
                try:
                    await _work(reconciler, cache, key, done)
                except Crash:
                    continue
                return


async def _work(
    reconciler: Reconciler[FlinkDeploymentSpec, FlinkDeploymentStatus],
    cache: FreshCache,
    key: Key,
    done: Callable[[Object], bool],
) -> None:
    while True:
        await cache.refresh()
        resource = cache.resource("", key)
        if resource is not None and done(resource):
            return
        try:
            pause = await reconciler.reconcile(key)
        except ApiError:
            pause = LONGEST_PAUSE
        await asyncio.sleep(min(LONGEST_PAUSE, pause or LONGEST_PAUSE))


def is_stable(generation: int) -> Callable[[Object], bool]:
    def check(resource: Object) -> bool:
        status = resource.get("status") or {}
        stable = status.get("lifecycleState") == "STABLE"
        seen = status.get("observedGeneration") == generation
        return bool(stable and seen and kstatus(resource) is Kstatus.CURRENT)

    return check


@pytest.mark.usefixtures("no_other_controller")
async def test_controller_that_dies_at_every_effect_of_an_upgrade_loses_nothing(
    flink: Flink, release: Release
) -> None:
    key = (flink.namespace, NAME)
    history = storage(flink.namespace)
    flink.apply(counting(NAME, release, history, upgrade_mode="savepoint"))
    alive = Crashes()
    alive.left = []
    await until(flink.cluster, key, alive, is_stable(1))
    first = history.wait_for_start(1)

    flink.patch(NAME, {"spec": {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "3"}}})
    crashes = Crashes()
    await until(flink.cluster, key, crashes, is_stable(2))

    assert crashes.left == []
    second = history.wait_for_start(2)
    assert second.restored
    assert second.count == history.last_count(first.run)
    assert len(history.starts()) == 2
    _assert_one_job_manager(flink)
    history.assert_never_two_at_once()
    flink.kubectl("delete", "flinkdeployment", NAME, "--wait=false")
    await _deleted(flink, key)


async def _deleted(flink: Flink, key: Key) -> None:
    """Nobody else sees to the finalizer."""
    nobody = Crashes()
    nobody.left = []
    gone = asyncio.create_task(until(flink.cluster, key, nobody, lambda _: False))
    try:
        await asyncio.to_thread(
            flink.kubectl, "wait", "--for=delete", f"flinkdeployment/{NAME}", "--timeout=90s", timeout=100
        )
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


def _assert_one_job_manager(flink: Flink) -> None:
    pods = flink.items("pod", f"app={NAME},component=jobmanager")
    assert len([pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]) == 1


def test_history_of_a_job_that_ran_twice_would_be_noticed(tmp_path: Any) -> None:
    marker = tmp_path / "marker"
    marker.mkdir()
    lines = [
        '{"event": "start", "run": "a", "job": "j", "restored": false, "count": 0}',
        '{"event": "start", "run": "b", "job": "j", "restored": false, "count": 0}',
        '{"event": "count", "run": "a", "count": 5}',
    ]
    (marker / "count-0.jsonl").write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(AssertionError, match="comes after the start of b"):
        History(tmp_path).assert_never_two_at_once()

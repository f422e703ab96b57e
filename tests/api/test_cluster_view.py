"""The webhook's caches of other resources, against a real API server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from kubernetes.aio.client import Configuration

from shared.rules.context import Presence
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment, session_job
from tests.cluster import Cluster
from tests.polling import eventually
from webhook.cluster_view import ClusterView
from webhook.kubernetes_api import KubernetesApi, client_configuration

SECONDS = 15.0


@asynccontextmanager
async def running_view(cluster: Cluster, *namespaces: str) -> AsyncIterator[ClusterView]:
    configuration = await asyncio.to_thread(client_configuration, cluster.kubeconfig)
    assert configuration is not None
    view = ClusterView(KubernetesApi(configuration), namespaces)
    task = asyncio.create_task(view.run())
    try:
        await asyncio.to_thread(eventually, lambda: view.filled, within=SECONDS, what="the view is filled")
        yield view
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def seen(view: ClusterView, kind: str, namespace: str, name: str, *, present: bool) -> None:
    def is_seen() -> bool:
        return (view.look_up(kind, namespace, name) is not Presence.ABSENT) is present

    await asyncio.to_thread(eventually, is_seen, within=SECONDS, what=f"{name} is seen")


async def test_view_follows_what_comes_and_goes(namespace: Namespace) -> None:
    namespace.store(flink_deployment("before"))
    async with running_view(namespace.cluster) as view:
        assert view.look_up("FlinkDeployment", namespace.name, "before") is not Presence.ABSENT
        assert view.look_up("FlinkDeployment", namespace.name, "later") is Presence.ABSENT
        await asyncio.to_thread(namespace.store, flink_deployment("later"))
        await seen(view, "FlinkDeployment", namespace.name, "later", present=True)
        await asyncio.to_thread(namespace.succeeds, "delete", "flinkdeployment/later", "--wait=false")
        await seen(view, "FlinkDeployment", namespace.name, "later", present=False)


async def test_view_holds_what_rules_read_and_not_the_bulk(namespace: Namespace) -> None:
    template = {"metadata": {"annotations": {"notes": "x" * 200_000}}}  # longer than a stream's line may be
    async with running_view(namespace.cluster) as view:
        resource = flink_deployment("big", podTemplate=template, flinkConfiguration={"a": "b"})
        await asyncio.to_thread(namespace.store, resource)
        await seen(view, "FlinkDeployment", namespace.name, "big", present=True)
        found = view.look_up("FlinkDeployment", namespace.name, "big")
        assert not isinstance(found, Presence)
        assert found["spec"] == {"flinkVersion": "v2_3", "flinkConfiguration": {"a": "b"}, "job": {}}


async def test_live_read_tells_what_the_server_says_now(namespace: Namespace) -> None:
    job = ("FlinkSessionJob", namespace.name, "job")
    async with running_view(namespace.cluster) as view:
        assert await view.read(*job, seconds=SECONDS) is Presence.ABSENT
        await asyncio.to_thread(namespace.store, session_job("job"))
        assert not isinstance(await view.read(*job, seconds=SECONDS), Presence)


async def test_other_namespaces_than_the_watched_are_unknown(namespace: Namespace) -> None:
    async with running_view(namespace.cluster, namespace.name) as view:
        assert view.look_up("FlinkDeployment", namespace.name, "any") is Presence.ABSENT
        assert view.look_up("FlinkDeployment", "elsewhere", "any") is Presence.UNKNOWN
        assert await view.read("FlinkDeployment", "elsewhere", "any", seconds=SECONDS) is Presence.UNKNOWN
        assert view.look_up("ConfigMap", namespace.name, "any") is Presence.UNKNOWN


async def test_nothing_is_absent_before_the_view_is_filled_or_when_nobody_answers() -> None:
    configuration = Configuration()
    configuration.host = "http://127.0.0.1:9"  # the discard port: nothing listens there
    api = KubernetesApi(configuration)
    view = ClusterView(api)
    try:
        assert view.look_up("FlinkDeployment", "any", "any") is Presence.UNKNOWN
        assert await view.read("FlinkDeployment", "any", "any", seconds=SECONDS) is Presence.UNKNOWN
        assert view.age_seconds("FlinkDeployment") == float("inf")
        assert view.unready() is not None
    finally:
        await api.close()

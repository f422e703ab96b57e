"""The controller's connection to the API server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import kube_config

from controller.kubernetes_api import DEPLOYMENTS, KubernetesApi, client_configuration


def kubeconfig(server: str) -> bytes:
    return orjson.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "users": [{"name": "it", "user": {"token": "of the kubeconfig"}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "current-context": "it",
        }
    )


@asynccontextmanager
async def server(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """The URL of a server that answers like this."""
    application = web.Application()
    application.add_routes([web.get("/{path:.*}", answer)])
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield site.name
    finally:
        await runner.cleanup()


async def test_token_of_the_kubeconfig_is_used_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.json_response({"kind": "Deployment"})

    async with server(answer) as url:
        (tmp_path / "kubeconfig").write_bytes(kubeconfig(url))
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
        # KUBECONFIG is read when the package is imported.
        monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        api = KubernetesApi(ApiClient(await client_configuration()))
        try:
            assert await api.get(DEPLOYMENTS, "shop", "orders") == {"kind": "Deployment"}
        finally:
            await api.close()
    assert seen == ["Bearer of the kubeconfig"]


async def test_only_so_many_calls_are_under_way_and_the_others_wait_for_their_turn() -> None:
    active, most, busy, gate = 0, 0, asyncio.Event(), asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        nonlocal active, most
        active += 1
        most = max(most, active)
        if active == 16:
            busy.set()
        await gate.wait()
        active -= 1
        return web.json_response({})

    async with server(answer) as url:
        api = KubernetesApi(ApiClient(Configuration(host=url)))
        try:
            calls = [asyncio.create_task(api.get(DEPLOYMENTS, "shop", str(number))) for number in range(40)]
            async with asyncio.timeout(10):
                await busy.wait()
                gate.set()
                assert await asyncio.gather(*calls) == [{}] * 40
        finally:
            await api.close()
    assert most == 16

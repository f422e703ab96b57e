"""The controller's connection to the API server."""

from pathlib import Path

import orjson
import pytest
from aiohttp import web
from kubernetes.aio.client import ApiClient
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


async def test_token_of_the_kubeconfig_is_used_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.json_response({"kind": "Deployment"})

    application = web.Application()
    application.add_routes([web.get("/{path:.*}", answer)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (tmp_path / "kubeconfig").write_bytes(kubeconfig(site.name))
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
        await runner.cleanup()
    assert seen == ["Bearer of the kubeconfig"]

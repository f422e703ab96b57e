"""What the simulated API server is held against, on the real one."""

import pytest
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from controller.kubernetes_api import KubernetesApi
from tests.api.namespace import Namespace
from tests.simulation.conformance import CHECKS, Check


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_real_api_server(check: Check, namespace: Namespace) -> None:
    configuration = Configuration()
    kubeconfig = str(namespace.cluster.kubeconfig)
    await config.load_kube_config(config_file=kubeconfig, client_configuration=configuration)
    api = KubernetesApi(ApiClient(configuration))
    try:
        await check(api, namespace.name)
    finally:
        await api.close()

"""A real API server with the operator's kinds; a webhook and a controller as processes beside it."""

import os
from collections.abc import Iterator

import pytest

from tests.api.admission import CHART, Admission, admission
from tests.api.api_server import ApiServer
from tests.api.controller import Controller, forget
from tests.api.namespace import Namespace, unique
from tests.cluster import Cluster, ClusterError, Console, Level, up

_CLUSTER_NAME = "tests-api"


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """etcd and an API server with the CRDs of the chart; they stay up after the run."""
    try:
        cluster = up(Level.API, _CLUSTER_NAME, Console())
    except ClusterError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    if cluster.external:
        pytest.skip("KUBECONTEXT names a cluster that cannot reach a webhook on this machine: unset it")
    crds = str(CHART / "crds")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", crds)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", crds)
    return cluster


@pytest.fixture(scope="session")
def api(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> ApiServer:
    return ApiServer.of(cluster.kubeconfig, tmp_path_factory.mktemp("client"))


@pytest.fixture
def namespace(cluster: Cluster, api: ApiServer) -> Iterator[Namespace]:
    """A namespace that no webhook guards and no controller watches."""
    with Namespace.made(cluster, api, "free") as namespace:
        yield namespace


@pytest.fixture(scope="module")
def shared_namespace(cluster: Cluster, api: ApiServer) -> Iterator[Namespace]:
    """As `namespace`, for the many tests of a module that store nothing, or under names of their own."""
    with Namespace.made(cluster, api, "free") as namespace:
        yield namespace


@pytest.fixture(scope="session")
def webhook(
    cluster: Cluster, api: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Admission]:
    """A webhook for all tests that leave it running."""
    with admission(cluster, api, tmp_path_factory.mktemp("webhook")) as it:
        yield it


@pytest.fixture
def guarded(webhook: Admission, cluster: Cluster, api: ApiServer) -> Iterator[Namespace]:
    """A namespace under the webhook."""
    with Namespace.made(cluster, api, "guarded", webhook.label) as namespace:
        yield namespace


@pytest.fixture(scope="session")
def operated(
    cluster: Cluster, api: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Namespace]:
    """A namespace with a controller for all tests that leave it running; each uses names of its own."""
    with Namespace.made(cluster, api, "operated") as namespace:
        controller = Controller(namespace, "shared-controller", tmp_path_factory.mktemp("controller"))
        controller.start()
        try:
            controller.wait_until_ready()
            controller.wait_until_leading()
            yield namespace
        finally:
            controller.process.stop()


@pytest.fixture
def job(operated: Namespace) -> Iterator[str]:
    """A name for a resource in the operated namespace; what has it is gone afterwards."""
    name = unique("job")
    try:
        yield name
    finally:
        forget(operated, name)

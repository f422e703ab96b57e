"""The operator on a real node: cluster, images and chart once a run, a namespace for each test."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.certificates import Pair
from tests.cluster import Cluster, ClusterError, Console, Level, up
from tests.e2e.authority import provide_authority
from tests.e2e.flink import Flink
from tests.e2e.resume import Resume
from tests.images import Image, ImageError
from tests.installation import CHART, NAMESPACE, RELEASE, install, provide_image, provide_operator_images

_FLINK_2_3 = ("v2_3", Image.FLINK_2_3)
_FLINK_1_20 = ("v1_20", Image.FLINK_1_20)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Release:
    """A Flink version that can run on the cluster."""

    version: str
    image: str


def pytest_addoption(parser: pytest.Parser) -> None:
    """--full runs every behaviour on every supported Flink version."""
    parser.addoption("--full", action="store_true", help="run on Flink 1.20 what otherwise runs on 2.3 alone")


def pytest_configure(config: pytest.Config) -> None:
    """A full run takes long: it can be resumed."""
    if config.getoption("--full"):
        config.pluginmanager.register(Resume(config))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `release` runs on 2.3, and with --full on 1.20 too."""
    if "release" in metafunc.fixturenames:
        versions = [_FLINK_2_3, _FLINK_1_20] if metafunc.config.getoption("--full") else [_FLINK_2_3]
        metafunc.parametrize(
            "release", versions, indirect=True, ids=[name for name, _ in versions], scope="session"
        )


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The node cluster, which stays up after the run."""
    try:
        return up(Level.NODE, progress=Console())
    except ClusterError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def operator(cluster: Cluster) -> Cluster:
    """The cluster with the operator of this checkout installed."""
    try:
        images = provide_operator_images(cluster, Console())
    except ImageError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    provide_authority(cluster)
    install(cluster, images, job_namespaces=("default",), settings=("tls.create=true",))
    return cluster


@pytest.fixture(scope="session")
def authority(operator: Cluster) -> Pair:
    """Of JobManagers' certificates; the operator trusts it."""
    return provide_authority(operator)


@pytest.fixture(scope="session")
def release(operator: Cluster, request: pytest.FixtureRequest) -> Release:
    """A Flink version with its image loaded."""
    version, image = request.param
    return Release(version, provide_image(operator, image, Console()))


@pytest.fixture(scope="session")
def release_2_3(operator: Cluster) -> Release:
    """The newest supported version."""
    return Release("v2_3", provide_image(operator, Image.FLINK_2_3, Console()))


@pytest.fixture(scope="session")
def release_1_20(operator: Cluster) -> Release:
    """The older supported major version."""
    return Release("v1_20", provide_image(operator, Image.FLINK_1_20, Console()))


@pytest.fixture
def flink(operator: Cluster, request: pytest.FixtureRequest) -> Iterator[Flink]:
    """A namespace of the test's own, with the service account that the chart installs for jobs."""
    name = f"e2e-{os.getpid()}-{next(_numbers)}"
    operator.kubectl("create", "namespace", name)
    account = operator.helm(
        "template", RELEASE, str(CHART), "--namespace", NAMESPACE,
        "--set", f"jobServiceAccount.namespaces={{{name}}}", "--show-only", "templates/jobs/rbac.yaml",
    )  # fmt: skip
    operator.kubectl("apply", "-f", "-", stdin=account.stdout)
    flink = Flink(operator, name)
    try:
        yield flink
    finally:
        if request.session.testsfailed:
            flink.describe()
        flink.remove()

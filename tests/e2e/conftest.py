"""The operator on a real node: cluster, images and chart once a run, a namespace for each test."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.certificates import Pair
from tests.cluster import Cluster, ClusterError, Console, Level, up
from tests.e2e.authority import provide_authority
from tests.e2e.continuity import History, remove_storage, storage
from tests.e2e.flink import Flink
from tests.e2e.jar_server import JarServer, jar_server
from tests.e2e.resume import Resume
from tests.images import Image, ImageError, build
from tests.images.flink import job_jar
from tests.installation import CHART, NAMESPACE, RELEASE, install, provide_image, provide_operator_images

_FLINK_2_3 = ("v2_3", Image.FLINK_2_3)
_FLINK_1_20 = ("v1_20", Image.FLINK_1_20)
_CONFIGURATION = """\
kubernetes.operator.reconcile.interval: 15 s
kubernetes.operator.observer.progress-check.interval: 5 s
kubernetes.operator.user.artifacts.allowed-schemes: https;http
kubernetes.operator.user.artifacts.disallow-restricted-hosts: false
"""
"""The chart's, but for jars from a server on this machine."""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Release:
    """A Flink version that can run on the cluster, and in which mode a test runs it."""

    version: str
    image: str
    mode: str = "native"


def pytest_addoption(parser: pytest.Parser) -> None:
    """--full runs every behaviour on every supported Flink version, and in both modes where that matters."""
    parser.addoption(
        "--full", action="store_true", help="run on Flink 1.20 and standalone what runs on 2.3 native"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Markers; and a full run takes long: it can be resumed."""
    config.addinivalue_line(
        "markers", "alone: disturbs the operator, so that no other test may run beside it"
    )
    config.addinivalue_line("markers", "both_modes: with --full it runs native and standalone")
    config.pluginmanager.register(Resume(config, leaves_out=config.getoption("--full")))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `release` runs on 2.3 native, and with --full in all that it is meant for."""
    if "release" not in metafunc.fixturenames:
        return
    versions, modes = [_FLINK_2_3], ["native"]
    if metafunc.config.getoption("--full"):
        versions.append(_FLINK_1_20)
        if metafunc.definition.get_closest_marker("both_modes"):
            modes.append("standalone")
    releases = [(version, image, mode) for mode in modes for version, image in versions]
    metafunc.parametrize(
        "release",
        releases,
        indirect=True,
        ids=[f"{version}-{mode}" for version, _, mode in releases],
        scope="session",
    )


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of the run see."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@contextmanager
def _in_turn(shared: Path) -> Iterator[None]:
    """One worker after the other; what this machine cannot do is no failure, but in CI."""
    try:
        with FileLock(shared / "e2e.lock"):
            yield
    except (ClusterError, ImageError) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def cluster(shared: Path) -> Cluster:
    """The node cluster, which stays up after the run."""
    with _in_turn(shared):
        return up(Level.NODE, progress=Console())


@pytest.fixture(scope="session")
def operator(cluster: Cluster, shared: Path) -> Cluster:
    """The cluster with the operator of this checkout installed, once a run."""
    installed = shared / "operator-is-installed"
    with _in_turn(shared):
        if not installed.exists():
            images = provide_operator_images(cluster, Console())
            provide_authority(cluster)
            settings = (
                "tls.create=true",
                "rbac.deleteSessionJobs=true",
                f"defaultConfiguration.config\\.yaml={_CONFIGURATION}",
            )
            install(cluster, images, job_namespaces=("default",), settings=settings)
            installed.touch()
    return cluster


def _release(operator: Cluster, shared: Path, version: str, image: Image, mode: str = "native") -> Release:
    with _in_turn(shared):
        return Release(version, provide_image(operator, image, Console()), mode)


@pytest.fixture(scope="session")
def authority(operator: Cluster, shared: Path) -> Pair:
    """Of JobManagers' certificates; the operator trusts it."""
    with _in_turn(shared):
        return provide_authority(operator)


@pytest.fixture(scope="session")
def release(operator: Cluster, shared: Path, request: pytest.FixtureRequest) -> Release:
    """A Flink version with its image loaded."""
    return _release(operator, shared, *request.param)


@pytest.fixture(scope="session")
def release_2_3(operator: Cluster, shared: Path) -> Release:
    """The newest supported version."""
    return _release(operator, shared, *_FLINK_2_3)


@pytest.fixture(scope="session")
def release_1_20(operator: Cluster, shared: Path) -> Release:
    """The older supported major version."""
    return _release(operator, shared, *_FLINK_1_20)


@contextmanager
def _namespace(operator: Cluster, request: pytest.FixtureRequest) -> Iterator[Flink]:
    """One of the test's own, with the service account that the chart installs for jobs."""
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
        remove_storage(name)


@pytest.fixture
def flink(operator: Cluster, request: pytest.FixtureRequest) -> Iterator[Flink]:
    """The test's namespace."""
    with _namespace(operator, request) as flink:
        yield flink


@pytest.fixture
def neighbour(operator: Cluster, request: pytest.FixtureRequest) -> Iterator[Flink]:
    """Another one."""
    with _namespace(operator, request) as flink:
        yield flink


@pytest.fixture
def history(flink: Flink) -> History:
    """What a counting job writes down, on this machine's disk."""
    if flink.cluster.external:
        pytest.skip("the job's record lies on the node, which is not this machine")
    return storage(flink.namespace)


@pytest.fixture
def jars(operator: Cluster, release: Release) -> Iterator[JarServer]:
    """A server with the test job, for the operator to fetch it from."""
    if operator.external:
        pytest.skip("the cluster may not reach this machine")
    image = Image.FLINK_2_3 if release.version == "v2_3" else Image.FLINK_1_20
    with jar_server(operator, job_jar(build(image, Console()).path)) as server:
        yield server

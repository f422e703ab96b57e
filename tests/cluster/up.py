"""Brings a cluster up, or the dead parts of one that was."""

from pathlib import Path

from tests.cluster import host_network
from tests.cluster.build import crds_folder, ensure_built
from tests.cluster.cluster import Cluster, external_cluster
from tests.cluster.component import check_running, ensure_running
from tests.cluster.components import (
    all_components,
    control_plane_components,
    dependent_components,
    node_components,
    setting_of,
)
from tests.cluster.control_plane import Setting
from tests.cluster.errors import ClusterError
from tests.cluster.folders import Folders, locked
from tests.cluster.node import network_of
from tests.cluster.pause_image import write_pause_image
from tests.cluster.pki import kubeconfig
from tests.cluster.plan import Plan, load, load_or_choose
from tests.cluster.programs import PAUSE, Level
from tests.cluster.readiness import (
    CERT_MANAGER_NAMESPACE,
    apply_definitions,
    create_namespace,
    definition_names,
    node_expectations,
    wait_until,
)
from tests.cluster.requirements import check_node_machine
from tests.progress import Console, Progress

DEFAULT_NAME = "flink-operator"


def up(level: Level, name: str = DEFAULT_NAME, progress: Progress | None = None) -> Cluster:
    """Return a cluster that is ready, having started and repaired whatever was not.

    With KUBECONTEXT set, nothing is built or started and the answer is that cluster. Progress goes to
    standard error unless told otherwise. Raises ClusterError that says what is in the way.
    """
    if external := external_cluster():
        return external
    progress = progress or Console()
    folders = Folders.of(name)
    if level is Level.NODE:
        check_node_machine(progress)
    binaries = ensure_built(level, progress)
    with locked(folders.lock(), progress):
        plan = _plan(folders, level)
        setting = setting_of(plan, folders, binaries)
        cluster = Cluster(name, level, folders.kubeconfig, context=None, bin=binaries, external=False)
        _write_kubeconfig(setting)
        if level is Level.NODE:
            # First, as the API server listens on the bridge's address.
            host_network.ensure_network(network_of(setting), folders.cni_results())
        ensure_running(control_plane_components(setting), folders, progress)
        if level is Level.NODE:
            _ensure_node(setting, cluster, progress)
        check_running(all_components(setting), folders)
    progress(f"cluster {name!r} is ready")
    return cluster


def existing(name: str = DEFAULT_NAME) -> Cluster:
    """Return a cluster that `up` has made, ready or not; raise ClusterError if there is none."""
    if external := external_cluster():
        return external
    folders = Folders.of(name)
    plan = load(folders.plan)
    if plan is None:
        raise ClusterError(f"there is no cluster {name!r}: run `python -m tests.cluster up --name {name}`")
    binaries = ensure_built(plan.level, Console())
    return Cluster(name, plan.level, folders.kubeconfig, context=None, bin=binaries, external=False)


def _plan(folders: Folders, level: Level) -> Plan:
    if level is Level.NODE and load(folders.plan) is None and (sign := host_network.foreign_node()):
        raise ClusterError(
            f"this machine is a Kubernetes node already ({sign}): set KUBECONTEXT to use that cluster, "
            "or remove what is left of it"
        )
    folders.create()
    return load_or_choose(folders, level)


def _write_kubeconfig(setting: Setting) -> None:
    plan, path = setting.plan, setting.folders.kubeconfig
    content = kubeconfig(plan.server, setting.authority.pair, setting.admin, plan.name)
    if not path.exists() or path.read_text() != content:
        path.touch(mode=0o600)
        path.write_text(content)


def _ensure_node(setting: Setting, cluster: Cluster, progress: Progress) -> None:
    folders, api = setting.folders, setting.api()
    folders.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    ensure_running(node_components(setting), folders, progress)
    cluster.load_image(_pause_archive(setting))
    definitions = crds_folder(setting.binaries)
    apply_definitions(definitions, api)
    create_namespace(CERT_MANAGER_NAMESPACE, api)
    expectations = node_expectations(definition_names(definitions))
    wait_until([e for e in expectations if e.component == "kube-apiserver"], api, folders)
    ensure_running(dependent_components(setting), folders, progress)
    wait_until(expectations, api, folders)


def _pause_archive(setting: Setting) -> Path:
    archive = setting.folders.config / "pause.tar"
    write_pause_image(Path(setting.program(PAUSE.folder)), archive)
    return archive

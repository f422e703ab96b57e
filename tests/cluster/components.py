"""Which components a cluster consists of, and in which order they start."""

from pathlib import Path

from tests.cluster import control_plane, node
from tests.cluster.component import Component
from tests.cluster.control_plane import ADMINISTRATORS, Setting
from tests.cluster.folders import Folders
from tests.cluster.pki import Authority
from tests.cluster.plan import Plan
from tests.cluster.programs import Level


def setting_of(plan: Plan, folders: Folders, binaries: Path) -> Setting:
    """Return what the components of a cluster are made from."""
    authority = Authority(folders.pki)
    return Setting(
        plan=plan,
        folders=folders,
        binaries=binaries,
        authority=authority,
        admin=authority.issue("admin", ADMINISTRATORS, rsa_key=True),
    )


def control_plane_components(setting: Setting) -> list[Component]:
    """Return the components of every level."""
    return [control_plane.etcd(setting), control_plane.api_server(setting)]


def node_components(setting: Setting) -> list[Component]:
    """Return what level `node` adds and what waits for nothing but the API server."""
    return [
        control_plane.controller_manager(setting),
        control_plane.scheduler(setting),
        node.containerd(setting),
        node.coredns(setting),
    ]


def dependent_components(setting: Setting) -> list[Component]:
    """Return what needs the pause image in containerd, the node's object, or the definitions."""
    return [node.kubelet(setting), node.kube_proxy(setting), node.cert_manager(setting)]


def all_components(setting: Setting) -> list[Component]:
    """Return every component of the cluster's level, in the order in which they start."""
    components = control_plane_components(setting)
    if setting.plan.level is Level.NODE:
        components += node_components(setting) + dependent_components(setting)
    return components

"""What a node leaves behind when all its programs are dead, and how it is removed."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.cluster import host_network, process
from tests.cluster.errors import ClusterError
from tests.cluster.folders import CNI_RESULTS, Folders
from tests.cluster.plan import Plan
from tests.cluster.requirements import tool

CGROUPS = Path("/sys/fs/cgroup")
PODS_CGROUP = "kubepods"
MOUNTS = Path("/proc/self/mountinfo")
MOUNT_POINT_FIELD = 4
CONTAINER_LOG_LINKS = Path("/var/log/containers")
DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
SHARED_FOLDERS = (
    CONTAINER_LOG_LINKS,
    CNI_RESULTS,
    CNI_RESULTS.parent,
    DEVICE_PLUGINS,
    DEVICE_PLUGINS.parent,
    Path("/run/containerd/s"),
    Path("/run/containerd"),
)
"""Folders that containerd, CNI and the kubelet make at fixed places, a parent after its children."""
SECONDS = 10.0
POLL_SECONDS = 0.05


def remove_node(folders: Folders, plan: Plan) -> None:
    """Remove containers, mounts, network and settings of a node; raise ClusterError if something resists."""
    _kill_pods(folders)
    _remove_shim_sockets(folders)
    _unmount_below(folders.run)
    _unmount_below(folders.state)
    for result in folders.cni_results():
        result.unlink()
    if plan.network is not None:
        host_network.remove_network(plan.network)
    host_network.restore_sysctls(plan.sysctls)
    for link in CONTAINER_LOG_LINKS.glob("*.log"):
        if link.is_symlink() and link.readlink().is_relative_to(folders.pod_logs):
            link.unlink()
    (DEVICE_PLUGINS / "kubelet.sock").unlink(missing_ok=True)
    if folders.run.exists():
        shutil.rmtree(folders.run)
    for folder in (folders.run.parent, *SHARED_FOLDERS):
        with suppress(OSError):  # never made, or somebody else uses it too
            folder.rmdir()


def mount_points(mountinfo: str, folder: Path) -> list[Path]:
    """Return the mount points at or below a folder, the newest first, from /proc/PID/mountinfo's text."""
    points = [Path(_unescape(line.split()[MOUNT_POINT_FIELD])) for line in mountinfo.splitlines()]
    return [point for point in reversed(points) if point.is_relative_to(folder)]


def _unescape(field: str) -> str:
    # The kernel writes blank, tab, newline and backslash as three octal digits.
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), field)


def _pod_cgroups(folders: Folders) -> list[Path]:
    """Return the control groups of the cluster's pods: one per pod with cgroup v2, more with v1.

    Our kubelet has a folder for each of its pods, named by the pod's uid, and removes that after the group.
    """
    names = {f"pod{folder.name}" for folder in (folders.kubelet / "pods").glob("*")}
    return [path for root in _cgroup_roots() for path in root.rglob("pod*") if path.name in names]


def _cgroup_roots() -> list[Path]:
    return [path for path in (CGROUPS / PODS_CGROUP, *CGROUPS.glob(f"*/{PODS_CGROUP}")) if path.is_dir()]


def _kill_pods(folders: Folders) -> None:
    """Kill every process of the cluster's pods and remove their control groups."""
    groups = _pod_cgroups(folders)
    deadline = time.monotonic() + SECONDS
    while pids := {pid for group in groups for pid in _members(group)}:
        if time.monotonic() > deadline:
            raise ClusterError(f"processes of pods cannot be ended: {sorted(pids)}")
        for found in filter(None, map(process.find, pids)):
            found.signal(signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    for group in groups:
        _remove_groups(group)
    # The groups above them, if no other pod is in them.
    for root in _cgroup_roots():
        with suppress(OSError):
            _remove_groups(root)


def _remove_groups(root: Path) -> None:
    # A group holds files, but those are the kernel's: removing the folder is all that is needed.
    for folder, _subfolders, _files in os.walk(root, topdown=False):
        Path(folder).rmdir()


def _members(root: Path) -> Iterator[int]:
    for file in root.rglob("cgroup.procs"):
        with suppress(OSError):  # the group went away meanwhile
            yield from map(int, file.read_text().split())


def _remove_shim_sockets(folders: Folders) -> None:
    # containerd's shims listen in a folder that all containerds of a machine share; each notes its address.
    for note in folders.containerd_state.glob("io.containerd.runtime.v2.task/*/*/address"):
        Path(note.read_text().strip().removeprefix("unix://")).unlink(missing_ok=True)


def _unmount_below(folder: Path) -> None:
    for point in mount_points(MOUNTS.read_text(), folder):
        if subprocess.run([tool("umount"), point], capture_output=True, check=False).returncode:
            # Busy: it goes away with its last user.
            subprocess.run([tool("umount"), "--lazy", point], capture_output=True, check=False)
    if left := mount_points(MOUNTS.read_text(), folder):
        raise ClusterError(f"cannot unmount {left[0]}: something still uses it (see `fuser -vm {left[0]}`)")

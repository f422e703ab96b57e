"""What a node needs of the machine: Linux, root, and programs from Debian packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.debian_packages import PackagesMissingError, install
from tests.progress import Progress

PACKAGES = {
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ip6tables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "umount": "mount",
}
"""The Debian package of each program that containerd, the kubelet, kube-proxy or this folder's code runs."""

CNI_PACKAGE = "containernetworking-plugins"
CNI_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
CNI_PLUGINS = ("bridge", "host-local", "loopback")

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH of every component: the same for every caller of `up`, or components would restart with each."""
BRIDGE_FILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


def tool(name: str) -> str:
    """Return the path of one of the system's programs; raise ClusterError if there is none."""
    found = shutil.which(name, path=SYSTEM_PATH)
    if found is None:
        raise ClusterError(f"{name} is missing: apt-get install {PACKAGES.get(name, name)}")
    return found


def cni_plugins_folder() -> Path:
    """Return the folder with the network plugins that containerd runs; raise ClusterError without one."""
    for folder in CNI_FOLDERS:
        if all((folder / plugin).exists() for plugin in CNI_PLUGINS):
            return folder
    raise ClusterError(f"the CNI plugins are missing: apt-get install {CNI_PACKAGE}")


def check_node_machine(progress: Progress) -> None:
    """Make sure that this machine can be a node; install missing packages where that is possible.

    Raises ClusterError with one line that says what to run otherwise.
    """
    if sys.platform != "linux":
        raise ClusterError("a node needs Linux: set KUBECONTEXT to use an existing cluster instead")
    missing = missing_packages()
    if os.geteuid() != 0:
        also = f" (and `apt-get install {' '.join(missing)}`)" if missing else ""
        raise ClusterError(
            "a node needs root: run this command as root"
            f"{also}, or set KUBECONTEXT to use an existing cluster instead"
        )
    if missing:
        _install(missing, progress)
    _load_kernel_modules()


def missing_packages() -> list[str]:
    """Return the names of the Debian packages whose programs this machine lacks, each once."""
    missing = {package for name, package in PACKAGES.items() if shutil.which(name, path=SYSTEM_PATH) is None}
    try:
        cni_plugins_folder()
    except ClusterError:
        missing.add(CNI_PACKAGE)
    return sorted(missing)


def _install(packages: list[str], progress: Progress) -> None:
    try:
        install(packages, progress)
    except PackagesMissingError as error:
        raise ClusterError(str(error)) from None
    if still := missing_packages():
        raise ClusterError(f"programs of the packages {' '.join(still)} are missing after installing them")


def _load_kernel_modules() -> None:
    # Often they are built into the kernel or loaded; in a container only the machine itself can load them.
    modprobe = shutil.which("modprobe", path=SYSTEM_PATH)
    if modprobe is not None:
        for module in ("overlay", "br_netfilter"):
            subprocess.run([modprobe, "-q", module], capture_output=True, check=False)
    if not BRIDGE_FILTER.exists():
        raise ClusterError(
            "services could not reach pods on their own bridge: the kernel module br_netfilter is missing; "
            "run `modprobe br_netfilter` on the machine (package kmod)"
        )

"""Where a cluster keeps its files, and the locks that keep two runs apart."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.progress import Progress, silent

CNI_RESULTS = Path("/var/lib/cni/results")
"""Where containerd notes what CNI plugins did; it cannot be told another place."""

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


def cache_folder() -> Path:
    """Return the folder of built programs; it may be deleted at any time and is then built again."""
    return _base("XDG_CACHE_HOME", ".cache") / "flink-operator"


def clusters_folder() -> Path:
    """Return the folder that holds one folder per cluster."""
    return _base("XDG_STATE_HOME", ".local/state") / "flink-operator" / "cluster"


def names() -> list[str]:
    """Return the names of all clusters that left anything on this machine."""
    folder = clusters_folder()
    return (
        sorted(entry.name for entry in folder.iterdir() if NAME.fullmatch(entry.name))
        if folder.is_dir()
        else []
    )


def _base(variable: str, default: str) -> Path:
    # The XDG specification says to ignore relative values.
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / default


@dataclass(frozen=True)
class Folders:
    """The files of one cluster."""

    state: Path
    run: Path
    """Unix sockets and run-time state; short, as a socket's path may have 107 bytes only."""

    @classmethod
    def of(cls, name: str) -> "Folders":
        """Return the folders of the cluster `name`; raise ClusterError if that cannot be a name."""
        if not NAME.fullmatch(name):
            raise ClusterError(
                f"cluster name {name!r}: use lower-case letters, digits and '-', at most 40 characters"
            )
        return cls(state=clusters_folder() / name, run=Path("/run/flink-operator") / name)

    @property
    def plan(self) -> Path:
        return self.state / "state.json"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def pids(self) -> Path:
        return self.state / "pids"

    @property
    def config(self) -> Path:
        return self.state / "config"

    @property
    def images(self) -> Path:
        return self.state / "images.json"

    @property
    def containerd_socket(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def containerd_state(self) -> Path:
        return self.run / "containerd"

    @property
    def kubelet(self) -> Path:
        return self.state / "kubelet"

    @property
    def pod_logs(self) -> Path:
        return self.state / "pod-logs"

    @property
    def cni_state(self) -> Path:
        return self.state / "cni"

    def cni_results(self) -> list[Path]:
        """Return what is noted about the networks of the cluster's pods."""
        return [path for path in CNI_RESULTS.glob("*") if self._is_result_of_ours(path)]

    def _is_result_of_ours(self, path: Path) -> bool:
        # Each note names the network namespace of its pod, and ours are in our own folder.
        try:
            return str(self.containerd_state) in path.read_text()
        except FileNotFoundError:  # its pod has just ended
            return False

    def log(self, component: str) -> Path:
        return self.state / "logs" / f"{component}.log"

    def lock(self) -> Path:
        """Return the lock's path: beside the state folder, as `down` removes that folder."""
        return self.state.with_name(f"{self.state.name}.lock")

    def create(self) -> None:
        """Make the folders below the state folder, readable by their owner alone: they hold keys."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.pki, self.pids, self.config, self.state / "logs"):
            folder.mkdir(exist_ok=True)


@contextmanager
def locked(path: Path, progress: Progress = silent) -> Iterator[None]:
    """Hold an exclusive lock while the body runs; say so when waiting for another holder.

    The file is gone afterwards.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress(f"waiting for another run to end (it holds {path})")
                fcntl.flock(file, fcntl.LOCK_EX)
            # Who waited may have got the lock of a file that its last holder deleted: start again.
            if not _is_still_at(path, file.fileno()):
                continue
            try:
                yield
            finally:
                path.unlink()
            return


def _is_still_at(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False

"""A cluster that is up, as tests and the demo see it."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.folders import Folders
from tests.cluster.plan import load
from tests.cluster.programs import Level
from tests.cluster.requirements import SYSTEM_PATH, tool

CONTEXT_VARIABLE = "KUBECONTEXT"
IMPORT_SECONDS = 600.0


@dataclass(frozen=True)
class Cluster:
    """How to reach one cluster."""

    name: str
    level: Level
    kubeconfig: Path
    context: str | None
    """The context in `kubeconfig`; None means its current one."""
    bin: Path | None
    """The folder with kubectl and helm; None means that they are in PATH."""
    external: bool
    """Somebody else's cluster, named by KUBECONTEXT: nothing of it is ours to start or stop."""

    def kubectl(
        self, *args: str, stdin: str | None = None, check: bool = True, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl against this cluster.

        Raises ClusterError with kubectl's own message if it fails (unless `check` is False), or if it takes
        longer than `timeout` seconds.
        """
        context = ["--context", self.context] if self.context else []
        return self._run("kubectl", [*context, *args], stdin, check, timeout)

    def helm(self, *args: str, check: bool = True, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run helm against this cluster; errors as for `kubectl`."""
        context = ["--kube-context", self.context] if self.context else []
        return self._run("helm", [*context, *args], None, check, timeout)

    def environment(self) -> dict[str, str]:
        """Return the environment in which kubectl, helm and Kubernetes clients use this cluster."""
        path = os.environ.get("PATH", "")
        environment = {
            **os.environ,
            "KUBECONFIG": str(self.kubeconfig),
            "PATH": f"{self.bin}:{path}" if self.bin else path,
        }
        plan = None if self.external else load(Folders.of(self.name).plan)
        if plan is not None and plan.network is not None:
            # These addresses exist on this machine alone; a proxy could not reach them.
            bypass = f"{plan.address},{plan.network.pods},{plan.network.services}"
            for variable in ("NO_PROXY", "no_proxy"):
                present = os.environ.get(variable, "")
                if bypass not in present:
                    environment[variable] = f"{present},{bypass}".lstrip(",")
        return environment

    def load_image(self, archive: Path) -> None:
        """Import an OCI or Docker image archive; one with the same content is imported once."""
        if self.external:
            raise ClusterError(
                f"context {self.context!r} is not ours: load {archive.name} with that cluster's own tool"
            )
        if self.level is not Level.NODE:
            raise ClusterError(f"cluster {self.name!r} is at level api: it has no node to load images into")
        _import_image(Folders.of(self.name), archive)

    def kill_container(self, container: str) -> None:
        """End the process of the container with that id from one moment to the next, as a crash does."""
        if self.external:
            raise ClusterError(f"context {self.context!r} is not ours: no container of it is killed")
        _ctr(Folders.of(self.name), "tasks", "kill", "--signal", "SIGKILL", container)

    def _run(
        self, program: str, args: list[str], stdin: str | None, check: bool, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        environment = self.environment()
        path = shutil.which(program, path=environment["PATH"])
        if path is None:
            raise ClusterError(f"{program} is neither in {self.bin} nor in PATH")
        shown = " ".join([program, *args])
        try:
            answer = subprocess.run(
                [path, *args],
                input=stdin or "",  # never the terminal: kubectl would wait for it
                capture_output=True,
                text=True,
                env=environment,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(f"`{shown}` did not end within {timeout:.0f} s") from None
        if check and answer.returncode:
            message = (answer.stderr or answer.stdout).strip()
            raise ClusterError(f"`{shown}` failed with status {answer.returncode}: {message}")
        return answer


def external_cluster() -> Cluster | None:
    """Return the cluster that KUBECONTEXT names; None if unset. Raises ClusterError if it cannot be used."""
    context = os.environ.get(CONTEXT_VARIABLE)
    if not context:
        return None
    for program in ("kubectl", "helm"):
        if shutil.which(program) is None:
            raise ClusterError(f"{CONTEXT_VARIABLE} is set, but {program} is not in PATH: install it")
    kubeconfig = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    cluster = Cluster(
        name=context, level=Level.NODE, kubeconfig=Path(kubeconfig), context=context, bin=None, external=True
    )
    cluster.kubectl("get", "--raw", "/readyz", timeout=20)
    return cluster


def _import_image(folders: Folders, archive: Path) -> None:
    digest = hashlib.sha256()
    try:
        with archive.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise ClusterError(f"cannot read the image archive {archive}: {error.strerror}") from None
    imported = _imported(folders)
    names = {name for name, content in imported.items() if content == digest.hexdigest()}
    if names and names <= set(_ctr(folders, "images", "ls", "-q").split()):
        return
    output = _ctr(folders, "images", "import", str(archive))
    loaded = [line.split()[1] for line in output.splitlines() if line.startswith("unpacking ")]
    if not loaded:
        raise ClusterError(f"{archive} holds no image with a name")
    folders.images.write_text(json.dumps({**imported, **dict.fromkeys(loaded, digest.hexdigest())}))


def _imported(folders: Folders) -> Mapping[str, str]:
    """Return the content hash of the archive that each image name came from last."""
    try:
        return dict(json.loads(folders.images.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def _ctr(folders: Folders, *args: str) -> str:
    argv = [tool("ctr"), "--address", str(folders.containerd_socket), "--namespace", "k8s.io", *args]
    answer = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=False,
        timeout=IMPORT_SECONDS,
        env={**os.environ, "PATH": SYSTEM_PATH},
    )
    if answer.returncode:
        raise ClusterError(f"`ctr {' '.join(args)}` failed: {answer.stderr.strip()}")
    return answer.stdout

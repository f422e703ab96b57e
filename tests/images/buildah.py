"""buildah, with a store of its own in the cache folder: builds the Dockerfile without a daemon."""

import subprocess
from pathlib import Path
from typing import Literal

from tests.images import cache
from tests.images.commands import Progress, run

_BASE = "localhost/flink-operator-base"


class Store:
    """The images in the store, and what is done with them; for one user at a time.

    `label` goes before each line of progress and each error.
    """

    def __init__(self, label: str, progress: Progress) -> None:
        self._label = label
        self._progress = progress
        # Overlay makes layers cheap. vfs copies whole trees, but works on every file system.
        overlay = _buildah("overlay")
        supported = subprocess.run([*overlay, "info"], capture_output=True, check=False).returncode == 0
        self._command = overlay if supported else _buildah("vfs")
        # Builds that were killed leave their containers.
        self._run("clearing the store", "rm", "--all")

    def base(self, root: Path) -> str:
        """The image that the Dockerfile's base argument names, made from a root's tar file."""
        name = f"{_BASE}:{root.stem}"
        if name in self._run("listing images", "images", "--format={{.Name}}:{{.Tag}}").split():
            return name
        doing = "making the base image"
        self._progress(f"{self._label}: {doing}")
        self._run(doing, "from", f"--name={root.stem}", "scratch")
        self._run(doing, "add", "--quiet", root.stem, root, "/")
        self._run(doing, "commit", "--quiet", "--rm", root.stem, name)
        return name

    def build(self, stage: str, base: str, context: Path) -> None:
        """Build a stage of the context's Dockerfile; what did not change comes from earlier builds."""
        doing = f"building {stage}"
        self._progress(f"{self._label}: {doing}")
        self._run(
            doing,
            "build",
            "--isolation=chroot",
            "--layers",
            "--pull-never",
            f"--build-arg=PYTHON_IMAGE={base}",
            f"--target={stage}",
            f"--tag=localhost/{stage}",
            f"--file={context}/Dockerfile",
            context,
        )

    def push(self, stage: str, layout: Path) -> None:
        """Write the stage's image as a folder in the OCI layout, compressed."""
        doing = "compressing"
        self._progress(f"{self._label}: {doing}")
        self._run(doing, "push", "--quiet", f"localhost/{stage}", f"oci:{layout}")

    def prune(self) -> None:
        """Drop what no named image is made of: the layers of earlier builds."""
        self._run("pruning", "rmi", "--prune")

    def _run(self, doing: str, *arguments: str | Path) -> str:
        return run([*self._command, *arguments], f"{self._label}: {doing}", self._progress)


def _buildah(driver: Literal["overlay", "vfs"]) -> list[str]:
    store = cache.folder() / f"buildah-{driver}"
    command = ["buildah", f"--root={store}/storage", f"--runroot={store}/run", f"--storage-driver={driver}"]
    # Otherwise a mount of the storage folder upon itself would be left behind.
    return [*command, "--storage-opt=overlay.skip_mount_home=true"] if driver == "overlay" else command

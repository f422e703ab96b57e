"""Debian packages that the image builds need."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from tests.images.commands import Progress, run
from tests.images.errors import ImageError


def ensure(packages: Sequence[str], progress: Progress) -> None:
    """Install what is missing, given root and apt-get; otherwise raise ImageError with the command to run."""
    missing = [package for package in packages if not _installed(package)]
    if not missing:
        return
    command = f"apt-get update && apt-get install --yes --no-install-recommends {' '.join(missing)}"
    if shutil.which("apt-get") is None:
        raise ImageError(f"the images are built with Debian's packages {', '.join(missing)}; install them")
    if os.geteuid() != 0:
        raise ImageError(f"missing packages; run as root: {command}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    progress(f"installing {', '.join(missing)}")
    run(["apt-get", "update"], "updating the package lists", progress, env=env)
    run(
        ["apt-get", "install", "--yes", "--no-install-recommends", *missing],
        f"installing {', '.join(missing)}",
        progress,
        env=env,
    )


def _installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"

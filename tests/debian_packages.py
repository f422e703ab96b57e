"""Debian packages that the local cluster and the image builds need."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from tests.progress import Progress, heartbeat


class PackagesMissingError(Exception):
    """Packages are missing and cannot be installed; the text is one line that says what to run."""


def install(packages: Sequence[str], progress: Progress) -> None:
    """Install packages, given root and apt-get. Raises PackagesMissingError."""
    names = " ".join(packages)
    command = f"apt-get update && apt-get install --yes --no-install-recommends {names}"
    if shutil.which("apt-get") is None:
        raise PackagesMissingError(f"missing programs; on Debian they are in the packages {names}")
    if os.geteuid() != 0:
        raise PackagesMissingError(f"missing packages; run as root: {command}")
    with heartbeat(progress, f"installing Debian packages: {names}"):
        _apt_get("update", "--quiet")
        _apt_get("install", "--yes", "--quiet", "--no-install-recommends", *packages)


def _apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    answer = subprocess.run(
        ["apt-get", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode:
        reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:] or ["no message"]
        raise PackagesMissingError(f"`apt-get {' '.join(arguments)}` failed: {reason[0]}")

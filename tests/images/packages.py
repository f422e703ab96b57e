"""Debian packages that the image builds need."""

import shutil
import subprocess
from collections.abc import Sequence

from tests.debian_packages import PackagesMissingError, install
from tests.images.commands import Progress
from tests.images.errors import ImageError


def ensure(packages: Sequence[str], progress: Progress) -> None:
    """Install what is missing. Raises ImageError with the command to run."""
    missing = [package for package in packages if not _installed(package)]
    if missing:
        try:
            install(missing, progress)
        except PackagesMissingError as error:
            raise ImageError(str(error)) from None


def _installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"

"""Packages from the Python package index: fetched by pip, checked against a lock file's hashes, kept."""

import platform
import subprocess
import sys
import venv
from pathlib import Path

from tests.images import cache
from tests.images.commands import Progress, run
from tests.images.debian import GLIBC_MINOR_VERSION, PYTHON_VERSION
from tests.images.errors import ImageError

LOCKS = Path(__file__).with_name("locks")

# pip itself, of a version that resumes downloads, and setuptools for the metadata of source packages.
TOOLS = LOCKS / "tools.lock"


def wheels(name: str, lock: Path, progress: Progress) -> Path:
    """A folder with the lock file's packages, as wheels for the images' Python, and pip's own wheel."""

    def make(target: Path) -> None:
        target.mkdir()
        for packages, what in ((lock, "Python packages"), (TOOLS, "pip")):
            doing = f"{name}: gathering {what}"
            progress(doing)
            _download(packages, target, ["--only-binary=:all:"], platform.machine(), doing, progress)

    key = cache.key_of([platform.machine(), PYTHON_VERSION, lock, TOOLS])
    return cache.once(f"wheels-{name}", key, make, progress)


def flink(version: str, lock: Path, progress: Progress) -> Path:
    """A folder with Flink's two packages as published: the jars' source package and the scripts' wheel."""

    def make(target: Path) -> None:
        target.mkdir()
        # pip wants a source package's metadata, for which it runs the package's setup.py.
        choice = ["--no-binary=apache-flink-libraries", "--no-build-isolation"]
        # Scripts and jars run on every machine; their packages are published for this one.
        doing = f"Flink {version}: downloading about 300 MB"
        progress(doing)
        _download(lock, target, choice, "x86_64", doing, progress)

    return cache.once(f"packages-flink-{version}", cache.key_of([lock]), make, progress)


def _download(
    lock: Path, target: Path, choice: list[str], machine: str, doing: str, progress: Progress
) -> None:
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC_MINOR_VERSION, 16, -1)]
    run(
        [
            _tools(progress) / "bin" / "python",
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--resume-retries=5",
            "--require-hashes",
            "--no-deps",
            f"--requirement={lock}",
            f"--dest={target}",
            f"--python-version={PYTHON_VERSION}",
            *(f"--platform={name}" for name in [*platforms, f"manylinux2014_{machine}"]),
            *choice,
        ],
        doing,
        progress,
    )


def _tools(progress: Progress) -> Path:
    """A virtual environment with the pinned tools."""

    def make(target: Path) -> None:
        try:
            venv.create(target, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            raise ImageError("Python cannot make virtual environments; install python3-venv") from error
        install = ["install", "--quiet", "--require-hashes", "--no-deps", f"--requirement={TOOLS}"]
        run([target / "bin" / "python", "-m", "pip", *install], "pip and setuptools", progress)

    key = cache.key_of([TOOLS, sys.version, sys.executable])
    return cache.once("tools", key, make, progress)

"""Flink's client, unpacked from its packages in the package index into a folder that it can run from."""

import re
import shutil
import tarfile
import zipfile
from pathlib import Path

from tests.images import cache, downloads
from tests.images.commands import Progress

_FROM_SOURCE_PACKAGE = re.compile(r"[^/]+/deps/(?P<path>(?:lib|bin)/[^/]+\.(?:jar|sh))")
_FROM_WHEEL = re.compile(r"pyflink/(?P<path>bin/(?!.*\.bat$)[^/]+)")


def home(version: str, progress: Progress) -> Path:
    """The folder with `bin` and `lib` of that Flink (2.3, 1.20), from the cache or fetched (about 300 MB)."""
    lock = downloads.LOCKS / f"flink-{version}.lock"

    def make(target: Path) -> None:
        packages = downloads.flink(version, lock, progress)
        progress(f"Flink {version}: unpacking its client")
        _unpack(packages, target)

    return cache.once(f"client-flink-{version}", cache.key_of([Path(__file__), lock]), make, progress)


def _unpack(packages: Path, target: Path) -> None:
    for folder in ("bin", "lib"):
        (target / folder).mkdir(parents=True)
    (source_package,) = packages.glob("*.tar.gz")
    (wheel,) = packages.glob("*.whl")
    with tarfile.open(source_package) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content and (match := _FROM_SOURCE_PACKAGE.fullmatch(member.name)):
                with (target / match["path"]).open("wb") as file:
                    shutil.copyfileobj(content, file)
    with zipfile.ZipFile(wheel) as package:
        for name in package.namelist():
            if match := _FROM_WHEEL.fullmatch(name):
                (target / match["path"]).write_bytes(package.read(name))
    for script in (target / "bin").iterdir():
        script.chmod(0o755)

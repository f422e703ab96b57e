"""Flink's images: a Debian JRE, Flink from its Python packages, our entry point and the test job."""

import re
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from tests.images import cache, debian, downloads, jar, oci
from tests.images.commands import Progress
from tests.images.layer import Layer

HOME = PurePosixPath("/opt/flink")
UID = 9999

_CODE = [Path(__file__).with_name(f"{module}.py") for module in ("flink", "jar", "layer", "oci")]

_ENTRYPOINT = Path(__file__).with_name("docker-entrypoint.sh")

# Of the source package and the wheel, where each part goes. opt/ holds nothing but Python and the SQL client,
# which no test needs.
_FROM_SOURCE_PACKAGE = re.compile(r"[^/]+/deps/(?P<path>(?:lib|plugins|bin)/.+\.(?:jar|sh|txt))")
_FROM_WHEEL = re.compile(r"pyflink/(?P<path>(?:bin/(?!.*\.bat$)|conf/).+)")

_FOLDERS = ("opt", "usrlib", "log", "examples", "examples/streaming")

# Flink's packages have no examples. The published images have this one, which examples/basic.yaml runs.
_EXAMPLE = "examples/streaming/StateMachineExample.jar"


@dataclass(frozen=True)
class Release:
    """One Flink release; `tag` is that of the image."""

    tag: Literal["2.3", "1.20"]

    @property
    def lock(self) -> Path:
        return downloads.LOCKS / f"flink-{self.tag}.lock"


RELEASES = {f"flink-{release.tag}": release for release in (Release("2.3"), Release("1.20"))}


def key(release: Release) -> str:
    """The hash over everything that goes into the image."""
    return cache.key_of([*_CODE, debian.JRE.key, release.lock, _ENTRYPOINT, jar.SOURCE])


def write_archive(release: Release, reference: str, target: Path, progress: Progress) -> None:
    """Assemble the image into an OCI archive."""
    jre = debian.root_archive(debian.JRE, progress)
    packages = downloads.flink(release.tag, release.lock, progress)
    distribution = target.with_suffix(".flink")
    job = target.with_suffix(".job")
    progress(f"{reference}: assembling")
    with Layer(distribution, owner=UID) as layer:
        _add_distribution(layer, packages)
        layer.file(PurePosixPath("/docker-entrypoint.sh"), _ENTRYPOINT.read_bytes(), 0o755)
        layer.file(PurePosixPath("/etc/passwd"), _passwd(jre), 0o644, owner=0)
        layer.folder(PurePosixPath("/flink-data"))
    # On its own, as it changes most.
    with Layer(job, owner=UID) as layer:
        content = _job_jar(distribution, progress)
        for path in ("usrlib/testjob.jar", _EXAMPLE):
            layer.file(HOME / path, content, 0o644)
    progress(f"{reference}: packing")
    oci.write(
        target,
        reference,
        [jre, distribution, job],
        {
            "User": f"{UID}:{UID}",
            "WorkingDir": str(HOME),
            "Entrypoint": ["/docker-entrypoint.sh"],
            "Cmd": ["help"],
            "Env": [
                f"PATH={HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                f"FLINK_HOME={HOME}",
                "LANG=C.UTF-8",
            ],
        },
    )


def job_jar(archive: Path) -> bytes:
    """The test job of an image that `write_archive` made."""
    path = str(HOME / "usrlib" / "testjob.jar").lstrip("/")
    with oci.top_layer(archive) as layer:
        file = layer.extractfile(path)
        assert file is not None
        return file.read()


def _add_distribution(layer: Layer, packages: Path) -> None:
    """The folder that a Flink distribution unpacks to."""
    for folder in _FOLDERS:
        layer.folder(HOME / folder)
    (source_package,) = packages.glob("*.tar.gz")
    (wheel,) = packages.glob("*.whl")
    with tarfile.open(source_package) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content and (match := _FROM_SOURCE_PACKAGE.fullmatch(member.name)):
                layer.stream(HOME / match["path"], content, member.size, _mode(match["path"]))
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if match := _FROM_WHEEL.fullmatch(name):
                layer.file(HOME / match["path"], archive.read(name), _mode(match["path"]))


def _mode(path: str) -> int:
    return 0o644 if path.endswith((".jar", ".txt")) or path.startswith("conf/") else 0o755


def _passwd(root: Path) -> bytes:
    """The root's users, and Flink's."""
    with tarfile.open(root) as archive:
        content = archive.extractfile("./etc/passwd")
        if content is None:
            raise ValueError(f"{root}: etc/passwd is not a file")
        return content.read() + f"flink:x:{UID}:{UID}::{HOME}:/bin/bash\n".encode()


def _job_jar(distribution: Path, progress: Progress) -> bytes:
    """The test job, compiled against the layer's jars."""
    classpath = distribution.with_suffix(".classpath")
    classpath.mkdir()
    with tarfile.open(distribution) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content and PurePosixPath(member.name).match("opt/flink/lib/flink-dist-*.jar"):
                (classpath / PurePosixPath(member.name).name).write_bytes(content.read())
    target = distribution.with_suffix(".jar")
    jar.compile_job(classpath, target, progress)
    return target.read_bytes()

"""Root file systems of Debian, small, as one tar file each: what the images are based on."""

import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.images import cache, packages
from tests.images.commands import Progress, run

SUITE = "bookworm"
PYTHON_VERSION = "3.11"  # of that suite
GLIBC_MINOR_VERSION = 36  # of that suite: 2.36

_NOT_NEEDED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/lintian",
    "usr/share/bug",
    "var/cache/apt",
    "var/cache/debconf",
    "var/cache/ldconfig",
    "var/lib/apt/lists",
    "var/log",
)


@dataclass(frozen=True)
class Root:
    name: str
    packages: tuple[str, ...]

    @property
    def key(self) -> str:
        return cache.key_of([Path(__file__), platform.machine(), *self.packages])


PYTHON = Root("python", ("python3", "ca-certificates"))
JRE = Root("jre", ("openjdk-17-jre-headless", "ca-certificates", "ca-certificates-java"))


def root_archive(root: Root, progress: Progress) -> Path:
    """The root as an uncompressed tar file, from the cache or through debootstrap (needs root)."""

    def make(target: Path) -> None:
        packages.ensure(["debootstrap", "debian-archive-keyring"], progress)
        tree = target.parent / "root"
        progress(f"Debian root with {root.packages[0]}: debootstrap")
        run(
            [
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(root.packages)}",
                SUITE,
                tree,
                *_mirror(),
            ],
            f"Debian root with {root.packages[0]}: debootstrap",
            progress,
        )
        for path in _NOT_NEEDED:
            cache.remove(tree / path)
        for path in ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial", "var/log"):
            (tree / path).mkdir(parents=True)
        progress(f"Debian root with {root.packages[0]}: packing")
        # The container run-time brings its own /dev, /proc and /sys.
        run(
            [
                "tar",
                f"--directory={tree}",
                "--numeric-owner",
                "--sort=name",
                *(f"--exclude=./{mount}/*" for mount in ("dev", "proc", "sys")),
                "--create",
                f"--file={target}",
                ".",
            ],
            f"Debian root with {root.packages[0]}: packing",
            progress,
        )

    return cache.once(f"root-{root.name}", root.key, make, progress, suffix=".tar")


def _mirror() -> list[str]:
    """The mirror that this machine uses, if it is a Debian machine; without one debootstrap has a default."""
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE))
    if release.get("ID") != "debian":
        return []
    files = sorted([*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*")])
    for file in files:
        for mirror, suites, components in sources(file.read_text()):
            if release["VERSION_CODENAME"] in suites and "main" in components:
                return [mirror]
    return []


def sources(text: str) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Binary package sources of an apt sources file in either format: (address, suites, components)."""
    for line in text.splitlines():
        if match := re.fullmatch(r"deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)((?:\s+\S+)*)", line.strip()):
            yield match[1], [match[2]], match[3].split()
    for paragraph in re.split(r"\n\s*\n", text):
        uncommented = "\n".join(line for line in paragraph.splitlines() if not line.startswith("#"))
        fields = dict(re.findall(r"^([A-Za-z-]+):\s*(.*)$", uncommented, re.MULTILINE))
        if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes") != "no":
            for address in fields.get("URIs", "").split():
                yield address, fields.get("Suites", "").split(), fields.get("Components", "").split()

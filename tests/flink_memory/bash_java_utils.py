"""Flink's BashJavaUtils, the class that its start scripts ask for JVM arguments and options."""

import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from controller.flink.configuration_file import configuration_file
from shared.model.deployment import FlinkVersion
from tests.flink_memory.cases import Answer, Case
from tests.images import cache, downloads, packages
from tests.images.commands import Progress
from tests.images.errors import ImageError
from tests.images.flink import Release

_LOOP = Path(__file__).with_name("BashJavaUtilsLoop.java")
_JARS = re.compile(r"[^/]+/deps/(?:bin/bash-java-utils|lib/flink-dist-[^/]+)\.jar")
_COMMANDS = {"jobmanager": "GET_JM_RESOURCE_PARAMS", "taskmanager": "GET_TM_RESOURCE_PARAMS"}
_PREFIX = "BASH_JAVA_UTILS_EXEC_RESULT:"
_FAILED = "FAILED:"


def answers(release: Release, cases: Sequence[Case], progress: Progress = print) -> list[Answer]:
    """What Flink answers, case by case, in one JVM. Raises ImageError when Flink or Java cannot be had."""
    if shutil.which("javac") is None:
        packages.ensure(["default-jdk-headless"], progress)
    jars = _jars(release, progress)
    version = FlinkVersion(f"v{release.tag.replace('.', '_')}")
    with tempfile.TemporaryDirectory(prefix="flink-memory-") as scratch:
        lines = []
        for number, case in enumerate(cases):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            name, content = configuration_file(case.options, version)
            (folder / name).write_text(content, "utf-8")
            lines.append(f"{_COMMANDS[case.component]} {folder}\n")
        progress(f"BashJavaUtils of Flink {release.tag}: {len(cases)} configurations")
        run = subprocess.run(
            ["java", f"--class-path={jars}/*", _LOOP],
            input="".join(lines),
            capture_output=True,
            text=True,
            check=False,
        )
    found = list(_blocks(run.stdout))
    if run.returncode != 0 or len(found) != len(cases):
        raise ImageError(f"BashJavaUtils of Flink {release.tag} ended early: {run.stderr.strip()[-300:]}")
    return found


def _blocks(output: str) -> Iterator[Answer]:
    lines: list[str] = []
    for line in output.splitlines():
        if line != "END":
            lines.append(line)
            continue
        if lines[0].startswith(_FAILED):
            yield Answer(error=lines[0].removeprefix(_FAILED))
        else:
            jvm, options = (result.removeprefix(_PREFIX) for result in lines)
            yield Answer(jvm, options)
        lines = []


def _jars(release: Release, progress: Progress) -> Path:
    """A folder with the class and what it needs, from Flink's Python packages."""

    def make(target: Path) -> None:
        folder = downloads.flink(release.tag, release.lock, progress)
        (source_package,) = folder.glob("*.tar.gz")
        target.mkdir()
        progress(f"BashJavaUtils of Flink {release.tag}: unpacking")
        with tarfile.open(source_package) as archive:
            for member in archive:
                content = archive.extractfile(member) if _JARS.fullmatch(member.name) else None
                if content is not None:
                    with (target / Path(member.name).name).open("wb") as jar:
                        shutil.copyfileobj(content, jar)

    return cache.once(f"bash-java-utils-{release.tag}", cache.key_of([release.lock]), make, progress)

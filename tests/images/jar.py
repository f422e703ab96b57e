"""The test job's jar, compiled against one Flink release, the same bytes every time."""

import shutil
import zipfile
from pathlib import Path

from tests.images import packages
from tests.images.commands import Progress, run

SOURCE = Path(__file__).resolve().parents[1] / "testjob" / "SeqJob.java"

_MAIN_CLASS = "SeqJob"
_MANIFEST = f"Manifest-Version: 1.0\r\nMain-Class: {_MAIN_CLASS}\r\n\r\n"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def compile_job(classpath: Path, target: Path, progress: Progress) -> None:
    """Write the jar; `classpath` is a folder with Flink's jars."""
    if shutil.which("javac") is None:
        packages.ensure(["default-jdk-headless"], progress)
    doing = f"compiling {SOURCE.name}"
    progress(doing)
    classes = target.with_suffix(".classes")
    run(
        ["javac", "--release=17", f"--class-path={classpath}/*", "-proc:none", "-d", classes, SOURCE],
        doing,
        progress,
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as jar:
        jar.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF", _ZIP_EPOCH), _MANIFEST)
        for file in sorted(classes.glob("*.class")):
            jar.writestr(zipfile.ZipInfo(file.name, _ZIP_EPOCH), file.read_bytes())

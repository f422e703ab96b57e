"""A session cluster's JobManager as a process on loopback. It has no TaskManagers: jobs wait for slots."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp.test_utils import unused_port

from controller.flink.configuration_file import configuration_file
from shared.model.deployment import FlinkVersion
from tests.images.errors import ImageError
from tests.images.flink import Release
from tests.originals.distribution import home

_CLASS = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_MEMORY = {
    "jobmanager.memory.heap.size": "256m",
    "jobmanager.memory.off-heap.size": "64m",
    "jobmanager.memory.jvm-metaspace.size": "128m",
    "jobmanager.memory.jvm-overhead.min": "64m",
    "jobmanager.memory.jvm-overhead.max": "64m",
}
_JAVA = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_OPENED = ("lang", "lang.reflect", "net", "io", "nio", "text", "time", "util", "util.concurrent")
_DEADLINE_SECONDS = 90.0


@dataclass(frozen=True)
class JobManager:
    """Where it is asked, and where it keeps its files."""

    url: str
    folder: Path

    def uploads(self) -> list[Path]:
        """Files of uploads, whole or not."""
        return [path for path in (self.folder / "uploads").rglob("*") if path.is_file()]


@contextmanager
def running(release: Release, folder: Path) -> Iterator[JobManager]:
    """One that runs until the end of the block. Raises ImageError when Flink or Java cannot be had."""
    if shutil.which("java") is None:
        raise ImageError("no java on the PATH")
    flink, port = home(release.tag, print), unused_port()
    configuration = folder / "conf"
    configuration.mkdir()
    name, content = configuration_file(
        _options(folder, port), FlinkVersion(f"v{release.tag.replace('.', '_')}")
    )
    (configuration / name).write_text(content)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _command(flink, configuration),
            env={
                "PATH": os.environ["PATH"],
                "FLINK_CONF_DIR": str(configuration),
                "FLINK_LIB_DIR": str(flink / "lib"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, folder / "log")
        yield JobManager(url, folder)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _options(folder: Path, port: int) -> dict[str, str]:
    return _MEMORY | {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": str(unused_port()),
        "blob.server.port": "0",
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": str(port),
        "io.tmp.dirs": str(folder / "tmp"),
        "web.upload.dir": str(folder / "uploads"),
    }


def _command(flink: Path, configuration: Path) -> list[str]:
    jars = sorted((flink / "lib").glob("*.jar"), key=lambda jar: jar.name.startswith("flink-dist"))
    opened = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in _OPENED]
    memory = [word for key, value in _MEMORY.items() for word in ("-D", f"{key}={value}")]
    classpath = ":".join(str(jar) for jar in jars)
    return ["java", *_JAVA, *opened, "-cp", classpath, _CLASS, "--configDir", str(configuration), *memory]


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the JobManager ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{url}/config", timeout=1):  # noqa: S310 - ours
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError(f"the JobManager does not answer: {log.read_text()[-2000:]}")

"""What became of a job's state, by the test job's own record of its counts (tests/testjob/README.md)."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.flink import JAR, application
from tests.polling import eventually

if TYPE_CHECKING:
    from tests.e2e.conftest import Release

Json = dict[str, Any]
IN_POD = "/flink-data"
_FOLDERS = Path("/var/tmp/flink-operator-e2e")
STORAGE = {
    "taskmanager.numberOfTaskSlots": "2",
    "execution.checkpointing.interval": "2 s",
    "execution.checkpointing.dir": f"file://{IN_POD}/checkpoints",
    "execution.checkpointing.savepoint-dir": f"file://{IN_POD}/savepoints",
}
HIGH_AVAILABILITY = {
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": f"file://{IN_POD}/ha",
}


@dataclass(frozen=True)
class Start:
    """A start of the counting operator."""

    run: str
    job: str
    restored: bool
    count: int
    time: int
    """Milliseconds since the epoch."""


class History:
    """The marker files of a job with parallelism 1, on the node."""

    def __init__(self, folder: Path, job: str = "") -> None:
        self.folder = folder
        self.job = job

    def of(self, job: str) -> "History":
        """That of one session job among others."""
        return History(self.folder, job)

    @property
    def marker(self) -> str:
        """Where the job writes, as its pods see it."""
        return f"{IN_POD}/marker/{self.job}".rstrip("/")

    def entries(self) -> list[Json]:
        """All lines so far; the last may be half written."""
        file = self.folder / "marker" / self.job / "count-0.jsonl"
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def starts(self) -> list[Start]:
        return [
            Start(one["run"], one["job"], one["restored"], one["count"], one["time"])
            for one in self.entries()
            if one["event"] == "start"
        ]

    def last_count(self, run: str) -> int:
        """The highest count that a run reported."""
        return max(int(one["count"]) for one in self.entries() if one["run"] == run)

    def wait_for_start(self, number: int, *, within: float = 120) -> Start:
        """The so many-th start, once it has counted on and that is in a checkpoint."""

        def started() -> Start | None:
            starts = self.starts()
            if len(starts) < number:
                return None
            start = starts[number - 1]
            counts_on = self.last_count(start.run) > start.count + 100
            return start if counts_on and self._has_checkpoint(start) else None

        found = eventually(started, within=within, what=f"start {number} of the job counts on")
        assert found is not None
        return found

    def _has_checkpoint(self, start: Start) -> bool:
        """One that was completed after it."""
        found = (self.folder / "checkpoints" / start.job).glob("chk-*/_metadata")
        return any(_modified(file) > start.time for file in found)

    def assert_never_two_at_once(self) -> None:
        """No run reports after a later one has started."""
        begun: list[str] = []
        for one in self.entries():
            if one["event"] == "start":
                begun.append(one["run"])
            assert one["run"] == begun[-1], f"{one} comes after the start of {begun[-1]}"


def _modified(file: Path) -> float:
    """Milliseconds since the epoch; 0 where Flink has taken it away meanwhile."""
    try:
        return file.stat().st_mtime * 1000
    except FileNotFoundError:
        return 0


def storage(namespace: str) -> History:
    """A folder of the node for one test's checkpoints and markers."""
    folder = _FOLDERS / namespace
    folder.mkdir(parents=True)
    folder.chmod(0o777)  # Flink's pods are no root
    return History(folder)


def remove_storage(namespace: str) -> None:
    """Once its pods are gone: a container that starts would make the folder again."""
    if (folder := _FOLDERS / namespace).exists():
        shutil.rmtree(folder)


def counting(
    name: str, release: "Release", history: History, *, upgrade_mode: str, options: Json | None = None
) -> Json:
    """An application that counts, keeps its state in the folder, and tells there what happens to it."""
    arguments = ["--rate", "200", "--marker", history.marker]
    resource = _with_storage(name, release, history, options)
    resource["spec"]["job"] = {
        "jarURI": JAR,
        "parallelism": 1,
        "upgradeMode": upgrade_mode,
        "args": arguments,
    }
    return resource


def session_cluster(name: str, release: "Release", history: History, *, options: Json | None = None) -> Json:
    """A session cluster for jobs that count."""
    resource = _with_storage(name, release, history, options)
    del resource["spec"]["job"]
    return resource


def counting_session_job(
    name: str, cluster: str, jar: str, history: History, *, upgrade_mode: str = "savepoint"
) -> Json:
    """A job that counts on a session cluster; it tells what happens to it apart from other jobs."""
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": name},
        "spec": {
            "deploymentName": cluster,
            "job": {
                "jarURI": jar,
                "parallelism": 1,
                "upgradeMode": upgrade_mode,
                "args": ["--rate", "200", "--marker", history.of(name).marker],
            },
        },
    }


def _with_storage(name: str, release: "Release", history: History, options: Json | None) -> Json:
    volume = {"name": "data", "hostPath": {"path": str(history.folder), "type": "Directory"}}
    container = {
        "name": "flink-main-container",
        "volumeMounts": [{"name": "data", "mountPath": IN_POD}],
    }
    return application(
        name,
        release.image,
        release.version,
        mode=release.mode,
        flinkConfiguration={**STORAGE, **(options or {})},
        podTemplate={"spec": {"containers": [container], "volumes": [volume]}},
    )

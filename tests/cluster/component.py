"""One long-running program of a cluster: started, found again, watched while it comes up."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.cluster import process
from tests.cluster.errors import ClusterError, log_tail
from tests.cluster.folders import Folders
from tests.cluster.process import Process
from tests.progress import Progress

START_SECONDS = 90.0
RECOVER_SECONDS = 10.0
"""How long a component that runs but does not answer may take before it is started anew."""
STOP_SECONDS = 5.0
POLL_SECONDS = 0.1
LOG_LIMIT = 50 * 1024 * 1024
"""Bytes of one run's log; a longer one is cut at the next `up`."""


@dataclass(frozen=True)
class Component:
    """How to run one program."""

    name: str
    argv: tuple[str, ...]
    healthy: Callable[[], bool] = field(compare=False)
    """Whether the running program does its work; asked only while its process lives."""
    files: Mapping[Path, str] = field(default_factory=dict)
    """Configuration that the program reads, written before each start."""
    environment: Mapping[str, str] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """Return a digest of everything that makes a running process outdated when it changes."""
        parts = (
            self.argv,
            sorted((str(k), v) for k, v in self.files.items()),
            sorted(self.environment.items()),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """What is on record about a component that was started."""

    process: Process
    fingerprint: str


def record(folders: Folders, name: str) -> Record | None:
    """Return the record of a component; None if there is none, or a crash left it unreadable."""
    try:
        data = json.loads(_record_path(folders, name).read_text())
        return Record(Process(**data["process"]), data["fingerprint"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # the process, if there is one, still carries the cluster's mark


def running(folders: Folders, component: Component) -> Process | None:
    """Return the component's process if it lives and runs with the present configuration."""
    found = record(folders, component.name)
    if found is None or found.fingerprint != component.fingerprint() or not found.process.alive():
        return None
    return found.process


def ensure_running(components: Sequence[Component], folders: Folders, progress: Progress) -> None:
    """Start what does not run, restart what does not answer, and wait until all of them are healthy.

    Raises ClusterError that names the component and holds the end of its log if one dies or stays unhealthy.
    """
    absent = [component for component in components if running(folders, component) is None]
    for component in absent:
        _start(component, folders, progress)
    # In order: what others need comes before them, and the first that fails is the cause.
    for component in components:
        if component not in absent:
            _cut_log(folders.log(component.name))
            if _recovers(component, folders):
                continue
            progress(f"{component.name} does not answer")
            _start(component, folders, progress)
        _wait_until_healthy(component, folders, START_SECONDS)


def check_running(components: Sequence[Component], folders: Folders) -> None:
    """Raise ClusterError with the end of its log if one of the components has died meanwhile."""
    for component in components:
        if running(folders, component) is None:
            raise ClusterError(f"{component.name} died\n{log_tail(folders.log(component.name))}")


def _start(component: Component, folders: Folders, progress: Progress) -> None:
    previous = record(folders, component.name)
    if previous is not None and (stubborn := process.terminate([previous.process], STOP_SECONDS)):
        raise ClusterError(
            f"{component.name}: process {stubborn[0].pid} cannot be ended; it blocks a new one"
        )
    progress(f"starting {component.name}" if previous is None else f"starting {component.name} again")
    for path, content in component.files.items():
        path.write_text(content)
    log = folders.log(component.name)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    try:
        spawned = process.spawn(component.argv, component.environment, log, mark=str(folders.state))
    except OSError as error:
        raise ClusterError(f"cannot start {component.name}: {error}") from None
    path = _record_path(folders, component.name)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(Record(spawned, component.fingerprint()))))
    temporary.rename(path)


def _wait_until_healthy(component: Component, folders: Folders, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        check_running([component], folders)
        if component.healthy():
            return
        if time.monotonic() > deadline:
            raise ClusterError(
                f"{component.name} runs but is not healthy after {seconds:.0f} s\n"
                f"{log_tail(folders.log(component.name))}"
            )
        time.sleep(POLL_SECONDS)


def _recovers(component: Component, folders: Folders) -> bool:
    deadline = time.monotonic() + RECOVER_SECONDS
    while running(folders, component) is not None:
        if component.healthy():
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return False


def _cut_log(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        with log.open("r+b") as file:  # its writer appends, so it goes on at the new end
            file.truncate(0)


def _record_path(folders: Folders, name: str) -> Path:
    return folders.pids / f"{name}.json"

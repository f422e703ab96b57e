"""Processes that outlive this one, known by more than a number that the kernel may give to another.

A process is identified by pid, start time and boot. The components also carry a mark in their environment,
which their children inherit: it finds what a crash left unrecorded.
"""

import os
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MARK = "FLINK_OPERATOR_CLUSTER"
POLL_SECONDS = 0.05
START_TIME_FIELD = 21
"""Position in /proc/PID/stat, counted from 0 (proc_pid_stat(5) counts from 1)."""


@dataclass(frozen=True)
class Process:
    """One process, this run of it."""

    pid: int
    started: int
    """Clock ticks since boot."""
    boot: str

    def alive(self) -> bool:
        """Say whether exactly this process still runs; one that ended but was not waited for does not."""
        _reap(self.pid)
        return find(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, never to another process that got the same pid in the meantime."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            # The handle pins the process: if it is ours now, the signal cannot reach another one.
            if self.alive():
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def parse_stat(text: str) -> tuple[str, int]:
    """Return state letter and start time from the content of /proc/PID/stat."""
    # The second field is the program's name in brackets and may itself hold blanks and brackets.
    rest = text[text.rindex(")") + 2 :].split()
    return rest[0], int(rest[START_TIME_FIELD - 2])


def boot_id() -> str:
    """Return the kernel's identifier of this boot; pids and start times repeat after a reboot."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def find(pid: int) -> Process | None:
    """Return the running process with this pid; None if there is none, or only its exit status is left."""
    try:
        state, started = parse_stat((PROC / str(pid) / "stat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else Process(pid, started, boot_id())


def spawn(argv: tuple[str, ...], environment: Mapping[str, str], log: Path, mark: str) -> Process:
    """Start a program in its own session, output appended to `log`; raise OSError if it cannot start.

    It gets no other open file of this process.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        pid = os.posix_spawn(
            argv[0],
            argv,
            {**environment, MARK: mark},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
                *((os.POSIX_SPAWN_CLOSE, number) for number in _inherited()),
            ],
            setsid=True,
        )
    finally:
        os.close(output)
    # Until someone waits for it, even a child that died at once keeps its entry in /proc.
    _state, started = parse_stat((PROC / str(pid) / "stat").read_text())
    return Process(pid, started, boot_id())


def _inherited() -> list[int]:
    """Descriptors that this process was given: a lock among them would be held while a child of it lives."""
    found = []
    for file in (PROC / "self" / "fd").iterdir():
        number = int(file.name)
        with suppress(OSError):  # the one that this list was read with
            if number > 2 and os.get_inheritable(number):
                found.append(number)
    return found


def marked(mark: str) -> list[Process]:
    """Return every running process that was started for the cluster with this mark, or by such a process."""
    entry = f"{MARK}={mark}".encode()
    found = []
    for folder in PROC.iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:  # ended meanwhile, or another user's
            continue
        if entry in environment.split(b"\0") and (process := find(int(folder.name))):
            found.append(process)
    return found


def terminate(processes: Iterable[Process], grace_seconds: float) -> list[Process]:
    """Ask the processes to end, kill those that have not after the grace; return those that live even so."""
    remaining = [process for process in processes if process.alive()]
    for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 10.0)):
        if number == signal.SIGTERM and grace_seconds <= 0:
            continue
        for process in remaining:
            process.signal(number)
        remaining = _wait_for_end(remaining, seconds)
    return remaining


def _wait_for_end(processes: Iterable[Process], seconds: float) -> list[Process]:
    deadline = time.monotonic() + seconds
    remaining = list(processes)
    while remaining := [process for process in remaining if process.alive()]:
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return remaining


def _reap(pid: int) -> None:
    """Take the exit status of a child that ended; otherwise it would stay in the process table."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)

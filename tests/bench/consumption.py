"""What a process takes of the machine, from /proc; and a bound to its memory, by a control group."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_USER_TIME, _SYSTEM_TIME = 13, 14
"""Positions in /proc/PID/stat, counted from 0."""
_RESET_PEAK = "5"
_MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")
"""Version 1 of control groups."""
_GROUPS = Path("/sys/fs/cgroup")
"""Version 2."""
_MIB = 1024 * 1024


def cpu_seconds(pid: int) -> float:
    """User and system time so far."""
    text = (_PROC / str(pid) / "stat").read_text()
    fields = text[text.rindex(")") + 2 :].split()
    return (int(fields[_USER_TIME - 2]) + int(fields[_SYSTEM_TIME - 2])) / _TICKS


def resident(pid: int) -> float:
    """MiB that are resident now."""
    return _status(pid, "VmRSS")


def peak(pid: int) -> float:
    """MiB that were resident at most since `forget_peak`."""
    return _status(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """The peak is counted from now on."""
    (_PROC / str(pid) / "clear_refs").write_text(_RESET_PEAK)


def _status(pid: int, field: str) -> float:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/{pid}/status has no {field}")


@contextmanager
def memory_limit(mebibytes: int, name: str) -> Iterator[Callable[[int], None] | None]:
    """Yields what puts a process under the limit, for the block; None where no control group can be made.

    As in a container, a process that needs more is killed.
    """
    version_1 = (_MEMORY_GROUPS / "memory.limit_in_bytes").exists()
    group = (_MEMORY_GROUPS if version_1 else _GROUPS) / name
    limit = "memory.limit_in_bytes" if version_1 else "memory.max"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        if not (group / limit).exists():
            yield None
            return
        (group / limit).write_text(str(mebibytes * _MIB))

        def enter(pid: int) -> None:
            (group / "cgroup.procs").write_text(str(pid))

        yield enter
    finally:
        group.rmdir()

"""Processes are told apart by more than their pid, and never the wrong one is killed."""

import contextlib
import dataclasses
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.process import Process, find, marked, parse_stat, spawn, terminate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="process identity is read from /proc")

DEADLINE_SECONDS = 10.0
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(99)"
)


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    process = spawn(
        (sys.executable, "-c", "import time; time.sleep(99)"), {}, tmp_path / "log", str(tmp_path)
    )
    yield process
    terminate([process], grace_seconds=0)


def wait_for_text(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not path.read_text():
        assert time.monotonic() < deadline, f"nothing was written to {path}"
        time.sleep(0.01)


def test_stat_is_read_past_a_name_with_brackets_and_blanks() -> None:
    fields = ["S", "1", *["0"] * 17, "4711", *["0"] * 30]
    assert parse_stat(f"42 (a) b (c)) {' '.join(fields)}\n") == ("S", 4711)


def test_own_process_is_found() -> None:
    found = find(os.getpid())
    assert found is not None
    assert found.alive()


def test_lock_of_whoever_started_this_process_is_not_handed_on(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_CREAT)
    os.set_inheritable(lock, True)
    try:
        command = (sys.executable, "-c", "import time; time.sleep(99)")
        process = spawn(command, {}, tmp_path / "log", str(tmp_path))
        try:
            assert tmp_path / "lock" not in _opened_files(process.pid)
        finally:
            terminate([process], grace_seconds=0)
    finally:
        os.close(lock)


def _opened_files(pid: int) -> set[Path]:
    """A program that starts closes files meanwhile; what it was handed on stays open."""
    opened = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            opened.add(file.readlink())
    return opened


def test_started_process_lives(sleeper: Process) -> None:
    assert sleeper.alive()


def test_process_with_the_same_pid_but_another_start_is_another_one(sleeper: Process) -> None:
    assert not dataclasses.replace(sleeper, started=sleeper.started - 1).alive()


def test_process_of_an_earlier_boot_is_another_one(sleeper: Process) -> None:
    assert not dataclasses.replace(sleeper, boot="another").alive()


def test_another_process_with_a_recycled_pid_gets_no_signal(sleeper: Process) -> None:
    dataclasses.replace(sleeper, started=sleeper.started - 1).signal(signal.SIGKILL)
    assert sleeper.alive()


def test_ended_child_does_not_live(sleeper: Process) -> None:
    assert terminate([sleeper], grace_seconds=DEADLINE_SECONDS) == []
    assert not sleeper.alive()


def test_ended_child_leaves_the_process_table(sleeper: Process) -> None:
    terminate([sleeper], grace_seconds=0)
    assert not Path(f"/proc/{sleeper.pid}").exists()


def test_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = spawn((sys.executable, "-c", STUBBORN), {}, log, str(tmp_path))
    wait_for_text(log)
    assert terminate([process], grace_seconds=0.1) == []
    assert not process.alive()


def test_process_is_found_by_its_mark(sleeper: Process, tmp_path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while marked(str(tmp_path)) != [
        sleeper
    ]:  # the mark shows when the new program has replaced the copy of this one
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_process_of_another_cluster_is_not_found_by_a_prefix_of_its_mark(
    sleeper: Process, tmp_path: Path
) -> None:
    assert sleeper.alive()
    assert marked(str(tmp_path)[:-1]) == []


def test_output_is_appended_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    process = spawn((sys.executable, "-c", "print('after')"), {}, log, str(tmp_path))
    deadline = time.monotonic() + DEADLINE_SECONDS
    while process.alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert log.read_text() == "before\nafter\n"


def test_program_that_does_not_exist_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spawn((str(tmp_path / "none"),), {}, tmp_path / "log", str(tmp_path))

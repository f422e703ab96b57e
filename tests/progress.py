"""What a user sees while something takes more than a moment."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str], None]
"""Receives one line per step, in the present tense, without an end of line."""

HEARTBEAT_SECONDS = 20.0


class Console:
    """Print each step to standard error with the seconds since the first one."""

    def __init__(self) -> None:
        self._start: float | None = None

    def __call__(self, message: str) -> None:
        now = time.monotonic()
        if self._start is None:
            self._start = now
        print(f"[{now - self._start:6.1f}s] {message}", file=sys.stderr, flush=True)


def silent(_message: str) -> None:
    """Show nothing: for callers that have a display of their own."""


@contextmanager
def heartbeat(progress: Progress, message: str) -> Iterator[None]:
    """Report `message`, repeat it with the time it has taken while the body runs, and report its end."""
    done = threading.Event()
    start = time.monotonic()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            progress(f"{message}: {time.monotonic() - start:.0f} s so far")

    progress(message)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    progress(f"{message}: done in {time.monotonic() - start:.0f} s")

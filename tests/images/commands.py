"""Run an outside command with a sign of life, and say in one line what went wrong."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.images.errors import ImageError

Progress = Callable[[str], None]

SIGN_OF_LIFE_SECONDS = 10.0


def run(
    command: Sequence[str | Path],
    doing: str,
    progress: Progress,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run the command and return its standard output and standard error, as they came.

    `doing` names the step, in errors and in a line of progress for every ten seconds that it takes. Raises
    ImageError with the command's last line of output.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            process = subprocess.Popen(
                command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        except FileNotFoundError as error:
            raise ImageError(f"{doing}: the command {command[0]} is not installed") from error
        try:
            status = _wait(process, lambda: progress(f"{doing}: {time.monotonic() - began:.0f} s"))
        finally:
            _end(process)
        output.seek(0)
        text = output.read()
    if status != 0:
        raise ImageError(f"{doing} failed: {command[0]} ended with status {status}: {_last_line(text)}")
    return text


def _wait(process: subprocess.Popen[bytes], sign_of_life: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(timeout=SIGN_OF_LIFE_SECONDS)
        except subprocess.TimeoutExpired:
            sign_of_life()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process if it still runs, with time to clean up behind itself."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=SIGN_OF_LIFE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"

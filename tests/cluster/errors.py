"""The one exception that the cluster's callers see."""

from pathlib import Path

TAIL_LINES = 15
TAIL_BYTES = 16 * 1024


class ClusterError(Exception):
    """What went wrong, where, and what to do about it: one clear line, then the end of a log if one tells."""


def log_tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, indented, under its name; a log that does not exist says so."""
    if not log.exists():
        return f"  (no log at {log})"
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - TAIL_BYTES))
        tail = file.read().decode(errors="replace").splitlines()[-lines:]
    body = "\n".join(f"  | {line}" for line in tail) or "  | (empty)"
    return f"  last lines of {log}:\n{body}"

"""The API server's audit log: every request of one user, with its time, from outside of what is measured."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import orjson

_READS = frozenset({"get", "list", "watch"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered, or a watch that was begun."""

    verb: str
    """As Kubernetes names it: a PUT is `update`."""
    kind: str
    """The plural, with the subresource if it is about one: `flinkdeployments/status`."""
    name: str
    code: int
    at: float
    """Seconds since 1970, of the answer."""

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Self:
        """From an entry of the log."""
        about = entry.get("objectRef") or {}
        subresource = f"/{about['subresource']}" if "subresource" in about else ""
        return cls(
            verb=entry["verb"],
            kind=f"{about.get('resource', entry['requestURI'])}{subresource}",
            name=about.get("name", ""),
            code=entry["responseStatus"]["code"],
            at=datetime.fromisoformat(entry["stageTimestamp"]).timestamp(),
        )

    @property
    def is_write(self) -> bool:
        """Also one that was refused."""
        return self.verb not in _READS

    @property
    def is_about_the_lease(self) -> bool:
        return self.kind == "leases"


class AuditLog:
    """Reads what was added since it was read last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new(self) -> list[Request]:
        """The requests that were answered since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._offset += sum(len(line) for line in whole)
        entries = [orjson.loads(line) for line in whole]
        return [Request.of(entry) for entry in entries if entry["stage"] in _stages(entry)]


def counted(requests: Iterable[Request]) -> Counter[tuple[str, str]]:
    """How many of each verb and kind."""
    return Counter((request.verb, request.kind) for request in requests)


def _stages(entry: dict[str, Any]) -> tuple[str, ...]:
    """A watch is told of when it begins and when it ends."""
    return ("ResponseStarted",) if entry["verb"] == "watch" else ("ResponseComplete",)

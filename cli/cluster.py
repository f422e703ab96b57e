"""What a cluster has stored, read through kubectl: its contexts, credentials and proxies just work."""

import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import orjson

from cli.documents import Key
from shared import GROUP
from shared.model import KINDS
from shared.rules.context import Presence

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_NAMES_A_CALL = 100
_SECONDS: Final = 30.0


class ClusterError(Exception):
    """The cluster did not answer, or refuses to; the text is one line."""


class Cluster:
    """Reads only, and all of it within a deadline. What was read once is not asked for again."""

    def __init__(self, context: str | None = None, seconds: float = _SECONDS) -> None:
        self._context = [f"--context={context}"] if context else []
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._read: dict[Key, Mapping[str, Any] | Presence] = {}

    def namespace(self) -> str:
        """That of the context, as kubectl would take it. Raises ClusterError."""
        found = (
            self._kubectl("config", "view", "--minify", "--output=jsonpath={..namespace}").decode().strip()
        )
        return found or "default"

    def load(self, keys: Iterable[Key]) -> None:
        """Read many objects in a few calls. Raises ClusterError."""
        for (kind, namespace), group in groupby(sorted(set(keys)), key=lambda key: key[:2]):
            names = [name for _, _, name in group]
            for start in range(0, len(names), _NAMES_A_CALL):
                self._load(kind, namespace, names[start : start + _NAMES_A_CALL])

    def look_up(self, kind: str, namespace: str, name: str) -> Mapping[str, Any] | Presence:
        """One object, or that there is none. Raises ClusterError."""
        if (kind, namespace, name) not in self._read:
            self._load(kind, namespace, [name])
        return self._read[kind, namespace, name]

    def _load(self, kind: str, namespace: str, names: Sequence[str]) -> None:
        self._read |= {(kind, namespace, name): Presence.ABSENT for name in names}
        possible = [name for name in names if _NAME.fullmatch(name)]
        if not possible or not _NAME.fullmatch(namespace):
            return  # such an object cannot be stored
        answer = self._kubectl(
            *("get", f"--namespace={namespace}", "--output=json", "--ignore-not-found"),
            *("--", f"{KINDS[kind].plural}.{GROUP}", *possible),
        )
        for found in _objects(answer):
            self._read[kind, namespace, found["metadata"]["name"]] = found

    def _kubectl(self, *arguments: str) -> bytes:
        left = self._deadline - time.monotonic()
        command = ["kubectl", *self._context, *arguments]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=max(left, 0.001), check=False
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(f"the cluster did not answer within {self._seconds:g} seconds") from None
        except OSError as error:
            raise ClusterError(f"--cluster needs kubectl, which cannot be run: {error.strerror}") from None
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise ClusterError(f"kubectl: {lines[-1] if lines else f'exit status {done.returncode}'}")
        return done.stdout


def _objects(answer: bytes) -> Sequence[Mapping[str, Any]]:
    """One name gives the object itself, several give a list, and nothing is nothing at all."""
    if not answer.strip():
        return ()
    try:
        document = orjson.loads(answer)
        objects: Sequence[Mapping[str, Any]] = document.get("items", [document])
    except (orjson.JSONDecodeError, AttributeError):
        raise ClusterError("kubectl: its answer is not an object in JSON") from None
    return objects

"""Jars on JobManagers: brought there once for all jobs that need them, and deleted a while after the last."""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

from controller.artifacts.artifact import ArtifactError, Wanted
from controller.artifacts.source import Artifacts
from controller.flink.jars import Jar
from controller.flink.rest import FlinkRest, RestError

log = logging.getLogger(__name__)

_OURS = "flink-operator-"
"""How the names of uploaded jars begin."""
_ONCE = f"{_OURS}once-"
"""So begin those whose content nothing tells from another: nobody could use them again."""
_EMPTY = "empty"
_LEFT_BEHIND = 15 * 60.0
"""Seconds after which a jar of ours that nobody here needs was left behind by an operator that died."""
_KEPT = 30.0
"""Seconds that a jar stays after its last use: jobs come in waves."""
_CLOSING = 3.0
"""Seconds for the deletion of what is still kept when the process ends."""
_NEVER = float("-inf")
_OnManager = tuple[str, str]
"""A JobManager and the id of a jar there."""


@dataclass(slots=True)
class _Source:
    """A jar that somebody waits for."""

    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    opened_at: float = _NEVER
    """When it was last asked what lies there."""
    jar: _OnManager | None = None
    """What came of that. It is in use for as long as somebody waits for it."""
    failure: ArtifactError | RestError = field(default_factory=lambda: RestError("not asked yet"))
    """Why there is no jar."""


class JarUploads:
    """Those that this process made, or found to be what it would make."""

    def __init__(self, flink: FlinkRest, artifacts: Artifacts, kept_for: float = _KEPT) -> None:
        """`kept_for`: seconds after its last use, where it could be used again."""
        self._flink = flink
        self._artifacts = artifacts
        self._kept_for = kept_for
        self._sources: dict[Hashable, _Source] = {}
        self._users: Counter[_OnManager] = Counter()
        self._kept: dict[_OnManager, asyncio.Task[None]] = {}
        self._going: set[_OnManager] = set()
        self._deletions: set[asyncio.Task[None]] = set()
        self._closes = asyncio.Event()

    @asynccontextmanager
    async def jar(self, base: str, uri: str | None, terms: Wanted) -> AsyncIterator[str]:
        """The id of the jar on the JobManager, for as long as the block needs it; without a URI an empty one.

        It is what lies at the source from now on: those who asked before the source was opened share it, or
        its failure. Raises ArtifactError and RestError.
        """
        key = (base, uri, *_as_key(terms))
        source = self._sources.setdefault(key, _Source())
        asked_at = time.monotonic()
        source.waiting += 1
        try:
            async with source.lock:
                if source.opened_at < asked_at:
                    await self._open(source, base, uri, terms)
                if source.jar is None:
                    raise source.failure
                jar = source.jar
                self._take(jar)
        finally:
            source.waiting -= 1
            if source.waiting == 0:
                self._let_go(source)
                del self._sources[key]
        try:
            yield jar[1]
        finally:
            self._release(jar)

    async def close(self) -> None:
        """Delete what is kept for later, as far as that goes at once."""
        self._closes.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await asyncio.gather(*self._deletions, return_exceptions=True)

    async def _open(self, source: _Source, base: str, uri: str | None, terms: Wanted) -> None:
        opened_at, source.opened_at = time.monotonic(), _NEVER
        self._let_go(source)
        try:
            await self._bring(source, base, uri, terms)
        except (ArtifactError, RestError) as error:
            self._let_go(source)
            source.failure = error
        source.opened_at = opened_at

    async def _bring(self, source: _Source, base: str, uri: str | None, terms: Wanted) -> None:
        if uri is None:
            await self._put(source, base, _name(_EMPTY), _empty_jar(), terms.timeout)
            return
        async with self._artifacts.open(uri, terms) as artifact:
            await self._put(source, base, _name(artifact.identity), artifact.chunks(), terms.timeout)

    async def _put(
        self, source: _Source, base: str, name: str, chunks: AsyncIterator[bytes], timeout: float
    ) -> None:
        """What is there already is not read."""
        jars = await self._flink.jars(base)
        jar_id = next((one.jar_id for one in jars if one.name == name and self._stays(base, one)), None)
        if jar_id is None:
            await self._tidy(base, jars)
            jar_id = await self._flink.upload_jar(base, name, chunks, timeout=timeout)
        source.jar = (base, jar_id)
        self._take(source.jar)

    def _let_go(self, source: _Source) -> None:
        if source.jar is not None:
            self._release(source.jar)
            source.jar = None

    async def _tidy(self, base: str, jars: Iterable[Jar]) -> None:
        oldest = (time.time() - _LEFT_BEHIND) * 1000
        for jar in jars:
            is_left_behind = jar.name.startswith(_OURS) and jar.uploaded_at < oldest
            if is_left_behind and not self._is_ours(base, jar):
                await self._delete((base, jar.jar_id))

    def _take(self, jar: _OnManager) -> None:
        self._users[jar] += 1
        if (kept := self._kept.pop(jar, None)) is not None:
            kept.cancel()

    def _release(self, jar: _OnManager) -> None:
        self._users[jar] -= 1
        if self._users[jar] == 0:
            del self._users[jar]
            seconds = 0 if f"_{_ONCE}" in jar[1] else self._kept_for
            task = self._kept[jar] = asyncio.create_task(self._delete_later(jar, seconds))
            self._deletions.add(task)
            task.add_done_callback(self._deletions.discard)

    async def _delete_later(self, jar: _OnManager, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closes.wait()
        del self._kept[jar]
        await self._delete(jar)

    async def _delete(self, jar: _OnManager) -> None:
        """One that cannot be deleted now is deleted as left behind, or goes with its JobManager."""
        self._going.add(jar)
        try:
            await self._flink.delete_jar(*jar)
        except RestError as error:
            log.info("%s", error)
        finally:
            self._going.discard(jar)

    def _stays(self, base: str, jar: Jar) -> bool:
        return (base, jar.jar_id) not in self._going

    def _is_ours(self, base: str, jar: Jar) -> bool:
        """Somebody here uses it, keeps it, or deletes it already."""
        one = (base, jar.jar_id)
        return one in self._users or one in self._kept or one in self._going


def _as_key(terms: Wanted) -> tuple[Hashable, ...]:
    credentials = terms.credentials
    secrets = () if credentials is None else (*credentials.headers.items(), *credentials.options.items())
    return terms.sha256, tuple(terms.headers.items()), secrets


def _name(identity: str | None) -> str:
    """Equal for equal content, by which an upload is known again that another operator made."""
    if identity is None:
        return f"{_ONCE}{uuid4().hex}.jar"
    return f"{_OURS}{hashlib.sha256(identity.encode()).hexdigest()[:32]}.jar"


async def _empty_jar() -> AsyncIterator[bytes]:
    """For a main class that is on the cluster's class path: Flink runs nothing without a jar."""
    file = BytesIO()
    with ZipFile(file, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    yield file.getvalue()

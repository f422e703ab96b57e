"""Jars on JobManagers: brought there once for all jobs that need them, and deleted after the last."""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

from controller.artifacts.artifact import Wanted
from controller.artifacts.source import Artifacts
from controller.flink.jars import Jar
from controller.flink.rest import FlinkRest, NoSuchJar, RestError

log = logging.getLogger(__name__)

_OURS = "flink-operator-"
"""How the names of uploaded jars begin."""
_LEFT_BEHIND = 15 * 60.0
"""Seconds after which a jar of ours that nobody here needs was left behind by an operator that died."""


@dataclass(slots=True)
class _Upload:
    users: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    jar_id: str | None = None


class JarUploads:
    """Those that this process made, or found to be what it would make."""

    def __init__(self, flink: FlinkRest, artifacts: Artifacts) -> None:
        self._flink = flink
        self._artifacts = artifacts
        self._uploads: dict[Hashable, _Upload] = {}
        self._in_use: dict[str, set[str]] = {}
        """Ids of jars by JobManager."""

    @asynccontextmanager
    async def jar(self, base: str, uri: str | None, terms: Wanted) -> AsyncIterator[str]:
        """The id of the jar on the JobManager, for as long as the block needs it; without a URI an empty one.

        Raises ArtifactError and RestError.
        """
        key = (base, uri, *_as_key(terms))
        upload = self._uploads.setdefault(key, _Upload())
        upload.users += 1
        try:
            async with upload.lock:
                if upload.jar_id is None:
                    upload.jar_id = await self._bring(base, uri, terms)
                jar_id = upload.jar_id
            self._in_use.setdefault(base, set()).add(jar_id)
            try:
                yield jar_id
            except NoSuchJar:
                upload.jar_id = None  # the JobManager started anew meanwhile
                raise
        finally:
            upload.users -= 1
            if upload.users == 0:
                del self._uploads[key]
                await self._drop(base, upload.jar_id)

    async def _bring(self, base: str, uri: str | None, terms: Wanted) -> str:
        if uri is None:
            return await self._flink.upload_jar(base, _name(None), _empty_jar(), timeout=terms.timeout)
        async with self._artifacts.open(uri, terms) as artifact:
            name, jars = _name(artifact.identity), await self._flink.jars(base)
            await self._tidy(base, jars)
            found = next((jar.jar_id for jar in jars if jar.name == name), None)
            if found is not None:
                return found
            return await self._flink.upload_jar(base, name, artifact.chunks(), timeout=terms.timeout)

    async def _tidy(self, base: str, jars: Iterable[Jar]) -> None:
        oldest = (time.time() - _LEFT_BEHIND) * 1000
        for jar in jars:
            is_needed = jar.jar_id in self._in_use.get(base, ())
            if jar.name.startswith(_OURS) and jar.uploaded_at < oldest and not is_needed:
                await self._flink.delete_jar(base, jar.jar_id)

    async def _drop(self, base: str, jar_id: str | None) -> None:
        """One that cannot be deleted now is deleted as left behind, or goes with its JobManager."""
        if jar_id is None:
            return
        self._in_use.get(base, set()).discard(jar_id)
        try:
            await self._flink.delete_jar(base, jar_id)
        except RestError as error:
            log.info("%s", error)


def _as_key(terms: Wanted) -> tuple[Hashable, ...]:
    credentials = terms.credentials
    secrets = () if credentials is None else (*credentials.headers.items(), *credentials.options.items())
    return terms.sha256, tuple(terms.headers.items()), secrets


def _name(identity: str | None) -> str:
    """Equal for equal content, by which an upload is known again that another operator made."""
    return f"{_OURS}{hashlib.sha256((identity or uuid4().hex).encode()).hexdigest()[:32]}.jar"


async def _empty_jar() -> AsyncIterator[bytes]:
    """For a main class that is on the cluster's class path: Flink runs nothing without a jar."""
    file = BytesIO()
    with ZipFile(file, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    yield file.getvalue()

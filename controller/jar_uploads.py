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

from controller.artifacts.artifact import ArtifactError, Wanted
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
    """Held while the jar is brought, and while it is deleted."""
    jar_id: str | None = None
    failures: int = 0
    failure: ArtifactError | RestError | None = None


class JarUploads:
    """Those that this process made, or found to be what it would make."""

    def __init__(self, flink: FlinkRest, artifacts: Artifacts) -> None:
        self._flink = flink
        self._artifacts = artifacts
        self._uploads: dict[Hashable, _Upload] = {}
        self._going: set[str] = set()
        """Ids of jars that are being deleted."""

    @asynccontextmanager
    async def jar(self, base: str, uri: str | None, terms: Wanted) -> AsyncIterator[str]:
        """The id of the jar on the JobManager, for as long as the block needs it; without a URI an empty one.

        Raises ArtifactError and RestError: all who wait for the same jar fail together.
        """
        key = (base, uri, *_as_key(terms))
        upload = self._uploads.setdefault(key, _Upload())
        upload.users += 1
        failures = upload.failures
        try:
            async with upload.lock:
                if upload.jar_id is None:
                    if upload.failure is not None and upload.failures > failures:
                        raise upload.failure
                    upload.jar_id = await self._bring_for_all(upload, base, uri, terms)
                jar_id = upload.jar_id
            try:
                yield jar_id
            except NoSuchJar:
                if upload.jar_id == jar_id:
                    upload.jar_id = None  # the JobManager started anew meanwhile
                raise
        finally:
            upload.users -= 1
            if upload.users == 0:
                await self._drop(key, upload, base)

    async def _bring_for_all(self, upload: _Upload, base: str, uri: str | None, terms: Wanted) -> str:
        try:
            return await self._bring(base, uri, terms)
        except (ArtifactError, RestError) as error:
            upload.failures += 1
            upload.failure = error
            raise

    async def _bring(self, base: str, uri: str | None, terms: Wanted) -> str:
        if uri is None:
            return await self._flink.upload_jar(base, _name(None), _empty_jar(), timeout=terms.timeout)
        async with self._artifacts.open(uri, terms) as artifact:
            name, jars = _name(artifact.identity), await self._flink.jars(base)
            found = next((jar.jar_id for jar in jars if jar.name == name and not self._goes(jar)), None)
            if found is not None:
                return found
            await self._tidy(base, jars)
            return await self._flink.upload_jar(base, name, artifact.chunks(), timeout=terms.timeout)

    async def _tidy(self, base: str, jars: Iterable[Jar]) -> None:
        oldest = (time.time() - _LEFT_BEHIND) * 1000
        for jar in jars:
            is_left_behind = jar.name.startswith(_OURS) and jar.uploaded_at < oldest
            if is_left_behind and not (self._is_needed(jar.jar_id) or self._goes(jar)):
                await self._delete(base, jar.jar_id)

    async def _drop(self, key: Hashable, upload: _Upload, base: str) -> None:
        """Nobody needs it any more. Whoever comes meanwhile waits, and brings it anew."""
        async with upload.lock:
            if upload.users > 0:
                return
            jar_id, upload.jar_id = upload.jar_id, None
            try:
                if jar_id is not None and not self._is_needed(jar_id):
                    await self._delete(base, jar_id)
            finally:
                if upload.users == 0 and self._uploads.get(key) is upload:
                    del self._uploads[key]

    async def _delete(self, base: str, jar_id: str) -> None:
        """One that cannot be deleted now is deleted as left behind, or goes with its JobManager."""
        self._going.add(jar_id)
        try:
            await self._flink.delete_jar(base, jar_id)
        except RestError as error:
            log.info("%s", error)
        finally:
            self._going.discard(jar_id)

    def _goes(self, jar: Jar) -> bool:
        return jar.jar_id in self._going

    def _is_needed(self, jar_id: str) -> bool:
        """Also where equal content comes from several places."""
        return any(upload.jar_id == jar_id for upload in self._uploads.values())


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

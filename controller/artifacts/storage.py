"""Jars from stores, read through fsspec in a thread of their own."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from controller.artifacts.artifact import ArtifactError, Wanted
from controller.artifacts.stores import check_location, open_store
from controller.artifacts.transfer import Found, too_late
from controller.artifacts.uri import shown
from controller.artifacts.workers import Worker, Workers
from shared.config.operator_options import ARTIFACT_SECRET

log = logging.getLogger(__name__)

_BLOCK = 2 * 2**20
"""Bytes of one request, and of one chunk: three or four of them are in memory at a time."""
_VERSION = (
    "ETag",
    "etag",
    "e_tag",
    "VersionId",
    "version",
    "generation",
    "md5Hash",
    "content_md5",
    "checksum",
    "LastModified",
    "last_modified",
    "updated",
    "mtime",
)
"""What stores call the marks of a version."""
_DENIED = ("PermissionDeniedError", "UnauthenticatedError", "NoCredentialsError")
_QUERY = re.compile(r"\?\S*")
_LONGEST_REASON = 200  # characters


@asynccontextmanager
async def open_stored(uri: str, wanted: Wanted, deadline: float, workers: Workers) -> AsyncIterator[Found]:
    """What lies at the URI. Raises ArtifactError, and AllBusyError.

    It is read in blocks, one after the other. That they are all of one version is seen at the end, by asking
    for the version once more.
    """
    check_location(uri)
    reading, worker = _Reading(uri, wanted), workers.begin()
    until = min(asyncio.get_running_loop().time() + wanted.silence, deadline)
    try:
        try:
            async with asyncio.timeout_at(until):
                information = await worker.call(reading.open)
        except TimeoutError as error:
            raise too_late(uri, wanted, is_silence=until < deadline) from error
        yield Found(_size(information), _version(information), _content(uri, reading, worker, information))
    finally:
        worker.end(reading.close)


async def _content(
    uri: str, reading: "_Reading", worker: Worker, information: Mapping[str, Any]
) -> AsyncGenerator[bytes]:
    while chunk := await worker.call(reading.read):
        yield chunk
    if _version(await worker.call(reading.information)) != _version(information):
        raise ArtifactError(
            f"{shown(uri)} was replaced while it was read. It is tried again.", transient=True
        )


class _Reading:
    """Calls that block. All raise ArtifactError."""

    def __init__(self, uri: str, wanted: Wanted) -> None:
        self._uri, self._wanted = uri, wanted
        self._store: Any = None
        self._path = ""
        self._file: Any = None

    def open(self) -> Mapping[str, Any]:
        """Information about the file, which is open then."""
        try:
            self._store, self._path = open_store(self._uri, self._wanted)
            found = _of_file(self._store, self._path)
            self._file = self._store.open(
                self._path, "rb", block_size=_BLOCK, cache_type="none", **self._buffer()
            )
        except ArtifactError:
            raise
        except Exception as error:
            raise self._problem(error) from error
        return found

    def read(self) -> bytes:
        """The next block; empty at the end."""
        try:
            return bytes(self._file.read(_BLOCK))
        except Exception as error:
            raise self._problem(error) from error

    def information(self) -> Mapping[str, Any]:
        """As it is now."""
        try:
            self._store.invalidate_cache()
            found = _of_file(self._store, self._path)
        except Exception as error:
            raise self._problem(error) from error
        return found

    def close(self) -> None:
        """Let go of what is open. Nobody waits for it."""
        if self._file is None:
            return
        try:
            self._file.close()
        except Exception as error:  # noqa: BLE001 - of a package that we do not know
            log.warning("%s: closing it failed: %s", shown(self._uri), self._reason(error))

    def _buffer(self) -> dict[str, int]:
        """obstore has a word of its own for the size of a request."""
        return {"buffer_size": _BLOCK} if type(self._store).__module__.startswith("obstore") else {}

    def _problem(self, error: Exception) -> ArtifactError:
        what = shown(self._uri)
        if isinstance(error, FileNotFoundError):
            return ArtifactError(
                f"{what}: no jar is there. Put it there, or correct jarURI.", transient=False
            )
        if isinstance(error, IsADirectoryError):
            return ArtifactError(f"{what} is a folder. Name the jar in it.", transient=False)
        if isinstance(error, PermissionError) or type(error).__name__ in _DENIED:
            whose = "of the Secret" if self._wanted.credentials else "of the operator"
            return ArtifactError(
                f"{what}: the store refuses the credentials {whose}. Allow them to read it, or give others "
                "with "
                f"{ARTIFACT_SECRET.key}.",
                transient=False,
            )
        return ArtifactError(
            f"{what} cannot be read: {self._reason(error)}. Look at the operator's settings for this store. "
            "It is tried again.",
            transient=True,
        )

    def _reason(self, error: Exception) -> str:
        """The first line of what the package says, without what may be a secret."""
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        said = _QUERY.sub("", line.partition("<")[0])
        for secret in (self._wanted.credentials.options if self._wanted.credentials else {}).values():
            said = said.replace(secret, "******")
        return said[:_LONGEST_REASON].rstrip(".: ")


def _of_file(store: Any, path: str) -> Mapping[str, Any]:
    """Raises IsADirectoryError, and what the store raises."""
    found: Mapping[str, Any] = store.info(path)
    if found.get("type") == "directory":
        raise IsADirectoryError(path)
    return found


def _size(information: Mapping[str, Any]) -> int | None:
    size = information.get("size")
    return int(size) if size is not None else None


def _version(information: Mapping[str, Any]) -> list[str]:
    return [f"{name}={information[name]}" for name in _VERSION if information.get(name) is not None]

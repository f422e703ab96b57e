"""The content of a jar on its way, held against what was asked for."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

from controller.artifacts.artifact import ArtifactError, Wanted
from controller.artifacts.uri import file_name, shown
from shared.config.operator_options import ARTIFACT_MAX_SIZE, ARTIFACT_SHA256, ARTIFACT_TIMEOUT


@dataclass(frozen=True, slots=True)
class Found:
    """What a source says of a jar, and its content."""

    size: int | None
    version: Sequence[str]
    """What tells this content from what may lie there at other times; empty if nothing does."""
    content: AsyncGenerator[bytes]
    """Raises ArtifactError."""


class Transfer:
    """An Artifact: see there."""

    def __init__(self, uri: str, wanted: Wanted, found: Found, deadline: float) -> None:
        """`deadline`: on the event loop's clock. Raises ArtifactError for a size that is too large."""
        self._uri, self._wanted, self._found, self._deadline = uri, wanted, found, deadline
        if found.size is not None:
            self._check_size(found.size)

    @property
    def name(self) -> str:
        """See Artifact."""
        return file_name(self._uri)

    @property
    def size(self) -> int | None:
        """See Artifact."""
        return self._found.size

    @property
    def identity(self) -> str | None:
        """See Artifact."""
        if self._wanted.sha256 is not None:
            return f"sha256:{self._wanted.sha256}"
        if not self._found.version:
            return None
        told = "\0".join((self._uri, *self._found.version, str(self._found.size)))
        return f"source:{hashlib.sha256(told.encode()).hexdigest()}"

    async def chunks(self) -> AsyncIterator[bytes]:
        """See Artifact. One chunk is always held back, until it is known to be followed by another one."""
        digest, seen, held = hashlib.sha256(), 0, b""
        while chunk := await self._next():
            seen += len(chunk)
            self._check_size(seen)
            digest.update(chunk)
            if held:
                yield held
            held = chunk
        self._check_end(seen, digest.hexdigest())
        yield held

    async def _next(self) -> bytes:
        """The next chunk; empty at the end."""
        loop = asyncio.get_running_loop()
        until = min(loop.time() + self._wanted.silence, self._deadline)
        try:
            async with asyncio.timeout_at(until):
                async for chunk in self._found.content:
                    if chunk:
                        return chunk
                return b""
        except TimeoutError as error:
            raise too_late(self._uri, self._wanted, is_silence=until < self._deadline) from error

    def _check_size(self, size: int) -> None:
        most = self._wanted.maximum_size
        if size > most:
            raise ArtifactError(
                f"{shown(self._uri)} has more than {most} bytes, which is the most that the operator takes. "
                f"Make the jar smaller, or have the operator's option {ARTIFACT_MAX_SIZE.key} raised.",
                transient=False,
            )

    def _check_end(self, seen: int, sha256: str) -> None:
        announced, wanted = self._found.size, self._wanted.sha256
        if announced is not None and seen != announced:
            raise ArtifactError(
                f"{shown(self._uri)} ended after {seen} of {announced} bytes. It is tried again.",
                transient=True,
            )
        if seen == 0:
            raise ArtifactError(f"{shown(self._uri)} is empty. Put the jar there.", transient=False)
        if wanted is not None and sha256 != wanted:
            raise ArtifactError(
                f"{shown(self._uri)} has the SHA-256 {sha256}, not {wanted}. "
                f"Put the right jar there, or correct {ARTIFACT_SHA256.key}.",
                transient=False,
            )


def too_late(uri: str, wanted: Wanted, *, is_silence: bool) -> ArtifactError:
    """No byte for too long, or not the last one in time."""
    if is_silence:
        return ArtifactError(
            f"{shown(uri)}: nothing came for {wanted.silence:g} s. See whether the server, and a firewall "
            "before it, lets the operator through. It is tried again.",
            transient=True,
        )
    return ArtifactError(
        f"{shown(uri)} did not come within {wanted.timeout:g} s. It is tried again; "
        f"have the operator's option {ARTIFACT_TIMEOUT.key} raised if the jar needs longer.",
        transient=True,
    )

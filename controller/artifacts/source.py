"""Where jars come from: one entry for all schemes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from controller.artifacts.artifact import Artifact, ArtifactError, Wanted
from controller.artifacts.connections import Gate, Lookup, look_up
from controller.artifacts.storage import open_stored
from controller.artifacts.transfer import Found, Transfer
from controller.artifacts.uri import scheme_of, shown
from controller.artifacts.web import SCHEMES, open_web
from controller.artifacts.workers import AllBusyError, Workers
from shared.addresses import Address, is_restricted
from shared.config.operator_options import ALLOWED_SCHEMES

_MOST_THREADS = 16


class Artifacts:
    """Sources of jars; made once, used for any number of transfers at a time."""

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        lookup: Lookup = look_up,
        judge: Callable[[Address], bool] = is_restricted,
        most_threads: int = _MOST_THREADS,
    ) -> None:
        """`context`: for https; by default the system's authorities count, or those of SSL_CERT_FILE.

        `lookup` resolves names; `judge` tells restricted addresses; `most_threads` is how many calls of
        stores and name servers there may be at a time, those that hang among them.
        """
        self._context = context or ssl.create_default_context()
        self._lookup, self._judge = lookup, judge
        self._workers = Workers(most_threads)

    @asynccontextmanager
    async def open(self, uri: str, wanted: Wanted) -> AsyncIterator[Artifact]:
        """Ask the source for the jar; what was opened is closed at the end, however much of it was read.

        Raises ArtifactError.
        """
        scheme = scheme_of(uri)
        if scheme not in wanted.schemes:
            raise ArtifactError(
                f"{shown(uri)}: scheme {scheme} is not allowed. Use one of {', '.join(wanted.schemes)}; the "
                f"operator's option {ALLOWED_SCHEMES.key} lists them.",
                transient=False,
            )
        deadline = asyncio.get_running_loop().time() + wanted.timeout
        try:
            async with self._found(scheme, uri, wanted, deadline) as found, aclosing(found.content):
                yield Transfer(uri, wanted, found, deadline)
        except AllBusyError as error:
            raise ArtifactError(
                f"{shown(uri)}: too many stores and name servers do not answer the operator. It is tried "
                "again; "
                "if it stays so, restart the operator.",
                transient=True,
            ) from error

    @asynccontextmanager
    async def _found(self, scheme: str, uri: str, wanted: Wanted, deadline: float) -> AsyncIterator[Found]:
        if scheme in SCHEMES:
            gate = Gate(
                self._workers, restricts=wanted.restricts_hosts, lookup=self._lookup, judge=self._judge
            )
            async with open_web(uri, wanted, deadline, gate, self._context) as found:
                yield found
        else:
            async with open_stored(uri, wanted, deadline, self._workers) as found:
                yield found

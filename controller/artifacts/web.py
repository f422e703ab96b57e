"""Jars from http and https.

By aiohttp, which fsspec's own http is a wrapper around: that one hides the redirects and the connections, and
these are what has to be looked at.
"""

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from yarl import URL

from controller.artifacts.artifact import ArtifactError, Wanted
from controller.artifacts.connections import Gate
from controller.artifacts.transfer import Found, too_late
from controller.artifacts.uri import shown
from controller.artifacts.web_problems import connection_problem, refused_redirect, status_problem

SCHEMES: Final = frozenset({"http", "https"})
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_BUFFER = 2**18  # bytes
_OURS = {
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""Headers that say how content is sent, or where to."""


class _Hop:
    """A request of the chain, and what it may carry."""

    def __init__(self, url: URL, headers: Mapping[str, str], origin: URL) -> None:
        self.url, self.headers, self.origin = url, headers, origin

    def follow(self, location: str, wanted: Wanted) -> "_Hop":
        """The next one: what the user gave for one origin goes to no other. Raises ArtifactError."""
        try:
            target = self.url.join(URL(location, encoded=location.isascii() and " " not in location))
            target = target.with_user(None).with_fragment(None)
            is_allowed = target.scheme in wanted.schemes and target.scheme in SCHEMES and bool(target.host)
        except ValueError:
            is_allowed = False
        if not is_allowed:
            raise refused_redirect(str(self.url), location, wanted)
        return _Hop(target, self.headers if target.origin() == self.origin else {}, self.origin)


@asynccontextmanager
async def open_web(
    uri: str, wanted: Wanted, deadline: float, gate: Gate, context: ssl.SSLContext
) -> AsyncIterator[Found]:
    """What lies at the URI. Raises ArtifactError.

    No proxy is used, whatever the environment says: it would connect in the operator's place, to addresses
    that nobody looked at. Certificates are held against `context`. Nothing is decompressed: a jar's bytes
    count.
    """
    hop = _first_hop(uri, wanted)
    connector = aiohttp.TCPConnector(
        resolver=gate, socket_factory=gate.open_socket, use_dns_cache=False, force_close=True, ssl=context
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),  # the times are those of `wanted`
        headers={"Accept-Encoding": "identity", "User-Agent": "flink-operator"},
        auto_decompress=False,
        trust_env=False,
        read_bufsize=_BUFFER,
    ) as session:
        for _ in range(_MOST_REDIRECTS + 1):
            response = await _ask(session, hop, wanted, deadline, gate)
            location = response.headers.get("Location", "")
            if response.status not in _REDIRECTS or not location:
                break
            response.close()
            hop = hop.follow(location, wanted)
        else:
            raise ArtifactError(
                f"{shown(uri)} is redirected more than {_MOST_REDIRECTS} times. Use the address where it "
                "ends.",
                transient=False,
            )
        async with response:
            yield _found(response, gate)


def _first_hop(uri: str, wanted: Wanted) -> _Hop:
    try:
        url = URL(uri, encoded=True)
        bare = url.with_user(None).with_fragment(None)
    except ValueError as error:
        raise ArtifactError(
            f"{shown(uri)} names no valid host: use a full address.", transient=False
        ) from error
    given = {**wanted.headers, **(wanted.credentials.headers if wanted.credentials else {})}
    headers = {name: value for name, value in given.items() if name.lower() not in _OURS}
    if url.user is not None and "authorization" not in {name.lower() for name in headers}:
        pair = f"{url.user}:{url.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return _Hop(bare, headers, bare.origin())


async def _ask(
    session: aiohttp.ClientSession, hop: _Hop, wanted: Wanted, deadline: float, gate: Gate
) -> aiohttp.ClientResponse:
    """The answer's head. Raises ArtifactError."""
    until = min(asyncio.get_running_loop().time() + wanted.silence, deadline)
    try:
        gate.check_literal(hop.url.host or "")
        async with asyncio.timeout_at(until):
            return await session.get(hop.url, headers=hop.headers, allow_redirects=False)
    except TimeoutError as error:
        raise too_late(str(hop.url), wanted, is_silence=until < deadline) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise connection_problem(str(hop.url), error, gate.refused) from error


def _found(response: aiohttp.ClientResponse, gate: Gate) -> Found:
    """Raises ArtifactError."""
    uri = str(response.url)
    if response.status != 200:
        raise status_problem(uri, response.status)
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise ArtifactError(
            f"{shown(uri)} is sent compressed (Content-Encoding: {encoding[:20]}), though it was asked for "
            "as it is. "
            "Have the server send the jar unchanged.",
            transient=False,
        )
    marks = [response.headers.get(name, "") for name in ("ETag", "Last-Modified")]
    return Found(
        size=response.content_length,
        version=marks if any(marks) else [],
        content=_content(response, gate),
    )


async def _content(response: aiohttp.ClientResponse, gate: Gate) -> AsyncGenerator[bytes]:
    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, OSError) as error:
        raise connection_problem(str(response.url), error, gate.refused) from error

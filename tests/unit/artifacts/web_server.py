"""A server that says exactly what a test wants, well-formed or not, and counts who connects."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"
"""Both are this machine's; the tests take the first for an address on the Internet."""

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    path: str
    headers: Mapping[str, str]


@dataclass
class WebServer:
    """Answers by path."""

    scheme: str
    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @classmethod
    @asynccontextmanager
    async def serve(cls, address: str = PUBLIC, context: ssl.SSLContext | None = None) -> AsyncIterator[Self]:
        """One that serves until the end of the block."""
        web = cls("http" if context is None else "https")
        listening = await asyncio.start_server(web._connected, address, ssl=context)
        web.port = listening.sockets[0].getsockname()[1]
        try:
            yield web
        finally:
            listening.close()
            for task in web._open:
                task.cancel()
            await asyncio.gather(*web._open, return_exceptions=True)

    def uri(self, path: str, host: str = PUBLIC) -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def __post_init__(self) -> None:
        self._open: set[asyncio.Task[None]] = set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            path = head[0].split()[1]
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            self.requests.append(Request(path, headers))
            answer = self.answers.get(path.partition("?")[0], status(404))
            await answer(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client had enough
        finally:
            self._open.discard(task)
            writer.close()


def jar(content: bytes, **headers: str) -> Answer:
    """A good answer."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return raw(_head(200, {"Content-Length": str(len(content)), **given}) + content)


def status(code: int) -> Answer:
    return raw(_head(code, {"Content-Length": "0"}))


def redirect(location: str, code: int = 302, **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return raw(_head(code, {"Content-Length": "0", "Location": location, **given}))


def raw(said: bytes, *, then_hang: bool = False) -> Answer:
    """These bytes, and then the end of the connection, or silence."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        if then_hang:
            await asyncio.Event().wait()

    return answer


def short(content: bytes, announced: int) -> Answer:
    return raw(_head(200, {"Content-Length": str(announced)}) + content)


def unfinished(content: bytes) -> Answer:
    """Chunked, without the chunk that tells the end."""
    chunk = f"{len(content):x}\r\n".encode() + content + b"\r\n"
    return raw(_head(200, {"Transfer-Encoding": "chunked"}) + chunk)


def endless() -> Answer:
    """Of no announced length."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, {"Connection": "close"}))
        while True:
            writer.write(bytes(2**16))
            await writer.drain()

    return answer


def _head(code: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()

"""`python -m tests.bench.loopback_controller`: the controller, for which all names are those of this machine.

A JobManager's name is that of a Service, which nobody resolves outside of a cluster.
"""

import sys

import aiohttp.connector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from controller.__main__ import main


class _Loopback(AbstractResolver):
    """Used by every client of the process; those of the API server have an address and ask nobody."""

    def __init__(self, **_: object) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, *args: object, **_: object) -> list[ResolveResult]:
        del host, args
        return await self._resolver.resolve("127.0.0.1", port)

    async def close(self) -> None:
        await self._resolver.close()


if __name__ == "__main__":
    setattr(aiohttp.connector, "DefaultResolver", _Loopback)  # noqa: B010 - not one that it exports
    sys.exit(main())

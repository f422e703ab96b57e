"""Connections to addresses that users chose: each address is looked at when it is about to be connected to.

A check before that would be worth nothing: the next answer of a name server may be another one.
"""

import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import cast

from aiohttp.abc import AbstractResolver, ResolveResult

from controller.artifacts.workers import Workers
from shared.addresses import Address, is_restricted, literal_address

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
Lookup = Callable[[str, int], list[AddressInfo]]


def look_up(host: str, port: int) -> list[AddressInfo]:
    """As the system resolves names, numbers in any notation among them. Raises OSError."""
    return cast("list[AddressInfo]", socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


class Gate(AbstractResolver):
    """Resolves names and opens sockets; lets nobody through to a restricted address.

    A name is refused as a whole if one of its addresses is restricted: which of them is taken is chance.
    """

    def __init__(
        self,
        workers: Workers,
        *,
        restricts: bool,
        lookup: Lookup = look_up,
        judge: Callable[[Address], bool] = is_restricted,
    ) -> None:
        self._workers, self._restricts, self._lookup, self._judge = workers, restricts, lookup, judge
        self.refused = ""
        """The address that nobody was let through to."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError, and AllBusyError."""
        found = await self._workers.call(self._lookup, host, port)
        wanted = [info for info in found if family in {socket.AF_UNSPEC, info[0]}]
        for info in wanted:
            self._check(info[4][0])
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=port,
                family=found_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found_family, _, protocol, _, address in wanted
        ]

    def check_literal(self, host: str) -> None:
        """A host that is an address by itself, in whatever notation. Raises OSError."""
        address = literal_address(host)
        if address is not None:
            self._check(str(address))

    async def close(self) -> None:
        """Nothing is kept."""

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """One for the address that is about to be connected to, resolved or literal. Raises OSError."""
        family, kind, protocol, _, address = info
        self._check(address[0])
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        return opened

    def _check(self, address: str) -> None:
        if self._restricts and self._judge(ip_address(address.partition("%")[0])):
            self.refused = address
            raise OSError(errno.EACCES, "the operator does not connect to this address")

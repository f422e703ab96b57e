"""Which network addresses a user may not make the operator ask: one definition for admission and fetching."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_SPECIAL = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; one cloud's metadata among them
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services for its machines, at a public address
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: tunnels to addresses that cannot be told
        "2001:db8::/32",
        "3fff::/20",
    )
)
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: the last four bytes are an IPv4 address."""

_PART = r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)"
_NUMBERS = re.compile(rf"{_PART}(?:\.{_PART}){{0,3}}\.?")


def is_restricted(address: Address) -> bool:
    """Whether it is anything but an address on the public Internet: loopback, private, multicast and so on.

    An IPv4 address within an IPv6 one (mapped, NAT64, 6to4) counts as itself.
    """
    if isinstance(address, IPv4Address):
        return any(address in network for network in _SPECIAL)
    embedded = _embedded(address)
    if embedded is not None:
        return is_restricted(embedded)
    return address not in _PUBLIC_IPV6 or any(address in network for network in _SPECIAL_IPV6)


def literal_address(host: str) -> Address | None:
    """The address that a host is by itself, without a resolver; None for a name, or for no address at all.

    Also in the notations that only resolvers know, as `2130706433`, `0177.1` and `0x7f.0.0.1` for 127.0.0.1.
    """
    bare = host.strip("[]")
    try:
        return ip_address(bare.partition("%")[0])
    except ValueError:
        return _of_numbers(bare)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def _of_numbers(host: str) -> IPv4Address | None:
    """One to four numbers, octal with a leading 0 and hexadecimal with 0x; the last fills what is left."""
    if not _NUMBERS.fullmatch(host):
        return None
    try:
        *first, last = (_number(part) for part in host.removesuffix(".").split("."))
    except ValueError:
        return None
    if any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        return None
    leading = sum(number << (24 - 8 * position) for position, number in enumerate(first))
    return IPv4Address(leading + last)


def _number(part: str) -> int:
    """Raises ValueError."""
    if part[:2] in {"0x", "0X"}:
        return int(part[2:] or "0", 16)
    return int(part, 8) if part[0] == "0" and len(part) > 1 else int(part)

"""Which addresses are restricted, and what a host means without a resolver."""

import socket
from ipaddress import IPv4Address, ip_address

import pytest

from shared.addresses import is_restricted, literal_address

_RESTRICTED = (
    "0.0.0.0",  # noqa: S104 - only looked at
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)
_PUBLIC = ("8.8.8.8", "172.32.0.1", "100.63.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", _RESTRICTED)
def test_address_is_restricted(address: str) -> None:
    assert is_restricted(ip_address(address))


@pytest.mark.parametrize("address", _PUBLIC)
def test_address_is_public(address: str) -> None:
    assert not is_restricted(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "127.0.0.1",
        "0",
        "10.65535",
    ],
)
def test_numbers_are_the_address_that_a_resolver_takes_them_for(host: str) -> None:
    assert literal_address(host) == IPv4Address(socket.inet_aton(host))


@pytest.mark.parametrize(
    "host", ["example.com", "1.example.com", "256.0.0.1", "1.2.3.4.5", "08.0.0.1", "", "a"]
)
def test_what_no_resolver_takes_for_numbers_is_no_address(host: str) -> None:
    assert literal_address(host) is None


@pytest.mark.parametrize(("host", "address"), [("[::1]", "::1"), ("[fe80::1%25eth0]", "fe80::1")])
def test_brackets_and_zones_are_no_part_of_an_address(host: str, address: str) -> None:
    assert literal_address(host) == ip_address(address)

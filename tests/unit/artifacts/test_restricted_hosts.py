"""Tricks to make the operator ask its own network: each is refused, and nobody is connected to."""

import pytest

from controller.artifacts.connections import AddressInfo, Gate
from controller.artifacts.workers import Workers
from tests.unit.artifacts.fetching import artifacts, fetch, is_private, refusal
from tests.unit.artifacts.web_server import PRIVATE, PUBLIC, WebServer, jar, redirect

_HOSTS = (
    PRIVATE,
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0.0.0.0",  # noqa: S104 - only asked for
    "0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "user@127.0.0.1",
)
_ELSEWHERE = (
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "168.63.129.16",
    "[64:ff9b::a9fe:a9fe]",
)


def found(port: int, *addresses: str) -> list[AddressInfo]:
    return [(2, 1, 6, "", (address, port)) for address in addresses]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", _HOSTS)
async def test_host_on_this_machine_is_refused(host: str, scheme: str) -> None:
    async with WebServer.serve(PRIVATE) as web:
        error = await refusal(artifacts(), f"{scheme}://{host}:{web.port}/job.jar")
        assert web.connections == 0
    assert "nothing was asked of it" in str(error)
    assert "kubernetes.operator.user.artifacts.disallow-restricted-hosts" in str(error)
    assert not error.transient


@pytest.mark.parametrize("host", _ELSEWHERE)
async def test_address_in_a_private_network_is_refused(host: str) -> None:
    error = await refusal(artifacts(), f"http://{host}/latest/meta-data", silence=1)
    assert "nothing was asked of it" in str(error)


@pytest.mark.parametrize("host", [*_HOSTS[:1], "localhost", "2130706433", *_ELSEWHERE])
async def test_redirect_to_a_restricted_host_is_refused(host: str) -> None:
    async with WebServer.serve(PRIVATE) as private, WebServer.serve() as public:
        public.answers["/job.jar"] = redirect(f"http://{host}:{private.port}/job.jar")
        error = await refusal(artifacts(), public.uri("/job.jar"))
        assert private.connections == 0
    assert "nothing was asked of it" in str(error)


@pytest.mark.parametrize("addresses", [(PRIVATE, PUBLIC), (PUBLIC, PRIVATE)], ids=["first", "last"])
async def test_name_with_a_restricted_address_among_others_is_refused(addresses: tuple[str, str]) -> None:
    async with WebServer.serve(PRIVATE) as private, WebServer.serve() as public:
        source = artifacts(lookup=lambda _, __: found(public.port, *addresses))
        error = await refusal(source, public.uri("/job.jar", "jobs.example.com"))
        assert (private.connections, public.connections) == (0, 0)
    assert "nothing was asked of it" in str(error)


async def test_name_that_changes_its_address_is_refused_when_it_does() -> None:
    answers = [PUBLIC, PRIVATE]
    async with WebServer.serve(PRIVATE) as private, WebServer.serve() as public:
        public.answers["/job.jar"] = redirect(f"http://jobs.example.com:{private.port}/job.jar")
        source = artifacts(lookup=lambda _, port: found(port, answers.pop(0)))
        error = await refusal(source, public.uri("/job.jar", "jobs.example.com"))
        assert (private.connections, public.connections) == (0, 1)
    assert answers == []
    assert "nothing was asked of it" in str(error)


@pytest.mark.parametrize(("address", "opens"), [(PUBLIC, True), (PRIVATE, False)])
def test_socket_is_opened_for_no_restricted_address_however_it_was_found(address: str, opens: bool) -> None:
    gate = Gate(Workers(1), restricts=True, judge=is_private)
    (info,) = found(80, address)
    if opens:
        gate.open_socket(info).close()
    else:
        with pytest.raises(PermissionError):
            gate.open_socket(info)
    assert gate.refused == ("" if opens else address)


async def test_restricted_hosts_are_asked_where_the_operator_allows_it() -> None:
    async with WebServer.serve(PRIVATE) as web:
        web.answers["/job.jar"] = jar(b"PK")
        assert await fetch(artifacts(), web.uri("/job.jar", "localhost"), restricts_hosts=False) == b"PK"

"""Jars over http and https."""

import asyncio
import hashlib
import ssl
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.artifacts.artifact import ArtifactError, Credentials
from controller.artifacts.connections import AddressInfo
from tests.certificates import Pair, issue, new_authority
from tests.unit.artifacts.fetching import WANTED, artifacts, fetch, refusal
from tests.unit.artifacts.web_server import (
    PUBLIC,
    Answer,
    WebServer,
    endless,
    jar,
    raw,
    redirect,
    short,
    status,
    unfinished,
)
from tests.unit.rest_tls.server import serving

AUTHORITY = new_authority()
CONTENT = b"PK" + bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with WebServer.serve() as server:
        yield server


def trusting(authority: Pair) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.certificate_pem.decode())


async def test_jar_comes_over_https_from_a_server_that_is_trusted(tmp_path: Path) -> None:
    async with WebServer.serve(context=serving(issue(AUTHORITY, "localhost"), tmp_path)) as web:
        web.answers["/jobs/a%20job.jar"] = jar(CONTENT)
        source = artifacts(trusting(AUTHORITY), lambda _, port: [(2, 1, 6, "", (PUBLIC, port))])
        async with source.open(web.uri("/jobs/a%20job.jar?x=1", "localhost"), WANTED) as artifact:
            assert (artifact.name, artifact.size) == ("a_job.jar", len(CONTENT))
            assert b"".join([chunk async for chunk in artifact.chunks()]) == CONTENT
        assert [request.path for request in web.requests] == ["/jobs/a%20job.jar?x=1"]


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (issue(new_authority("a stranger"), "localhost"), "unable to get local issuer certificate"),
        (issue(AUTHORITY, "other"), "mismatch"),
        (
            issue(AUTHORITY, "localhost", starts=-timedelta(days=2), ends=-timedelta(days=1)),
            "has expired",
        ),
    ],
    ids=["stranger", "other-host", "expired"],
)
async def test_server_that_is_not_trusted_is_asked_nothing(
    tmp_path: Path, certificate: Pair, words: str
) -> None:
    async with WebServer.serve(context=serving(certificate, tmp_path)) as web:
        source = artifacts(trusting(AUTHORITY), lambda _, port: [(2, 1, 6, "", (PUBLIC, port))])
        error = await refusal(source, web.uri("/job.jar", "localhost"))
        assert words.lower() in str(error).lower()
        assert "SSL_CERT_FILE" in str(error)
        assert not error.transient
        assert web.requests == []


async def test_authorities_are_those_of_the_environments_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.write_bytes(AUTHORITY.certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    async with WebServer.serve(context=serving(issue(AUTHORITY, "localhost"), tmp_path)) as web:
        web.answers["/job.jar"] = jar(CONTENT)
        source = artifacts(lookup=lambda _, port: [(2, 1, 6, "", (PUBLIC, port))])
        assert await fetch(source, web.uri("/job.jar", "localhost")) == CONTENT


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirect_is_followed(web: WebServer, code: int) -> None:
    web.answers |= {"/a": redirect("b/c.jar?d", code), "/b/c.jar": jar(CONTENT)}
    async with artifacts().open(web.uri("/a"), WANTED) as artifact:
        assert artifact.name == "a.jar"
        assert b"".join([chunk async for chunk in artifact.chunks()]) == CONTENT


async def test_redirects_come_to_an_end(web: WebServer) -> None:
    web.answers["/a"] = redirect("/a")
    error = await refusal(artifacts(), web.uri("/a"))
    assert "redirected more than 5 times" in str(error)
    assert len(web.requests) == 6


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "s3://bucket/job.jar", "ftp://127.0.0.2/a", "http://[/", "http://a:x/"],
)
async def test_redirect_to_what_is_not_allowed_is_not_followed(web: WebServer, location: str) -> None:
    web.answers["/a"] = redirect(location)
    error = await refusal(artifacts(), web.uri("/a"))
    assert "is not followed" in str(error)
    assert len(web.requests) == 1


async def test_redirect_from_https_to_http_is_not_followed_where_http_is_not_allowed(
    tmp_path: Path, web: WebServer
) -> None:
    async with WebServer.serve(context=serving(issue(AUTHORITY, "localhost"), tmp_path)) as safe:
        safe.answers["/a"] = redirect(web.uri("/a"))
        source = artifacts(trusting(AUTHORITY), lambda _, port: [(2, 1, 6, "", (PUBLIC, port))])
        error = await refusal(source, safe.uri("/a", "localhost"), schemes=("https",))
    assert "is not followed" in str(error)
    assert web.connections == 0


async def test_what_the_user_gave_goes_to_the_uris_origin_alone(web: WebServer) -> None:
    credentials = Credentials(headers={"X-Token": "t0k3n"})
    async with WebServer.serve() as other:
        web.answers |= {"/a": redirect("/b"), "/b": redirect(other.uri("/c"), Set_Cookie="a=b")}
        other.answers |= {"/c": redirect(web.uri("/d"))}
        web.answers["/d"] = jar(CONTENT)
        uri = web.uri("/a", f"user:pass@{PUBLIC}")
        await fetch(artifacts(), uri, headers={"X-Header": "h"}, credentials=credentials)
        given = {"Authorization", "X-Token", "X-Header"}
        assert [given & set(request.headers) for request in web.requests] == [given, given, set()]
        assert [given & set(request.headers) for request in other.requests] == [set()]
        assert not any("Cookie" in request.headers for request in (*web.requests, *other.requests))


async def test_headers_that_say_how_content_is_sent_are_not_the_users(web: WebServer) -> None:
    web.answers["/a"] = jar(CONTENT)
    await fetch(
        artifacts(), web.uri("/a"), headers={"Host": "x", "Range": "bytes=0-1", "accept-encoding": "gzip"}
    )
    (request,) = web.requests
    assert request.headers["Host"] == f"{PUBLIC}:{web.port}"
    assert request.headers["Accept-Encoding"] == "identity"
    assert "Range" not in request.headers


async def test_header_of_two_lines_is_refused_without_being_shown(web: WebServer) -> None:
    error = await refusal(artifacts(), web.uri("/a"), headers={"X-Token": "s3cret\r\nHost: x"})
    assert "headers of one line each" in str(error)
    assert "s3cret" not in str(error)
    assert web.requests == []


async def test_no_proxy_is_used(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebServer.serve() as proxy:
        monkeypatch.setenv("http_proxy", proxy.uri(""))
        web.answers["/a"] = jar(CONTENT)
        assert await fetch(artifacts(), web.uri("/a")) == CONTENT
        assert proxy.connections == 0


@pytest.mark.parametrize(
    ("code", "words", "transient"),
    [
        (404, "no jar is there", False),
        (410, "no jar is there", False),
        (401, "wants other credentials", False),
        (403, "wants other credentials", False),
        (206, "where 200 was expected", False),
        (304, "where 200 was expected", False),
        (429, "It is tried again", True),
        (503, "It is tried again", True),
    ],
)
async def test_status_is_told_with_what_to_do(web: WebServer, code: int, words: str, transient: bool) -> None:
    web.answers["/job.jar"] = status(code)
    error = await refusal(artifacts(), web.uri("/job.jar"))
    assert f"the server answers {code}" in str(error)
    assert words in str(error)
    assert error.transient is transient


@pytest.mark.parametrize(
    ("answer", "words", "transient"),
    [
        (short(CONTENT, len(CONTENT) + 1), "the connection ended before the jar did", True),
        (unfinished(CONTENT), "the connection ended before the jar did", True),
        (jar(b""), "is empty", False),
        (jar(CONTENT, Content_Encoding="gzip"), "is sent compressed", False),
        (raw(b""), "the connection ended", True),
        (raw(b"SSH-2.0-OpenSSH\r\n"), "cannot be read as HTTP", True),
        (endless(), "has more than 5000000 bytes", False),
        (short(b"", 5_000_001), "has more than 5000000 bytes", False),
    ],
    ids=[
        "short",
        "unfinished",
        "empty",
        "compressed",
        "silent-end",
        "not-http",
        "endless",
        "announced-too-large",
    ],
)
async def test_bad_answer_is_told(web: WebServer, answer: Answer, words: str, transient: bool) -> None:
    web.answers["/job.jar"] = answer
    error = await refusal(artifacts(), web.uri("/job.jar"), maximum_size=5_000_000)
    assert words in str(error)
    assert error.transient is transient


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nPK"], ids=["head", "body"]
)
async def test_server_that_falls_silent_is_given_up(web: WebServer, said: bytes) -> None:
    web.answers["/job.jar"] = raw(said, then_hang=True)
    error = await refusal(artifacts(), web.uri("/job.jar"), silence=0.2)
    assert "nothing came for 0.2 s" in str(error)
    assert error.transient


async def test_transfer_that_goes_on_for_too_long_is_given_up(web: WebServer) -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while True:
            writer.write(b"P")
            await writer.drain()
            await asyncio.sleep(0.02)

    web.answers["/job.jar"] = trickle
    error = await refusal(artifacts(), web.uri("/job.jar"), timeout=0.3)
    assert "did not come within 0.3 s" in str(error)
    assert error.transient


async def test_server_that_is_not_there_is_told() -> None:
    async with WebServer.serve() as web:
        uri = web.uri("/job.jar")
    error = await refusal(artifacts(), uri)
    assert "cannot connect" in str(error)
    assert error.transient


async def test_name_without_an_address_is_told() -> None:
    error = await refusal(artifacts(), "https://jobs.invalid/job.jar")
    assert "the host's name has no address" in str(error)
    assert error.transient


async def test_name_servers_that_hang_are_at_most_so_many() -> None:
    answered = threading.Event()

    def hang(_: str, __: int) -> list[AddressInfo]:
        answered.wait()
        return []

    source = artifacts(lookup=hang, most_threads=1)
    try:
        late = await refusal(source, "https://jobs.example.com/job.jar", silence=0.1)
        error = await refusal(source, "https://jobs.example.com/job.jar")
    finally:
        answered.set()
    assert "nothing came for 0.1 s" in str(late)
    assert "too many stores and name servers do not answer" in str(error)
    assert error.transient


async def test_content_with_the_right_digest_comes_whole(web: WebServer) -> None:
    web.answers["/job.jar"] = jar(CONTENT)
    assert await fetch(artifacts(), web.uri("/job.jar"), sha256=SHA256) == CONTENT


async def test_content_with_another_digest_ends_before_its_last_chunk(web: WebServer) -> None:
    web.answers["/job.jar"] = jar(CONTENT)
    came = b""
    async with artifacts().open(web.uri("/job.jar"), replace(WANTED, sha256="0" * 64)) as artifact:
        chunks, error = artifact.chunks(), None
        while error is None:
            try:
                came += await anext(chunks)
            except ArtifactError as caught:
                error = caught
    assert f"has the SHA-256 {SHA256}, not 000" in str(error)
    assert not error.transient
    assert len(came) < len(CONTENT)


async def test_identity_is_that_of_the_version_that_lies_there(web: WebServer) -> None:
    async def identity(answer: Answer, **changes: str) -> str | None:
        web.answers["/job.jar"] = answer
        async with artifacts().open(web.uri("/job.jar"), replace(WANTED, **changes)) as artifact:  # type: ignore[arg-type]
            return artifact.identity

    first = await identity(jar(b"a", ETag='"1"'))
    assert first is not None
    assert first == await identity(jar(b"b", ETag='"1"'))
    assert first != await identity(jar(b"a", ETag='"2"'))
    assert first != await identity(jar(b"aa", ETag='"1"'))
    assert await identity(jar(b"a", Last_Modified="Sun, 22 Nov 2026 04:00:00 GMT")) is not None
    assert await identity(jar(b"a")) is None
    assert await identity(jar(b"a"), sha256=SHA256) == f"sha256:{SHA256}"


async def test_messages_hold_no_secret(web: WebServer) -> None:
    web.answers["/a"] = redirect(f"http://me:t0psecret@{PUBLIC}:{web.port}/b?sig=t0psecret")
    uri = web.uri("/a?sig=t0psecret#t0psecret", f"me:t0psecret@{PUBLIC}")
    error = await refusal(artifacts(), uri, headers={"X": "t0psecret"})
    assert "t0psecret" not in str(error)
    assert f"http://{PUBLIC}:{web.port}/b" in str(error)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "job.jar",
        "https://a b/c",
        "https://ü/c",
        "https:///c",
        "https://a:99999/c",
        "https://[/c",
        "https:",
    ],
)
async def test_what_is_no_uri_is_told(uri: str) -> None:
    error = await refusal(artifacts(), uri)
    assert not error.transient
    assert "URI" in str(error) or "host" in str(error)

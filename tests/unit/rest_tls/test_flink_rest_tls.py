"""The JobManager's REST over TLS, against real servers: whom the operator trusts, and what it says if not."""

import asyncio
import logging
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from controller.flink.client_tls import ClientTls
from controller.flink.rest import FlinkRest, RestError
from controller.flink.tls_material import TlsFiles
from controller.flink.tls_problems import FAILED, NOT_CONFIGURED
from controller.observation import Problem
from controller.plan import StopWithSavepoint
from shared.model.snapshot_info import SavepointFormatType
from tests.certificates import Pair, issue, new_authority
from tests.unit.rest_tls.server import INFO, JAR, job_manager, serve_from_now_on, serving

AUTHORITY, STRANGER = new_authority(), new_authority("somebody else's authority")
OF_OPERATOR = issue(AUTHORITY)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PASSWORD = "changeit"  # noqa: S105


@asynccontextmanager
async def rest_with(
    files: TlsFiles, *, verifies_host_names: bool = True, timeout: float = 10
) -> AsyncIterator[FlinkRest]:
    client = FlinkRest.connect(timeout, ClientTls(files, verifies_host_names=verifies_host_names))
    try:
        yield client
    finally:
        await client.close()


def secret(folder: Path, *authorities: Pair, identity: Pair | None = None) -> TlsFiles:
    """A mounted Secret."""
    folder.mkdir(exist_ok=True)
    (folder / "ca.crt").write_bytes(b"\n".join(authority.certificate_pem for authority in authorities))
    if identity is not None:
        (folder / "tls.crt").write_bytes(identity.certificate_pem)
        (folder / "tls.key").write_bytes(identity.key_pem)
    return TlsFiles(folder)


async def told(rest: FlinkRest, url: str) -> Problem | None:
    """The problem of a call that fails."""
    with pytest.raises(RestError) as caught:
        await rest.info(url)
    return caught.value.problem


def failed(problem: Problem | None, *words: str) -> bool:
    assert problem is not None
    assert problem.reason == FAILED
    for word in words:
        assert word in problem.message
    return True


# Whom the operator trusts


@pytest.mark.parametrize("names", [("localhost",), ("localhost.svc",), ("other", "LOCALHOST")], ids=str)
async def test_job_manager_of_a_trusted_authority_is_asked(tmp_path: Path, names: tuple[str, ...]) -> None:
    context = serving(issue(AUTHORITY, *names), tmp_path)
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        assert await rest.info(manager.url) == INFO


async def test_each_authority_of_a_bundle_is_trusted(tmp_path: Path) -> None:
    context, files = (
        serving(issue(AUTHORITY, "localhost"), tmp_path),
        secret(tmp_path / "s", STRANGER, AUTHORITY),
    )
    async with job_manager(context) as manager, rest_with(files) as rest:
        assert await rest.info(manager.url) == INFO


@pytest.mark.parametrize("authority", [None, AUTHORITY], ids=["self-signed", "issued"])
async def test_certificate_in_the_bundle_is_trusted_itself(tmp_path: Path, authority: Pair | None) -> None:
    pair = issue(authority, "localhost")
    async with (
        job_manager(serving(pair, tmp_path)) as manager,
        rest_with(secret(tmp_path / "s", pair)) as rest,
    ):
        assert await rest.info(manager.url) == INFO


@pytest.mark.parametrize("authority", [None, STRANGER], ids=["self-signed", "issued"])
async def test_authority_that_is_not_trusted_is_told(tmp_path: Path, authority: Pair | None) -> None:
    context = serving(issue(authority, "localhost"), tmp_path)
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        problem = await told(rest, manager.url)
        assert failed(problem, "JobManager at localhost", "does not trust", "tls.secretName")
        assert manager.asked == []


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [(-DAY, -HOUR, "has expired. Renew it."), (HOUR, DAY, "is not valid yet")],
    ids=["expired", "future"],
)
async def test_certificate_out_of_its_time_is_told(
    tmp_path: Path, starts: timedelta, ends: timedelta, words: str
) -> None:
    context = serving(issue(AUTHORITY, "localhost", starts=starts, ends=ends), tmp_path)
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        assert failed(await told(rest, manager.url), words)


async def test_certificate_for_another_host_is_told(tmp_path: Path) -> None:
    context = serving(issue(AUTHORITY, "other", "other.svc"), tmp_path)
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        problem = await told(rest, manager.url)
        assert failed(problem, "is for other names", "localhost or localhost.svc")
        assert manager.asked == []


async def test_host_of_a_certificate_counts_only_where_it_is_looked_at(tmp_path: Path) -> None:
    context, files = serving(issue(AUTHORITY, "other"), tmp_path), secret(tmp_path / "s", AUTHORITY)
    async with job_manager(context) as manager, rest_with(files, verifies_host_names=False) as rest:
        assert await rest.info(manager.url) == INFO


async def test_jar_is_sent_once_whatever_name_the_certificate_is_for(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"the "
        yield b"content"

    context = serving(issue(AUTHORITY, "localhost.svc"), tmp_path)
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        assert await rest.upload_jar(manager.url, "job.jar", chunks(), timeout=10) == JAR
        assert manager.asked == [("GET", "/config"), ("POST", "/jars/upload")]
        assert manager.received.count(b"the content") == 1


async def test_stop_is_asked_for_once_whatever_name_the_certificate_is_for(tmp_path: Path) -> None:
    context = serving(issue(AUTHORITY, "localhost.svc"), tmp_path)
    stop = StopWithSavepoint("j", "t", "s3://b/sp", SavepointFormatType.NATIVE, drain=False)
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        await rest.stop_with_savepoint(manager.url, stop)
        assert manager.asked == [("POST", "/jobs/j/stop")]


async def test_name_that_a_certificate_is_for_is_remembered_until_it_changes(tmp_path: Path) -> None:
    context, asked = serving(issue(AUTHORITY, "localhost.svc"), tmp_path), list[str | None]()
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        await rest.info(manager.url)
        await rest.info(manager.url)
        assert asked == ["localhost", "localhost.svc", "localhost.svc"]
        serve_from_now_on(context, issue(AUTHORITY, "localhost"), tmp_path)
        assert await rest.info(manager.url) == INFO


# What the operator was given


async def test_operator_that_was_given_nothing_says_so_and_asks_nobody(tmp_path: Path) -> None:
    context = serving(issue(AUTHORITY, "localhost"), tmp_path)
    async with job_manager(context) as manager, rest_with(TlsFiles()) as rest:
        problem = await told(rest, manager.url)
        assert problem is not None
        assert problem.reason == NOT_CONFIGURED
        assert "was given no certificates to trust" in problem.message
        assert "tls.create" in problem.message
        assert manager.asked == []


async def test_plain_http_needs_nothing() -> None:
    async with job_manager(None) as manager, rest_with(TlsFiles()) as rest:
        assert await rest.info(manager.url) == INFO


async def test_authority_that_comes_later_is_trusted_from_then_on(tmp_path: Path) -> None:
    context, folder = serving(issue(AUTHORITY, "localhost"), tmp_path), tmp_path / "s"
    async with job_manager(context) as manager, rest_with(TlsFiles(folder)) as rest:
        problem = await told(rest, manager.url)
        assert problem is not None
        assert f"{folder}/ca.crt does not exist" in problem.message
        secret(folder, AUTHORITY)
        assert await rest.info(manager.url) == INFO


async def test_bundle_that_the_kubelet_exchanges_is_read_anew(tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    for name, authority in (("..first", STRANGER), ("..second", AUTHORITY)):
        secret(mount / name, authority)
    (mount / "..data").symlink_to("..first")
    (mount / "ca.crt").symlink_to("..data/ca.crt")
    context = serving(issue(AUTHORITY, "localhost"), tmp_path)
    async with job_manager(context) as manager, rest_with(TlsFiles(mount)) as rest:
        assert failed(await told(rest, manager.url), "does not trust")
        (mount / "..data_tmp").symlink_to("..second")
        (mount / "..data_tmp").rename(mount / "..data")
        shutil.rmtree(mount / "..first")
        assert await rest.info(manager.url) == INFO


def other_key(folder: Path) -> None:
    (folder / "tls.key").write_bytes(issue(AUTHORITY).key_pem)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "junk bundle": (lambda folder: (folder / "ca.crt").write_text("junk"), "ca.crt holds no certificate"),
    "empty bundle": (lambda folder: (folder / "ca.crt").write_text(""), "ca.crt holds no certificate"),
    "half a certificate": (
        lambda folder: (folder / "ca.crt").write_text(
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
        ),
        "ca.crt holds a certificate that cannot be read",
    ),
    "no bundle": (lambda folder: (folder / "ca.crt").unlink(), "ca.crt does not exist"),
    "half a pair": (lambda folder: (folder / "tls.key").unlink(), "tls.key does not exist"),
    "another's key": (other_key, "the key is not that of the certificate"),
    "junk pair": (lambda folder: (folder / "tls.crt").write_text("junk"), "no usable pair"),
}


@pytest.mark.parametrize(("spoil", "words"), [pytest.param(*case, id=name) for name, case in SPOILT.items()])
async def test_files_that_are_no_good_are_told_and_leave_what_was_loaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], object], words: str
) -> None:
    caplog.set_level(logging.WARNING)
    context, folder = serving(issue(AUTHORITY, "localhost"), tmp_path), tmp_path / "s"
    files = secret(folder, AUTHORITY, identity=OF_OPERATOR)
    async with job_manager(context) as manager, rest_with(files) as rest:
        await rest.info(manager.url)
        spoil(folder)
        for _ in range(2):
            assert await rest.info(manager.url) == INFO
        assert caplog.text.count(words) == 1
        assert "what was loaded before stays" in caplog.text
    async with rest_with(files) as started_anew:
        problem = await told(started_anew, manager.url)
        assert problem is not None
        assert (problem.reason, words in problem.message) == (NOT_CONFIGURED, True)


# JobManagers that ask for a certificate


VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


@VERSIONS
async def test_certificate_is_shown_to_a_job_manager_that_asks(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    context = serving(issue(AUTHORITY, "localhost"), tmp_path, asks_for=AUTHORITY)
    context.minimum_version = context.maximum_version = version
    files = secret(tmp_path / "s", AUTHORITY, identity=OF_OPERATOR)
    async with job_manager(context) as manager, rest_with(files) as rest:
        assert await rest.info(manager.url) == INFO


@VERSIONS
async def test_operator_without_the_certificate_that_is_asked_for_says_so(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    context = serving(issue(AUTHORITY, "localhost"), tmp_path, asks_for=AUTHORITY)
    context.minimum_version = context.maximum_version = version
    async with job_manager(context) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        problem = await told(rest, manager.url)
        assert failed(problem, "wants to see a certificate", "tls.crt and tls.key beside ca.crt")


@VERSIONS
async def test_certificate_that_the_job_manager_does_not_accept_is_told(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    context = serving(issue(AUTHORITY, "localhost"), tmp_path, asks_for=STRANGER)
    context.minimum_version = context.maximum_version = version
    files = secret(tmp_path / "s", AUTHORITY, identity=OF_OPERATOR)
    async with job_manager(context) as manager, rest_with(files) as rest:
        problem = await told(rest, manager.url)
        assert failed(problem, "does not accept the operator's certificate: unknown ca", "truststore")


async def test_certificate_that_is_renewed_is_shown_from_then_on(tmp_path: Path) -> None:
    context = serving(issue(AUTHORITY, "localhost"), tmp_path, asks_for=AUTHORITY)
    files = secret(tmp_path / "s", AUTHORITY, identity=issue(STRANGER))
    async with job_manager(context) as manager, rest_with(files) as rest:
        assert failed(await told(rest, manager.url), "does not accept")
        secret(tmp_path / "s", AUTHORITY, identity=OF_OPERATOR)
        assert await rest.info(manager.url) == INFO


# Java's stores


def stores(folder: Path, password: str = PASSWORD) -> TlsFiles:
    (folder / "truststore.p12").write_bytes(AUTHORITY.trust_store(PASSWORD))
    (folder / "keystore.p12").write_bytes(OF_OPERATOR.key_store(PASSWORD))
    return TlsFiles(
        trust_store=folder / "truststore.p12", key_store=folder / "keystore.p12", password=password
    )


async def test_stores_serve_as_pem_does(tmp_path: Path) -> None:
    context = serving(issue(AUTHORITY, "localhost"), tmp_path, asks_for=AUTHORITY)
    async with job_manager(context) as manager, rest_with(stores(tmp_path)) as rest:
        assert await rest.info(manager.url) == INFO


def no_such_store(files: TlsFiles) -> None:
    assert files.key_store is not None
    files.key_store.unlink()


def without_key(files: TlsFiles) -> None:
    assert files.key_store is not None
    files.key_store.write_bytes(AUTHORITY.trust_store(PASSWORD))


@pytest.mark.parametrize(
    ("spoil", "password", "words"),
    [
        (lambda _: None, "wrong", "truststore.p12 is neither PEM nor PKCS12 that the given password opens"),
        (lambda _: None, "", "truststore.p12 is neither PEM nor PKCS12 that the given password opens"),
        (no_such_store, PASSWORD, "keystore.p12 does not exist"),
        (without_key, PASSWORD, "keystore.p12 holds no key"),
    ],
    ids=["wrong password", "no password", "missing", "no key"],
)
async def test_store_that_cannot_be_used_is_told(
    tmp_path: Path, spoil: Callable[[TlsFiles], None], password: str, words: str
) -> None:
    files = stores(tmp_path, password)
    spoil(files)
    async with rest_with(files) as rest:
        problem = await told(rest, "https://localhost:1")
        assert problem is not None
        assert problem.reason == NOT_CONFIGURED
        assert words in problem.message
        assert PASSWORD not in problem.message


async def test_store_of_javas_old_type_is_told_with_how_to_convert_it(tmp_path: Path) -> None:
    store = tmp_path / "truststore.jks"
    store.write_bytes(b"\xfe\xed\xfe\xed\x00\x00\x00\x02")
    async with rest_with(TlsFiles(trust_store=store)) as rest:
        problem = await told(rest, "https://localhost:1")
        assert problem is not None
        assert "-srckeystore truststore.jks -destkeystore truststore.p12" in problem.message


def test_password_and_key_are_not_shown() -> None:
    assert PASSWORD not in repr(TlsFiles(password=PASSWORD))


# What is no matter of certificates


async def test_plain_http_in_place_of_tls_is_told(tmp_path: Path) -> None:
    async with job_manager(None) as manager, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        problem = await told(rest, manager.url.replace("http:", "https:"))
        assert failed(problem, "speaks plain HTTP", "security.ssl.rest.enabled")


async def test_tls_in_place_of_plain_http_is_told_and_not_followed() -> None:
    async with job_manager(None) as manager, rest_with(TlsFiles()) as rest:
        manager.location = "https://localhost:1/config"
        problem = await told(rest, manager.url)
        assert failed(problem, "speaks TLS", "Set security.ssl.rest.enabled to true")


async def test_versions_that_do_not_meet_are_told(tmp_path: Path) -> None:
    context = serving(issue(AUTHORITY, "localhost"), tmp_path)
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # for RSA keys alone, as Flink's defaults are
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    files = secret(tmp_path / "s", AUTHORITY, identity=OF_OPERATOR)
    async with job_manager(context) as manager, rest_with(files) as rest:
        assert failed(await told(rest, manager.url), "handshake failure", "security.ssl.algorithms")


async def served(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> asyncio.Server:
    return await asyncio.start_server(answer, "localhost", 0)


async def test_handshake_that_is_broken_off_says_nothing_about_the_next(tmp_path: Path) -> None:
    async def hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await served(hangs_up) as server, rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        port = server.sockets[0].getsockname()[1]
        assert await told(rest, f"https://localhost:{port}") is None


async def test_handshake_that_does_not_end_is_no_answer(tmp_path: Path) -> None:
    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    files = secret(tmp_path / "s", AUTHORITY)
    async with await served(hangs) as server, rest_with(files, timeout=0.2) as rest:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(RestError, match=r"no answer within 0\.2 s") as caught:
            await rest.info(f"https://localhost:{port}")
        assert caught.value.problem is None


async def test_nobody_there_is_no_failed_handshake(tmp_path: Path) -> None:
    async with rest_with(secret(tmp_path / "s", AUTHORITY)) as rest:
        assert await told(rest, f"https://localhost:{unused_port()}") is None

"""The serving certificate: checked before it is served, and replaced under live connections."""

import contextlib
import logging
import shutil
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.unit.webhook_service import (
    DEADLINE_SECONDS,
    SERVER_NAME,
    certificate_of,
    connect,
    get,
    issue,
    post_review,
    running,
    serves,
    wait_until,
)
from webhook import certificates
from webhook.certificates import ServingCertificate

POLL_SECONDS = 0.02


def watched(folder: Path) -> ServingCertificate:
    return ServingCertificate(folder, SERVER_NAME, poll_seconds=POLL_SECONDS)


def client_of(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that speaks this version only, however old."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def loaded(folder: Path) -> ServingCertificate:
    certificate = ServingCertificate(folder, SERVER_NAME)
    assert certificate.check() is None
    return certificate


def test_a_renewed_certificate_is_served_to_new_connections_while_open_ones_work_on(tmp_path: Path) -> None:
    first = issue(tmp_path)
    with running(watched(tmp_path)) as server, contextlib.closing(connect(server.port)) as open_connection:
        post_review(open_connection, "before")
        socket_before = open_connection.sock

        second = issue(tmp_path)
        wait_until(lambda: serves(server.port, second), "the new certificate is served")

        post_review(open_connection, "after")
        assert open_connection.sock is socket_before
        assert certificate_of(open_connection) == first


def test_a_client_that_names_no_server_is_served(tmp_path: Path) -> None:
    only = issue(tmp_path)
    with (
        running(watched(tmp_path)) as server,
        contextlib.closing(
            connect(server.port, host="127.0.0.1")
        ) as nameless,  # an address is no server name
    ):
        assert certificate_of(nameless) == only


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_is_spoken_from_1_2_on(
    unwatched: tuple[ServingCertificate, int], version: ssl.TLSVersion
) -> None:
    with (
        socket.create_connection(("localhost", unwatched[1])) as plain,
        client_of(version).wrap_socket(plain) as secured,
    ):
        assert (secured.version() or "").replace(".", "_") == version.name


def test_older_tls_is_refused_by_the_service(unwatched: tuple[ServingCertificate, int]) -> None:
    with (
        socket.create_connection(("localhost", unwatched[1])) as plain,
        pytest.raises(ssl.SSLError, match=r"ALERT_PROTOCOL_VERSION|EOF"),
    ):
        client_of(ssl.TLSVersion.TLSv1_1).wrap_socket(plain)


def other_key(folder: Path) -> None:
    certificate = (folder / "tls.crt").read_bytes()
    issue(folder)
    (folder / "tls.crt").write_bytes(certificate)


def half(file: Path) -> None:
    text = file.read_text()
    file.write_text(text[: len(text) // 2])


def directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


BAD_MATERIAL: dict[str, Callable[[Path], object]] = {
    "junk certificate": lambda folder: (folder / "tls.crt").write_text("junk"),
    "junk key": lambda folder: (folder / "tls.key").write_text("junk"),
    "bytes that are no text": lambda folder: (folder / "tls.crt").write_bytes(bytes(range(256))),
    "empty certificate": lambda folder: (folder / "tls.crt").write_text(""),
    "empty key": lambda folder: (folder / "tls.key").write_text(""),
    "half a certificate": lambda folder: half(folder / "tls.crt"),
    "half a key": lambda folder: half(folder / "tls.key"),
    "no certificate": lambda folder: (folder / "tls.crt").unlink(),
    "no key": lambda folder: (folder / "tls.key").unlink(),
    "a folder for a file": lambda folder: directory(folder / "tls.key"),
    "files exchanged": lambda folder: (folder / "tls.crt").write_bytes((folder / "tls.key").read_bytes()),
    "another's key": other_key,
    "expired": lambda folder: issue(folder, starts=timedelta(days=-2), ends=timedelta(days=-1)),
    "not valid yet": lambda folder: issue(folder, starts=timedelta(days=1), ends=timedelta(days=2)),
    "another's name": lambda folder: issue(folder, "other.flink.svc"),
    "for clients": lambda folder: issue(folder, usage=ExtendedKeyUsageOID.CLIENT_AUTH),
    "under a password": lambda folder: issue(folder, password="secret"),
}


@pytest.fixture(scope="module")
def unwatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServingCertificate, int]]:
    """A pair that is looked at when a test says so, and the port where it is served."""
    folder = tmp_path_factory.mktemp("unwatched")
    issue(folder)
    certificate = ServingCertificate(folder, SERVER_NAME, poll_seconds=DEADLINE_SECONDS * 100)
    with running(certificate) as server:
        yield certificate, server.port


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in BAD_MATERIAL.items()])
def test_material_that_cannot_be_used_leaves_the_old_pair_in_service(
    unwatched: tuple[ServingCertificate, int], spoil: Callable[[Path], object]
) -> None:
    certificate, port = unwatched
    shutil.rmtree(certificate.folder)
    certificate.folder.mkdir()
    issued = issue(certificate.folder)
    assert certificate.check() is None
    spoil(certificate.folder)
    assert certificate.check() is not None
    assert serves(port, issued)


def test_a_sound_pair_after_a_bad_one_is_served(tmp_path: Path) -> None:
    issue(tmp_path)
    certificate = watched(tmp_path)
    with running(certificate) as server:
        (tmp_path / "tls.crt").write_text("junk")
        wait_until(lambda: certificate.failures > 0, "the junk was looked at")
        new = issue(tmp_path)
        wait_until(lambda: serves(server.port, new), "the sound pair is served")


def test_a_mounted_secret_that_the_kubelet_exchanges_is_served_anew(tmp_path: Path) -> None:
    mount, versions = tmp_path / "mount", (tmp_path / "mount" / "..first", tmp_path / "mount" / "..second")
    for version in versions:
        version.mkdir(parents=True)
    first, second = (issue(version) for version in versions)
    (mount / "..data").symlink_to("..first")
    for file in ("tls.crt", "tls.key"):
        (mount / file).symlink_to(f"..data/{file}")
    with running(watched(mount)) as server:
        assert serves(server.port, first)
        (mount / "..data_tmp").symlink_to("..second")
        (mount / "..data_tmp").rename(mount / "..data")
        shutil.rmtree(versions[0])
        wait_until(lambda: serves(server.port, second), "the new certificate is served")


def test_an_expired_certificate_in_service_makes_the_service_unready(tmp_path: Path) -> None:
    issue(tmp_path, ends=timedelta(hours=1))
    clock = [datetime.now(UTC)]
    certificate = ServingCertificate(tmp_path, SERVER_NAME, now=lambda: clock[0])
    with running(certificate) as server:
        assert get(server.port, "/readyz")[0] == 200
        clock[0] += timedelta(hours=2)
        status, body = get(server.port, "/readyz")
        assert status == 503
        assert "the serving certificate expired at" in body
        assert get(server.port, "/healthz")[0] == 200


def test_a_service_whose_certificate_expired_recovers_with_the_next_one(tmp_path: Path) -> None:
    issue(tmp_path, ends=timedelta(hours=1))
    clock = [datetime.now(UTC)]
    certificate = ServingCertificate(tmp_path, SERVER_NAME, poll_seconds=POLL_SECONDS, now=lambda: clock[0])
    with running(certificate) as server:
        clock[0] += timedelta(hours=2)
        assert get(server.port, "/readyz")[0] == 503
        issue(tmp_path, ends=timedelta(hours=9))
        wait_until(lambda: get(server.port, "/readyz")[0] == 200, "the service is ready again")


def test_a_service_started_before_its_certificate_comes_up_when_it_arrives(tmp_path: Path) -> None:
    with running(watched(tmp_path), await_start=False) as server:
        wait_until(lambda: server.config.loaded, "the service waits")
        assert not server.started
        issue(tmp_path)
        wait_until(lambda: server.port != 0, "the service listens")
        assert get(server.port, "/readyz")[0] == 200


def test_a_service_whose_certificate_never_comes_gives_up_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(watched(tmp_path), certificate_wait_seconds=0, await_start=False) as server:
        wait_until(lambda: server.should_exit, "the service gives up")
    assert not server.started
    assert f"no serving certificate after 0 s: {tmp_path}/tls.crt does not exist" in caplog.text


def test_before_the_first_certificate_the_service_is_unready(tmp_path: Path) -> None:
    assert ServingCertificate(tmp_path).unready() == (
        f"no serving certificate has been loaded from {tmp_path} yet"
    )


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    issue(tmp_path)
    other = (tmp_path / "tls.key").read_bytes()
    issue(tmp_path)
    (tmp_path / "tls.key").write_bytes(other)
    assert ServingCertificate(tmp_path).check() == f"{tmp_path}/tls.key is not the key of {tmp_path}/tls.crt"


def test_a_key_under_a_password_is_refused_without_asking_for_it(tmp_path: Path) -> None:
    issue(tmp_path, password="secret")
    complaint = ServingCertificate(tmp_path).check()
    assert complaint is not None
    assert "are not a usable PEM pair without a password" in complaint


def test_an_expired_certificate_is_not_loaded(tmp_path: Path) -> None:
    issue(tmp_path, starts=timedelta(days=-2), ends=timedelta(days=-1))
    assert str(ServingCertificate(tmp_path).check()).startswith(f"{tmp_path}/tls.crt expired at ")


def test_a_certificate_of_the_future_is_not_loaded_before_its_time(tmp_path: Path) -> None:
    issue(tmp_path, starts=timedelta(hours=1))
    clock = [datetime.now(UTC)]
    certificate = ServingCertificate(tmp_path, now=lambda: clock[0])
    assert str(certificate.check()).startswith(f"{tmp_path}/tls.crt is not valid before ")
    clock[0] += timedelta(hours=2)
    assert certificate.check() is None


def test_a_certificate_for_another_name_does_not_replace_the_one_in_service(tmp_path: Path) -> None:
    issue(tmp_path)
    certificate = loaded(tmp_path)
    expiry = certificate.not_after
    issue(tmp_path, "other.flink.svc", ends=timedelta(days=9))
    assert certificate.check() == (
        f"{tmp_path}/tls.crt does not cover {SERVER_NAME}; it covers other.flink.svc"
    )
    assert certificate.not_after == expiry


@pytest.mark.parametrize("names", [(SERVER_NAME.upper(),), ("*.flink.svc",), ("other", SERVER_NAME)])
def test_a_certificate_covers_its_names_in_any_case_and_by_wildcard(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    issue(tmp_path, *names)
    assert ServingCertificate(tmp_path, SERVER_NAME).check() is None


def test_a_certificate_for_clients_is_not_loaded(tmp_path: Path) -> None:
    issue(tmp_path, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    assert ServingCertificate(tmp_path).check() == (
        f"{tmp_path}/tls.crt is not for servers: its extended key usage lacks serverAuth"
    )


def test_a_look_that_meets_files_half_changed_leaves_time_for_another_within_15_seconds() -> None:
    assert 3 * certificates.POLL_SECONDS <= 15


def test_a_wildcard_covers_one_label_only(tmp_path: Path) -> None:
    issue(tmp_path, "*.svc")
    assert "does not cover" in str(ServingCertificate(tmp_path, SERVER_NAME).check())


def test_a_lasting_complaint_is_counted_each_time_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = ServingCertificate(tmp_path)
    for _ in range(3):
        certificate.check()
    assert certificate.failures == 3
    assert caplog.text.count("does not exist") == 1


def test_each_load_logs_when_the_certificate_expires(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    issue(tmp_path)
    certificate = loaded(tmp_path)
    [record] = [record for record in caplog.records if record.getMessage() == "serving certificate loaded"]
    assert certificate.not_after is not None
    assert record.__dict__["fields"]["notAfter"] == certificate.not_after.isoformat()


def test_an_unchanged_pair_is_not_loaded_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    issue(tmp_path)
    certificate = loaded(tmp_path)
    certificate.check()
    assert caplog.text.count("serving certificate loaded") == 1


def test_renewals_lose_no_request(tmp_path: Path) -> None:
    issue(tmp_path)
    with running(watched(tmp_path)) as server:
        for renewal in range(5):
            renewed = partial(serves, server.port, issue(tmp_path))
            for request in range(10):
                with contextlib.closing(connect(server.port)) as connection:
                    post_review(connection, f"{renewal}-{request}")
            wait_until(renewed, "the new certificate is served")

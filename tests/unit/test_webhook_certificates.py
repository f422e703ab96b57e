"""The serving certificate: checked before it is served, and replaced under live connections."""

import contextlib
import logging
import ssl
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.unit.webhook_service import (
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
from webhook.certificates import ServingCertificate

POLL_SECONDS = 0.02


def watched(folder: Path) -> ServingCertificate:
    return ServingCertificate(folder, SERVER_NAME, poll_seconds=POLL_SECONDS)


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


def test_old_versions_of_tls_are_refused(tmp_path: Path) -> None:
    issue(tmp_path)
    assert loaded(tmp_path).listener_context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("junk", ["tls.crt", "tls.key"])
def test_a_pair_that_cannot_be_used_leaves_the_old_one_in_service(tmp_path: Path, junk: str) -> None:
    old = issue(tmp_path)
    certificate = watched(tmp_path)
    with running(certificate) as server:
        (tmp_path / junk).write_text("junk")
        wait_until(lambda: certificate.failures >= 2, "the junk was looked at")
        assert serves(server.port, old)
        assert get(server.port, "/readyz")[0] == 200

        new = issue(tmp_path)
        wait_until(lambda: serves(server.port, new), "a sound pair is served again")


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

"""`flink-operator certificates`: what TLS clients and the chart need, without cert-manager."""

import base64
import json
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store
from typer.testing import CliRunner, Result

from cli.authority import Pair, make_authority, make_serving_certificate
from cli.main import app
from tests.unit.webhook_service import running
from webhook.certificates import ServingCertificate

HOST = "flink-operator-webhook-service.flink-system.svc"
NOW = datetime.now(UTC)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["certificates", *arguments])


def made(*arguments: str) -> dict[str, Any]:
    """The Secret that is printed."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    (secret,) = yaml.safe_load_all(result.stdout)
    assert isinstance(secret, dict)
    return secret


def file(secret: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(secret["data"][name])


def certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def verify(authority: bytes, serving: bytes, subject: x509.GeneralName) -> None:
    """As strictly as the Web does. Raises x509.verification.VerificationError."""
    assert isinstance(subject, x509.DNSName | x509.IPAddress)
    store = Store([certificate(authority)])
    PolicyBuilder().store(store).build_server_verifier(subject).verify(certificate(serving), [])


@pytest.mark.parametrize("host", [HOST, f"{HOST}.cluster.local", "localhost", "127.0.0.1"])
def test_clients_that_trust_the_authority_trust_the_certificate_for_every_name(host: str) -> None:
    secret = made("--host", "localhost", "--host", "127.0.0.1")
    is_address = host[0].isdigit()
    subject = x509.IPAddress(ip_address(host)) if is_address else x509.DNSName(host)
    verify(file(secret, "ca.crt"), file(secret, "tls.crt"), subject)


def test_names_follow_the_service_and_the_namespace() -> None:
    secret = made("--namespace", "data", "--service", "hook")
    verify(file(secret, "ca.crt"), file(secret, "tls.crt"), x509.DNSName("hook.data.svc"))


def test_the_secret_is_the_one_that_the_chart_mounts() -> None:
    secret = made("-n", "data", "--secret", "mine")
    assert (secret["apiVersion"], secret["kind"], secret["type"]) == ("v1", "Secret", "kubernetes.io/tls")
    assert secret["metadata"] == {"name": "mine", "namespace": "data"}
    assert secret["data"].keys() == {"ca.crt", "tls.crt", "tls.key"}


def test_the_webhook_serves_what_was_made_and_a_client_verifies_it(tmp_path: Path) -> None:
    assert run("--host", "localhost", "--output", str(tmp_path)).exit_code == 0
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    with running(ServingCertificate(tmp_path, HOST)) as server:
        plain = socket.create_connection(("localhost", server.port))
        with plain, trusting.wrap_socket(plain, server_hostname="localhost") as secured:
            assert secured.version() == "TLSv1.3"


def test_usages_are_those_of_a_server_and_of_an_authority_that_signs_nothing_but_servers() -> None:
    secret = made()
    authority, serving = (certificate(file(secret, name)) for name in ("ca.crt", "tls.crt"))

    def extension(of: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.Extension[Any]:
        return of.extensions.get_extension_for_class(kind)

    assert list(extension(serving, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert extension(serving, x509.KeyUsage).value.digital_signature
    assert not extension(serving, x509.KeyUsage).value.key_cert_sign
    assert extension(serving, x509.BasicConstraints).value.ca is False
    assert extension(authority, x509.BasicConstraints).value == x509.BasicConstraints(ca=True, path_length=0)
    assert extension(authority, x509.KeyUsage).value.key_cert_sign
    assert not extension(authority, x509.KeyUsage).value.digital_signature


def test_it_lives_as_long_as_asked_and_began_before_the_clocks_of_others() -> None:
    serving = certificate(file(made("--days", "30"), "tls.crt"))
    assert serving.not_valid_before_utc < datetime.now(UTC) - timedelta(minutes=4)
    assert timedelta(days=29) < serving.not_valid_after_utc - datetime.now(UTC) < timedelta(days=31)


def test_each_run_makes_an_authority_of_its_own_whose_key_is_nowhere() -> None:
    first, second = made(), made()
    assert file(first, "ca.crt") != file(second, "ca.crt")
    key = serialization.load_pem_private_key(file(first, "tls.key"), None)
    assert key.public_key() != certificate(file(first, "ca.crt")).public_key()


def test_an_authority_that_is_kept_signs_the_next_certificate_too(tmp_path: Path) -> None:
    kept = tmp_path / "authority"
    first, second = (made("--authority", str(kept), "--days", "9") for _ in range(2))
    assert file(first, "ca.crt") == file(second, "ca.crt") == (kept / "ca.crt").read_bytes()
    assert file(first, "tls.key") != file(second, "tls.key")
    assert certificate(file(first, "ca.crt")).not_valid_after_utc > datetime.now(UTC) + timedelta(days=3000)


def test_a_certificate_ends_with_its_authority() -> None:
    authority = make_authority(NOW, 10)
    serving = make_serving_certificate(authority, ["a.b.svc"], NOW, 900)
    assert certificate(serving.certificate).not_valid_after_utc == (
        certificate(authority.certificate).not_valid_after_utc
    )


def put(folder: Path, pair: Pair) -> None:
    (folder / "ca.crt").write_bytes(pair.certificate)
    (folder / "ca.key").write_bytes(pair.key)


def test_an_authority_that_cannot_sign_is_refused_in_one_line(tmp_path: Path) -> None:
    authority = make_authority(NOW, 10)
    cases = {
        "are no PEM without a password": Pair(b"junk", authority.key),
        "is not the RSA or elliptic-curve key": Pair(authority.certificate, make_authority(NOW, 10).key),
        "the authority expired at": make_authority(NOW - timedelta(days=20), 10),
        "it is no CA": make_serving_certificate(authority, ["a.b.svc"], NOW, 5),
    }
    for complaint, pair in cases.items():
        put(tmp_path, pair)
        result = run("--authority", str(tmp_path))
        assert (result.exit_code, complaint in result.stderr, result.stdout) == (2, True, ""), result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_half_an_authority_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(make_authority(NOW, 10).certificate)
    result = run("--authority", str(tmp_path))
    assert (result.exit_code, result.stderr) == (2, f"error: {tmp_path}/ca.key: No such file or directory\n")


@pytest.mark.parametrize(
    "arguments", [("-n", "Not A Name"), ("--host", "a_b"), ("--host", ""), ("--service", "a..b")]
)
def test_what_is_no_name_is_refused(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "is neither a DNS name nor an address" in result.stderr


def test_a_folder_gets_all_of_it_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    result = run("--output", str(folder))
    assert (result.exit_code, result.stdout) == (0, "")
    assert {each.name for each in folder.iterdir()} == {
        "secret.yaml",
        "values.yaml",
        "ca.crt",
        "tls.crt",
        "tls.key",
    }
    assert {each.stat().st_mode & 0o077 for each in folder.iterdir()} == {0}
    secret = yaml.safe_load((folder / "secret.yaml").read_text())
    assert file(secret, "tls.key") == (folder / "tls.key").read_bytes()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    result = run("--output", str(tmp_path / "taken"))
    assert (result.exit_code, result.stderr) == (2, f"error: {tmp_path}/taken: File exists\n")


def test_the_values_stand_before_the_secret_as_a_comment() -> None:
    output = run().stdout
    comment, _, document = output.partition("\n---\n")
    values = yaml.safe_load("\n".join(line.removeprefix("# ") for line in comment.splitlines()[2:]) + "\n")
    authority = file(yaml.safe_load(document), "ca.crt").decode()
    assert values == {"webhook": {"certManager": {"enabled": False}, "caBundle": authority}}


KUBECTL = """#!/usr/bin/env python3
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
given = sys.stdin.read() if "-f" in sys.argv else ""
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps([sys.argv[1:], given]) + chr(10))
if "get" in sys.argv:
    stored = folder / sys.argv[sys.argv.index("get") + 1]
    print(stored.read_text() if stored.exists() else "", end="")
if "apply" in sys.argv and (folder / "refusal").exists():
    sys.exit((folder / "refusal").read_text())
"""


class Cluster:
    """A kubectl that notes its calls, and answers from files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "kubectl").write_text(KUBECTL)
        (folder / "kubectl").chmod(0o755)

    def stores(self, kind: str, *bundles: bytes) -> None:
        webhooks = [{"clientConfig": {"caBundle": base64.b64encode(each).decode()}} for each in bundles]
        (self._folder / kind).write_text(json.dumps({"webhooks": webhooks}))

    def refuses(self, message: str) -> None:
        (self._folder / "refusal").write_text(message)

    @property
    def calls(self) -> list[tuple[list[str], str]]:
        lines = (self._folder / "calls").read_text().splitlines()
        return [(arguments, given) for arguments, given in map(json.loads, lines)]

    @property
    def applied(self) -> dict[str, Any]:
        [given] = [given for arguments, given in self.calls if "apply" in arguments]
        manifest: dict[str, Any] = json.loads(given)
        return manifest


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Cluster(tmp_path)


def test_applied_the_secret_is_in_the_cluster_and_nothing_is_printed(cluster: Cluster) -> None:
    result = run("--apply", "--context", "there")
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    assert cluster.applied["kind"] == "Secret"
    assert all(arguments[:2] == ["--context", "there"] for arguments, _ in cluster.calls)


def test_applied_to_a_release_the_new_authority_is_trusted_first_and_beside_the_old(cluster: Cluster) -> None:
    old = make_authority(NOW, 10).certificate
    cluster.stores("validatingwebhookconfiguration", old)
    cluster.stores("mutatingwebhookconfiguration", old)
    assert run("--apply").exit_code == 0
    new = file(cluster.applied, "ca.crt")
    done = [arguments for arguments, _ in cluster.calls if "get" not in arguments]
    assert [arguments[0] for arguments in done] == ["patch", "patch", "apply"]
    for patch in done[:2]:
        assert patch[2] == "flink-operator-flink-system-webhook-configuration"
        [step] = json.loads(patch[-1])
        assert step["path"] == "/webhooks/0/clientConfig/caBundle"
        assert x509.load_pem_x509_certificates(base64.b64decode(step["value"])) == [
            certificate(old),
            certificate(new),
        ]


def test_applied_again_under_a_kept_authority_only_the_secret_changes(
    cluster: Cluster, tmp_path: Path
) -> None:
    put(tmp_path, make_authority(NOW, 10))
    cluster.stores("validatingwebhookconfiguration", (tmp_path / "ca.crt").read_bytes())
    assert run("--apply", "--authority", str(tmp_path)).exit_code == 0
    assert not any("patch" in arguments for arguments, _ in cluster.calls)


def test_what_the_cluster_refuses_is_told(cluster: Cluster) -> None:
    cluster.refuses('Error from server (NotFound): namespaces "flink-system" not found')
    result = run("--apply")
    assert (result.exit_code, result.stderr) == (
        2,
        'error: kubectl apply failed: Error from server (NotFound): namespaces "flink-system" not found\n',
    )


def test_without_kubectl_nothing_can_be_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("--apply")
    assert (result.exit_code, result.stderr) == (2, "error: --apply needs kubectl, which is not in PATH\n")

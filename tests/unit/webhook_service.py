"""A webhook service with real sockets and certificates, for tests."""

import contextlib
import http.client
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from shared.rules import Verdict
from webhook.certificates import ServingCertificate
from webhook.drain import Drain
from webhook.endpoint import Bounds
from webhook.reviewer import Reviewer, reviewer_with
from webhook.server import Server, build_server

SERVER_NAME = "flink-operator-webhook-service.flink.svc"
DEADLINE_SECONDS = 30.0

ADMITS_ALL = Reviewer(review=lambda _obj, _old: Verdict())


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Poll until the condition holds; fail with `what` at the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS:g} s: {what}"
        time.sleep(0.01)


def issue(
    folder: Path,
    *names: str,
    starts: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(days=1),
    password: str | None = None,
    usage: ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> bytes:
    """Write a new self-signed pair for the names (default: SERVER_NAME); the certificate as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "webhook under test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names or (SERVER_NAME,)]),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encryption = (
        serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    )
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption_algorithm=encryption
        )
    )
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate.public_bytes(serialization.Encoding.DER)


@contextlib.contextmanager
def running(
    certificate: ServingCertificate,
    *,
    reviewer: Reviewer | None = None,
    drain_seconds: float = 0.0,
    certificate_wait_seconds: float = DEADLINE_SECONDS,
    bounds: Bounds | None = None,
    plain_port: int = 0,
    await_start: bool = True,
) -> Iterator[Server]:
    """A service on a free port, in a thread of its own; it has ended afterwards."""
    server = build_server(
        reviewer or reviewer_with({}),
        0,
        certificate,
        Drain(drain_seconds),
        plain_port=plain_port,
        bounds=bounds,
        certificate_wait_seconds=certificate_wait_seconds,
    )
    thread = threading.Thread(target=server.run, name="webhook under test")
    thread.start()
    try:
        if await_start:
            wait_until(lambda: server.port != 0, "the service listens")
        yield server
    finally:
        server.should_exit = True
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive(), "the service did not end"


def connect(port: int, host: str = "localhost") -> http.client.HTTPSConnection:
    """A connection that stays open between requests, as the API server's do.

    It takes any certificate: tests look at the one that it got.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=DEADLINE_SECONDS, context=context)
    connection.connect()
    return connection


def certificate_of(connection: http.client.HTTPSConnection) -> bytes:
    """The certificate that the server showed on this connection, as DER."""
    assert isinstance(connection.sock, ssl.SSLSocket)
    shown = connection.sock.getpeercert(binary_form=True)
    assert shown is not None
    return shown


def serves(port: int, certificate: bytes) -> bool:
    """Whether a new handshake gets this certificate (DER)."""
    with contextlib.closing(connect(port)) as connection:
        return certificate_of(connection) == certificate


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body of a probe, over a connection of its own."""
    with contextlib.closing(connect(port)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def get_plainly(server: Server, path: str) -> tuple[int, str]:
    """Status and body of a probe or of the metrics, over the port without TLS."""
    assert server.plain is not None
    address = ("localhost", server.plain.port)
    with contextlib.closing(http.client.HTTPConnection(*address, timeout=DEADLINE_SECONDS)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def review(uid: str) -> bytes:
    """An AdmissionReview about a FlinkDeployment that lacks everything."""
    return orjson.dumps(
        {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": uid,
                "operation": "CREATE",
                "kind": {"group": "flink.apache.org", "version": "v1beta1", "kind": "FlinkDeployment"},
                "namespace": "default",
                "name": "job",
                "object": {
                    "apiVersion": "flink.apache.org/v1beta1",
                    "kind": "FlinkDeployment",
                    "metadata": {"name": "job", "namespace": "default"},
                    "spec": {},
                },
            },
        }
    )


def post_review(connection: http.client.HTTPSConnection, uid: str) -> http.client.HTTPResponse:
    """Send a review and check that it is answered, whatever the verdict."""
    connection.request("POST", "/validate", review(uid), {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = orjson.loads(response.read())
    assert response.status == 200, answer
    assert answer["response"]["uid"] == uid
    return response

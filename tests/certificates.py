"""Authorities that issue certificates to JobManagers and the operator, and Java's stores of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @classmethod
    def of_pem(cls, certificate: bytes, key: bytes) -> "Pair":
        """What `certificate_pem` and `key_pem` gave."""
        read = serialization.load_pem_private_key(key, None)
        assert isinstance(read, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        return cls(x509.load_pem_x509_certificate(certificate), read)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(_PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def key_store(self, password: str) -> bytes:
        """PKCS12."""
        encryption = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"own", self.key, self.certificate, None, encryption)

    def trust_store(self, password: str) -> bytes:
        """PKCS12 with the certificate alone, marked as Java's truststores mark it."""
        encryption = serialization.BestAvailableEncryption(password.encode())
        trusted = pkcs12.PKCS12Certificate(self.certificate, b"authority")
        return pkcs12.serialize_java_truststore([trusted], encryption)


def new_authority(name: str = "authority under test", *, ends: timedelta = timedelta(days=3650)) -> Pair:
    """One that signs for itself."""
    return _signed(None, name, (), timedelta(hours=-1), ends, ec.generate_private_key(ec.SECP256R1()))


def issue(
    authority: Pair | None,
    *names: str,
    starts: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(days=3650),
    rsa_key: bool = False,
) -> Pair:
    """A certificate for these names; self-signed without an authority.

    Flink's default ciphers go with RSA, which takes longer to make.
    """
    key: Key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    return _signed(authority, "under test", names, starts, ends, key, is_authority=False)


def _signed(
    authority: Pair | None,
    common_name: str,
    names: tuple[str, ...],
    starts: timedelta,
    ends: timedelta,
    key: Key,
    *,
    is_authority: bool = True,
) -> Pair:
    now, subject = datetime.now(UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if authority is None else authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    return Pair(builder.sign(key if authority is None else authority.key, hashes.SHA256()), key)

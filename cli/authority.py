"""A certification authority, and serving certificates that it signs."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BEFORE = timedelta(minutes=5)
"""Clocks differ."""
SignerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class CertificatesError(Exception):
    """It cannot be done; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    @classmethod
    def of(cls, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> "Pair":
        """Both as text, the key without a password."""
        unencrypted = serialization.NoEncryption()
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return cls(certificate.public_bytes(pem), key.private_bytes(pem, pkcs8, unencrypted))


def make_authority(now: datetime, days: int) -> Pair:
    """A new CA that signs serving certificates only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("flink-operator webhook authority")
    builder = _builder(name, name, key.public_key(), now, now + timedelta(days=days))
    usage = _key_usage(key_cert_sign=True, crl_sign=True)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Pair.of(certificate, key)


def make_serving_certificate(authority: Pair, hosts: Sequence[str], now: datetime, days: int) -> Pair:
    """A certificate for these names and addresses; it ends with its authority at the latest.

    Raises CertificatesError.
    """
    issuer, issuer_key = _signer(authority, now)
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + timedelta(days=days), issuer.not_valid_after_utc)
    certificate = (
        _builder(_name("flink-operator webhook"), issuer.subject, key.public_key(), now, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(_key_id_of(issuer, issuer_key), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return Pair.of(certificate, key)


def _signer(authority: Pair, now: datetime) -> tuple[x509.Certificate, SignerKey]:
    """Raises CertificatesError."""
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate)
        key = serialization.load_pem_private_key(authority.key, password=None)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError):
        raise CertificatesError("the authority's ca.crt and ca.key are no PEM without a password") from None
    except x509.ExtensionNotFound:
        constraints = x509.BasicConstraints(ca=False, path_length=None)
    if not constraints.ca:
        raise CertificatesError("the authority's ca.crt may not sign: it is no CA")
    if not isinstance(key, SignerKey) or key.public_key() != certificate.public_key():
        raise CertificatesError("the authority's ca.key is not the RSA or elliptic-curve key of its ca.crt")
    if certificate.not_valid_after_utc <= now:
        raise CertificatesError(f"the authority expired at {certificate.not_valid_after_utc.isoformat()}")
    return certificate, key


def _key_id_of(issuer: x509.Certificate, key: SignerKey) -> x509.AuthorityKeyIdentifier:
    try:
        known = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(ends)
    )


def _key_usage(**usages: bool) -> x509.KeyUsage:
    none = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(**{**none, **usages})


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if not all(_LABEL.fullmatch(label) for label in host.split(".")):
            raise CertificatesError(f"{host!r} is neither a DNS name nor an address") from None
        return x509.DNSName(host)

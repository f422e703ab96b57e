"""The cluster's certificate authority, the certificates it issues, and the kubeconfigs that carry them."""

import base64
import datetime
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALIDITY = datetime.timedelta(days=3650)
CLOCK_SKEW = datetime.timedelta(minutes=5)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Issues what is asked for once; what is on disk already is used again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pair = self._paths("ca")
        if self.pair.certificate.exists():
            self._certificate = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())
            key = serialization.load_pem_private_key(self.pair.key.read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            self._key = key
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())
            self._certificate = self._sign(_subject("flink-operator test cluster CA", None), self._key, [])
            self._write(self.pair, self._certificate, self._key)

    def issue(
        self,
        common_name: str,
        organization: str | None = None,
        hosts: Sequence[str] = (),
        *,
        rsa_key: bool = False,
    ) -> KeyPair:
        """Return a certificate for a client, or with `hosts` (names and addresses) also for a server.

        Java clients cannot read elliptic-curve keys from a kubeconfig; RSA in PKCS#1 works for everyone, and
        takes longer to make.
        """
        pair = self._paths(common_name.replace(":", "-"))
        if not pair.certificate.exists():
            key: Key = _new_rsa_key() if rsa_key else ec.generate_private_key(ec.SECP256R1())
            certificate = self._sign(_subject(common_name, organization), key, hosts)
            self._write(pair, certificate, key)
        return pair

    def service_account_keys(self) -> KeyPair:
        """Return the keys that sign service account tokens; in the certificate's place is the public key."""
        pair = KeyPair(
            certificate=self._folder / "service-accounts.pub", key=self._folder / "service-accounts.key"
        )
        if not pair.certificate.exists():
            key = _new_rsa_key()
            public = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            _write_key(pair.key, key)
            pair.certificate.write_bytes(public)
        return pair

    def _paths(self, name: str) -> KeyPair:
        return KeyPair(certificate=self._folder / f"{name}.crt", key=self._folder / f"{name}.key")

    def _sign(self, subject: x509.Name, key: Key, hosts: Sequence[str]) -> x509.Certificate:
        is_authority = key is self._key
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if is_authority else self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now + VALIDITY)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .add_extension(_key_usage(is_authority), critical=True)
        )
        if not is_authority:
            usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, pair: KeyPair, certificate: x509.Certificate, key: Key) -> None:
        _write_key(pair.key, key)
        # The certificate last: where it exists, its key does.
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def kubeconfig(server: str, authority: KeyPair, client: KeyPair, name: str) -> str:
    """Return a kubeconfig that holds its certificates itself, as JSON (which is YAML)."""

    def inline(file: Path) -> str:
        return base64.b64encode(file.read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": inline(authority.certificate)}
    user = {
        "client-certificate-data": inline(client.certificate),
        "client-key-data": inline(client.key),
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        },
        indent=2,
    )


def _new_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _subject(common_name: str, organization: str | None) -> x509.Name:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        names.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(names)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path, key: Key) -> None:
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path.touch(mode=0o600)
    path.write_bytes(content)

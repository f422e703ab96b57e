"""The serving certificate, replaced in place while connections are open.

Loading a bad pair into a live SSL context breaks every later handshake, even though the call raises. So
the listener has a context of its own that holds no certificate and hands each handshake to the current one.
A new pair is loaded and checked in a scratch context first, which becomes current only when it is sound.
"""

import asyncio
import hashlib
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from webhook.logs import fields

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0
"""Mounted Secrets give no dependable file events. A look that meets the files half changed fails, and the
next one is still within 15 s of the change."""

Now = Callable[[], datetime]


class CertificateError(Exception):
    """A certificate cannot be served; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A pair that passed all checks, ready for handshakes."""

    context: ssl.SSLContext
    digest: bytes
    """Of the contents of both files."""
    not_after: datetime


class ServingCertificate:
    """The pair in a folder (tls.crt, tls.key), as it is served."""

    def __init__(
        self,
        folder: Path,
        server_name: str | None = None,
        *,
        poll_seconds: float = POLL_SECONDS,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        self.folder = folder
        self.failures = 0
        """Checks that found a pair that cannot be served."""
        self._server_name = server_name
        self._poll_seconds = poll_seconds
        self._now = now
        self._current: Certificate | None = None
        self._complaint: str | None = None
        self.listener_context = _tls_context()
        self.listener_context.sni_callback = self._hand_over

    @property
    def not_after(self) -> datetime | None:
        """When the served certificate expires; None before the first is loaded."""
        return self._current.not_after if self._current else None

    @property
    def loaded(self) -> bool:
        """Whether there is a certificate to serve."""
        return self._current is not None

    def unready(self) -> str | None:
        """Why clients would refuse what is served, or None."""
        if self._current is None:
            return f"no serving certificate has been loaded from {self.folder} yet"
        if self._now() >= self._current.not_after:
            return f"the serving certificate expired at {self._current.not_after.isoformat()}"
        return None

    def check(self) -> str | None:
        """Serve what the folder holds now if it changed and is sound; else the complaint about it.

        What was served before stays. A complaint is logged once, until it changes.
        """
        try:
            self._load_if_changed()
        except CertificateError as error:
            self.failures += 1
            if str(error) != self._complaint:
                kept = "the one loaded before stays" if self.loaded else "none is served"
                logger.warning("the serving certificate cannot be loaded (%s): %s", kept, error)
            self._complaint = str(error)
        else:
            self._complaint = None
        return self._complaint

    async def watch(self) -> None:
        """Check again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._poll_seconds)
            try:
                self.check()
            except Exception:
                self.failures += 1
                logger.exception("the serving certificate could not be checked; trying again")

    def _load_if_changed(self) -> None:
        digest = _digest(self.folder)
        if self._current is not None and digest == self._current.digest:
            return
        self._current = _load(self.folder, digest, self._server_name, self._now())
        logger.info(
            "serving certificate loaded",
            extra=fields(folder=str(self.folder), notAfter=self._current.not_after.isoformat()),
        )

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _outer: ssl.SSLContext) -> int | None:
        if self._current is None:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        connection.context = self._current.context
        return None


def _tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # A resumed session would skip the hand-over, and with it the new certificate.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


def _load(folder: Path, digest: bytes, server_name: str | None, now: datetime) -> Certificate:
    """Load and check the pair whose contents have this digest. Raises CertificateError."""
    chain_file, key_file = folder / "tls.crt", folder / "tls.key"
    context = _tls_context()
    try:
        leaf = x509.load_pem_x509_certificates(_read(chain_file))[0]
        # Without a password, OpenSSL would ask for that of an encrypted key on the terminal.
        context.load_cert_chain(chain_file, key_file, password="")
    except ssl.SSLError as error:
        raise CertificateError(_pair_complaint(chain_file, key_file, error)) from None
    except (ValueError, OSError) as error:
        raise CertificateError(f"{chain_file} cannot be read as PEM: {_one_line(error)}") from None
    if _digest(folder) != digest:
        raise CertificateError(f"the files in {folder} changed while they were read")
    _check_validity(leaf, chain_file, now)
    _check_usage(leaf, chain_file)
    if server_name is not None:
        _check_name(leaf, chain_file, server_name)
    return Certificate(context, digest, leaf.not_valid_after_utc)


def _check_validity(leaf: x509.Certificate, file: Path, now: datetime) -> None:
    if now >= leaf.not_valid_after_utc:
        raise CertificateError(f"{file} expired at {leaf.not_valid_after_utc.isoformat()}")
    if now < leaf.not_valid_before_utc:
        raise CertificateError(f"{file} is not valid before {leaf.not_valid_before_utc.isoformat()}")


def _check_usage(leaf: x509.Certificate, file: Path) -> None:
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usages):
        raise CertificateError(f"{file} is not for servers: its extended key usage lacks serverAuth")


def _check_name(leaf: x509.Certificate, file: Path, server_name: str) -> None:
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = extension.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        names = []
    wanted = server_name.lower()
    wildcard = f"*.{wanted.partition('.')[2]}"  # stands for exactly one label
    if not {wanted, wildcard} & {name.lower() for name in names}:
        covered = ", ".join(names) or "no DNS name"
        raise CertificateError(f"{file} does not cover {server_name}; it covers {covered}")


def _pair_complaint(chain_file: Path, key_file: Path, error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{key_file} is not the key of {chain_file}"
    reason = (error.reason or str(error)).replace("_", " ").lower()
    return f"{chain_file} and {key_file} are not a usable PEM pair without a password: {reason}"


def _digest(folder: Path) -> bytes:
    digest = hashlib.sha256()
    for name in ("tls.crt", "tls.key"):
        digest.update(hashlib.sha256(_read(folder / name)).digest())
    return digest.digest()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise CertificateError(f"{file} does not exist") from None
    except OSError as error:
        raise CertificateError(f"{file} cannot be read: {error.strerror}") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())

"""The controller's side of TLS with JobManagers, read anew when its files change."""

import logging
import os
import ssl
from dataclasses import dataclass

from controller.flink.tls_material import Mark, Material, MaterialError, TlsFiles, read_material

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    context: ssl.SSLContext
    marks: tuple[Mark, ...]
    shows_certificate: bool


class ClientTls:
    """Whom the operator trusts, and what it shows to JobManagers that ask."""

    def __init__(self, files: TlsFiles, *, verifies_host_names: bool = True) -> None:
        self._files = files
        self._verifies_host_names = verifies_host_names
        self._loaded: _Loaded | None = None
        self._complaint = ""

    @property
    def shows_certificate(self) -> bool:
        """Whether there is one to show."""
        return self._loaded is not None and self._loaded.shows_certificate

    def context(self) -> ssl.SSLContext:
        """For the next handshake, by what the files hold now; if that is no good, by what they held before.

        Raises MaterialError as long as nothing was loaded.
        """
        marks = self._files.marks()
        if self._loaded is None or self._loaded.marks != marks:
            try:
                self._loaded = self._load(marks)
            except MaterialError as error:
                self._complain(str(error))
                if self._loaded is None:
                    raise
        return self._loaded.context

    def _load(self, marks: tuple[Mark, ...]) -> _Loaded:
        material = read_material(self._files)
        context = _context(material, self._files)
        context.check_hostname = self._verifies_host_names
        self._complaint = ""
        log.info("TLS with JobManagers: trusting the authorities in %s", self._files.authorities)
        return _Loaded(context, marks, material.identity is not None)

    def _complain(self, complaint: str) -> None:
        """Once, until it changes: this is looked at with every call."""
        if complaint != self._complaint:
            kept = "" if self._loaded is None else "; what was loaded before stays"
            log.warning("TLS with JobManagers: %s%s", complaint, kept)
        self._complaint = complaint


def _context(material: Material, files: TlsFiles) -> ssl.SSLContext:
    """Raises MaterialError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Whoever is in the bundle is trusted, root or not: so it is with Java's truststores.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=material.authorities.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise MaterialError(f"{files.authorities} holds a certificate that cannot be read: {error}") from None
    if material.identity is not None:
        _show(context, material.identity, " and ".join(str(file) for file in files.identity))
    return context


def _show(context: ssl.SSLContext, identity: bytes, source: str) -> None:
    """OpenSSL takes keys from files alone: this one is in memory, and gone afterwards."""
    descriptor = os.memfd_create("identity")
    try:
        os.write(descriptor, identity)
        # Without a password, OpenSSL would ask for that of an encrypted key on the terminal.
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise MaterialError(f"{source}: the key is not that of the certificate") from None
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise MaterialError(f"{source} are no usable pair without a password: {reason}") from None
    finally:
        os.close(descriptor)

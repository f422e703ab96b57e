"""Certificates that the operator was given, as files: in PEM, or in PKCS12 as Java keeps them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_JAVA_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""How files of the types JKS and JCEKS begin."""
_BINARY = (b"\x30", *_JAVA_KEY_STORES)
"""How stores begin, PKCS12 among them, and no text."""

Mark = tuple[int, int, int] | None


class MaterialError(Exception):
    """The files hold nothing to work with; the text is a sentence that says why, and what to do."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the operator's certificates lie; None where it was given none."""

    folder: Path | None = None
    """ca.crt, and where JobManagers ask for it tls.crt with tls.key: as in a Secret of cert-manager."""
    trust_store: Path | None = None
    """PKCS12 or PEM in place of ca.crt."""
    key_store: Path | None = None
    """PKCS12 in place of tls.crt and tls.key."""
    password: str = field(default="", repr=False)
    """Of both stores."""

    @property
    def authorities(self) -> Path | None:
        """The file with whom the operator trusts."""
        return self.trust_store or (self.folder / "ca.crt" if self.folder else None)

    @property
    def identity(self) -> tuple[Path, ...]:
        """The files with the certificate that the operator shows, and its key; they need not exist."""
        if self.key_store is not None:
            return (self.key_store,)
        return (self.folder / "tls.crt", self.folder / "tls.key") if self.folder else ()

    def marks(self) -> tuple[Mark, ...]:
        """What changes when one of the files does: written anew, or exchanged by the kubelet."""
        files = (*([self.authorities] if self.authorities else []), *self.identity)
        return tuple(_mark(file) for file in files)


@dataclass(frozen=True, slots=True)
class Material:
    """What the files hold, in PEM."""

    authorities: bytes
    identity: bytes | None = field(repr=False)
    """A certificate, those that lead from it to an authority, and its key; None where there is none."""


def read_material(files: TlsFiles) -> Material:
    """Read all files. Raises MaterialError."""
    if files.authorities is None:
        raise MaterialError("the operator was given no certificates to trust")
    content = _read(files.authorities)
    if content is None:
        raise MaterialError(f"{files.authorities} does not exist")
    return Material(_authorities(files.authorities, content, files.password), _identity(files))


def _authorities(file: Path, content: bytes, password: str) -> bytes:
    blocks: Iterable[bytes] = _CERTIFICATE.findall(content)
    if content.startswith(_BINARY):
        _, blocks = _pkcs12(file, content, password)
    found = b"\n".join(blocks)
    if not found:
        raise MaterialError(f"{file} holds no certificate")
    return found


def _identity(files: TlsFiles) -> bytes | None:
    if files.key_store is not None:
        content = _read(files.key_store)
        if content is None:
            raise MaterialError(f"{files.key_store} does not exist")
        key, blocks = _pkcs12(files.key_store, content, files.password)
        if key is None:
            raise MaterialError(f"{files.key_store} holds no key")
        return b"\n".join([*blocks, key])
    found = {file: _read(file) for file in files.identity}
    present = [content for content in found.values() if content is not None]
    if not present:
        return None
    for file, content in found.items():
        if content is None:
            raise MaterialError(f"{file} does not exist, though the other half of the pair does")
    return b"\n".join(present)


def _pkcs12(file: Path, content: bytes, password: str) -> tuple[bytes | None, Iterator[bytes]]:
    """Key and certificates of a store, in PEM, that of the key first."""
    if content.startswith(_JAVA_KEY_STORES):
        raise MaterialError(
            f"{file} is a Java keystore of an old type, which is not read here. Give the operator PEM files, "
            f"or convert it: keytool -importkeystore -srckeystore {file.name} "
            f"-destkeystore {file.stem}.p12 -deststoretype pkcs12"
        )
    # 8 MiB of memory that few need.
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
        pkcs12,
    )

    try:
        store = pkcs12.load_pkcs12(content, password.encode() or None)
    except ValueError as error:
        raise MaterialError(
            f"{file} is neither PEM nor PKCS12 that the given password opens: {error}"
        ) from None
    key = store.key
    pem = None if key is None else key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own = [] if store.cert is None else [store.cert]
    return pem, (one.certificate.public_bytes(Encoding.PEM) for one in [*own, *store.additional_certs])


def _read(file: Path) -> bytes | None:
    """None when there is no such file."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MaterialError(f"{file} cannot be read: {error.strerror}") from None


def _mark(file: Path) -> Mark:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size

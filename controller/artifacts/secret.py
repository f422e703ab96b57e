"""What a Secret that a resource names holds: credentials for fetching its jar."""

import base64
import binascii
import re
from collections.abc import Mapping

from controller.artifacts.artifact import ArtifactError, Credentials
from controller.artifacts.uri import scheme_of
from controller.artifacts.web import SCHEMES

_HEADER = "http.header."
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_S3 = {
    "s3.access-key": "access_key_id",
    "s3.secret-key": "secret_access_key",
    "s3.session-token": "token",
}
_S3_SCHEMES = {"s3", "s3a"}


def read_credentials(uri: str, secret: str, data: Mapping[str, str]) -> Credentials:
    """From a Secret's `data`, as the API server gives it (base64).

    For http and https: `http.header.<Name>`. For s3: `s3.access-key`, `s3.secret-key`, `s3.session-token`,
    the first two as Flink's options have them. Anything else is refused: endpoints and the like are the
    operator's matter. Raises ArtifactError.
    """
    values = {key: _decoded(secret, key, value) for key, value in data.items()}
    scheme = scheme_of(uri)
    if scheme in SCHEMES:
        return Credentials(headers=_headers(secret, values))
    if scheme in _S3_SCHEMES:
        return Credentials(options=_keys_of_s3(secret, values))
    raise _wrong(secret, f"is named for a jar of scheme {scheme}, which takes none", "Take the option away")


def _headers(secret: str, values: Mapping[str, str]) -> dict[str, str]:
    for key, value in values.items():
        name = key.removeprefix(_HEADER)
        if name == key or not _TOKEN.fullmatch(name):
            raise _unknown(secret, key, f"{_HEADER}<Name>")
        if not value.isprintable():
            raise _wrong(secret, f"has more than one line of text at {key}", "Keep the header's value alone")
    return {key.removeprefix(_HEADER): value for key, value in values.items()}


def _keys_of_s3(secret: str, values: Mapping[str, str]) -> dict[str, str]:
    for key in values:
        if key not in _S3:
            raise _unknown(secret, key, ", ".join(_S3))
    for key in ("s3.access-key", "s3.secret-key"):
        if not values.get(key):
            raise _wrong(secret, f"has no {key}", "Add it")
    return {_S3[key]: value for key, value in values.items() if value}


def _decoded(secret: str, key: str, value: str) -> str:
    """A line break at the end is no part of it: editors and `echo` add one."""
    try:
        return base64.b64decode(value, validate=True).decode().rstrip("\r\n")
    except (binascii.Error, UnicodeDecodeError):
        raise _wrong(secret, f"holds no text at {key}", "Correct it") from None


def _unknown(secret: str, key: str, known: str) -> ArtifactError:
    return _wrong(secret, f"has the key {key!r}, which means nothing here", f"Keys are {known}")


def _wrong(secret: str, what: str, remedy: str) -> ArtifactError:
    return ArtifactError(f"Secret {secret} {what}. {remedy}.", transient=False)

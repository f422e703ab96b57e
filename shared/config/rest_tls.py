"""TLS of the JobManager's REST, as Flink reads its options (its `SSLUtils`, 1.17 to 2.3)."""

from collections.abc import Mapping
from typing import Final

from shared.config.flink_versions import NEWEST, RELEASES
from shared.config.options import ALL_TLS, CLIENT_AUTHENTICATION, REST_TLS, is_true
from shared.model.deployment import FlinkVersion

TRUST_STORE: Final = "security.ssl.rest.truststore"
_OF_ALL, _OF_REST = "security.ssl.", "security.ssl.rest."
"""How names begin: an option for the REST counts before the one for everything."""
_KEY_STORE = ("keystore", "keystore-password", "key-password")
_TRUST_STORE = ("truststore", "truststore-password")


def speaks_tls(options: Mapping[str, str], version: FlinkVersion | None) -> bool:
    """Whether the REST speaks TLS, and only TLS."""
    key = deciding_key(options, version)
    return key is not None and is_true(options[key])


def deciding_key(options: Mapping[str, str], version: FlinkVersion | None) -> str | None:
    """The option that says whether the REST speaks TLS; None when none is set."""
    if REST_TLS.key in options:
        return REST_TLS.key
    reads_both = not RELEASES[version or NEWEST.version].drops_options
    return ALL_TLS.key if reads_both and ALL_TLS.key in options else None


def authentication_is_on(options: Mapping[str, str], version: FlinkVersion | None) -> bool:
    """Whether clients are to show certificates, if only there is a truststore."""
    return speaks_tls(options, version) and is_true(CLIENT_AUTHENTICATION.read(options))


def asks_for_certificates(options: Mapping[str, str], version: FlinkVersion | None) -> bool:
    """Whether whoever connects must show a certificate. Without a truststore Flink asks nobody for one."""
    return authentication_is_on(options, version) and any(_is_set(name, options) for name in _TRUST_STORE)


def missing_options(options: Mapping[str, str], version: FlinkVersion | None) -> list[str]:
    """The options without which a JobManager with these ends at its start, as they are named for the REST."""
    if not speaks_tls(options, version):
        return []
    missing = [name for name in _KEY_STORE if not _is_set(name, options)]
    if asks_for_certificates(options, version):
        missing += [name for name in _TRUST_STORE if not _is_set(name, options)]
    return [_OF_REST + name for name in missing]


def _is_set(name: str, options: Mapping[str, str]) -> bool:
    return _OF_REST + name in options or _OF_ALL + name in options

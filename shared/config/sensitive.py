"""Which options hold secrets, by their names."""

from typing import Final

HIDDEN: Final = "******"
"""What is shown in place of a secret; Flink shows the same."""

_OF_FLINK = (
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
)
_OF_OTHERS = ("access-key", "access.key", "credential", "http.header", "passphrase", "private-key")
_PARTS = (*_OF_FLINK, *_OF_OTHERS)


def is_sensitive(key: str) -> bool:
    """Whether the option's value must not be shown: Flink hides it from its own pages, or it should."""
    lower = key.lower()
    return any(part in lower for part in _PARTS)

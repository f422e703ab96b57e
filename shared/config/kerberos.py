"""Kerberos files of the operator that options name: keytab and krb5.conf (contract appendix B)."""

import posixpath
from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.config.options import KERBEROS_IS_MOUNTED
from shared.config.registry import Option
from shared.config.values import parse_boolean

KEYTAB: Final = Option("security.kerberos.login.keytab", older_keys=("security.keytab",))
KRB5: Final = Option("security.kerberos.krb5-conf.path")
KERBEROS_SUFFIXES: Final = (".keytab", ".conf")
"""Of the operator's files that a resource may name."""

_PRINCIPAL: Final = Option("security.kerberos.login.principal", older_keys=("security.principal",))


class KerberosPaths(NamedTuple):
    """Files of the operator that pods are to mount; empty where there is none."""

    keytab: str = ""
    krb5: str = ""


def kerberos_paths(options: Mapping[str, str]) -> KerberosPaths:
    """The files that flat options name. Raises ValueError for a switch that cannot be read."""
    try:
        is_mounted = parse_boolean(KERBEROS_IS_MOUNTED.read(options) or "")
    except ValueError as error:
        raise ValueError(f"{KERBEROS_IS_MOUNTED.key}: {error}") from error
    if not is_mounted:
        return KerberosPaths()
    keytab = _text(KEYTAB, options) if _text(_PRINCIPAL, options) else ""
    return KerberosPaths(keytab, _text(KRB5, options))


def can_be_of_the_operator(path: str) -> bool:
    """Whether a file of the operator can have this path, by its form alone."""
    return posixpath.isabs(path) and posixpath.normpath(path).endswith(KERBEROS_SUFFIXES)


def no_such_file(path: str) -> str:
    """What is wrong with the path of a file that the operator does not have."""
    return f"the operator has no file {path}, only *.keytab and *.conf of its configuration folder"


OWN_SECRET: Final = (
    "To mount a Secret of your own, name it in kubernetes.secrets and set"
    f" {KERBEROS_IS_MOUNTED.key} to false."
)


def _text(option: Option, options: Mapping[str, str]) -> str:
    return (option.read(options) or "").strip()

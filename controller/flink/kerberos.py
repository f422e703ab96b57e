"""Kerberos: keytab and krb5.conf, which Flink's client takes from files beside it (contract appendix B)."""

import posixpath
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from controller.flink.configuration_file import ConfigurationConflict
from controller.flink.operator_files import OperatorFiles
from shared.config.effective import Value, text
from shared.config.kerberos import KEYTAB, KRB5, OWN_SECRET, kerberos_paths, no_such_file

KEYTAB_FOLDER = "/opt/kerberos/kerberos-keytab"


@dataclass(frozen=True, slots=True)
class Kerberos:
    """What pods mount: file names with their contents; None where the options name no such file."""

    keytab: tuple[str, str] | None = None
    """The content is in base 64, as in a Secret."""
    krb5: tuple[str, str] | None = None

    def in_pods(self, options: Mapping[str, Value]) -> dict[str, Value]:
        """The options with the path that the keytab has in pods."""
        if self.keytab is None:
            return dict(options)
        others = {key: value for key, value in options.items() if key not in KEYTAB.older_keys}
        return {**others, KEYTAB.key: posixpath.join(KEYTAB_FOLDER, self.keytab[0])}


def kerberos(options: Mapping[str, Value], files: OperatorFiles) -> Kerberos:
    """The files that the options name.

    Raises ConfigurationConflict for one that the operator does not have: a pod would wait for it forever.
    """
    keytab, krb5 = kerberos_paths({key: text(value) for key, value in options.items()})
    return Kerberos(
        keytab=_keytab(keytab, files) if keytab else None, krb5=_krb5(krb5, files) if krb5 else None
    )


def _keytab(path: str, files: OperatorFiles) -> tuple[str, str]:
    return posixpath.basename(path), b64encode(_content(KEYTAB.key, path, files)).decode("ascii")


def _krb5(path: str, files: OperatorFiles) -> tuple[str, str]:
    content = _content(KRB5.key, path, files)
    try:
        return posixpath.basename(path), content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationConflict(f"{KRB5.key}: {path} is not text in UTF-8.") from None


def _content(key: str, path: str, files: OperatorFiles) -> bytes:
    content = files.kerberos_file(path)
    if content is None:
        raise ConfigurationConflict(f"{key}: {no_such_file(path)}. {OWN_SECRET}")
    return content

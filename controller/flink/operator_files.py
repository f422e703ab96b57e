"""Files of the operator's own folder that clusters get: log configuration, Hadoop's, Kerberos keytabs."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from shared.config.kerberos import KERBEROS_SUFFIXES
from shared.model.deployment import LOG_FILES

_HADOOP_FILES = ("core-site.xml", "hdfs-site.xml")
_LARGEST = 1 << 20  # bytes; neither a ConfigMap nor a Secret holds more


@dataclass(frozen=True, slots=True)
class OperatorFiles:
    """Contents by file name. A resource can name a Kerberos file of the folder, and no other file at all."""

    log: Mapping[str, str] = field(default_factory=dict)
    """Log configuration of clusters whose resources bring none."""
    hadoop: Mapping[str, str] = field(default_factory=dict)
    """Hadoop's configuration of clusters that name no ConfigMap with it."""
    kerberos: Mapping[str, bytes] = field(default_factory=dict)
    """Keytabs and configurations of Kerberos."""
    folder: str = ""
    """Where they lie, as options of clusters name it."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What the folder holds; a file that is absent or larger than 1 MiB is left out. Raises OSError."""
        files = [file for file in sorted(folder.glob("*")) if file.is_file()]
        contents = {file.name: file.read_bytes() for file in files if _is_wanted(file)}
        return cls(
            log=_texts(contents, LOG_FILES),
            hadoop=_texts(contents, _HADOOP_FILES),
            kerberos={name: contents[name] for name in contents if name.endswith(KERBEROS_SUFFIXES)},
            folder=str(folder),
        )

    def kerberos_file(self, path: str) -> bytes | None:
        """The Kerberos file that an option names by its path; None when the folder has none of that name."""
        parent, name = posixpath.split(posixpath.normpath(path))
        return self.kerberos.get(name) if parent == self.folder else None


def _is_wanted(file: Path) -> bool:
    known = file.name in {*LOG_FILES, *_HADOOP_FILES} or file.name.endswith(KERBEROS_SUFFIXES)
    return known and file.stat().st_size <= _LARGEST


def _texts(contents: Mapping[str, bytes], names: tuple[str, ...]) -> dict[str, str]:
    return {name: contents[name].decode("utf-8", "replace") for name in names if name in contents}

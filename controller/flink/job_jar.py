"""Where an application's jar comes from, and what its version of Flink makes of that (contract part 3.2)."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from controller.flink.configuration_file import ConfigurationConflict
from shared.config.collections import parse_list
from shared.config.effective import Value, text
from shared.config.flink_versions import FlinkRelease
from shared.config.options import is_true
from shared.model.job import JobSpec

USER_LIBRARY: Final = "/opt/flink/usrlib"
"""The folder for user code, as in Flink's own images."""

_JARS: Final = "pipeline.jars"
_RAW_HTTP: Final = "user.artifacts.raw-http-enabled"
_PYTHON_DRIVER: Final = "org.apache.flink.client.python.PythonDriver"
_PYTHON_ARGUMENTS: Final = frozenset({"-py", "-pym", "--python", "--pyModule"})
_REMOTE_OF_CLASS_PATH: Final = frozenset({"http", "https"})
"""Schemes of other hosts that Java's class loader opens by itself."""


def is_python(job: JobSpec) -> bool:
    """Whether the job is a Python program; Flink tells it by the same signs."""
    return job.entry_class == _PYTHON_DRIVER or not _PYTHON_ARGUMENTS.isdisjoint(job.args)


def require_job_jar(job: JobSpec, options: Mapping[str, Value], release: FlinkRelease) -> None:
    """Raises ConfigurationConflict for jars that a native application could not run."""
    if is_python(job):
        return
    value = options.get(_JARS, ())
    jars: Sequence[str] = parse_list(value) if isinstance(value, str) else value
    if len(jars) > 1:
        raise ConfigurationConflict(
            f"{_JARS} names {len(jars)} jars, but an application has one. "
            "Put the others into the image, below /opt/flink/usrlib."
        )
    if not jars and release.needs_job_jar:
        raise ConfigurationConflict(f"spec.job.jarURI is required by Flink {release.number}.")
    for jar in jars:
        _require_reachable(jar, options, release)


def _require_reachable(jar: str, options: Mapping[str, Value], release: FlinkRelease) -> None:
    scheme, _ = _scheme(jar)
    if scheme == "local":
        return
    _require_fetching(jar, release)
    if scheme == "http" and not is_true(text(options.get(_RAW_HTTP, ""))):
        raise ConfigurationConflict(
            f"spec.job.jarURI: {jar} is not encrypted on its way. Use https, or set {_RAW_HTTP} to true."
        )


def require_openable(jar: str, release: FlinkRelease) -> None:
    """Raises ConfigurationConflict for a jar that a standalone application could not run."""
    if class_path(jar) is None:
        _require_fetching(jar, release)


def _require_fetching(jar: str, release: FlinkRelease) -> None:
    if not release.fetches_artifacts:
        raise ConfigurationConflict(
            f"spec.job.jarURI: Flink {release.number} cannot fetch {jar}. "
            "Put the jar into the image, and name it with local://."
        )


def class_path(jar: str) -> str | None:
    """The jar as an entry of the class path; None for one that Java cannot open by itself."""
    scheme, rest = _scheme(jar)
    if scheme in {"local", "file"}:
        return f"file:{rest}"
    return jar if scheme in _REMOTE_OF_CLASS_PATH else None


def in_user_library(entry: str) -> bool:
    """Whether an entry of the class path lies in the folder for user code."""
    return urlsplit(entry).path.startswith(f"{USER_LIBRARY}/")


def _scheme(uri: str) -> tuple[str, str]:
    """The scheme, `file` when there is none, and what comes after it."""
    scheme, colon, rest = uri.partition(":")
    return (scheme.lower(), rest) if colon and "/" not in scheme else ("file", uri)

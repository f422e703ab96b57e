"""Where an application's jar comes from, and what its version of Flink makes of that (contract part 3.2)."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from shared.config.flink_versions import FlinkRelease
from shared.model.job import JobSpec

JARS: Final = "pipeline.jars"
RAW_HTTP: Final = "user.artifacts.raw-http-enabled"
USER_LIBRARY: Final = "/opt/flink/usrlib"
"""The folder for user code, as in Flink's own images."""

_PYTHON_DRIVER: Final = "org.apache.flink.client.python.PythonDriver"
_PYTHON_ARGUMENTS: Final = frozenset({"-py", "-pym", "--python", "--pyModule"})
_REMOTE_OF_CLASS_PATH: Final = frozenset({"http", "https"})
"""Schemes of other hosts that Java's class loader opens by itself."""


class JarProblem(NamedTuple):
    """Why an application could not run its jar, and what to do."""

    message: str
    hint: str


def is_python(job: JobSpec) -> bool:
    """Whether the job is a Python program; Flink tells it by the same signs."""
    return job.entry_class == _PYTHON_DRIVER or not _PYTHON_ARGUMENTS.isdisjoint(job.args)


def native_jar_problems(
    job: JobSpec, jars: Sequence[str], release: FlinkRelease, *, allows_raw_http: bool
) -> Iterator[JarProblem]:
    """Of a native application whose `pipeline.jars` are these."""
    if is_python(job):
        return
    if len(jars) > 1:
        found = f"names {len(jars)} jars, but an application has one"
        yield JarProblem(found, "Put the others into the image, below /opt/flink/usrlib.")
    if not jars and release.needs_job_jar:
        hint = "Name the jar in the image with local://."
        yield JarProblem(f"is required by Flink {release.number}", hint)
    for jar in jars:
        scheme, _ = _scheme(jar)
        if scheme != "local":
            yield from _fetching_problems(jar, release)
            if scheme == "http" and not allows_raw_http and release.fetches_artifacts:
                hint = f"Use https, or set {RAW_HTTP} to true."
                yield JarProblem(f"{jar} is not encrypted on its way", hint)


def standalone_jar_problems(job: JobSpec, release: FlinkRelease) -> Iterator[JarProblem]:
    """Of a standalone application, which opens its jar by itself or fetches it."""
    if job.jar_uri and class_path(job.jar_uri) is None:
        yield from _fetching_problems(job.jar_uri, release)


def class_path(jar: str) -> str | None:
    """The jar as an entry of the class path; None for one that Java cannot open by itself."""
    scheme, rest = _scheme(jar)
    if scheme in {"local", "file"}:
        return f"file:{rest}"
    return jar if scheme in _REMOTE_OF_CLASS_PATH else None


def in_user_library(entry: str) -> bool:
    """Whether an entry of the class path lies in the folder for user code."""
    return urlsplit(entry).path.startswith(f"{USER_LIBRARY}/")


def _fetching_problems(jar: str, release: FlinkRelease) -> Iterator[JarProblem]:
    if not release.fetches_artifacts:
        hint = "Put the jar into the image, and name it with local://."
        yield JarProblem(f"Flink {release.number} cannot fetch {jar}", hint)


def _scheme(uri: str) -> tuple[str, str]:
    """The scheme, `file` when there is none, and what comes after it."""
    scheme, colon, rest = uri.partition(":")
    return (scheme.lower(), rest) if colon and "/" not in scheme else ("file", uri)

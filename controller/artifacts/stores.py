"""Stores that fsspec knows: which package reads a scheme, with which options.

s3, gs and abfs are read by obstore, one wheel of 16 MB, fsspec's 3 MB with it; s3fs would bring 38 MB for s3
alone, and another version of a library that the Kubernetes client uses. In memory obstore is 15 MB, s3fs 28;
neither is loaded before it is needed.

Endpoints, regions and accounts are the operator's matter: they come from the packages' own variables (AWS_…,
GOOGLE_…, AZURE_…) and from fsspec's (FSSPEC_S3_ENDPOINT, or files in FSSPEC_CONFIG_DIR), never from a URI.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote

from controller.artifacts.artifact import ArtifactError, Wanted
from controller.artifacts.uri import authority_of, scheme_of, shown
from shared.config.operator_options import ALLOWED_SCHEMES

_PROTOCOLS = {"s3a": "s3", "gcs": "gs", "abfss": "abfs", "az": "abfs"}
"""Other names of the same stores."""
_OF_OBSTORE: Final = frozenset({"s3", "gs", "abfs"})
_PACKAGES = {"s3": "obstore", "gs": "obstore", "abfs": "obstore", "oss": "ossfs", "hdfs": "pyarrow"}
_NEVER: Final = frozenset(
    {
        "asynclocal",
        "asyncwrapper",
        "async_wrapper",
        "blockcache",
        "cached",
        "dask",
        "data",
        "dir",
        "dvc",
        "file",
        "filecache",
        "generic",
        "gist",
        "git",
        "github",
        "jar",
        "libarchive",
        "local",
        "memory",
        "reference",
        "root",
        "simplecache",
        "tar",
        "zip",
    }
)
"""They reach the operator's own files or memory, or another URI within theirs, or a site for everybody."""
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONNECT = "10s"
_RETRIES = 2


def check_location(uri: str) -> None:
    """That a URI names a bucket and a path, and nothing that would say where to ask. Raises ArtifactError."""
    scheme, authority = scheme_of(uri), authority_of(uri)
    if scheme in _NEVER or "+" in scheme:
        raise ArtifactError(
            f"{shown(uri)}: the operator never reads {scheme}, whatever {ALLOWED_SCHEMES.key} lists: it "
            "would reach "
            "what is the operator's own. Put the jar into a store.",
            transient=False,
        )
    problem = ""
    if "::" in uri:
        problem = "chains several addresses"
    elif "?" in uri or "#" in uri:
        problem = "has a query or a fragment"
    elif authority and not _BUCKET.fullmatch(authority):
        problem = "names a user, a host or a port"
    elif scheme == "oss" and "." in authority:
        problem = "names a host"
    if problem:
        raise ArtifactError(
            f"{shown(uri)} {problem}. Use {scheme}://<bucket>/<path>: where {scheme} is asked, and as whom, "
            "is said "
            "by the operator's environment.",
            transient=False,
        )


def open_store(uri: str, wanted: Wanted) -> tuple[Any, str]:
    """The file system and the path in it; loads the package, so it takes a while. Raises ArtifactError."""
    scheme = scheme_of(uri)
    protocol = _PROTOCOLS.get(scheme, scheme)
    credentials = wanted.credentials.options if wanted.credentials else {}
    kind = _kind(uri, protocol)
    if kind._get_kwargs_from_urls(uri):
        raise ArtifactError(
            f"{shown(uri)} names a host. Leave it out: where {scheme} is asked is said by the operator's "
            "environment.",
            transient=False,
        )
    options = _of_obstore(wanted, credentials) if protocol in _OF_OBSTORE else {}
    path = unquote(f"{protocol}{uri[len(scheme) :]}")
    return kind(**options, skip_instance_cache=True), str(kind._strip_protocol(path))


def _kind(uri: str, protocol: str) -> Any:
    """The class that reads the protocol. Raises ArtifactError."""
    try:
        import fsspec  # noqa: PLC0415 - not before it is needed

        if protocol in _OF_OBSTORE:
            from obstore.fsspec import register  # noqa: PLC0415

            register(protocol)
        kind: Any = fsspec.get_filesystem_class(protocol)
    except (ImportError, ValueError) as error:
        package = _PACKAGES.get(protocol, f"of fsspec for {protocol}")
        raise ArtifactError(
            f"{shown(uri)}: the operator has no package for it. Name the package {package} in the chart's "
            "value "
            "artifacts.packages, or mount it by artifacts.volume.",
            transient=False,
        ) from error
    if _is_local(kind):
        raise ArtifactError(f"{shown(uri)}: the operator never reads files of its own.", transient=False)
    return kind


def _is_local(kind: type) -> bool:
    """Whether it reads the operator's files, under whichever name."""
    return any(f"{base.__module__}.{base.__qualname__}" in _LOCAL for base in kind.__mro__)


_LOCAL = {
    "fsspec.implementations.local.LocalFileSystem",
    "fsspec.implementations.memory.MemoryFileSystem",
    "fsspec.implementations.cached.CachingFileSystem",
    "fsspec.implementations.dirfs.DirFileSystem",
    "fsspec.implementations.reference.ReferenceFileSystem",
    "fsspec.archive.AbstractArchiveFileSystem",
}


def _of_obstore(wanted: Wanted, credentials: Mapping[str, str]) -> dict[str, Any]:
    """With credentials of a Secret nothing else of the environment's is used to sign."""
    own: dict[str, Any] = {}
    if credentials:
        known = {"token": None, "expires_at": None, **credentials}
        own["credential_provider"] = lambda: known
    return {
        # Whether the endpoint is one of plain http is the operator's choice when it names it.
        "client_options": {
            "allow_http": True,
            "timeout": f"{wanted.silence:g}s",
            "connect_timeout": _CONNECT,
        },
        "retry_config": {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=wanted.silence)},
        **own,
    }

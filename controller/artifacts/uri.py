"""URIs of jars, as far as they can be told without asking anybody."""

import re
from urllib.parse import unquote

from controller.artifacts.artifact import ArtifactError

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?")
_LEGAL = re.compile(r"[!#$&-;=?-Z_a-z~\[\]]|%[0-9A-Fa-f]{2}")
_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100  # characters; Flink puts 37 before it, and file systems take 255


def scheme_of(uri: str) -> str:
    """In lower case. Raises ArtifactError for what is no URI."""
    match = _URI.fullmatch(uri)
    if match is None or not _LEGAL.sub("", uri) == "":
        raise ArtifactError(
            f"{shown(uri)} is not a URI. Use a full address, with %20 for a blank and so on.", transient=False
        )
    return match[1].lower()


def authority_of(uri: str) -> str:
    """Host, port and user, or what stands in their place: a bucket; empty if there is none."""
    match = _URI.fullmatch(uri)
    return (match[2] or "").removeprefix("//") if match else ""


def shown(uri: str) -> str:
    """For people: without user, query and fragment, where passwords and signatures are."""
    match = _URI.fullmatch(uri)
    if match is None:
        return "the jarURI"
    authority = (match[2] or "").removeprefix("//").rpartition("@")[2]
    slashes = "" if match[2] is None else "//"
    return f"{match[1]}:{slashes}{authority}{match[3]}"


def file_name(uri: str) -> str:
    """The last part of the path, as a name that any file system and header takes, and Flink for a jar."""
    match = _URI.fullmatch(uri)
    last = unquote(match[3]).rstrip("/").rpartition("/")[2] if match else ""
    name = _STRANGE.sub("_", last.removesuffix(".jar")).strip("._")[:_LONGEST_NAME]
    return f"{name or 'job'}.jar"

"""What is asked of a source of jars, and what comes of it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class ArtifactError(Exception):
    """A jar cannot be had: the text says what is wrong, where, and what to do, and holds no secret."""

    def __init__(self, message: str, *, transient: bool) -> None:
        super().__init__(message)
        self.transient = transient
        """Whether another attempt may succeed although nobody changes anything."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a Secret holds for one scheme. Its values are never shown."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For http and https."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For other schemes: what the store calls them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a jar is to be fetched: `controller.artifacts.terms` makes it of options."""

    sha256: str | None = None
    """What the content must have: 64 hexadecimal digits, in lower case."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the request, for http and https. They go to the URI's own origin alone."""
    maximum_size: int = 2**30
    """Bytes; more is refused."""
    silence: float = 30.0
    """Seconds without a byte after which the source counts as gone."""
    timeout: float = 600.0
    """Seconds from `open` to the last byte."""
    credentials: Credentials | None = None
    """None: those that the operator itself has from its environment."""
    schemes: tuple[str, ...] = ("https",)
    """Those that the operator allows, in lower case."""
    restricts_hosts: bool = True
    """Whether http and https reach public addresses alone."""


class Artifact(Protocol):
    """A jar that lies open: its headers are known, its content is still to be read."""

    @property
    def name(self) -> str:
        """Name for the upload; it ends in `.jar`."""

    @property
    def identity(self) -> str | None:
        """Equal for equal content, known without reading it; None where nothing tells.

        `sha256:…` if the user named one, else `source:…`, a digest of the URI and of what the source says of
        the version that lies there.
        """

    @property
    def size(self) -> int | None:
        """Bytes, as the source announces them; None if it does not."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The content, once. Its last chunk comes only when size and sha256 are as they should be.

        So what is sent on breaks off before its end whenever something is wrong. Raises ArtifactError.
        """

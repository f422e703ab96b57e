"""Flink resources in files, folders and standard input: each with its place, and what cannot be read.

What is named must be usable; what is only found in a folder may be something else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from cli.sources import Source, SourceError, sources
from cli.yaml_chunks import Chunk, chunks
from cli.yaml_errors import TemplateError, TooDeepError, TooLargeError, TreeError
from cli.yaml_lines import Lines, line_of
from cli.yaml_tree import MOST_BYTES, MOST_LEVELS, RepeatedKey, Tree
from shared import GROUP
from shared.model import KINDS
from shared.rules import Finding
from shared.rules.location import Location, path_of

TOO_DEEP: Final = "FK004"
NOT_YAML: Final = "FK005"
UNUSABLE: Final = "FK006"
REPEATED_KEY: Final = "FK007"
TOO_LARGE: Final = "FK008"

Key = tuple[str, str, str]
"""Kind, namespace and name."""


@dataclass(frozen=True, slots=True)
class Report:
    """A finding and its place. Line 0 is the whole file; kind and name are empty where they are not known."""

    file: str
    document: int
    line: int
    kind: str
    name: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Document:
    """A resource as it stands in a file; those of a list share the list's number."""

    file: str
    number: int
    """Of the YAML document in the file, from 1."""
    value: Mapping[str, Any]
    lines: Lines | int
    repeated: Sequence[RepeatedKey] = ()

    @property
    def line(self) -> int:
        """Where it starts."""
        return self.lines if isinstance(self.lines, int) else self.lines.line

    @property
    def kind(self) -> str:
        """Empty when there is none."""
        return _text(self.value.get("kind"))

    @property
    def name(self) -> str:
        """What it is called; the prefix when the API server is to make up a name."""
        metadata = self.metadata
        return _text(metadata.get("name")) or _text(metadata.get("generateName"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Empty when it is no mapping."""
        metadata = self.value.get("metadata")
        return metadata if isinstance(metadata, Mapping) else {}

    def namespace(self, default: str) -> str:
        """Where it is to be stored."""
        return _text(self.metadata.get("namespace")) or default

    def key(self, default_namespace: str) -> Key | None:
        """None for what cannot be stored as it is: its kind is not known, or it has no name of its own."""
        if self.kind not in KINDS or not _text(self.metadata.get("name")):
            return None
        return self.kind, self.namespace(default_namespace), self.name

    def report(self, finding: Finding, line: int | None = None) -> Report:
        """The finding at the line of its path, or at another."""
        at = line_of(self.lines, finding.path) if line is None else line
        return Report(self.file, self.number, at, self.kind, self.name, finding)


@dataclass(slots=True)
class Reading:
    """All that was found."""

    files: list[str] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    others: int = 0
    """Documents that are none of this operator's."""


def read(names: Sequence[str], standard_input: BinaryIO) -> Reading:
    """The resources in files and folders; `-` is standard input."""
    reading = Reading()
    for source in sources(names, standard_input):
        reading.files.append(source.name)
        try:
            text = source.text()
        except SourceError as error:
            finding = Finding(UNUSABLE, "", str(error), error.hint)
            reading.reports.append(Report(source.name, 1, error.line, "", "", finding))
        else:
            _FileReading(source, reading).read(text)
    return reading


class _FileReading:
    """One file, document by document."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self._source = source
        self._into = reading
        self._number = 0

    def read(self, text: str) -> None:
        """Add what the text of the file holds."""
        is_empty = True
        for chunk in chunks(text):
            is_blank = chunk.is_blank
            is_empty = is_empty and is_blank
            if is_blank:
                self._number += chunk.is_document
            elif not self._take_chunk(chunk):
                break
        if is_empty and self._source.is_named:
            self._report(0, Finding(UNUSABLE, "", "holds no document"))

    def _take_chunk(self, chunk: Chunk) -> bool:
        """Whether it is worth while to go on: one line says enough about a template."""
        try:
            for tree in chunk.trees():
                self._number += 1
                self._take(tree)
        except TreeError as error:
            self._number += 1
            self._take_error(chunk, error)
            return not isinstance(error, TemplateError)
        return True

    def _take_error(self, chunk: Chunk, error: TreeError) -> None:
        match error:
            case TooDeepError():
                message, hint = f"is nested deeper than {MOST_LEVELS} levels", "Is a bracket never closed?"
                self._report(error.line, Finding(TOO_DEEP, "", message, hint))
            case TooLargeError() if self._is_data(chunk.text):
                self._into.others += 1
            case TooLargeError():
                message = f"is larger than {MOST_BYTES >> 20} MiB, what aliases stand for included"
                self._report(
                    error.line, Finding(TOO_LARGE, "", message, "The API server takes no larger request.")
                )
            case _:
                message = f"{error.message} (line {error.line}, column {error.column})"
                self._report(error.line, Finding(NOT_YAML, "", message, error.hint))

    def _is_data(self, text: str) -> bool:
        """A large file of a folder is more likely data than a resource."""
        return not self._source.is_named and len(text) > MOST_BYTES and "flink" not in text.lower()

    def _take(self, tree: Tree) -> None:
        if not isinstance(tree.value, dict):
            hint = "A resource has apiVersion, kind, metadata and spec."
            if isinstance(tree.value, list):
                hint = "Resources stand one after another, with --- between them."
            self._report(tree.line, Finding("FK001", "", f"is {_shape(tree.value)}, not a mapping", hint))
            return
        for location, value, lines in _resources((), tree.value, tree.lines):
            if not isinstance(value, dict):
                path, found = path_of(location), f"is {_shape(value)}, not a mapping"
                self._report(line_of(tree.lines, path), Finding("FK001", path, found))
            elif not _is_ours(value):
                self._into.others += 1
            else:
                depth = len(location)
                repeated = [
                    RepeatedKey(one.location[depth:], one.line, one.first_line)
                    for one in tree.repeated
                    if one.location[:depth] == location
                ]
                document = Document(self._source.name, self._number, value, lines, repeated)
                self._into.documents.append(document)

    def _report(self, line: int, finding: Finding) -> None:
        number = max(1, self._number)
        self._into.reports.append(Report(self._source.name, number, line, "", "", finding))


def _resources(
    location: Location, value: Any, lines: Lines | int
) -> Iterator[tuple[Location, Any, Lines | int]]:
    """The value itself or, if it is a list of resources, what is in it."""
    items = value.get("items") if isinstance(value, dict) else None
    if not (isinstance(items, list) and _text(value.get("kind")).endswith("List")):
        yield location, value, lines
        return
    inside = lines.inside.get("items", lines) if isinstance(lines, Lines) else lines
    for index, item in enumerate(items):
        at = inside.inside.get(index, inside) if isinstance(inside, Lines) else inside
        yield from _resources((*location, "items", index), item, at)


def _is_ours(value: Mapping[str, Any]) -> bool:
    """Whether it is meant for this operator, be it with a wrong group, version or kind."""
    version, kind = _text(value.get("apiVersion")), _text(value.get("kind"))
    return version.split("/")[0] == GROUP or kind in KINDS or "flink.apache" in version.lower()


def _shape(value: Any) -> str:
    return {list: "a list", str: "text", type(None): "null"}.get(type(value), "a single value")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

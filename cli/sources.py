"""Where resources are read from: files, folders and standard input, as text."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

STANDARD_INPUT: Final = "stdin"
"""What standard input is called in reports."""

MOST_BYTES: Final = 64 * 1024 * 1024
_ENDINGS = (".yaml", ".yml", ".json")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class SourceError(Exception):
    """A source cannot be used; the text says why, for its user."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.hint, self.line = hint, line


class Source(Protocol):
    """Something with a name that text can be read from."""

    @property
    def name(self) -> str:
        """For reports."""

    @property
    def is_named(self) -> bool:
        """Whether the user named it; otherwise it was found in a folder."""

    def text(self) -> str:
        """All of it, with newlines as line ends. Raises SourceError."""


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    is_named: bool

    @property
    def name(self) -> str:
        return str(self.path)

    def text(self) -> str:
        try:
            with self.path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            raise SourceError(_unreadable(error)) from None
        return _decoded(data)


@dataclass(frozen=True, slots=True)
class _StandardInput:
    stream: BinaryIO
    name: str = STANDARD_INPUT
    is_named: bool = True

    def text(self) -> str:
        return _decoded(self.stream.read(MOST_BYTES + 1))


@dataclass(frozen=True, slots=True)
class _Unusable:
    name: str
    message: str
    is_named: bool = True

    def text(self) -> str:
        raise SourceError(self.message)


def sources(names: Sequence[str], standard_input: BinaryIO) -> Iterator[Source]:
    """Each file once, however often it is named; folders with all that is below them."""
    seen: set[object] = set()
    for source in (one for name in names for one in _sources_of(name, standard_input)):
        key = _identity(source)
        if key not in seen:
            seen.add(key)
            yield source


def _sources_of(name: str, standard_input: BinaryIO) -> Iterator[Source]:
    if name == "-":
        yield _StandardInput(standard_input)
    elif _mode(Path(name)) == stat.S_IFDIR:
        yield from _in_folder(name)
    else:
        yield _File(Path(name), is_named=True)


def _in_folder(folder: str) -> Iterator[Source]:
    """Sorted by path; what is hidden stays hidden."""
    files: list[Path] = []
    errors: list[OSError] = []
    for at, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = [one for one in folders if not one.startswith(".")]
        files += [Path(at, one) for one in names if one.lower().endswith(_ENDINGS)]
    for error in errors:
        yield _Unusable(str(error.filename), _unreadable(error))
    usable = [file for file in files if _mode(file) in (stat.S_IFREG, 0)]  # no pipes, no devices
    for file in sorted(usable):
        yield _File(file, is_named=False)
    if not usable and not errors:
        yield _Unusable(folder, f"holds no file that ends with {', '.join(_ENDINGS)}")


def _identity(source: Source) -> object:
    """The same for two names of one file."""
    status = _status(source.path) if isinstance(source, _File) else None
    return source.name if status is None else (status.st_dev, status.st_ino)


def _mode(path: Path) -> int:
    """Its file type; 0 when nothing can be said, which reading it will explain."""
    status = _status(path)
    return 0 if status is None else stat.S_IFMT(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _unreadable(error: OSError | ValueError) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise SourceError(f"is larger than {MOST_BYTES >> 20} MiB", "Name a smaller part of it.")
    if data.startswith(_UTF16_MARKS):
        raise SourceError("is UTF-16 text, not UTF-8", "Save it as UTF-8.")
    if b"\0" in data:
        raise SourceError("is a binary file, not YAML")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"is not UTF-8 text: byte 0x{data[error.start]:02x} (line {line})"
        raise SourceError(found, "Save it as UTF-8.", line) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")

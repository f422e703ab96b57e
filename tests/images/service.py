"""The services' images: the project's Dockerfile, built by buildah where there is no Docker."""

import shutil
from pathlib import Path

from tests.images import cache, debian, downloads, oci, packages
from tests.images.buildah import Store
from tests.images.commands import Progress
from tests.images.errors import ImageError

PROJECT = Path(__file__).resolve().parents[2]

_INSTALL = PROJECT / "requirements" / "install"
_CODE = [Path(__file__).with_name(f"{module}.py") for module in ("service", "buildah", "oci")]


def key(service: str) -> str:
    """The hash over everything that goes into the image."""
    return cache.key_of(
        [
            *_CODE,
            debian.PYTHON.key,
            PROJECT / "Dockerfile",
            _INSTALL,
            _lock(service),
            downloads.TOOLS,
            PROJECT / "shared",
            PROJECT / service,
        ]
    )


def write_archive(service: str, expected_key: str, reference: str, target: Path, progress: Progress) -> None:
    """Build the image into an OCI archive, reusing the layers of the last build that are still the same."""
    packages.ensure(["buildah"], progress)
    root = debian.root_archive(debian.PYTHON, progress)
    wheels = downloads.wheels(service, _lock(service), progress)
    context = target.parent / "context"
    _gather(context, service, wheels)
    if key(service) != expected_key:
        raise ImageError(f"the sources of {service} changed while it was built; build it again")
    layout = target.parent / "layout"
    with cache.locked("buildah", progress):
        store = Store(service, progress)
        base = store.base(root)
        # By its own name the dependencies' stage survives the pruning: code changes often, they do not.
        store.build(f"{service}-dependencies", base, context)
        store.build(service, base, context)
        store.push(service, layout)
        store.prune()
    progress(f"{service}: packing")
    oci.pack(target, reference, layout)


def _lock(service: str) -> Path:
    return PROJECT / "requirements" / f"{service}.lock"


def _gather(context: Path, service: str, wheels: Path) -> None:
    """The build context: only what this image is made of, so that nothing else spoils a layer's reuse."""
    ignore = shutil.ignore_patterns("__pycache__")
    for package in ("shared", service):
        shutil.copytree(PROJECT / package, context / package, ignore=ignore)
    shutil.copytree(wheels, context / "requirements" / "wheels")
    for file in (_lock(service), _INSTALL):
        shutil.copy2(file, context / "requirements")
    shutil.copy2(PROJECT / "Dockerfile", context)

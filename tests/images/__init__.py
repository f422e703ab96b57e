"""Images for the node cluster, built without Docker: the two services, and Flink with a test job.

`build` makes an OCI archive that containerd imports. Archives are kept in the cache folder under a hash of
everything they are made of, so that an unchanged image costs nothing. Needs Linux, root, Debian's packages
debootstrap and buildah (and a JDK for Flink's), and a way to the package indexes for what is not cached.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from tests.images import cache, flink, service
from tests.images.commands import Progress
from tests.images.errors import ImageError

__all__ = ["Archive", "Image", "ImageError", "build"]


class Image(StrEnum):
    WEBHOOK = "webhook"
    CONTROLLER = "controller"
    FLINK_2_3 = "flink-2.3"
    FLINK_1_20 = "flink-1.20"


@dataclass(frozen=True)
class Archive:
    """`reference` is the image's name as pods give it, without `docker.io/library/`."""

    image: Image
    reference: str
    path: Path


def build(image: Image, progress: Progress = print) -> Archive:
    """The image's archive, from the cache or freshly built. Raises ImageError with one line for the user."""
    key, reference, write = _recipe(image)

    def make(target: Path) -> None:
        if sys.platform != "linux" or os.geteuid() != 0:
            raise ImageError("images are built from Debian root file systems, which needs Linux and root")
        progress(f"{image}: building")
        write(reference, target, progress)

    path = cache.once(image, key, make, progress, suffix=".tar")
    return Archive(image, reference, path)


def _recipe(image: Image) -> tuple[str, str, Callable[[str, Path, Progress], None]]:
    """The image's key, its reference, and what writes it.

    A service's tag is made of its key: a node that has the tag has this very image, never an older one.
    """
    match image:
        case Image.WEBHOOK | Image.CONTROLLER:
            key = service.key(image.value)
            return key, f"flink-operator-{image}:{key[:12]}", partial(service.write_archive, image, key)
        case Image.FLINK_2_3 | Image.FLINK_1_20:
            release = flink.RELEASES[image.value]
            return flink.key(release), f"flink:{release.tag}", partial(flink.write_archive, release)

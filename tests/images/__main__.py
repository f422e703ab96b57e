"""`python -m tests.images [IMAGE...]`: build images, all of them by default, and print where they are."""

import argparse
import sys
import time

from tests.images import Image, ImageError, build


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.images", description="Build images without Docker."
    )
    parser.add_argument("images", metavar="IMAGE", nargs="*", help=f"one of {', '.join(Image)}; default: all")
    names = parser.parse_args().images
    if unknown := [name for name in names if name not in list(Image)]:
        parser.error(f"no such image: {', '.join(unknown)}; there are {', '.join(Image)}")
    began = time.monotonic()

    def progress(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f}s  {line}", file=sys.stderr, flush=True)

    for image in [Image(name) for name in names] or list(Image):
        try:
            archive = build(image, progress)
        except ImageError as error:
            print(f"error: {image}: {error}", file=sys.stderr)
            return 1
        print(f"{archive.reference}\t{archive.path}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What is generated from the model must be in step with it: `python -m tests.generated` says what is not."""

import sys
from collections.abc import Mapping
from pathlib import Path

from cli.main import definition_documents, reference_pages

PROJECT = Path(__file__).resolve().parent.parent


def out_of_step(project: Path = PROJECT) -> list[str]:
    """A line for each verb of the Makefile that has to be run."""
    generated = {
        "crds": ("charts/flink-operator/crds", definition_documents()),
        "reference": ("docs/reference", reference_pages()),
    }
    return [
        f"not in step with the model: {', '.join(f'{folder}/{name}' for name in stale)}."
        f" Run `make {verb}` and commit the result."
        for verb, (folder, wanted) in generated.items()
        if (stale := _stale_files(project / folder, wanted))
    ]


def _stale_files(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    there = {file.name: file.read_text("utf-8") for file in folder.iterdir()} if folder.is_dir() else {}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


if __name__ == "__main__":
    sys.exit("\n".join(out_of_step()) or None)

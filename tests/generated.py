"""What is generated from the model must be in step with it: `python -m tests.generated` says what is not."""

import sys
from pathlib import Path

from cli.main import definition_documents

PROJECT = Path(__file__).resolve().parent.parent
CRDS = PROJECT / "charts" / "flink-operator" / "crds"


def stale_files() -> list[str]:
    """Files of the checkout that differ from what would be generated."""
    wanted = definition_documents()
    there = {file.name for file in CRDS.glob("*.yaml")}
    stale = {
        name for name, text in wanted.items() if name not in there or (CRDS / name).read_text("utf-8") != text
    }
    return sorted(str((CRDS / name).relative_to(PROJECT)) for name in stale | (there - wanted.keys()))


if __name__ == "__main__":
    stale = stale_files()
    if stale:
        sys.exit(f"not in step with the model: {', '.join(stale)}. Run `make crds` and commit the result.")

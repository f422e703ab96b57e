"""Originals as data: one file a case and release, compared in every run of the unit tests."""

import json
from pathlib import Path

from tests.originals.case import Case, Json

FOLDER = Path(__file__).parent.parent / "unit" / "data" / "originals"


def record(case: Case, release: str, original: list[Json]) -> None:
    """Write the original's file."""
    FOLDER.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(body, ensure_ascii=False, sort_keys=True) for body in original)
    _path(case, release).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def recording(case: Case, release: str) -> list[Json]:
    """What is recorded. FileNotFoundError when nothing is."""
    original: list[Json] = json.loads(_path(case, release).read_text(encoding="utf-8"))
    return original


def _path(case: Case, release: str) -> Path:
    return FOLDER / f"{case.name}-{release}.json"

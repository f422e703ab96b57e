"""Memory configurations and what Flink makes of them, made and kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

DATA = Path(__file__).resolve().parents[1] / "unit" / "data"


class Case(NamedTuple):
    """The options of one component."""

    component: str
    """`jobmanager` or `taskmanager`."""
    options: Mapping[str, str]


class Answer(NamedTuple):
    """What Flink's scripts pass on, or why they end."""

    jvm_arguments: str = ""
    options: str = ""
    error: str | None = None
    """Flink's words, which are not kept: a file has an empty text."""


def file_of(tag: str) -> Path:
    """Where the answers of a release are kept."""
    return DATA / f"flink_memory_{tag}.json"


def save(tag: str, cases: Sequence[Case], answers: Sequence[Answer]) -> None:
    """One line a case: component, options, and the two lines of the answer unless it is an error."""
    lines = [
        orjson.dumps(
            [*case, *((answer.jvm_arguments, answer.options) if answer.error is None else ())]
        ).decode()
        for case, answer in zip(cases, answers, strict=True)
    ]
    file_of(tag).write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


def load(tag: str) -> list[tuple[Case, Answer]]:
    """All that is kept of a release."""
    return [
        (Case(component, options), Answer(*answer) if answer else Answer(error=""))
        for component, options, *answer in orjson.loads(file_of(tag).read_bytes())
    ]

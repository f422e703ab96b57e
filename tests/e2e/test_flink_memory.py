"""The memory model against Flink's own class, on configurations that nobody saw before."""

import os
import secrets

import pytest

from shared.model.deployment import FlinkVersion
from tests.flink_memory import bash_java_utils, generated, model
from tests.flink_memory.cases import Answer
from tests.images import ImageError
from tests.images.flink import RELEASES, Release

_COUNT = 60  # one JVM takes all of them


@pytest.mark.parametrize("distribution", RELEASES.values(), ids=RELEASES.keys())
def test_model_answers_what_flink_answers(distribution: Release) -> None:
    seed = secrets.token_hex(4)
    cases = generated.cases(distribution, _COUNT, seed)
    try:
        answers = bash_java_utils.answers(distribution, cases)
    except ImageError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    version = FlinkVersion(f"v{distribution.tag.replace('.', '_')}")
    different = [
        (case, answer, ours)
        for case, answer in zip(cases, answers, strict=True)
        if _without_words(ours := model.answer(case, version)) != _without_words(answer)
    ]
    assert different == [], f"seed {seed}"


def _without_words(answer: Answer) -> Answer:
    """An error is one, whatever it says."""
    return answer if answer.error is None else Answer(error="")

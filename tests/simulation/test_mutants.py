"""Each guard that is taken out of the controller is missed by some scenario."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, copied, first_failure

SCENARIOS, SEED = 250, 7
_SHARE = 4
"""A run takes every fourth, another fourth each day."""


def todays() -> list[int]:
    return [number for number in range(len(MUTANTS)) if number % _SHARE == datetime.now(UTC).day % _SHARE]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        everything = metafunc.config.getoption("--all-mutants")
        numbers = range(len(MUTANTS)) if everything else todays()
        metafunc.parametrize("number", numbers, ids=lambda number: MUTANTS[number].name)


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many scenarios the code passes as it is: a failure after them says nothing about a mutant."""
    found = first_failure(copied(tmp_path_factory.mktemp("control")), SCENARIOS, SEED)
    return SCENARIOS + 1 if found is None else found


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 12


def test_mutant_is_caught(number: int, control: int, tmp_path: Path) -> None:
    found = first_failure(copied(tmp_path, MUTANTS[number]), SCENARIOS, SEED)
    assert found is not None, "no scenario notices"
    assert found < control, f"scenario {control} fails without the mutant too"

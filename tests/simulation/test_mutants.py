"""Each guard that is taken out of the controller is missed by some scenario."""

from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, Mutant, copied, first_failure
from tests.simulation.session.mutants import OF_SESSIONS

SCENARIOS, SEED = 250, 7


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many scenarios the code passes as it is: a failure after them says nothing about a mutant."""
    found = first_failure(copied(tmp_path_factory.mktemp("control")), SCENARIOS, SEED)
    return SCENARIOS + 1 if found is None else found


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 12


@pytest.mark.parametrize("mutant", [*MUTANTS, *OF_SESSIONS], ids=lambda mutant: mutant.name)
def test_mutant_is_caught(mutant: Mutant, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found = first_failure(copied(tmp_path, mutant), SCENARIOS, SEED)
    assert found is not None, "no scenario notices"
    if found > 0:  # a kept scenario has a test of its own that passes
        control = request.getfixturevalue("control")
        assert found < control, f"scenario {control} fails without the mutant too"

"""What once broke a promise does not break it again."""

import pytest

from tests.simulation.coverage import Coverage
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.regressions import REGRESSIONS, Regression
from tests.simulation.scenario import Scenario, run


def cases() -> list[object]:
    """Those that are open fail, and say so when they do not any more."""
    return [
        pytest.param(
            one,
            id=one.name,
            marks=()
            if one.open_because is None
            else pytest.mark.xfail(reason=one.open_because, raises=PromiseBrokenError, strict=True),
        )
        for one in REGRESSIONS
    ]


@pytest.mark.parametrize("regression", cases())
def test_scenario_keeps_the_promises(regression: Regression) -> None:
    run(regression.scenario, Coverage())


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda one: one.name)
def test_script_makes_the_same_scenario(regression: Regression) -> None:
    assert Scenario.of_script(regression.scenario.script()) == regression.scenario

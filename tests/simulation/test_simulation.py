"""Many scenarios of user actions and faults: every promise is kept, and everything that matters is met."""

import pytest

from tests.simulation.__main__ import told
from tests.simulation.coverage import REQUIRED, Coverage
from tests.simulation.runner import Report, run_many

SCENARIOS, SEED = 700, 1


@pytest.fixture(scope="module")
def report() -> Report:
    report = run_many(SCENARIOS, SEED)
    print(told(report))
    return report


def test_promises_are_kept(report: Report) -> None:
    assert not report.failures, "\n".join(report.failures)


def test_scenarios_are_many_and_long(report: Report) -> None:
    assert report.scenarios >= SCENARIOS
    assert report.median_steps >= 20


def test_everything_required_is_met(report: Report) -> None:
    coverage = Coverage()
    coverage.counts = report.counts
    assert coverage.missing(REQUIRED) == []

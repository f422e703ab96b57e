"""Many scenarios, on all processors: seeded, counted, and the first that fails shrunk."""

import multiprocessing
import os
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.simulation.coverage import Coverage
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.regressions import REGRESSIONS
from tests.simulation.scenario import Scenario, run
from tests.simulation.strategies import SCENARIOS


@dataclass
class Report:
    """What came of a run."""

    scenarios: int = 0
    steps: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def median_steps(self) -> float:
        """Of those that made a difference."""
        return statistics.median(self.steps) if self.steps else 0.0

    def add(self, other: "Report") -> None:
        """Take in what another process reports."""
        self.scenarios += other.scenarios
        self.steps += other.steps
        self.counts += other.counts
        self.failures += other.failures


def run_many(scenarios: int, seed: int, processes: int | None = None, *, shrink: bool = True) -> Report:
    """Play the kept scenarios, and that many others; with the same numbers they are the same."""
    start = time.monotonic()
    report = _run_kept()
    if report.failures:
        report.seconds = time.monotonic() - start
        return report
    workers = min(processes or os.cpu_count() or 1, scenarios)
    share = [scenarios // workers + (number < scenarios % workers) for number in range(workers)]
    tasks = [(count, seed * 1000 + number, shrink) for number, count in enumerate(share)]
    if workers == 1:
        report.add(_run_some(*tasks[0]))
    else:
        context = multiprocessing.get_context("spawn")
        with context.Pool(workers) as pool:
            for one in pool.starmap(_run_some, tasks):
                report.add(one)
    report.seconds = time.monotonic() - start
    return report


def _run_kept() -> Report:
    """What chance meets once in many thousands, these meet each time. They do not count as scenarios."""
    report, coverage = Report(), Coverage()
    for kept in REGRESSIONS:
        if kept.open_because is not None:
            continue
        try:
            run(kept.scenario, coverage)
        except PromiseBrokenError as error:
            report.failures.append(f"{kept.name}: {error}")
            break
    report.counts = coverage.counts
    return report


def _run_some(scenarios: int, seed: int, shrink: bool) -> Report:
    """Scenarios of one process."""
    report = Report()
    failing: list[tuple[Scenario, str]] = []
    coverage = Coverage()
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)

    @hypothesis.seed(seed)
    @settings(
        max_examples=scenarios,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(SCENARIOS)
    def play(scenario: Scenario) -> None:
        report.scenarios += not failing
        try:
            steps = run(scenario, coverage)
        except PromiseBrokenError as error:
            failing.append((scenario, str(error)))
            raise
        except Exception as error:
            failing.append((scenario, f"the simulation failed: {error!r}"))
            raise
        if not failing:
            report.steps.append(steps)

    try:
        play()
    except Exception:
        if not failing:
            raise
        scenario, text = failing[-1]
        report.failures.append(f"{text}\n{scenario.script()}")
    report.counts = coverage.counts
    return report

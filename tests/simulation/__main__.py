"""`python -m tests.simulation --scenarios 10000 --seed 7`: any number of scenarios."""

import argparse
import random
import sys
from pathlib import Path

from tests.simulation.coverage import REQUIRED, Coverage
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.runner import Report, run_many
from tests.simulation.scenario import Scenario, run


def main() -> int:
    """Exit status 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=2000)
    parser.add_argument("--seed", type=int, help="one that was printed before; otherwise a new one")
    parser.add_argument("--processes", type=int, help="all processors, unless given")
    parser.add_argument("--quick-failure", action="store_true", help="do not shrink what fails")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play one script and tell its course")
    arguments = parser.parse_args()
    if arguments.replay is not None:
        return _replay(arguments.replay.read_text())
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed  # noqa: S311
    print(f"{arguments.scenarios} scenarios, seed {seed}", flush=True)
    report = run_many(arguments.scenarios, seed, arguments.processes, shrink=not arguments.quick_failure)
    print(told(report))
    return 1 if report.failures else 0


def _replay(script: str) -> int:
    try:
        run(Scenario.of_script(script), Coverage(), print)
    except PromiseBrokenError as error:
        print(f"broken: {error}")
        return 1
    return 0


def told(report: Report) -> str:
    """The report as text."""
    coverage = Coverage()
    coverage.counts = report.counts
    lines = [
        coverage.table(),
        f"{report.scenarios} scenarios in {report.seconds:.0f} s, "
        f"{report.median_steps:g} steps at the median",
        *(f"never met: {name}" for name in coverage.missing(REQUIRED)),
        *(f"broken: {failure}" for failure in report.failures),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: measurements as ratios within one run, because machines are shared.

`python -m tests.bench [SECTION...]` runs some of them.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping

from rich.console import Console
from rich.table import Table

from tests.bench import cost, lifecycle, scale, session_jobs, through_api_server, webhook_load

Section = Callable[[], Iterator[Table]]


def _costs() -> Iterator[Table]:
    yield cost.resources()
    yield cost.processes()


SECTIONS: Mapping[str, Section] = {
    "cost": _costs,
    "webhook": webhook_load.tables,
    "api-server": through_api_server.tables,
    "lifecycle": lifecycle.tables,
    "scale": scale.tables,
    "session-jobs": session_jobs.tables,
}


def main() -> None:
    """Print a table for each measurement. Times are of this machine, now."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("sections", nargs="*", help=f"some of {', '.join(SECTIONS)}; default: all")
    names = parser.parse_args().sections or list(SECTIONS)
    if unknown := [name for name in names if name not in SECTIONS]:
        parser.error(f"no such section: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    console = Console()
    for name in names:
        for table in SECTIONS[name]():
            console.print(table)


if __name__ == "__main__":
    main()

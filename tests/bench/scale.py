"""Hundreds of FlinkDeployments: the real controller on a real API server, on which no pod ever starts.

Requests are those of the API server's audit log. A cluster exists when its JobManager's Deployment does.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.table import Table

from tests.bench.audited_cluster import audited_cluster
from tests.bench.consumption import memory_limit
from tests.bench.figures_table import add_calls, add_figures, table_of
from tests.bench.measured_controller import Stretch
from tests.bench.scale_run import Figures, Run
from tests.cluster import Console

_SIZES = (200, 1000)
_LIMITED = 1000
_LIMIT_MIB = 256
_STATUS = ("update", "flinkdeployments/status")


def tables() -> Iterator[Table]:
    """Everything for each number of resources, then the largest once more with little memory."""
    progress = Console()
    with tempfile.TemporaryDirectory() as name, audited_cluster(Path(name), progress) as cluster:
        found = []
        for size in _SIZES:
            with Run.begun(cluster, Path(name), size) as run:
                run.measure(progress)
                found.append(run.figures)
        with memory_limit(_LIMIT_MIB, "flink-operator-bench") as enter:
            if enter is None:
                progress("no control group can be made here: nothing is measured with limited memory")
            else:
                with Run.begun(cluster, Path(name), _LIMITED, _LIMIT_MIB, enter) as run:
                    run.measure_creation(progress)
                    run.measure_deletion(progress)
                    found.append(run.figures)
    yield _overview(found)
    yield _calls(found)


def _overview(found: Sequence[Figures]) -> Table:
    caption = "requests without those about the Lease"
    table = table_of("The controller with many resources", caption, ("what",), _titles(found))
    add_figures(table, _ROWS, found)
    return table


def _calls(found: Sequence[Figures]) -> Table:
    """Where requests go."""
    caption = "creation; then deletion"
    table = table_of("Requests for each resource", caption, ("verb", "kind"), _titles(found))
    sizes = [one.size for one in found]
    add_calls(table, [one.creation.calls for one in found], sizes)
    add_calls(table, [one.deletion.calls for one in found], sizes)
    return table


def _titles(found: Sequence[Figures]) -> list[str]:
    return [_title(figures) for figures in found]


def _title(figures: Figures) -> str:
    return f"{figures.size:,}" + (f" in {figures.limit} MiB" if figures.limit is not None else "")


def _each(figures: Figures, verb: str = "", kind: str = "") -> str:
    """Requests in the creation of one resource."""
    calls = figures.creation.calls
    total = sum(n for (one, of), n in calls.items() if verb in {"", one} and kind in {"", of})
    return f"{total / figures.size:.2f}"


def _of(stretch: Stretch | None, value: Callable[[Stretch], str]) -> str:
    return "" if stretch is None else value(stretch)


_ROWS: Sequence[tuple[str, Callable[[Figures], str]]] = (
    ("one at a time: creation to Deployment, s", lambda f: "" if f.alone is None else f"{f.alone:.3f}"),
    ("all at once: to the last Deployment, s", lambda f: f"{f.creation.seconds:.1f}"),
    ("all at once: to the last status, s", lambda f: f"{f.deployed:.1f}"),
    ("all at once: CPU of the controller, s", lambda f: f"{f.creation.cpu:.1f}"),
    ("requests for each", _each),
    ("of these writes of its status", lambda f: _each(f, *_STATUS)),
    ("of these events", lambda f: _each(f, "create", "events")),
    ("of these lists", lambda f: _each(f, "list")),
    ("resident without resources, MiB", lambda f: f"{f.idle:.0f}"),
    ("resident at most, MiB", lambda f: f"{f.peak:.0f}"),
    ("resident afterwards, MiB", lambda f: f"{f.after:.0f}"),
    ("at rest: share of a core", lambda f: _of(f.rest, lambda one: f"{one.cpu / one.seconds:.1%}")),
    (
        "at rest: requests a minute",
        lambda f: _of(f.rest, lambda one: f"{len(one.requests) / one.seconds * 60:.0f}"),
    ),
    ("at rest: writes", lambda f: _of(f.rest, lambda one: str(one.writes()))),
    ("restart: to the last status, s", lambda f: _of(f.restart, lambda one: f"{one.seconds:.1f}")),
    ("restart: CPU of the controller, s", lambda f: _of(f.restart, lambda one: f"{one.cpu:.1f}")),
    ("deletion of all, s", lambda f: f"{f.deletion.seconds:.1f}"),
    ("deletion: CPU of the controller, s", lambda f: f"{f.deletion.cpu:.1f}"),
    ("deletion: requests for each", lambda f: f"{len(f.deletion.requests) / f.size:.1f}"),
)

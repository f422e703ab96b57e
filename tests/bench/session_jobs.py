"""Many session jobs of one jar on one session cluster, whose JobManager is simulated; the rest is real.

Calls to the JobManager are those that it counted; requests those of the API server's audit log.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.table import Table

from tests.bench.audited_cluster import audited_cluster
from tests.bench.figures_table import add_calls, add_figures, table_of
from tests.bench.session_jobs_run import INTERVAL, Figures, SessionJobsRun
from tests.cluster import Console

_SIZES = (1, 100, 500)


def tables() -> Iterator[Table]:
    """Everything for each number of jobs."""
    progress = Console()
    with tempfile.TemporaryDirectory() as name, audited_cluster(Path(name), progress) as cluster:
        found = []
        for size in _SIZES:
            with SessionJobsRun.begun(cluster, Path(name), size) as run:
                run.measure(progress)
                found.append(run.figures)
    yield _overview(found)
    yield _calls(found)


def _overview(found: Sequence[Figures]) -> Table:
    caption = f"an interval is {INTERVAL:g} s; requests without those about the Lease"
    table = table_of("Session jobs on one session cluster", caption, ("what",), _sizes(found))
    add_figures(table, _ROWS, found)
    return table


def _calls(found: Sequence[Figures]) -> Table:
    """Where calls go."""
    caption = (
        "to the JobManager for each job while submitting; to the JobManager in an interval at rest; "
        "to the API server for each job while submitting"
    )
    table = table_of("Calls and requests", caption, ("verb", "what"), _sizes(found))
    sizes = [one.size for one in found]
    add_calls(table, [_by_verb(one.rest_calls_submitting) for one in found], sizes)
    add_calls(table, [_by_verb(one.rest_calls_at_rest) for one in found], [one.intervals for one in found])
    add_calls(table, [one.submission.calls for one in found], sizes)
    return table


def _sizes(found: Sequence[Figures]) -> list[str]:
    return [f"{figures.size:,}" for figures in found]


def _by_verb(calls: Counter[str]) -> Counter[tuple[str, str]]:
    split = Counter[tuple[str, str]]()
    for call, number in calls.items():
        verb, path = call.split(" ", 1)
        split[verb, path] = number
    return split


_ROWS: Sequence[tuple[str, Callable[[Figures], str]]] = (
    ("creation to submission: median, s", lambda f: f"{f.median:.2f}"),
    ("all at once: to the last submission, s", lambda f: f"{f.last:.1f}"),
    ("of this their creation, s", lambda f: f"{f.creating:.1f}"),
    ("all at once: to the last status RUNNING, s", lambda f: f"{f.running:.1f}"),
    ("all at once: CPU of the controller, s", lambda f: f"{f.submission.cpu:.1f}"),
    ("uploads", lambda f: str(f.uploads)),
    ("calls to the JobManager for each", lambda f: f"{f.rest_calls_submitting.total() / f.size:.2f}"),
    ("requests for each", lambda f: f"{len(f.submission.requests) / f.size:.2f}"),
    ("resident without jobs, MiB", lambda f: f"{f.idle:.0f}"),
    ("resident at most, MiB", lambda f: f"{f.peak:.0f}"),
    ("resident at rest, MiB", lambda f: f"{f.after:.0f}"),
    (
        "at rest: calls to the JobManager in an interval",
        lambda f: f"{f.rest_calls_at_rest.total() / f.intervals:.2f}",
    ),
    ("at rest: share of a core", lambda f: f"{f.rest.cpu / f.rest.seconds:.1%}"),
    ("at rest: CPU seconds a minute", lambda f: f"{f.rest.cpu / f.rest.seconds * 60:.2f}"),
    ("at rest: requests a minute", lambda f: f"{len(f.rest.requests) / f.rest.seconds * 60:.1f}"),
    ("at rest: writes", lambda f: str(f.rest.writes())),
)

"""All checks of the project, in order, with a summary: `make test`, and what CI runs.

Each stage is a command of its own, so that its output can be read and it can be run alone.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.cluster import ClusterError, Level
from tests.cluster import Console as Progress
from tests.cluster.build import ensure_built
from tests.cluster.cluster import external_cluster

PROJECT = Path(__file__).resolve().parent.parent
CHART = "charts/flink-operator"
console = Console(highlight=False)


@dataclass(frozen=True)
class Stage:
    """A named group of commands; it passes when all of them do."""

    name: str
    commands: tuple[tuple[str, ...], ...]


def lint_stage(python: str) -> Stage:
    """Style, types, boundaries, what is generated being in step with its source, and old objects valid."""
    tools = Path(python).parent
    return Stage(
        "lint",
        (
            (str(tools / "ruff"), "check", "--quiet"),
            (str(tools / "ruff"), "format", "--check", "--quiet"),
            (str(tools / "mypy"),),
            (str(tools / "lint-imports"), "--no-logo"),
            (python, "-m", "tests.generated"),
            (python, "-m", "tests.crd_compatibility"),
        ),
    )


def stages(python: str, *, full: bool) -> list[Stage]:
    """All stages, the quick ones first."""
    pytest = (python, "-m", "pytest", "-q")
    matrix = ("--full",) if full else ()
    return [
        lint_stage(python),
        Stage("chart", (("helm", "lint", "--strict", "--quiet", CHART),)),
        Stage("unit", ((*pytest, "tests/unit"),)),
        Stage("artifacts", ((*pytest, "tests/artifacts"),)),
        Stage("simulation", ((*pytest, "-n2", "--dist=loadfile", "tests/simulation"),)),
        Stage("api server", ((*pytest, "tests/api"),)),
        Stage(
            "end to end",
            (
                # Flink waits more than it works: two tests at a time need little more time than one.
                (*pytest, "tests/e2e", "--durations=10", "-n2", "-m", "not alone", *matrix),
                (*pytest, "tests/e2e", "--durations=10", "-m", "alone", *matrix),
            ),
        ),
    ]


def main() -> int:
    """Exit status 0 when every stage passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.everything", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--full", action="store_true", help="every behaviour on every supported Flink version"
    )
    parser.add_argument("--only", metavar="STAGE", help="run one stage")
    arguments = parser.parse_args()
    wanted = stages(sys.executable, full=arguments.full)
    if arguments.only:
        wanted = [stage for stage in wanted if stage.name == arguments.only]
        if not wanted:
            parser.error(f"no stage is named {arguments.only!r}")
    environment = dict(os.environ)
    if arguments.only != "lint":
        try:
            environment |= _programs()
        except ClusterError as error:
            console.print(f"[red]error:[/] {error}", soft_wrap=True)
            return 1
    results = [(stage, *_run(stage, environment)) for stage in wanted]
    return _summary(results)


def _programs() -> dict[str, str]:
    """Build what the stages need (once; they are cached), and where they find it."""
    if external_cluster() is not None:
        return {}
    with _timed("programs of the local cluster"):
        folder = ensure_built(Level.NODE, Progress())  # without root too: helm checks the chart
    return {"PATH": f"{folder}:{os.environ.get('PATH', '')}", "HELM": str(folder / "helm")}


def _run(stage: Stage, environment: dict[str, str]) -> tuple[bool, float]:
    start = time.monotonic()
    passed = True
    with _timed(stage.name):
        for command in stage.commands:
            console.print(f"[dim]$ {' '.join(_short(word) for word in command)}[/]", soft_wrap=True)
            passed = (
                subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode == 0 and passed
            )
    return passed, time.monotonic() - start


def _short(word: str) -> str:
    return Path(word).name if word.startswith("/") else word


@contextmanager
def _timed(name: str) -> Iterator[None]:
    console.rule(f"[bold]{name}")
    start = time.monotonic()
    yield
    console.print(f"[dim]{name}: {time.monotonic() - start:.0f} s[/]")


def _summary(results: list[tuple[Stage, bool, float]]) -> int:
    table = Table("stage", "result", "seconds")
    for stage, passed, seconds in results:
        table.add_row(stage.name, "[green]passed[/]" if passed else "[red]failed[/]", f"{seconds:.0f}")
    console.print(table)
    return 0 if all(passed for _, passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())

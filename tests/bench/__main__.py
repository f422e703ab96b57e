"""`make bench`: what admission costs, as ratios within one run, because machines are shared and noisy."""

import sys
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson
import yaml
from rich.console import Console
from rich.table import Table

from shared.rules import RuleContext, review

PROJECT = Path(__file__).resolve().parent.parent.parent
_ROUNDS = 5


def main() -> int:
    """Print a table; the unit is the time that parsing the same resource's JSON takes."""
    table = Table("resource", "bytes", "review / JSON parsing", "review, ms (this machine, now)")
    for name, resource in (("examples/basic.yaml", _basic()), ("200 options, long pod template", _large())):
        document = orjson.dumps(resource)
        parsing = _best(partial(orjson.loads, document))
        reviewing = _best(partial(review, resource, None, RuleContext()))
        table.add_row(name, str(len(document)), f"{reviewing / parsing:.0f}", f"{reviewing * 1000:.2f}")
    Console().print(table)
    return 0


def _basic() -> dict[str, object]:
    resource: dict[str, object] = yaml.safe_load((PROJECT / "examples" / "basic.yaml").read_text("utf-8"))
    return resource


def _large() -> dict[str, object]:
    resource = _basic()
    spec = resource["spec"]
    assert isinstance(spec, dict)
    spec["flinkConfiguration"] |= {
        f"some.option.of.a.job.{number}": f"value {number}" for number in range(200)
    }
    containers = [
        {
            "name": f"sidecar-{number}",
            "image": "busybox",
            "env": [{"name": f"E{i}", "value": "v"} for i in range(20)],
        }
        for number in range(7)
    ]
    spec["podTemplate"] = {"spec": {"containers": containers}}
    return resource


def _best(work: Callable[[], object]) -> float:
    """Seconds of one call, the best of some rounds."""
    timer = timeit.Timer(work)
    number, _ = timer.autorange()
    return min(timer.repeat(_ROUNDS, number)) / number


if __name__ == "__main__":
    sys.exit(main())

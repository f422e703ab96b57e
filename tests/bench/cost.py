"""What a resource costs in a process, and what a process pays once."""

import subprocess
import sys
import timeit
from collections.abc import Callable
from functools import partial
from time import process_time

import orjson
from rich.table import Table

from controller.flink.cluster import cluster_objects
from controller.flink.operator_files import OperatorFiles
from shared.config.effective import Submission
from shared.model import FlinkDeployment
from shared.rules import RuleContext, review
from tests.bench.resources import Resource, basic, large, lines_of_pod_templates

_ROUNDS = 7
_IMPORT = "from time import process_time; start = process_time(); import {}; print(process_time() - start)"
_ONE_MODEL = "pydantic; type('One', (pydantic.BaseModel,), {'__annotations__': {'field': int}})"
_FIRST_VALIDATION = """
import sys, orjson
from time import process_time
from shared.model import FlinkDeployment
resource = orjson.loads(sys.argv[1])
start = process_time()
FlinkDeployment.model_validate(resource)
print(process_time() - start)
"""


def resources() -> Table:
    """CPU times of parsing, model and review, beside one another."""
    table = Table(title="What a resource costs", caption="ms of CPU; in brackets: times parsing its JSON")
    for column in ("resource", "bytes", "pod lines", "JSON", "model", "review", "objects"):
        table.add_column(column, justify="left" if column == "resource" else "right")
    for name, resource in (("examples/basic.yaml", basic()), ("large", large())):
        document = orjson.dumps(resource)
        if findings := review(resource, None, RuleContext()).errors:
            raise ValueError(f"{name} is to be valid: {findings}")
        parsing = _best(partial(orjson.loads, document))
        modelling = _best(partial(FlinkDeployment.model_validate, resource))
        reviewing = _best(partial(review, resource, None, RuleContext()))
        table.add_row(
            name,
            str(len(document)),
            str(lines_of_pod_templates(resource)),
            f"{parsing * 1000:.3f}",
            _with_ratio(modelling, parsing),
            _with_ratio(reviewing, parsing),
            _with_ratio(_best(partial(_objects, resource)), parsing),
        )
    return table


def _objects(resource: Resource) -> object:
    """All objects of the cluster, as the controller creates them."""
    parsed = FlinkDeployment.model_validate(resource)
    return cluster_objects(parsed, Submission(1, "0" * 32), {}, OperatorFiles())


def processes() -> Table:
    """CPU times of imports and first validations."""
    table = Table(
        title="What a fresh process pays once", caption="ms of CPU; in brackets: times import pydantic"
    )
    table.add_column("what")
    table.add_column("time", justify="right")
    pydantic = _best_of_fresh_processes(_IMPORT.format("pydantic"))
    table.add_row("import pydantic", f"{pydantic * 1000:.1f}")
    floor = _best_of_fresh_processes(_IMPORT.format(_ONE_MODEL))
    table.add_row("import pydantic, make a model of one field", _with_ratio(floor, pydantic))
    model = _best_of_fresh_processes(_IMPORT.format("shared.model"))
    table.add_row("import shared.model", _with_ratio(model, pydantic))
    for name, resource in (("examples/basic.yaml", basic()), ("large", large())):
        first = _best_of_fresh_processes(_FIRST_VALIDATION, orjson.dumps(resource).decode())
        table.add_row(f"first validation: {name}", _with_ratio(first, pydantic))
    return table


def _with_ratio(seconds: float, unit: float) -> str:
    return f"{seconds * 1000:.2f} ({seconds / unit:.1f})"


def _best(work: Callable[[], object]) -> float:
    """Seconds of one call, the best of some rounds."""
    timer = timeit.Timer(work, timer=process_time)
    number, _ = timer.autorange()
    return min(timer.repeat(_ROUNDS, number)) / number


def _best_of_fresh_processes(code: str, *arguments: str) -> float:
    """Seconds that the code prints, the best of some processes."""
    command = [sys.executable, "-c", code, *arguments]
    return min(float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(_ROUNDS))

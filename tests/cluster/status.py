"""Says how a cluster is."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.cluster.build import crds_folder, ensure_built
from tests.cluster.component import record, running
from tests.cluster.components import all_components, setting_of
from tests.cluster.errors import ClusterError
from tests.cluster.folders import Folders
from tests.cluster.plan import load
from tests.cluster.programs import Level
from tests.cluster.readiness import definition_names, node_expectations, unmet
from tests.progress import silent


@dataclass(frozen=True)
class Row:
    """The state of one component."""

    component: str
    pid: int | None
    state: str
    healthy: bool


@dataclass(frozen=True)
class Status:
    """The state of a cluster: its components, and what a ready cluster would show but this one does not."""

    rows: Sequence[Row]
    unmet: Sequence[str]

    @property
    def ready(self) -> bool:
        return all(row.healthy for row in self.rows) and not self.unmet

    def table(self) -> str:
        """Return a table for a terminal."""
        cells = [("COMPONENT", "PID", "STATE")]
        cells += [(row.component, str(row.pid or "-"), row.state) for row in self.rows]
        widths = [max(len(line[column]) for line in cells) for column in range(2)]
        lines = [f"{name:{widths[0]}}  {pid:>{widths[1]}}  {state}" for name, pid, state in cells]
        return "\n".join([*lines, *(f"not so: {what}" for what in self.unmet)])


def status(name: str) -> Status:
    """Return the state of a cluster of ours; raise ClusterError if there is none."""
    folders = Folders.of(name)
    plan = load(folders.plan)
    if plan is None:
        raise ClusterError(f"there is no cluster {name!r}: run `python -m tests.cluster up --name {name}`")
    binaries = ensure_built(plan.level, silent)
    setting = setting_of(plan, folders, binaries)
    rows = []
    for component in all_components(setting):
        found = record(folders, component.name)
        alive = found is not None and found.process.alive()
        healthy = alive and component.healthy()
        if not alive:
            state = "not running"
        elif not healthy:
            state = "does not answer"
        elif running(folders, component) is None:
            state = "healthy, but outdated: `up` restarts it"
        else:
            state = "healthy"
        rows.append(Row(component.name, found.process.pid if found and alive else None, state, healthy))
    expectations = []
    if plan.level is Level.NODE:
        expectations = node_expectations(definition_names(crds_folder(binaries)))
    return Status(rows, unmet(expectations, setting.api()))

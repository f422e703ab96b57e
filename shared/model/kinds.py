"""The four kinds by name, with what the API server calls them (contract part 1.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.model.blue_green import FlinkBlueGreenDeployment
from shared.model.deployment import FlinkDeployment
from shared.model.session_job import FlinkSessionJob
from shared.model.state_snapshot import FlinkStateSnapshot

Resource = FlinkDeployment | FlinkSessionJob | FlinkStateSnapshot | FlinkBlueGreenDeployment


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its model, its name in URLs, and the short name for kubectl."""

    name: str
    plural: str
    short_name: str
    model: type[Resource]

    @property
    def singular(self) -> str:
        """The name that kubectl prints."""
        return self.name.lower()


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("FlinkDeployment", "flinkdeployments", "flinkdep", FlinkDeployment),
        Kind("FlinkSessionJob", "flinksessionjobs", "sessionjob", FlinkSessionJob),
        Kind("FlinkStateSnapshot", "flinkstatesnapshots", "flinksnp", FlinkStateSnapshot),
        Kind("FlinkBlueGreenDeployment", "flinkbluegreendeployments", "flinkbgdep", FlinkBlueGreenDeployment),
    )
}

"""What is decided about: a FlinkDeployment, read as far as it can be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.flink.operator_files import OperatorFiles
from shared.config.effective import validation_configuration
from shared.model.base import Metadata
from shared.model.deployment import FlinkDeployment, FlinkDeploymentSpec
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import FlinkDeploymentStatus
from shared.rules import Finding

FINALIZER = "flinkdeployments.flink.apache.org/finalizer"


@dataclass(frozen=True, slots=True)
class Subject:
    """A resource, its findings (the same that admission would have made), and what was last reconciled."""

    resource: FlinkDeployment
    errors: tuple[Finding, ...]
    """Not empty: the spec is not valid and must not be acted on."""
    not_supported: tuple[Finding, ...]
    """What this version does not act on."""
    last: ReconciledSpec | None
    """The spec that was last deployed; None before the first deployment."""
    operator_configuration: Mapping[str, str]
    operator_files: OperatorFiles = field(default_factory=OperatorFiles)
    """What clusters get of the operator's own folder."""
    record_is_damaged: bool = False
    """Of a resource that is being deleted: `last` and the status are what could still be read of them."""

    @property
    def metadata(self) -> Metadata:
        """The resource's metadata."""
        return self.resource.metadata

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.metadata.namespace, self.metadata.name

    @property
    def spec(self) -> FlinkDeploymentSpec:
        """The spec that the user wants."""
        return self.resource.spec

    @property
    def deployed(self) -> FlinkDeploymentSpec:
        """The spec of what runs; before the first deployment the one that the user wants."""
        return self.spec if self.last is None else self.last.spec

    @property
    def status(self) -> FlinkDeploymentStatus:
        """The status as it was last written."""
        return self.resource.status

    def configuration(self, spec: FlinkDeploymentSpec) -> dict[str, str]:
        """What rules look at: the options of `spec` over the operator's defaults for its namespace."""
        return validation_configuration(spec, self.metadata.namespace, self.operator_configuration)

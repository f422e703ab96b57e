"""What is decided about: a FlinkDeployment or FlinkSessionJob, read as far as it can be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol

from controller.flink.operator_files import OperatorFiles
from shared import GROUP
from shared.config.effective import validation_configuration
from shared.config.flatten import flatten
from shared.model import KINDS
from shared.model.base import Metadata
from shared.model.deployment import FlinkDeployment, FlinkDeploymentSpec, FlinkVersion
from shared.model.reconciled_spec import AnySpec, ReconciledSpec, Spec_co
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.status import CommonStatus, FlinkSessionJobStatus, Status_co
from shared.rules import Finding


class JobResource(Protocol[Spec_co, Status_co]):
    """What the two kinds have in common."""

    @property
    def kind(self) -> str:
        """Kubernetes' name of it."""

    @property
    def metadata(self) -> Metadata:
        """Kubernetes' metadata."""

    @property
    def spec(self) -> Spec_co:
        """What its owner wants."""

    @property
    def status(self) -> Status_co:
        """What was written of it last."""


@dataclass(frozen=True, slots=True)
class SessionCluster:
    """What a session job needs to know of the FlinkDeployment that it names."""

    name: str
    uid: str
    address: str
    """Of its REST API, without a slash at its end."""
    version: FlinkVersion | None
    options: Mapping[str, str]
    """The operator's defaults for it, and its own as they are deployed."""
    takes_jobs: bool
    """It is deployed as it is wanted, and nothing is under way."""
    is_application: bool = False
    """It has a job of its own, and takes no other."""
    being_deleted: bool = False
    goes: bool = False
    """Its JobManager is about to end, for a change of its spec or for its deletion."""
    carries_jobs_over: bool = False
    """Flink's metadata survives that, and the jobs come back by themselves."""
    keeps_metadata: bool = False
    """Flink keeps metadata of its jobs in Kubernetes, and a JobManager that starts anew brings them back."""


@dataclass(frozen=True, slots=True)
class Subject(Generic[Spec_co, Status_co]):
    """A resource, its findings (the same that admission would have made), and what was last reconciled."""

    resource: JobResource[Spec_co, Status_co]
    errors: tuple[Finding, ...]
    """Not empty: the spec is not valid and must not be acted on."""
    not_supported: tuple[Finding, ...]
    """What this version does not act on."""
    last: ReconciledSpec[Spec_co] | None
    """The spec that was last deployed; None before the first deployment."""
    operator_configuration: Mapping[str, str]
    operator_files: OperatorFiles = field(default_factory=OperatorFiles)
    """What clusters get of the operator's own folder."""
    record_is_damaged: bool = False
    """Of a resource that is being deleted: `last` and the status are what could still be read of them."""
    cluster: SessionCluster | None = None
    """Of a session job, where there is one."""

    @property
    def metadata(self) -> Metadata:
        """The resource's metadata."""
        return self.resource.metadata

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.metadata.namespace, self.metadata.name

    @property
    def plural(self) -> str:
        """Of its kind, as commands and URLs name it."""
        return KINDS[self.resource.kind].plural

    @property
    def finalizer(self) -> str:
        """Makes deletion wait until what belongs to the resource is gone."""
        return f"{self.plural}.{GROUP}/finalizer"

    @property
    def spec(self) -> Spec_co:
        """The spec that the user wants."""
        return self.resource.spec

    @property
    def deployed(self) -> Spec_co:
        """The spec of what runs; before the first deployment the one that the user wants."""
        return self.spec if self.last is None else self.last.spec

    @property
    def status(self) -> Status_co:
        """The status as it was last written."""
        return self.resource.status

    def configuration(self, spec: AnySpec) -> dict[str, str]:
        """What rules look at: the options of `spec` over the operator's defaults for its namespace, or over
        those of the session cluster.
        """
        namespace, operator = self.metadata.namespace, self.operator_configuration
        match spec:
            case FlinkDeploymentSpec():
                return validation_configuration(spec, namespace, operator)
            case FlinkSessionJobSpec():
                lower = operator if self.cluster is None else self.cluster.options
                return {**lower, **flatten(spec.flink_configuration or {})}


def with_spec(subject: Subject, spec: FlinkDeploymentSpec) -> FlinkDeployment:
    """The resource as if its owner had written that: what is made for it is made of this."""
    return FlinkDeployment(metadata=subject.metadata, spec=spec)


AnySubject = Subject[AnySpec, CommonStatus]
"""Of either kind: for what is decided about both alike."""
SessionJobSubject = Subject[FlinkSessionJobSpec, FlinkSessionJobStatus]

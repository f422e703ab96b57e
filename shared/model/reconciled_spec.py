"""`lastReconciledSpec` and `lastStableSpec`: JSON documents as the Java operator writes them (contract 1.7).

    {"spec": {…}, "resource_metadata": {"apiVersion": "flink.apache.org/v1beta1", "firstDeployment": true}}

Absent fields are written as null, because the Java operator does so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, cast

import orjson
from typing_extensions import TypeVar

from shared import API_VERSION
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.job import DesiredJobState
from shared.model.session_job import FlinkSessionJobSpec

_FREE_FORM = "flinkConfiguration"

AnySpec = FlinkDeploymentSpec | FlinkSessionJobSpec
"""Of a resource that may have a job."""
Spec = TypeVar("Spec", bound=AnySpec)
Spec_co = TypeVar("Spec_co", bound=AnySpec, covariant=True, default=FlinkDeploymentSpec)
"""A FlinkDeployment's where nothing is said."""


@dataclass(frozen=True, slots=True)
class ReconciledSpec(Generic[Spec_co]):
    """A spec as it was deployed, and whether that was the resource's first deployment."""

    spec: Spec_co
    first_deployment: bool = False

    @property
    def is_suspended(self) -> bool:
        """Whether the job was suspended when the spec was reconciled, or is on its way down or up."""
        return self.spec.job is not None and self.spec.job.state is DesiredJobState.SUSPENDED

    def to_json(self) -> str:
        """The document for the status."""
        document = {
            "spec": self.spec.model_dump(mode="json", by_alias=True),
            "resource_metadata": {"apiVersion": API_VERSION, "firstDeployment": self.first_deployment},
        }
        return orjson.dumps(document).decode()

    @staticmethod
    def from_json(text: str) -> "ReconciledSpec[FlinkDeploymentSpec]":
        """Read a FlinkDeployment's document, as `read_document` does."""
        return read_document(text, FlinkDeploymentSpec)


def read_document(text: str, kind: type[Spec]) -> ReconciledSpec[Spec]:
    """Read a document; one without `resource_metadata` is the older form, the bare spec.

    Raises ValueError (pydantic's and orjson's errors are ValueErrors) when it is neither.
    """
    spec, metadata = parts_of_document(text)
    return ReconciledSpec(
        spec=cast(Spec, kind.model_validate(_without_nulls(spec))),
        first_deployment=bool(metadata.get("firstDeployment", False)),
    )


def _without_nulls(node: Any) -> Any:
    """For the Java operator too a null is an absent field, but in free-form options, where it is a word."""
    if isinstance(node, list):
        return [_without_nulls(element) for element in node]
    if not isinstance(node, dict):
        return node
    return {
        name: value if name == _FREE_FORM else _without_nulls(value)
        for name, value in node.items()
        if value is not None
    }


def parts_of_document(text: str) -> tuple[Any, Mapping[str, Any]]:
    """Spec and resource_metadata; both are what JSON holds. Raises ValueError when it is no document."""
    document: Any = orjson.loads(text)
    if not isinstance(document, dict):
        raise ValueError("the document is not a JSON object")  # noqa: TRY004 - one error type for a bad document
    metadata = document.get("resource_metadata")
    if isinstance(metadata, dict) and "spec" in document:
        return document["spec"], metadata
    bare = {key: value for key, value in document.items() if key != "apiVersion"}
    return bare.get("spec", bare), {}

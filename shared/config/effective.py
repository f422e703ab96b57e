"""What a FlinkDeployment says, as the Flink configuration that its cluster gets (contract part 3)."""

from collections.abc import Mapping

from shared.config.derived import GENERATION_ANNOTATION, ROLLBACK_ANNOTATION, Submission, derived_layers
from shared.config.flatten import flatten
from shared.config.layers import Layer, Value, merged, text
from shared.config.operator import defaults_for
from shared.config.parallelism import effective_parallelism, task_manager_count
from shared.model.deployment import FlinkDeployment, FlinkDeploymentSpec

__all__ = [
    "GENERATION_ANNOTATION",
    "ROLLBACK_ANNOTATION",
    "Submission",
    "Value",
    "configuration_layers",
    "deployment_configuration",
    "effective_parallelism",
    "task_manager_count",
    "text",
    "validation_configuration",
]

RESOURCE = "spec.flinkConfiguration"


def validation_configuration(
    spec: FlinkDeploymentSpec, namespace: str, operator: Mapping[str, str]
) -> dict[str, str]:
    """The resource's options over its defaults, without what the operator derives: what rules look at."""
    own = flatten(spec.flink_configuration or {})
    return defaults_for(operator, namespace, spec.flink_version).options | own


def deployment_configuration(
    resource: FlinkDeployment, operator: Mapping[str, str], submission: Submission
) -> dict[str, Value]:
    """All options of a cluster, the operator's own (`kubernetes.operator.…`) included.

    Raises ValueError when a field that options are derived from cannot be read.
    """
    return merged(configuration_layers(resource, operator, submission))


def configuration_layers(
    resource: FlinkDeployment, operator: Mapping[str, str], submission: Submission | None = None
) -> tuple[Layer, ...]:
    """What `deployment_configuration` is made of, the lowest first; see `derived_layers` for no submission.

    Raises ValueError as `deployment_configuration` does.
    """
    spec, namespace = resource.spec, resource.metadata.namespace
    own = Layer(RESOURCE, flatten(spec.flink_configuration or {}))
    lower = (*defaults_for(operator, namespace, spec.flink_version).layers, own)
    return (*lower, *derived_layers(resource, lower, submission))

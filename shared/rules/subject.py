"""What rules look at: a spec, what runs, and the configuration that comes of both."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.model.deployment import FlinkDeploymentSpec, FlinkVersion
from shared.model.session_job import FlinkSessionJobSpec


@dataclass(frozen=True, slots=True)
class DeploymentUnderReview:
    """A FlinkDeployment."""

    name: str | None
    """None while the API server is still to generate one."""
    namespace: str
    spec: FlinkDeploymentSpec
    running: FlinkDeploymentSpec | None
    """The spec that was last reconciled: what may not change is compared with this."""
    own: Mapping[str, str]
    """The options that the spec sets."""
    config: Mapping[str, str]
    """These over the operator's defaults."""


@dataclass(frozen=True, slots=True)
class SessionJobUnderReview:
    """A FlinkSessionJob."""

    spec: FlinkSessionJobSpec
    running: FlinkSessionJobSpec | None
    """The spec that was last reconciled: what may not change is compared with this."""
    own: Mapping[str, str]
    """The options that the spec sets."""
    config: Mapping[str, str]
    """These over the cluster's, as far as the cluster is known, over the operator's defaults."""
    operator: Mapping[str, str]
    """The operator's defaults alone."""
    cluster_version: FlinkVersion | None
    """None when the cluster, or its version, is not known."""

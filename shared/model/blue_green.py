"""FlinkBlueGreenDeployment: an application upgraded beside its running version (contract part 1.6)."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared import API_VERSION
from shared.model.base import FreeForm, Metadata, Model
from shared.model.deployment import FlinkDeploymentSpec, IngressSpec
from shared.model.status import JobStatus, StatusWithConditions


class BlueGreenState(StrEnum):
    """Which of the two deployments is active, and what is under way."""

    INITIALIZING_BLUE = "INITIALIZING_BLUE"
    ACTIVE_BLUE = "ACTIVE_BLUE"
    ACTIVE_GREEN = "ACTIVE_GREEN"
    TRANSITIONING_TO_BLUE = "TRANSITIONING_TO_BLUE"
    TRANSITIONING_TO_GREEN = "TRANSITIONING_TO_GREEN"
    SAVEPOINTING_BLUE = "SAVEPOINTING_BLUE"
    SAVEPOINTING_GREEN = "SAVEPOINTING_GREEN"


class FlinkDeploymentTemplate(Model):
    """What both FlinkDeployments are made from."""

    metadata: FreeForm | None = None
    """Metadata of the deployments."""
    spec: FlinkDeploymentSpec | None = None
    """Spec of the deployments."""


class FlinkBlueGreenDeploymentSpec(Model):
    """The application, and how it moves from one colour to the other."""

    configuration: dict[str, str] | None = None
    """Options that begin with kubernetes.operator.bluegreen."""
    ingress: IngressSpec | None = None
    """An Ingress that follows the active deployment."""
    template: FlinkDeploymentTemplate | None = None
    """What both deployments are made from."""


class FlinkBlueGreenDeploymentStatus(StatusWithConditions):
    """Which deployment is active and what is under way."""

    job_status: JobStatus | None = None
    """State of the application."""
    blue_green_state: BlueGreenState | None = None
    """Which deployment is active."""
    last_reconciled_spec: str | None = None
    """The spec that was last reconciled, as a JSON document."""
    last_reconciled_timestamp: str | None = None
    """When it was reconciled."""
    abort_timestamp: str | None = None
    """When a transition that is under way is given up."""
    deployment_ready_timestamp: str | None = None
    """When the new deployment became ready."""
    savepoint_trigger_id: str | None = None
    """Flink's id of the savepoint that the transition waits for."""
    error: str | None = None
    """What went wrong."""


class FlinkBlueGreenDeployment(Model):
    """An application whose upgrades start beside the running version and take over when ready."""

    api_version: Literal["flink.apache.org/v1beta1"] = API_VERSION
    kind: Literal["FlinkBlueGreenDeployment"] = "FlinkBlueGreenDeployment"
    metadata: Metadata
    spec: FlinkBlueGreenDeploymentSpec
    """The application and how it is upgraded."""
    status: FlinkBlueGreenDeploymentStatus = Field(default_factory=FlinkBlueGreenDeploymentStatus)
    """Which deployment is active. Written by the operator."""

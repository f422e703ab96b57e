"""FlinkDeployment: a Flink cluster, with a job (application) or without one (session). Contract part 1.3."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field

from shared import API_VERSION
from shared.model.base import Float64, Int32, Int64, Metadata, Model, Quantity
from shared.model.job import FlinkConfiguration, JobSpec
from shared.model.pod_template import PodTemplate
from shared.model.status import FlinkDeploymentStatus


class FlinkVersion(StrEnum):
    """Flink's minor versions, as the wire spells them."""

    V1_13 = "v1_13"
    V1_14 = "v1_14"
    V1_15 = "v1_15"
    V1_16 = "v1_16"
    V1_17 = "v1_17"
    V1_18 = "v1_18"
    V1_19 = "v1_19"
    V1_20 = "v1_20"
    V2_0 = "v2_0"
    V2_1 = "v2_1"
    V2_2 = "v2_2"
    V2_3 = "v2_3"
    V2_4 = "v2_4"

    @cached_property
    def number(self) -> tuple[int, int]:
        """Major and minor, for comparisons: `v1_20` is (1, 20)."""
        major, minor = self.value.removeprefix("v").split("_")
        return int(major), int(minor)


OLDEST_SUPPORTED: Final = FlinkVersion.V1_15
IMAGE_PULL_POLICIES: Final = ("IfNotPresent", "Always", "Never")
LOG_FILES: Final = ("log4j-console.properties", "logback-console.xml")
"""What Flink's scripts read of spec.logConfiguration."""


class KubernetesDeploymentMode(StrEnum):
    """Who makes the TaskManagers: Flink itself (native) or the operator (standalone)."""

    NATIVE = "native"
    STANDALONE = "standalone"


class Resource(Model):
    """Deprecated form of resources: one number for request and limit."""

    cpu: Float64 | None = None
    """CPU cores, for example 0.5."""
    memory: Quantity | None = None
    """Process memory, in Flink's notation (2048m) or Kubernetes' (2Gi)."""
    ephemeral_storage: Quantity | None = None
    """Ephemeral storage as a Kubernetes quantity (1Gi)."""


class ResourceClaim(Model):
    """A resource claim of the pod that the container uses."""

    name: str
    """Name of an entry in the pod's resourceClaims."""
    request: str | None = None
    """Name of the request within the claim."""


Amounts = Annotated[dict[str, Quantity], Field(max_length=64)]
"""Quantities by the name of the resource."""


class ResourceRequirements(Model):
    """Kubernetes resource requirements: cpu, memory and other resources, as requests and limits."""

    claims: list[ResourceClaim] | None = None
    """Resource claims that the container uses."""
    limits: Amounts | None = None
    """Upper bounds; memory and cpu become Flink's limit factors."""
    requests: Amounts | None = None
    """What the pod asks for; memory is Flink's process size."""

    @property
    def is_given(self) -> bool:
        """Whether any request or limit is set: then the deprecated `resource` is ignored."""
        return bool(self.limits or self.requests)


class JobManagerSpec(Model):
    """The JobManager's resources, replicas and pod template."""

    resource: Resource | None = None
    """Deprecated: use resources."""
    resources: ResourceRequirements | None = None
    """Requests and limits of the JobManager's container."""
    replicas: Int32 = Field(default=1, json_schema_extra={"minimum": 1})
    """Number of JobManagers; more than one needs high availability."""
    pod_template: PodTemplate | None = None
    """Pod template of the JobManager, merged over spec.podTemplate. See the Kubernetes Pod API."""


class TaskManagerSpec(Model):
    """The TaskManagers' resources, replicas and pod template."""

    resource: Resource | None = None
    """Deprecated: use resources."""
    resources: ResourceRequirements | None = None
    """Requests and limits of each TaskManager's container."""
    replicas: Int32 | None = Field(default=None, json_schema_extra={"minimum": 1})
    """Number of TaskManagers; when set, the job's parallelism is replicas times slots."""
    pod_template: PodTemplate | None = None
    """Pod template of the TaskManagers, merged over spec.podTemplate. See the Kubernetes Pod API."""


class IngressTls(Model):
    """TLS of an Ingress: hosts and the Secret that holds their certificate."""

    hosts: list[str] = Field(default_factory=list)
    """Host names that the certificate covers."""
    secret_name: str | None = None
    """Secret with tls.crt and tls.key."""


class IngressSpec(Model):
    """An Ingress in front of Flink's web page."""

    template: str | None = None
    """Host or host/path with {{name}} and {{namespace}} in it."""
    class_name: str | None = None
    """Ingress class."""
    annotations: dict[str, str] | None = None
    """Annotations of the Ingress."""
    labels: dict[str, str] | None = None
    """Labels of the Ingress."""
    tls: list[IngressTls] | None = None
    """TLS settings of the Ingress."""


class FlinkDeploymentSpec(Model):
    """What the cluster, and its job if it has one, should look like."""

    job: JobSpec | None = None
    """The job of an application cluster; absent for a session cluster."""
    restart_nonce: Int64 | None = None
    """A new value restarts the cluster."""
    flink_configuration: FlinkConfiguration | None = None
    """Flink's and the operator's options, as dotted keys or nested YAML."""
    image: str | None = None
    """Flink image of JobManager and TaskManagers."""
    image_pull_policy: str | None = None
    """IfNotPresent, Always or Never."""
    service_account: str | None = None
    """Service account of Flink's pods; it needs the rights that the chart's role `flink` holds."""
    flink_version: FlinkVersion | None = None
    """Flink's minor version, which must be that of the image: v2_3 for Flink 2.3."""
    ingress: IngressSpec | None = None
    """An Ingress in front of Flink's web page."""
    pod_template: PodTemplate | None = None
    """Pod template of JobManager and TaskManagers. See the Kubernetes Pod API."""
    job_manager: JobManagerSpec | None = None
    """Settings of the JobManager."""
    task_manager: TaskManagerSpec | None = None
    """Settings of the TaskManagers."""
    log_configuration: dict[str, str] | None = Field(default=None, json_schema_extra={"maxProperties": 64})
    """Contents of log4j-console.properties or logback-console.xml in Flink's configuration folder."""
    mode: KubernetesDeploymentMode | None = None
    """native (default): Flink makes its TaskManagers; standalone: the operator makes them."""

    @property
    def is_application(self) -> bool:
        """Whether the cluster exists for one job."""
        return self.job is not None


class FlinkDeployment(Model):
    """A Flink cluster with the job it runs (application cluster), or one that session jobs run on."""

    api_version: Literal["flink.apache.org/v1beta1"] = API_VERSION
    kind: Literal["FlinkDeployment"] = "FlinkDeployment"
    metadata: Metadata
    spec: FlinkDeploymentSpec
    """What the cluster and its job should look like."""
    status: FlinkDeploymentStatus = Field(default_factory=FlinkDeploymentStatus)
    """What the operator knows about the cluster and its job. Written by the operator."""

"""FlinkSessionJob: a job on a session cluster (contract part 1.4)."""

from typing import Literal

from pydantic import Field

from shared import API_VERSION
from shared.model.base import Int64, Metadata, Model
from shared.model.job import FlinkConfiguration, JobSpec
from shared.model.status import FlinkSessionJobStatus


class FlinkSessionJobSpec(Model):
    """The job and the session cluster that it runs on."""

    job: JobSpec | None = None
    """The job to run."""
    restart_nonce: Int64 | None = None
    """A new value restarts the job."""
    flink_configuration: FlinkConfiguration | None = None
    """Flink's and the operator's options for this job, over those of the cluster."""
    deployment_name: str | None = Field(default=None, json_schema_extra={"maxLength": 63})
    """Name of the FlinkDeployment (a session cluster) in the same namespace."""


class FlinkSessionJob(Model):
    """A job that runs on a session cluster, beside others."""

    api_version: Literal["flink.apache.org/v1beta1"] = API_VERSION
    kind: Literal["FlinkSessionJob"] = "FlinkSessionJob"
    metadata: Metadata
    spec: FlinkSessionJobSpec
    """The job and where it runs."""
    status: FlinkSessionJobStatus = Field(default_factory=FlinkSessionJobStatus)
    """What the operator knows about the job. Written by the operator."""

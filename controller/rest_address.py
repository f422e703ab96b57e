"""Where a cluster's JobManager answers."""

from collections.abc import Mapping

from controller.decide.subject import AnySubject, Subject
from controller.flink.names import rest_service
from shared.config.options import REST_PORT
from shared.config.rest_tls import speaks_tls
from shared.model.base import Metadata
from shared.model.deployment import FlinkDeploymentSpec


def address_for(subject: AnySubject) -> str | None:
    """Where to ask about the job of either kind; None while there is no session cluster for it."""
    if isinstance(subject.deployed, FlinkDeploymentSpec):
        return _address(subject.metadata, subject.deployed, subject.configuration(subject.deployed))
    return None if subject.cluster is None else subject.cluster.address


def rest_address(subject: Subject) -> str:
    """The URL of the REST service of what was last deployed, without a slash at its end."""
    return _address(subject.metadata, subject.deployed, subject.configuration(subject.deployed))


def _address(metadata: Metadata, spec: FlinkDeploymentSpec, config: Mapping[str, str]) -> str:
    scheme = "https" if speaks_tls(config, spec.flink_version) else "http"
    return f"{scheme}://{rest_service(metadata.name)}.{metadata.namespace}:{REST_PORT.read(config)}"

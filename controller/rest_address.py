"""Where a cluster's JobManager answers."""

from controller.decide.subject import Subject
from controller.flink.names import rest_service
from shared.config.options import REST_PORT
from shared.config.rest_tls import speaks_tls


def rest_address(subject: Subject) -> str:
    """The URL of the REST service of what was last deployed, without a slash at its end."""
    metadata = subject.metadata
    config = subject.configuration(subject.deployed)
    scheme = "https" if speaks_tls(config, subject.deployed.flink_version) else "http"
    return f"{scheme}://{rest_service(metadata.name)}.{metadata.namespace}:{REST_PORT.read(config)}"

"""How a jar is to be fetched, by the options of its job and of the operator."""

from collections.abc import Mapping

from controller.artifacts.artifact import ArtifactError, Credentials, Wanted
from shared.config.collections import parse_list, parse_map
from shared.config.duration import parse_duration
from shared.config.operator_options import (
    ALLOWED_SCHEMES,
    ARTIFACT_HEADERS,
    ARTIFACT_MAX_SIZE,
    ARTIFACT_SHA256,
    ARTIFACT_TIMEOUT,
    RESTRICTED_HOSTS_ARE_DISALLOWED,
)
from shared.config.quantity import parse_flink_memory
from shared.config.values import SHA256, parse_boolean


def wanted(
    options: Mapping[str, str], operator: Mapping[str, str], credentials: Credentials | None = None
) -> Wanted:
    """`options`: the job's effective ones; `operator`: its own, for their namespace. Raises ArtifactError."""
    option = ARTIFACT_SHA256
    try:
        sha256 = option.read(options)
        digest = None if not sha256 else str(SHA256.parse(sha256))
        option = ARTIFACT_HEADERS
        headers = parse_map(option.read(options) or "", reads_yaml=True)
        option = ARTIFACT_MAX_SIZE
        maximum_size = parse_flink_memory(option.read(operator) or "")
        option = ARTIFACT_TIMEOUT
        timeout = parse_duration(option.read(operator) or "")
        option = ALLOWED_SCHEMES
        schemes = tuple(scheme.lower() for scheme in parse_list(option.read(operator) or "", reads_yaml=True))
        option = RESTRICTED_HOSTS_ARE_DISALLOWED
        restricts_hosts = parse_boolean(option.read(operator) or "")
    except ValueError as error:
        raise ArtifactError(f"{option.key} {option.type.expected}.", transient=False) from error
    return Wanted(
        sha256=digest,
        headers=headers,
        maximum_size=maximum_size,
        timeout=timeout,
        credentials=credentials,
        schemes=schemes,
        restricts_hosts=restricts_hosts,
    )

"""The configuration that Flink's pods read: which options, in which file, as Flink's own client does it."""

from collections.abc import Mapping

import yaml

from controller.flink.names import ClusterType
from shared.config.effective import Value, text
from shared.config.options import (
    BLOB_SERVER_PORT,
    JOBMANAGER_RPC_PORT,
    REST_BIND_PORT,
    TASKMANAGER_RPC_PORT,
    high_availability_is_active,
)
from shared.model.deployment import FlinkVersion

_OPERATOR_PREFIXES = ("kubernetes.operator.", "job.autoscaler.")
_CLIENT_ONLY = {
    "kubernetes.config.file",
    "$internal.deployment.config-dir",
    "rest.bind-address",
    "jobmanager.bind-host",
    "taskmanager.bind-host",
    "taskmanager.host",
}
_ENTRY_CLASS = "org.apache.flink.kubernetes.entrypoint.Kubernetes{}ClusterEntrypoint"
_LEGACY_FILE, _STANDARD_FILE = "flink-conf.yaml", "config.yaml"


class ConfigurationConflict(Exception):  # noqa: N818 - it is the user's options that conflict
    """Options that cannot stand together; the text is for their owner."""


def cluster_configuration(deployment: Mapping[str, Value], name: str, kind: ClusterType) -> dict[str, Value]:
    """The options of a native cluster as its pods get them: ports fixed, the operator's own left out."""
    result = {
        key: value
        for key, value in deployment.items()
        if not key.startswith(_OPERATOR_PREFIXES) and key not in _CLIENT_ONLY
    }
    flat = {key: text(value) for key, value in result.items()}
    result["internal.cluster.execution-mode"] = "NORMAL"
    result["kubernetes.internal.jobmanager.entrypoint.class"] = _ENTRY_CLASS.format(kind.value.capitalize())
    if (BLOB_SERVER_PORT.read(flat) or "0") == "0":
        result[BLOB_SERVER_PORT.key] = "6124"
    if (TASKMANAGER_RPC_PORT.read(flat) or "0") == "0":
        result[TASKMANAGER_RPC_PORT.key] = "6122"
    if REST_BIND_PORT.read(flat) == "0":
        result[REST_BIND_PORT.key] = "8081"
    if high_availability_is_active(flat):
        if flat.get("high-availability.jobmanager.port", "0") == "0":
            result["high-availability.jobmanager.port"] = JOBMANAGER_RPC_PORT.read(flat) or "6123"
    else:
        result["jobmanager.rpc.address"] = f"{name}.{flat['kubernetes.namespace']}"
    return result


def configuration_file(configuration: Mapping[str, Value], version: FlinkVersion) -> tuple[str, str]:
    """Name and content of Flink's configuration file: config.yaml since 2.0, flink-conf.yaml before.

    Raises ConfigurationConflict when the format cannot hold the options.
    """
    ordered = dict(sorted(configuration.items()))
    if version.number < (2, 0):
        return _LEGACY_FILE, "".join(f"{key}: {_legacy(key, value)}\n" for key, value in ordered.items())
    _refuse_prefixes(ordered)
    document = {key: value if isinstance(value, str) else list(value) for key, value in ordered.items()}
    # Everything is quoted: 1e3 is text to PyYAML (YAML 1.1), but a number to Flink (YAML 1.2).
    content = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, width=2**16, default_style='"')
    return _STANDARD_FILE, content


def _legacy(key: str, value: Value) -> str:
    """The older parser takes the rest of the line as it stands; list elements are quoted by Flink's rules."""
    line = value if isinstance(value, str) else ";".join(_quoted(element) for element in value)
    if len(line.splitlines()) > 1:
        raise ConfigurationConflict(f"{key} has several lines, which Flink before 2.0 cannot read.")
    return line


def _quoted(element: str) -> str:
    if not any(character in element for character in ";'\""):
        return element
    return "'" + element.replace("'", "''") + "'"


def _refuse_prefixes(options: Mapping[str, Value]) -> None:
    """In config.yaml an option cannot be a value and the beginning of other options at once."""
    for key in options:
        parts = key.split(".")
        for end in range(1, len(parts)):
            prefix = ".".join(parts[:end])
            if prefix in options:
                raise ConfigurationConflict(
                    f"spec.flinkConfiguration holds both {prefix} and {key}, which Flink 2 cannot read. "
                    f"Use the newer name of {prefix}, for example {prefix}.type."
                )

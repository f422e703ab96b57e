"""What the controller is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from controller.flink.tls_material import TlsFiles

_LONGEST_FIELD_MANAGER = 128  # characters, as Kubernetes wants it


class SettingsError(Exception):
    """A variable of the environment cannot be used; the text is one line for the installer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings that need a restart to change."""

    identity: str
    """Name of this replica in the Lease."""
    operator_namespace: str
    """Where the Lease lies."""
    watch_namespaces: tuple[str, ...]
    """Namespaces whose resources are reconciled; empty means all."""
    health_port: int
    configuration_folder: Path
    overrides_folder: Path | None
    """Its configuration is laid over that of the other folder."""
    lease_name: str
    tls_files: TlsFiles
    """For JobManagers whose REST speaks TLS."""
    plugins_folder: Path | None
    """Packages of whoever installed this, for further schemes of session jobs' jars."""
    verifies_host_names: bool
    """Whether a JobManager's certificate must be for the name of its service."""

    @property
    def field_manager(self) -> str:
        """The same for all replicas of this installation, and for no other."""
        return f"flink-operator.{self.operator_namespace}.{self.lease_name}"[:_LONGEST_FIELD_MANAGER]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read OPERATOR_NAMESPACE, POD_NAME, WATCH_NAMESPACES, HEALTH_PORT, FLINK_CONF_DIR, LEASE_NAME,
        CONF_OVERRIDE_DIR, FLINK_OPERATOR_PLUGINS_DIR, and those of TLS: REST_TLS_DIR,
        REST_TLS_VERIFY_HOSTNAME, OPERATOR_TRUSTSTORE_PATH, OPERATOR_KEYSTORE_PATH, OPERATOR_KEYSTORE_PASSWORD
        (contract part 8.3).

        Raises SettingsError.
        """
        port = environment.get("HEALTH_PORT", "8085")
        if not port.isdigit() or not 0 < int(port) < 2**16:
            raise SettingsError(f"HEALTH_PORT: {port!r} is not a port. Use a number from 1 to 65535.")
        namespaces = environment.get("WATCH_NAMESPACES", "")
        verify = environment.get("REST_TLS_VERIFY_HOSTNAME", "true")
        if verify not in {"true", "false"}:
            raise SettingsError(f"REST_TLS_VERIFY_HOSTNAME: {verify!r} is neither true nor false.")
        return cls(
            identity=environment.get("POD_NAME") or os.uname().nodename,
            operator_namespace=environment.get("OPERATOR_NAMESPACE", "default"),
            watch_namespaces=tuple(name.strip() for name in namespaces.split(",") if name.strip()),
            health_port=int(port),
            configuration_folder=Path(environment.get("FLINK_CONF_DIR", "/opt/flink/conf")),
            overrides_folder=_path("CONF_OVERRIDE_DIR", environment),
            lease_name=environment.get("LEASE_NAME", "flink-operator-lease"),
            tls_files=TlsFiles(
                folder=_path("REST_TLS_DIR", environment),
                trust_store=_path("OPERATOR_TRUSTSTORE_PATH", environment),
                key_store=_path("OPERATOR_KEYSTORE_PATH", environment),
                password=environment.get("OPERATOR_KEYSTORE_PASSWORD", ""),
            ),
            plugins_folder=_path("FLINK_OPERATOR_PLUGINS_DIR", environment),
            verifies_host_names=verify == "true",
        )


def _path(name: str, environment: Mapping[str, str]) -> Path | None:
    path = environment.get(name, "")
    return Path(path) if path else None

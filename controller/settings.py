"""What the controller is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self


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

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read OPERATOR_NAMESPACE, POD_NAME, WATCH_NAMESPACES, HEALTH_PORT, FLINK_CONF_DIR, LEASE_NAME,
        CONF_OVERRIDE_DIR.

        Raises SettingsError.
        """
        port = environment.get("HEALTH_PORT", "8085")
        if not port.isdigit() or not 0 < int(port) < 2**16:
            raise SettingsError(f"HEALTH_PORT: {port!r} is not a port. Use a number from 1 to 65535.")
        overrides = environment.get("CONF_OVERRIDE_DIR", "")
        namespaces = environment.get("WATCH_NAMESPACES", "")
        return cls(
            identity=environment.get("POD_NAME") or os.uname().nodename,
            operator_namespace=environment.get("OPERATOR_NAMESPACE", "default"),
            watch_namespaces=tuple(name.strip() for name in namespaces.split(",") if name.strip()),
            health_port=int(port),
            configuration_folder=Path(environment.get("FLINK_CONF_DIR", "/opt/flink/conf")),
            overrides_folder=Path(overrides) if overrides else None,
            lease_name=environment.get("LEASE_NAME", "flink-operator-lease"),
        )

"""The options that the objects of a native cluster depend on, read from the cluster's configuration."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.flink.names import ClusterType
from shared.config.collections import parse_list, parse_map, parse_maps
from shared.config.memory import mebibytes, process_memory
from shared.config.options import BLOB_SERVER_PORT, JOBMANAGER_RPC_PORT, REST_PORT, is_true
from shared.model.deployment import FlinkVersion


@dataclass(frozen=True)
class ClusterOptions:
    """Typed access to flat options. Raises ValueError when one cannot be read."""

    name: str
    namespace: str
    version: FlinkVersion
    type: ClusterType
    flat: Mapping[str, str]
    startup_probe: bool
    """Whether the operator adds a startup probe (an operator option, not in `flat`)."""

    def get(self, key: str) -> str | None:
        """The option's text."""
        return self.flat.get(key)

    def first(self, *keys: str) -> str | None:
        """The first of these options that is set."""
        return next((self.flat[key] for key in keys if key in self.flat), None)

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        return int(self.flat.get(key, default))

    def is_true(self, key: str) -> bool:
        """A switch that is off by default."""
        return is_true(self.flat.get(key))

    def map(self, key: str) -> dict[str, str]:
        """A map option, in one line or as options below its key; empty when it is not set."""
        return {**self.with_prefix(f"{key}."), **parse_map(self.flat.get(key, ""))}

    def elements(self, key: str) -> list[str]:
        """A list option; empty when it is not set."""
        return parse_list(self.flat.get(key, ""))

    def maps(self, key: str) -> list[dict[str, str]]:
        """A list of maps; empty when it is not set."""
        return parse_maps(self.flat.get(key, ""))

    def with_prefix(self, prefix: str) -> dict[str, str]:
        """Options below a prefix, without it, sorted."""
        return {
            key.removeprefix(prefix): self.flat[key] for key in sorted(self.flat) if key.startswith(prefix)
        }

    @property
    def rest_port(self) -> int:
        """Port of the REST service."""
        return int(REST_PORT.read(self.flat) or "8081")

    @property
    def rpc_port(self) -> int:
        """Port of the JobManager's RPC."""
        return int(JOBMANAGER_RPC_PORT.read(self.flat) or "6123")

    @property
    def blob_port(self) -> int:
        """Port of the blob server."""
        return int(BLOB_SERVER_PORT.read(self.flat) or "6124")

    @property
    def rest_target_port(self) -> int:
        """Port that the JobManager binds; it follows the REST port."""
        return int(self.flat.get("rest.bind-port", self.rest_port))

    @property
    def job_manager_memory_mebibytes(self) -> int:
        """Memory of the JobManager's container."""
        return mebibytes(process_memory("jobmanager", self.flat))

    @property
    def default_image(self) -> str:
        """The image that Flink's client would take."""
        major, minor = self.version.number
        return f"apache/flink:{major}.{minor}-scala_2.12"

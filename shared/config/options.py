"""Options that this version reads: names, older names that Flink knows, defaults (contract part 4)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name, the older names that Flink still accepts, and its default."""

    key: str
    default: str | None = None
    older_keys: tuple[str, ...] = ()

    def read(self, configuration: Mapping[str, str]) -> str | None:
        """The value, under whichever name it was given, else the default."""
        for key in (self.key, *self.older_keys):
            if key in configuration:
                return configuration[key]
        return self.default

    def is_in(self, configuration: Mapping[str, str]) -> bool:
        """Whether the option is set under any of its names."""
        return any(key in configuration for key in (self.key, *self.older_keys))


CHECKPOINT_DIRECTORY = Option(
    "execution.checkpointing.dir", older_keys=("state.checkpoints.dir", "state.backend.fs.checkpointdir")
)
SAVEPOINT_DIRECTORY = Option(
    "execution.checkpointing.savepoint-dir",
    older_keys=("state.savepoints.dir", "savepoints.state.backend.fs.dir"),
)
HIGH_AVAILABILITY = Option("high-availability.type", "NONE", older_keys=("high-availability",))
HIGH_AVAILABILITY_STORAGE = Option(
    "high-availability.storageDir", older_keys=("recovery.zookeeper.storageDir",)
)
TASK_SLOTS = Option("taskmanager.numberOfTaskSlots", "1")
REST_PORT = Option("rest.port", "8081", older_keys=("web.port",))
REST_BIND_PORT = Option("rest.bind-port")
JOBMANAGER_RPC_PORT = Option("jobmanager.rpc.port", "6123")
BLOB_SERVER_PORT = Option("blob.server.port", "0")
TASKMANAGER_RPC_PORT = Option("taskmanager.rpc.port", "0")

JM_STARTUP_PROBE = Option("kubernetes.operator.jm-deployment.startup.probe.enabled", "true")
MERGE_ARRAYS_BY_NAME = Option("kubernetes.operator.pod-template.merge-arrays-by-name", "false")
RECONCILE_INTERVAL = Option(
    "kubernetes.operator.reconcile.interval",
    "60 s",
    older_keys=("kubernetes.operator.reconciler.reschedule.interval",),
)

KUBERNETES_HA_FACTORY = "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory"


def is_true(value: str | None) -> bool:
    """Whether Flink reads the text as true."""
    return (value or "").strip().lower() == "true"


def high_availability_is_active(configuration: Mapping[str, str]) -> bool:
    """Whether Flink runs with high availability of any kind."""
    return (HIGH_AVAILABILITY.read(configuration) or "NONE").strip().upper() != "NONE"


def high_availability_is_kubernetes(configuration: Mapping[str, str]) -> bool:
    """Whether the high-availability metadata lies in ConfigMaps."""
    value = (HIGH_AVAILABILITY.read(configuration) or "").strip()
    return value.lower() == "kubernetes" or value == KUBERNETES_HA_FACTORY

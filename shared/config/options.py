"""Flink's options that this project reads, to make objects of them or to judge them (contract part 3.2)."""

from collections.abc import Mapping

from shared.config.operator_options import JM_STARTUP_PROBE, MERGE_ARRAYS_BY_NAME, RECONCILE_INTERVAL
from shared.config.registry import Option
from shared.config.values import (
    BOOLEAN,
    COUNT,
    DURATION,
    FRACTION,
    LIMIT_FACTOR,
    LIST,
    MAP,
    MEMORY_SIZE,
    PORT,
    POSITIVE,
    SECRET_VARIABLES,
    TOLERATIONS,
    ValueType,
    one_of,
    whole,
)

__all__ = [
    "ALL_TLS",
    "BLOB_SERVER_PORT",
    "CHECKPOINT_DIRECTORY",
    "CHECKPOINT_INTERVAL",
    "CHECKPOINT_MEMORY",
    "CHECKPOINT_RETENTION",
    "CHECKPOINT_TIMEOUT",
    "CLIENT_AUTHENTICATION",
    "CONTAINER_IMAGE",
    "FLINK_OPTIONS",
    "HIGH_AVAILABILITY",
    "HIGH_AVAILABILITY_PORT",
    "HIGH_AVAILABILITY_STORAGE",
    "IMAGE_PULL_POLICY",
    "JM_STARTUP_PROBE",
    "JOBMANAGER_RPC_PORT",
    "JOB_MANAGER_REPLICAS",
    "KERBEROS_IS_MOUNTED",
    "KUBERNETES_HA_FACTORY",
    "MERGE_ARRAYS_BY_NAME",
    "PARALLELISM_OVERRIDES",
    "RECONCILE_INTERVAL",
    "REST_BIND_PORT",
    "REST_PORT",
    "REST_TLS",
    "SAVEPOINT_DIRECTORY",
    "SCHEDULER_MODE",
    "TASKMANAGER_RPC_PORT",
    "TASK_SLOTS",
    "TOLERABLE_FAILED_CHECKPOINTS",
    "VOLUME_CLAIMS",
    "VOLUME_CLAIMS_ARE_READ_ONLY",
    "Option",
    "high_availability_is_active",
    "high_availability_is_kubernetes",
    "is_true",
]

CHECKPOINT_DIRECTORY = Option(
    "execution.checkpointing.dir", older_keys=("state.checkpoints.dir", "state.backend.fs.checkpointdir")
)
CHECKPOINT_INTERVAL = Option("execution.checkpointing.interval", type=DURATION)
CHECKPOINT_TIMEOUT = Option("execution.checkpointing.timeout", "10 min", type=DURATION)
TOLERABLE_FAILED_CHECKPOINTS = Option(
    "execution.checkpointing.tolerable-failed-checkpoints", "0", type=whole(0, 2**31 - 1)
)
SAVEPOINT_DIRECTORY = Option(
    "execution.checkpointing.savepoint-dir",
    older_keys=("state.savepoints.dir", "savepoints.state.backend.fs.dir"),
)
CHECKPOINT_RETENTION = Option(
    "execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION"
)
"""The default is the operator's own (contract part 3.2), not Flink's."""
CHECKPOINT_MEMORY = Option(
    "rest.cache.checkpoint-statistics.timeout",
    "3 s",
    older_keys=("web.refresh-interval", "jobmanager.web.refresh-interval"),
    type=DURATION,
)
"""How long a JobManager answers questions about a job's checkpoints from memory."""
HIGH_AVAILABILITY = Option("high-availability.type", "NONE", older_keys=("high-availability",))
HIGH_AVAILABILITY_STORAGE = Option(
    "high-availability.storageDir", older_keys=("recovery.zookeeper.storageDir",)
)
SCHEDULER_MODE = Option("scheduler-mode")
PARALLELISM_OVERRIDES = Option("pipeline.jobvertex-parallelism-overrides", type=MAP)
TASK_SLOTS = Option("taskmanager.numberOfTaskSlots", "1", type=COUNT)
REST_PORT = Option("rest.port", "8081", older_keys=("web.port",), type=PORT)
REST_BIND_PORT = Option("rest.bind-port", type=PORT)
REST_TLS = Option("security.ssl.rest.enabled", "false", type=BOOLEAN)
ALL_TLS = Option("security.ssl.enabled", "false", type=BOOLEAN)
"""For the REST and everything else, where REST_TLS is not set; Flink 2 does not read it."""
CLIENT_AUTHENTICATION = Option("security.ssl.rest.authentication-enabled", "false", type=BOOLEAN)
JOBMANAGER_RPC_PORT = Option("jobmanager.rpc.port", "6123", type=PORT)
BLOB_SERVER_PORT = Option("blob.server.port", "0", type=PORT)
TASKMANAGER_RPC_PORT = Option("taskmanager.rpc.port", "0", type=PORT)
HIGH_AVAILABILITY_PORT = Option(
    "high-availability.jobmanager.port", "0", older_keys=("recovery.jobmanager.port",), type=PORT
)
"""Flink takes ranges for some of these ports; the operator takes none, for Services need to know the port."""
JOB_MANAGER_REPLICAS = Option("kubernetes.jobmanager.replicas", "1", type=COUNT)
VOLUME_CLAIMS = Option("kubernetes.persistent-volume-claims", type=MAP)
VOLUME_CLAIMS_ARE_READ_ONLY = Option("kubernetes.persistent-volume-claim-read-only", "false", type=BOOLEAN)
KERBEROS_IS_MOUNTED = Option("kubernetes.decorator.kerberos-mount.enabled", "true", type=BOOLEAN)
CONTAINER_IMAGE = Option("kubernetes.container.image.ref", older_keys=("kubernetes.container.image",))
IMAGE_PULL_POLICY = Option(
    "kubernetes.container.image.pull-policy", "IfNotPresent", type=one_of("IfNotPresent", "Always", "Never")
)


def _typed(value_type: ValueType, *keys: str) -> tuple[Option, ...]:
    return tuple(Option(key, type=value_type) for key in keys)


def _of_components(value_type: ValueType, *keys: str) -> tuple[Option, ...]:
    """Options that JobManager and TaskManagers have each for themselves."""
    names = [f"kubernetes.{component}.{key}" for component in ("jobmanager", "taskmanager") for key in keys]
    return _typed(value_type, *names)


FLINK_OPTIONS = (
    CHECKPOINT_DIRECTORY,
    SAVEPOINT_DIRECTORY,
    CHECKPOINT_MEMORY,
    HIGH_AVAILABILITY,
    HIGH_AVAILABILITY_STORAGE,
    TASK_SLOTS,
    REST_PORT,
    REST_BIND_PORT,
    REST_TLS,
    ALL_TLS,
    CLIENT_AUTHENTICATION,
    JOBMANAGER_RPC_PORT,
    BLOB_SERVER_PORT,
    TASKMANAGER_RPC_PORT,
    HIGH_AVAILABILITY_PORT,
    JOB_MANAGER_REPLICAS,
    VOLUME_CLAIMS,
    VOLUME_CLAIMS_ARE_READ_ONLY,
    KERBEROS_IS_MOUNTED,
    CONTAINER_IMAGE,
    IMAGE_PULL_POLICY,
    Option(
        "kubernetes.rest-service.exposed.type",
        "ClusterIP",
        type=one_of("ClusterIP", "NodePort", "LoadBalancer", "Headless_ClusterIP"),
    ),
    *_typed(LIST, "kubernetes.container.image.pull-secrets"),
    *_typed(
        BOOLEAN,
        "kubernetes.hostnetwork.enabled",
        "kubernetes.decorator.hadoop-conf-mount.enabled",
        "job-result-store.delete-on-commit",
    ),
    CHECKPOINT_INTERVAL,
    CHECKPOINT_TIMEOUT,
    TOLERABLE_FAILED_CHECKPOINTS,
    *_of_components(POSITIVE, "cpu", "cpu.amount"),
    *_of_components(LIMIT_FACTOR, "cpu.limit-factor", "memory.limit-factor"),
    *_of_components(MAP, "labels", "annotations", "node-selector"),
    *_of_components(TOLERATIONS, "tolerations"),
    *_typed(
        MAP,
        "kubernetes.rest-service.labels",
        "kubernetes.rest-service.annotations",
        "kubernetes.internal-service.labels",
        "kubernetes.internal-service.annotations",
        "kubernetes.secrets",
    ),
    *_typed(SECRET_VARIABLES, "kubernetes.env.secretKeyRef"),
    *_typed(
        FRACTION,
        "jobmanager.memory.jvm-overhead.fraction",
        "taskmanager.memory.jvm-overhead.fraction",
        "taskmanager.memory.managed.fraction",
        "taskmanager.memory.network.fraction",
    ),
    *_typed(
        MEMORY_SIZE,
        *(
            f"{component}.memory.{size}"
            for component in ("jobmanager", "taskmanager")
            for size in (
                "process.size",
                "flink.size",
                "jvm-metaspace.size",
                "jvm-overhead.min",
                "jvm-overhead.max",
            )
        ),
        "jobmanager.memory.heap.size",
        "jobmanager.memory.off-heap.size",
        "taskmanager.memory.framework.heap.size",
        "taskmanager.memory.framework.off-heap.size",
        "taskmanager.memory.task.heap.size",
        "taskmanager.memory.task.off-heap.size",
        "taskmanager.memory.managed.size",
        "taskmanager.memory.network.min",
        "taskmanager.memory.network.max",
    ),
)
"""Those that are read here, typed; Flink has hundreds more (shared.config.flink_options)."""

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

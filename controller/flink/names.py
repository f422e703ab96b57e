"""Names and labels of a cluster's objects (Flink's own client and the contract's operator give the same)."""

from enum import StrEnum
from typing import Final

from shared.model.deployment import KubernetesDeploymentMode

NATIVE: Final = "flink-native-kubernetes"
"""The label `type` of native clusters; Flink's ConfigMaps of high availability have it in both modes."""
STANDALONE: Final = "flink-standalone-kubernetes"
"""The label `type` of standalone clusters."""

CONFIGURATION: Final = {"configmap-type": "configuration"}
"""The label of ConfigMaps that the operator makes. Flink's own have other values for it, or none: they are
rewritten every few seconds, and must not be watched."""

_TYPES = {KubernetesDeploymentMode.NATIVE: NATIVE, KubernetesDeploymentMode.STANDALONE: STANDALONE}


class ClusterType(StrEnum):
    """What runs on the cluster: one job, or session jobs."""

    APPLICATION = "application"
    SESSION = "session"


def common_labels(name: str, mode: KubernetesDeploymentMode) -> dict[str, str]:
    """Labels of every object of the cluster."""
    return {"app": name, "type": _TYPES[mode]}


def job_manager_labels(name: str, mode: KubernetesDeploymentMode) -> dict[str, str]:
    """Labels of the JobManager's Deployment and pods."""
    return {**common_labels(name, mode), "component": "jobmanager"}


def task_manager_labels(name: str, mode: KubernetesDeploymentMode) -> dict[str, str]:
    """Labels of the TaskManagers' pods, and of their Deployment in standalone clusters."""
    return {**common_labels(name, mode), "component": "taskmanager"}


def task_manager_deployment_name(name: str) -> str:
    """Name of the TaskManagers' Deployment of a standalone cluster."""
    return f"{name}-taskmanager"


def rest_service(name: str) -> str:
    """Name of the service in front of the JobManager's REST."""
    return f"{name}-rest"


def internal_service(name: str) -> str:
    """Name of the service by which TaskManagers find the JobManager."""
    return name


def configuration_map(name: str) -> str:
    """Name of the ConfigMap with Flink's configuration."""
    return f"flink-config-{name}"


def pod_template_map(name: str) -> str:
    """Name of the ConfigMap with the TaskManagers' pod template."""
    return f"pod-template-{name}"


def hadoop_map(name: str) -> str:
    """Name of the ConfigMap with Hadoop's configuration; native JobManagers mount it by this name."""
    return f"hadoop-config-{name}"


def keytab_secret(name: str) -> str:
    """Name of the Secret with the Kerberos keytab; native JobManagers mount it by this name."""
    return f"kerberos-keytab-{name}"


def krb5_map(name: str) -> str:
    """Name of the ConfigMap with krb5.conf; native JobManagers mount it by this name."""
    return f"kerberos-krb5conf-{name}"


def cluster_metadata_map(name: str) -> str:
    """Name of the ConfigMap in which Flink keeps the leader's addresses and the plans of its jobs."""
    return f"{name}-cluster-config-map"


def job_metadata_map(name: str, job_id: str) -> str:
    """Name of the ConfigMap in which Flink keeps where a job's checkpoints are."""
    return f"{name}-{job_id}-config-map"

"""Names, labels and ports of a native cluster's objects (Flink's own client gives the same)."""

from enum import StrEnum

NATIVE = "flink-native-kubernetes"


class ClusterType(StrEnum):
    """What runs on the cluster: one job, or session jobs."""

    APPLICATION = "application"
    SESSION = "session"


def common_labels(name: str) -> dict[str, str]:
    """Labels of every object of the cluster."""
    return {"app": name, "type": NATIVE}


def job_manager_labels(name: str) -> dict[str, str]:
    """Labels of the JobManager's Deployment and pods."""
    return {"app": name, "component": "jobmanager", "type": NATIVE}


def rest_service(name: str) -> str:
    """Name of the service in front of the JobManager's REST."""
    return f"{name}-rest"


def configuration_map(name: str) -> str:
    """Name of the ConfigMap with Flink's configuration."""
    return f"flink-config-{name}"


def pod_template_map(name: str) -> str:
    """Name of the ConfigMap with the TaskManagers' pod template."""
    return f"pod-template-{name}"


def selector(labels: dict[str, str]) -> str:
    """The labels as a selector of the API."""
    return ",".join(f"{key}={value}" for key, value in labels.items())

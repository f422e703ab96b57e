"""Clusters made of resources, and the options that they hand to Flink."""

from typing import Any

import yaml

from controller.flink.cluster import Cluster, cluster_objects
from controller.flink.operator_files import OperatorFiles
from shared.config.effective import Submission
from shared.config.flatten import flatten
from tests.unit.flink_deployments import application, deployment_of

Json = dict[str, Any]
JOB_ID = "d7203a3b348850bf90e5f4209f3b6095"
HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "file:///tmp/ha"}


def made(
    raw: Json,
    *,
    log_files: tuple[str, ...] = (),
    files: OperatorFiles | None = None,
    restore_path: str | None = None,
) -> Cluster:
    """The cluster's objects; `log_files` stands for an operator's folder with just these."""
    job_id = JOB_ID if raw["spec"].get("job") else None
    submission = Submission(raw["metadata"]["generation"], job_id, restore_path)
    of_operator = files or OperatorFiles(log=dict.fromkeys(log_files, "…"))
    return cluster_objects(deployment_of(raw), submission, {}, of_operator)


def pod_of_job_manager(cluster: Cluster) -> Json:
    """The pod's spec."""
    pod: Json = cluster.deployment["spec"]["template"]["spec"]
    return pod


def main_container_of(deployment: Json) -> Json:
    """The last container, which is Flink's."""
    container: Json = deployment["spec"]["template"]["spec"]["containers"][-1]
    return container


def with_options(options: Json, **spec: Any) -> Json:
    """An application with these options."""
    return application(flinkConfiguration=options, **spec)


def volume_of(pod: Json, name: str) -> Json | None:
    """The volume of that name."""
    return next((one for one in pod.get("volumes") or [] if one["name"] == name), None)


def mount_of(container: Json, name: str) -> Json | None:
    """Where the volume of that name is mounted."""
    return next((one for one in container["volumeMounts"] if one["name"] == name), None)


def variables_of(container: Json) -> dict[str, Any]:
    """The environment by name, in order: values, or where they come from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def options_of(config_maps: Any) -> dict[str, str]:
    """What Flink reads of its configuration file."""
    data = next(one["data"] for one in config_maps if one["metadata"]["name"].startswith("flink-config-"))
    if "config.yaml" in data:
        return flatten(yaml.safe_load(data["config.yaml"]))
    lines = data["flink-conf.yaml"].splitlines()
    return dict(line.split(": ", 1) for line in lines)

"""The JobManager's Deployment of a native cluster, field by field as Flink's own client makes it."""

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from controller.flink.names import (
    ClusterType,
    configuration_map,
    job_manager_labels,
    pod_template_map,
)
from controller.flink.options import ClusterOptions
from controller.flink.pod_template import Json
from shared.model.pod_template import MAIN_CONTAINER

_ARTIFACTS = "user-artifacts-volume"
_POD_TEMPLATE_FOLDER = "/opt/flink/pod-template"
POD_TEMPLATE_KEY = "taskmanager-pod-template.yaml"
_STARTUP_PROBE = {
    "httpGet": {"path": "/config", "port": "rest"},
    "periodSeconds": 1,
    "failureThreshold": 2**31 - 1,
}


def job_manager_deployment(
    options: ClusterOptions,
    template: Json,
    configuration_keys: list[str],
    *,
    has_task_manager_template: bool,
    owner: Json,
) -> Json:
    """The Deployment, not yet released (`paused`): no pod is made before its ConfigMaps exist."""
    labels = {**options.map("kubernetes.jobmanager.labels"), **job_manager_labels(options.name)}
    annotations = options.map("kubernetes.jobmanager.annotations")
    volumes = _volumes(options, configuration_keys, has_task_manager_template=has_task_manager_template)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": options.name,
            "namespace": options.namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [owner],
        },
        "spec": {
            "paused": True,
            "replicas": options.integer("kubernetes.jobmanager.replicas", 1),
            "selector": {"matchLabels": job_manager_labels(options.name)},
            "template": _pod(options, template, labels, annotations, volumes),
        },
    }


def _pod(
    options: ClusterOptions,
    template: Json,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    volumes: list[tuple[Json, Json]],
) -> Json:
    metadata, spec = template.get("metadata") or {}, deepcopy(template.get("spec") or {})
    containers = spec.pop("containers", None) or []
    base: Json = next((one for one in containers if one.get("name") == MAIN_CONTAINER), {})
    others = [one for one in containers if one.get("name") != MAIN_CONTAINER]
    spec["containers"] = [*others, _main_container(options, base, [mount for _, mount in volumes])]
    spec["volumes"] = [*(spec.get("volumes") or []), *(volume for volume, _ in volumes)]
    account = options.first("kubernetes.jobmanager.service-account", "kubernetes.service-account")
    if account is not None or "serviceAccountName" not in spec:
        spec["serviceAccountName"] = spec["serviceAccount"] = account or "default"
    host_network = options.is_true("kubernetes.hostnetwork.enabled")
    if host_network:
        spec["hostNetwork"], spec["dnsPolicy"] = True, "ClusterFirstWithHostNet"
    for secret in options.elements("kubernetes.container.image.pull-secrets"):
        spec.setdefault("imagePullSecrets", []).append({"name": secret})
    tolerations = [*(spec.get("tolerations") or []), *_tolerations(options)]
    if tolerations:
        spec["tolerations"] = tolerations
    node_selector = {**(spec.get("nodeSelector") or {}), **options.map("kubernetes.jobmanager.node-selector")}
    if node_selector:
        spec["nodeSelector"] = node_selector
    return {
        "metadata": {
            **metadata,
            "labels": {**(metadata.get("labels") or {}), **labels},
            "annotations": {**(metadata.get("annotations") or {}), **annotations},
        },
        "spec": spec,
    }


def _main_container(options: ClusterOptions, base: Mapping[str, Any], mounts: list[Json]) -> Json:
    container = deepcopy(dict(base))
    image = options.first("kubernetes.container.image.ref", "kubernetes.container.image")
    pull_policy = options.get("kubernetes.container.image.pull-policy")
    container |= {
        "name": MAIN_CONTAINER,
        "image": image or container.get("image") or options.default_image,
        "imagePullPolicy": pull_policy or container.get("imagePullPolicy") or "IfNotPresent",
        "command": [options.get("kubernetes.entry.path") or "/docker-entrypoint.sh"],
        "args": ["bash", "-c", _command(options)],
        "resources": _resources(options, container.get("resources") or {}),
        "env": [*(container.get("env") or []), *_environment(options)],
        "volumeMounts": [*(container.get("volumeMounts") or []), *mounts],
    }
    if not options.is_true("kubernetes.hostnetwork.enabled"):
        container["ports"] = [*(container.get("ports") or []), *_ports(options)]
    if options.startup_probe and "startupProbe" not in container:
        container["startupProbe"] = _STARTUP_PROBE
    return container


def _command(options: ClusterOptions) -> str:
    mode = "application" if options.type is ClusterType.APPLICATION else "session"
    arguments = options.get("kubernetes.jobmanager.entrypoint.args") or ""
    return f"kubernetes-jobmanager.sh kubernetes-{mode} {arguments}"


def _ports(options: ClusterOptions) -> list[Json]:
    ports = (
        ("rest", options.rest_port),
        ("jobmanager-rpc", options.rpc_port),
        ("blobserver", options.blob_port),
    )
    return [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in ports]


def _environment(options: ClusterOptions) -> list[Json]:
    result: list[Json] = [
        {"name": name, "value": value}
        for name, value in options.with_prefix("containerized.master.env.").items()
    ]
    result.append(
        {
            "name": "_POD_IP_ADDRESS",
            "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
        }
    )
    log_folder = options.get("kubernetes.flink.log.dir")
    if log_folder:
        result.append({"name": "FLINK_LOG_DIR", "value": log_folder})
    for entry in options.maps("kubernetes.env.secretKeyRef"):
        reference = {"secretKeyRef": {"name": entry["secret"], "key": entry["key"]}}
        result.append({"name": entry["env"], "valueFrom": reference})
    return result


def _resources(options: ClusterOptions, base: Mapping[str, Any]) -> Json:
    """cpu and memory are Flink's; whatever else the template asks for stays."""
    memory = options.job_manager_memory_mebibytes
    cpu = Decimal(options.first("kubernetes.jobmanager.cpu.amount", "kubernetes.jobmanager.cpu") or "1.0")
    memory_factor = Decimal(options.get("kubernetes.jobmanager.memory.limit-factor") or "1.0")
    cpu_factor = Decimal(options.get("kubernetes.jobmanager.cpu.limit-factor") or "1.0")
    requests = {"memory": f"{memory}Mi", "cpu": _plain(cpu)}
    limits = {"memory": f"{int(memory * memory_factor)}Mi", "cpu": _plain(cpu * cpu_factor)}
    return {
        **base,
        "requests": {**(base.get("requests") or {}), **requests},
        "limits": {**(base.get("limits") or {}), **limits},
    }


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _tolerations(options: ClusterOptions) -> list[Json]:
    result: list[Json] = []
    for entry in options.maps("kubernetes.jobmanager.tolerations"):
        toleration: Json = dict(entry)
        if "tolerationSeconds" in toleration:
            toleration["tolerationSeconds"] = int(toleration["tolerationSeconds"])
        result.append(toleration)
    return result


def _volumes(
    options: ClusterOptions, configuration_keys: list[str], *, has_task_manager_template: bool
) -> list[tuple[Json, Json]]:
    """Volumes with their mounts, in the client's order."""
    folder = options.get("user.artifacts.base-dir") or "/opt/flink/artifacts"
    result: list[tuple[Json, Json]] = [
        ({"name": _ARTIFACTS, "emptyDir": {}}, {"name": _ARTIFACTS, "mountPath": folder})
    ]
    for secret, path in options.map("kubernetes.secrets").items():
        volume = f"{secret}-volume"
        secret_volume = {"name": volume, "secret": {"secretName": secret}}
        result.append((secret_volume, {"name": volume, "mountPath": path}))
    conf = options.get("kubernetes.flink.conf.dir") or "/opt/flink/conf"
    flink_configuration = configuration_map(options.name)
    result.append(_config_map_volume("flink-config-volume", flink_configuration, configuration_keys, conf))
    if has_task_manager_template:
        template_map = pod_template_map(options.name)
        entry = _config_map_volume(
            "pod-template-volume", template_map, [POD_TEMPLATE_KEY], _POD_TEMPLATE_FOLDER
        )
        result.append(entry)
    return result


def _config_map_volume(volume: str, config_map: str, keys: list[str], path: str) -> tuple[Json, Json]:
    items = [{"key": key, "path": key} for key in keys]
    source = {"name": volume, "configMap": {"name": config_map, "items": items}}
    return source, {"name": volume, "mountPath": path}

"""A pod of Flink: the template with what the options say, the same for JobManagers and TaskManagers."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from controller.flink.options import ClusterOptions
from controller.flink.pod_template import Json
from controller.flink.volumes import HADOOP_FOLDER, Mounted
from shared.model.deployment import IMAGE_PULL_POLICIES
from shared.model.pod_template import MAIN_CONTAINER


@dataclass(frozen=True, slots=True)
class Component:
    """What one sort of Flink's pods has of its own."""

    name: str
    """As options name it: `jobmanager`."""
    environment_prefix: str
    """Options below it are environment variables."""
    labels: Mapping[str, str]
    """What its Deployment selects by."""
    args: Sequence[str]
    ports: Mapping[str, int]
    memory_mebibytes: int
    cpu: Decimal
    """CPUs when no option says how many."""
    environment: Sequence[Json] = field(default_factory=tuple)
    startup_probe: Json | None = None
    """Added unless the template has one."""


def metadata_of(options: ClusterOptions, component: Component) -> tuple[dict[str, str], dict[str, str]]:
    """Labels and annotations of the component's Deployment and pods."""
    labels = {**options.map(f"kubernetes.{component.name}.labels"), **component.labels}
    return labels, options.map(f"kubernetes.{component.name}.annotations")


def pod(options: ClusterOptions, component: Component, template: Json, mounted: Sequence[Mounted]) -> Json:
    """Metadata and spec: the main container comes last, and lists of the template come first.

    The last lines of a container's log are kept when it crashes: so its pod's status tells why, and nobody
    needs the right to read logs.
    """
    metadata, spec = template.get("metadata") or {}, deepcopy(template.get("spec") or {})
    labels, annotations = metadata_of(options, component)
    containers = spec.pop("containers", None) or []
    base: Json = next((one for one in containers if one.get("name") == MAIN_CONTAINER), {})
    others = [one for one in containers if one.get("name") != MAIN_CONTAINER]
    spec["containers"] = [*others, _main_container(options, component, base, mounted)]
    for container in (*(spec.get("initContainers") or []), *spec["containers"]):
        container.setdefault("terminationMessagePolicy", "FallbackToLogsOnError")
    _append(spec, "volumes", [one.volume for one in mounted])
    _set_service_account(spec, options, component)
    pull_secrets = options.elements("kubernetes.container.image.pull-secrets")
    _append(spec, "imagePullSecrets", [{"name": secret} for secret in pull_secrets])
    _append(spec, "tolerations", _tolerations(options, f"kubernetes.{component.name}.tolerations"))
    node_selector = options.map(f"kubernetes.{component.name}.node-selector")
    if node_selector:
        spec["nodeSelector"] = {**(spec.get("nodeSelector") or {}), **node_selector}
    return {
        "metadata": {
            **metadata,
            "labels": {**(metadata.get("labels") or {}), **labels},
            "annotations": {**(metadata.get("annotations") or {}), **annotations},
        },
        "spec": spec,
    }


def _append(spec: Json, field_name: str, elements: Sequence[Json]) -> None:
    if elements:
        spec[field_name] = [*(spec.get(field_name) or []), *elements]


def _set_service_account(spec: Json, options: ClusterOptions, component: Component) -> None:
    """The template's account counts only when no option names one."""
    account = options.first(f"kubernetes.{component.name}.service-account", "kubernetes.service-account")
    account = account or spec.get("serviceAccount") or spec.get("serviceAccountName") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = account


def _tolerations(options: ClusterOptions, key: str) -> list[Json]:
    result: list[Json] = []
    for entry in options.maps(key):
        toleration: Json = dict(entry)
        seconds = toleration.get("tolerationSeconds")
        if seconds is not None:
            if not seconds.isdecimal():
                raise ValueError(f"{key}: {seconds!r} is not a whole number of seconds")
            toleration["tolerationSeconds"] = int(seconds)
        result.append(toleration)
    return result


def _main_container(
    options: ClusterOptions, component: Component, base: Mapping[str, Any], mounted: Sequence[Mounted]
) -> Json:
    container: Json = deepcopy(dict(base))
    image = options.first("kubernetes.container.image.ref", "kubernetes.container.image")
    pull_policy = options.word("kubernetes.container.image.pull-policy", IMAGE_PULL_POLICIES)
    container |= {
        "name": MAIN_CONTAINER,
        "image": image or container.get("image") or options.release.default_image,
        "imagePullPolicy": pull_policy or container.get("imagePullPolicy") or "IfNotPresent",
        "command": [options.get("kubernetes.entry.path") or "/docker-entrypoint.sh"],
        "args": list(component.args),
        "resources": _resources(options, component, container.get("resources") or {}),
    }
    _append(container, "env", _environment(options, component, mounted))
    _append(container, "volumeMounts", [one.mount for one in mounted])
    ports = [
        {"name": name, "containerPort": port, "protocol": "TCP"} for name, port in component.ports.items()
    ]
    _append(container, "ports", ports)
    if component.startup_probe is not None:
        container.setdefault("startupProbe", component.startup_probe)
    return container


def _environment(options: ClusterOptions, component: Component, mounted: Sequence[Mounted]) -> list[Json]:
    given = options.with_prefix(component.environment_prefix)
    result: list[Json] = [{"name": name, "value": value} for name, value in given.items()]
    result += component.environment
    log_folder = options.get("kubernetes.flink.log.dir")
    if log_folder:
        result.append({"name": "FLINK_LOG_DIR", "value": log_folder})
    result += _secret_variables(options)
    if any(one.mount["mountPath"] == HADOOP_FOLDER for one in mounted):
        result.append({"name": "HADOOP_CONF_DIR", "value": HADOOP_FOLDER})
    return result


def _secret_variables(options: ClusterOptions) -> list[Json]:
    key = "kubernetes.env.secretKeyRef"
    result: list[Json] = []
    for entry in options.maps(key):
        if not {"env", "secret", "key"} <= entry.keys():
            raise ValueError(f"{key}: an entry has no env, secret or key")
        reference = {"secretKeyRef": {"name": entry["secret"], "key": entry["key"]}}
        result.append({"name": entry["env"], "valueFrom": reference})
    return result


def _resources(options: ClusterOptions, component: Component, base: Mapping[str, Any]) -> Json:
    """cpu and memory are Flink's; whatever else the template asks for stays."""
    prefix = f"kubernetes.{component.name}"
    amount = options.number(f"{prefix}.cpu.amount", f"{prefix}.cpu")
    cpu = component.cpu if amount is None or amount <= 0 else amount
    cpu_limit = cpu * options.factor(f"{prefix}.cpu.limit-factor")
    memory = component.memory_mebibytes
    memory_limit = int(memory * float(options.factor(f"{prefix}.memory.limit-factor")))  # as Java does
    requests = {"memory": f"{memory}Mi", "cpu": _plain(cpu)}
    limits = {"memory": f"{memory_limit}Mi", "cpu": _plain(cpu_limit)}
    return {
        **base,
        "requests": {**(base.get("requests") or {}), **requests},
        "limits": {**(base.get("limits") or {}), **limits},
    }


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"

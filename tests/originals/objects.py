"""Objects made comparable: what the API server adds is taken away, and what differs only in notation is one.

The same goes over both sides, so that a field left out and the server's default for it are equal.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from shared.config.flatten import flatten
from shared.config.quantity import parse_quantity
from tests.originals.case import FOLDER, NAMESPACE, Json

DEPLOYMENT_UID = "uid-of-the-deployment"

_OF_THE_SERVER = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
)
_ROLLING_UPDATE = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
_DEFAULTS: Mapping[str, Any] = {
    "progressDeadlineSeconds": 600,
    "revisionHistoryLimit": 10,
    "strategy": _ROLLING_UPDATE,
    "creationTimestamp": None,
    "dnsPolicy": "ClusterFirst",
    "hostNetwork": False,
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "terminationGracePeriodSeconds": 30,
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
    "defaultMode": 420,
    "protocol": "TCP",
    "readOnly": False,
    "scheme": "HTTP",
    "allocateLoadBalancerNodePorts": True,
    "externalTrafficPolicy": "Cluster",
    "internalTrafficPolicy": "Cluster",
    "ipFamilies": ["IPv4"],
    "ipFamilyPolicy": "SingleStack",
    "sessionAffinity": "None",
    "type": "ClusterIP",
}
_PROBE_DEFAULTS = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_ALLOCATED = ("nodePort", "clusterIPs")
_HEADLESS = "None"
_POD_TEMPLATE_FILE = "taskmanager-pod-template.yaml"


def recorded(objects: list[Json], namespace: str, folder: str) -> list[Json]:
    """Objects read from the API server, ordered by name, with the names of this one run replaced."""
    uids = [body["metadata"]["uid"] for body in objects if body["kind"] == "Deployment"]
    text = json.dumps(objects).replace(namespace, NAMESPACE).replace(folder, FOLDER)
    for uid in uids:
        text = text.replace(uid, DEPLOYMENT_UID)
    return sorted((_sent(body) for body in json.loads(text)), key=lambda body: (body["kind"], _name(body)))


def fields(objects: list[Json]) -> dict[str, Any]:
    """Every field of the objects by its path; elements of lists by their name, and the order of the names."""
    result: dict[str, Any] = {}
    for body in objects:
        kind, name = body["kind"], _name(body)
        content = {key: value for key, value in _sent(body).items() if key not in {"apiVersion", "kind"}}
        if kind == "ConfigMap":
            content["data"] = dict(_data(content["data"]))
        result.update(_flat(f"{kind} {name}", content))
    return result


def _name(body: Json) -> str:
    name: str = body["metadata"]["name"]
    return name


def _sent(body: Json) -> Json:
    """The object as it was sent, however much of the defaults that held."""
    metadata = {key: value for key, value in body["metadata"].items() if key not in _OF_THE_SERVER}
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {
        key: value for key, value in annotations.items() if key != "deployment.kubernetes.io/revision"
    }
    rest = {key: _plain(value) for key, value in body.items() if key not in {"metadata", "status", "data"}}
    result = {**rest, "metadata": _without_empty(metadata)}
    if "data" in body:
        result["data"] = body["data"]
    if body["kind"] == "Service" and result["spec"].get("clusterIP") != _HEADLESS:
        result["spec"].pop("clusterIP", None)
    return result


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(element) for element in node]
    if not isinstance(node, Mapping):
        return node
    result = {key: _plain(value) for key, value in node.items() if key not in _ALLOCATED}
    if "serviceAccountName" in result:
        result.pop("serviceAccount", None)  # the server keeps the older name equal
    for probe in _PROBES:
        if probe in result:
            given = result[probe]
            result[probe] = {key: value for key, value in given.items() if _PROBE_DEFAULTS.get(key) != value}
    if result.get("items") and "key" in result["items"][0]:
        result["items"].sort(key=lambda item: str(item["key"]))  # files of a volume, which have no order
    if "fieldPath" in result and result.get("apiVersion") == "v1":
        del result["apiVersion"]
    for group in ("requests", "limits"):
        if isinstance(result.get(group), dict):
            result[group] = {
                name: f"{parse_quantity(amount).normalize():f}" for name, amount in result[group].items()
            }
    return _without_empty(
        {
            key: value
            for key, value in result.items()
            if key not in _DEFAULTS or value != _DEFAULTS[key] or key == "emptyDir"
        }
    )


def _without_empty(node: Mapping[str, Any]) -> Json:
    """Empty maps are not stored, but where they are a choice (`emptyDir: {}`)."""
    return {key: value for key, value in node.items() if value not in ({}, []) or key == "emptyDir"}


def _data(data: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Flink's options, whatever the notation of the file; the TaskManagers' template; other files."""
    for name, content in data.items():
        if name == "config.yaml":
            # All scalars are text: PyYAML's own types are those of YAML 1.1, Flink's of 1.2.
            yield name, flatten(yaml.load(content, yaml.BaseLoader))  # noqa: S506  it builds text only
        elif name == "flink-conf.yaml":
            yield name, dict(line.split(": ", 1) for line in content.splitlines())
        elif name == _POD_TEMPLATE_FILE:
            yield name, yaml.safe_load(content)
        else:
            yield name, content


def _flat(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _flat(f"{path}/{key}", value)
    elif isinstance(node, list) and node and all(isinstance(one, Mapping) and "name" in one for one in node):
        yield f"{path}/order", [one["name"] for one in node]
        for one in node:
            yield from _flat(f"{path}[{one['name']}]", one)
    elif isinstance(node, list):
        for index, one in enumerate(node):
            yield from _flat(f"{path}[{index}]", one)
    else:
        yield path, node

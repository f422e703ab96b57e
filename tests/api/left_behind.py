"""What the Java operator left behind, restored into a namespace: resources with status, and their objects."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.api.api_server import CONFIG_MAPS, DEPLOYMENTS, SERVICES, Collection, flink
from tests.api.namespace import Namespace
from tests.unit.flink_deployments import java_operator_resource

_OBJECTS = Path(__file__).parent / "data" / "java-operator"
_COLLECTIONS = {"Deployment": DEPLOYMENTS, "Service": SERVICES, "ConfigMap": CONFIG_MAPS}


@dataclass(frozen=True)
class LeftBehind:
    """A cluster: its resource and its objects, by the names of their files."""

    resource: str
    objects: str


CLUSTERS = (
    LeftBehind("application-upgraded-stable", "application"),
    LeftBehind("application-ha-running", "application-ha"),
    LeftBehind("session-cluster", "session"),
    LeftBehind("standalone-application", "standalone"),
    LeftBehind("standalone-application-ha", "standalone-ha"),
)
OTHERS = ("state-snapshot",)
"""Resources of kinds that are not acted on."""


def name_of(resource: str) -> str:
    """The resource's own name."""
    name: str = java_operator_resource(resource)["metadata"]["name"]
    return name


def collection_of(resource: str) -> Collection:
    return flink(f"{java_operator_resource(resource)['kind'].lower()}s")


def restore(namespace: Namespace, cluster: LeftBehind) -> None:
    """The resource in its generation and with its status, and all objects with their owners."""
    owners = {("FlinkDeployment", name_of(cluster.resource)): restore_resource(namespace, cluster.resource)}
    for body in yaml.safe_load_all((_OBJECTS / f"{cluster.objects}.yaml").read_text("utf-8")):
        metadata = body["metadata"]
        metadata["namespace"] = namespace.name
        for owner in metadata.get("ownerReferences", ()):
            owner["uid"] = owners[owner["kind"], owner["name"]]
        collection = _COLLECTIONS[body["kind"]]
        made = namespace.api.create(collection, body)
        owners[body["kind"], metadata["name"]] = made["metadata"]["uid"]
        if "status" in body:
            namespace.patch(metadata["name"], {"status": body["status"]}, collection, "status")


def restore_resource(namespace: Namespace, resource: str, name: str | None = None) -> str:
    """The answer is its uid; it has its own name, or that one."""
    written = java_operator_resource(resource)
    kept = {"name", "labels", "annotations", "finalizers"}
    metadata = {field: value for field, value in written["metadata"].items() if field in kept}
    metadata["name"] = name = name or metadata["name"]
    generation, nonce = written["metadata"]["generation"], written["spec"].get("restartNonce")
    spec = written["spec"] if generation == 1 else {**written["spec"], "restartNonce": -generation}
    uid: str = namespace.store({**written, "metadata": metadata, "spec": spec})["metadata"]["uid"]
    collection = collection_of(resource)
    for left in reversed(range(generation - 1)):  # each edit is a generation, and the last is what was left
        namespace.patch(name, {"spec": {"restartNonce": -left if left else nonce}}, collection)
    namespace.patch(name, {"status": written["status"]}, collection, "status")
    return uid

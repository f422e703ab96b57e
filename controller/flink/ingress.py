"""The Ingress in front of a cluster's web page: a pure function (contract part 5.10)."""

from collections.abc import Mapping
from copy import deepcopy

from controller.flink.names import rest_service
from controller.flink.pod_template import Json
from shared import API_VERSION
from shared.config.options import REST_PORT
from shared.ingress_template import HostAndPath
from shared.model import FlinkDeployment
from shared.model.base import Metadata
from shared.model.deployment import IngressSpec

_CLASS, _CLASS_ANNOTATION = "ingressClassName", "kubernetes.io/ingress.class"
COMPONENT = {"component": "ingress"}
"""The label that every Ingress of the operator carries."""


def cluster_ingress(resource: FlinkDeployment, configuration: Mapping[str, str]) -> Json | None:
    """The Ingress of a FlinkDeployment, or None when its spec asks for none.

    Raises ValueError for a template that is neither a host nor a path.
    """
    spec, metadata = resource.spec.ingress, resource.metadata
    if spec is None:
        return None
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": metadata.name,
            "namespace": metadata.namespace,
            "labels": {**(spec.labels or {}), **COMPONENT},
            "annotations": dict(spec.annotations or {}),
            "ownerReferences": [_owner(resource)],
        },
        "spec": _spec(spec, resource, configuration),
    }


def is_owned_by(ingress: Json, owner: Metadata) -> bool:
    """Whether it was made for this resource."""
    owners = ingress["metadata"].get("ownerReferences") or []
    return any(one["uid"] == owner.uid for one in owners)


def replaced(existing: Json, body: Json) -> Json:
    """The existing Ingress with our labels, annotations and spec; finalizers of ingress controllers stay."""
    result = deepcopy(existing)
    for field in ("labels", "annotations"):
        result["metadata"].pop(field, None)
        if body["metadata"][field]:
            result["metadata"][field] = body["metadata"][field]
    result["spec"] = dict(body["spec"])
    given = existing["spec"].get(_CLASS)
    if given and _CLASS not in body["spec"] and _CLASS_ANNOTATION not in body["metadata"]["annotations"]:
        # The API server gave the cluster's default class, which it does only when an Ingress is created.
        result["spec"][_CLASS] = given
    return result


def _owner(resource: FlinkDeployment) -> Json:
    """The controller is the FlinkDeployment itself: the Ingress outlives each of its clusters."""
    return {
        "apiVersion": API_VERSION,
        "kind": resource.kind,
        "name": resource.metadata.name,
        "uid": resource.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _spec(spec: IngressSpec, resource: FlinkDeployment, configuration: Mapping[str, str]) -> Json:
    result: Json = {"rules": [_rule(spec, resource, configuration)]}
    if spec.class_name:
        result["ingressClassName"] = spec.class_name
    if spec.tls:
        entries = [entry.to_wire() for entry in spec.tls]
        result["tls"] = [{key: value for key, value in entry.items() if value} for entry in entries]
    return result


def _rule(spec: IngressSpec, resource: FlinkDeployment, configuration: Mapping[str, str]) -> Json:
    name, namespace = resource.metadata.name, resource.metadata.namespace
    address = HostAndPath.of(spec.template or "", name, namespace)
    if address is None:
        raise ValueError(f"spec.ingress.template: {spec.template!r} is neither a host nor a path")
    port = int(REST_PORT.read(configuration) or "8081")
    path: Json = {
        "pathType": "ImplementationSpecific",
        "backend": {"service": {"name": rest_service(name), "port": {"number": port}}},
    }
    if address.path:
        path["path"] = address.path
    rule: Json = {"http": {"paths": [path]}}
    if address.host:
        rule["host"] = address.host
    return rule

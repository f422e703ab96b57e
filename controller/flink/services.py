"""Services of a native cluster: REST always, RPC only without high availability."""

from controller.flink.names import common_labels, job_manager_labels, rest_service
from controller.flink.options import ClusterOptions
from controller.flink.pod_template import Json
from shared.config.options import high_availability_is_active

_HEADLESS = "Headless_ClusterIP"


def services(options: ClusterOptions) -> list[Json]:
    """The services, without their owner."""
    result = [_rest(options)]
    if not high_availability_is_active(options.flat):
        result.insert(0, _internal(options))
    return result


def _internal(options: ClusterOptions) -> Json:
    spec = {
        "clusterIP": "None",
        "selector": job_manager_labels(options.name),
        "ports": [
            {"name": "jobmanager-rpc", "port": options.rpc_port, "targetPort": options.rpc_port},
            {"name": "blobserver", "port": options.blob_port, "targetPort": options.blob_port},
        ],
    }
    return _service(options, options.name, "internal-service", spec)


def _rest(options: ClusterOptions) -> Json:
    exposed = options.get("kubernetes.rest-service.exposed.type") or "ClusterIP"
    spec: Json = {
        "type": "ClusterIP" if exposed == _HEADLESS else exposed,
        "selector": job_manager_labels(options.name),
        "ports": [{"name": "rest", "port": options.rest_port, "targetPort": options.rest_target_port}],
    }
    if exposed == _HEADLESS:
        spec["clusterIP"] = "None"
    return _service(options, rest_service(options.name), "rest-service", spec)


def _service(options: ClusterOptions, name: str, option: str, spec: Json) -> Json:
    labels = {**options.map(f"kubernetes.{option}.labels"), **common_labels(options.name)}
    annotations = options.map(f"kubernetes.{option}.annotations")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": options.namespace,
            "labels": labels,
            "annotations": annotations,
        },
        "spec": spec,
    }

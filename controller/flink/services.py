"""Services of a cluster: REST always, RPC where TaskManagers find the JobManager by it."""

from controller.flink.names import common_labels, internal_service, job_manager_labels, rest_service
from controller.flink.options import ClusterOptions
from controller.flink.pod_template import Json
from shared.config.options import high_availability_is_active
from shared.model.deployment import KubernetesDeploymentMode

_HEADLESS = "Headless_ClusterIP"
_EXPOSED_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", _HEADLESS)


def services(options: ClusterOptions) -> list[Json]:
    """The services, without their owner."""
    standalone = options.mode is KubernetesDeploymentMode.STANDALONE
    if standalone or not high_availability_is_active(options.flat):
        return [_internal(options), _rest(options)]
    return [_rest(options)]


def _internal(options: ClusterOptions) -> Json:
    spec = {
        "clusterIP": "None",
        "selector": job_manager_labels(options.name, options.mode),
        "ports": [
            {"name": "jobmanager-rpc", "port": options.rpc_port, "targetPort": options.rpc_port},
            {"name": "blobserver", "port": options.blob_port, "targetPort": options.blob_port},
        ],
    }
    return _service(options, internal_service(options.name), "internal-service", spec)


def _rest(options: ClusterOptions) -> Json:
    exposed = options.word("kubernetes.rest-service.exposed.type", _EXPOSED_TYPES) or "ClusterIP"
    spec: Json = {
        "type": "ClusterIP" if exposed == _HEADLESS else exposed,
        "selector": job_manager_labels(options.name, options.mode),
        "ports": [{"name": "rest", "port": options.rest_port, "targetPort": options.rest_target_port}],
    }
    if exposed == _HEADLESS:
        spec["clusterIP"] = "None"
    return _service(options, rest_service(options.name), "rest-service", spec)


def _service(options: ClusterOptions, name: str, part: str, spec: Json) -> Json:
    labels = options.map(f"kubernetes.{part}.labels") if options.release.labels_services else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": options.namespace,
            "labels": {**common_labels(options.name, options.mode), **labels},
            "annotations": options.map(f"kubernetes.{part}.annotations"),
        },
        "spec": spec,
    }

"""The Deployments of a cluster: the JobManager's and, in standalone clusters, the TaskManagers'."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from controller.flink.configuration_file import ConfigurationConflict
from controller.flink.names import job_manager_labels, task_manager_deployment_name, task_manager_labels
from controller.flink.options import ClusterOptions
from controller.flink.pod import Component, metadata_of, pod
from controller.flink.pod_template import Json
from controller.flink.volumes import Mounted
from shared.config.options import JOB_MANAGER_REPLICAS, high_availability_is_active
from shared.config.rest_tls import authentication_is_on, speaks_tls

_POD_ADDRESS = {
    "name": "_POD_IP_ADDRESS",
    "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
}
_TASK_MANAGER_REPLICAS = "kubernetes.internal.taskmanager.replicas"


def job_manager_deployment(
    options: ClusterOptions, args: Sequence[str], template: Json, mounted: Sequence[Mounted], owner: Json
) -> Json:
    """The Deployment, not yet released (`paused`): no pod is made before its ConfigMaps exist."""
    ports = {"rest": options.rest_port, "jobmanager-rpc": options.rpc_port, "blobserver": options.blob_port}
    component = Component(
        name="jobmanager",
        environment_prefix="containerized.master.env.",
        labels=job_manager_labels(options.name, options.mode),
        args=args,
        ports={} if options.host_network else ports,
        memory_mebibytes=options.job_manager_memory_mebibytes,
        cpu=Decimal(1),
        environment=(_POD_ADDRESS,),
        startup_probe=_startup_probe(options),
    )
    made = pod(options, component, template, mounted)
    made["spec"].pop("hostNetwork", None)
    if options.host_network:
        made["spec"] |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    replicas = options.count(JOB_MANAGER_REPLICAS.key)
    if replicas > 1 and not high_availability_is_active(options.flat):
        raise ConfigurationConflict(
            f"{JOB_MANAGER_REPLICAS.key}: more than one needs high availability. Set high-availability.type."
        )
    result = _deployment(options, options.name, component, replicas, made, owner)
    result["spec"]["paused"] = True
    return result


def task_manager_deployment(
    options: ClusterOptions,
    template: Json,
    mounted: Sequence[Mounted],
    owner: Json,
    annotations: Mapping[str, str],
) -> Json:
    """The Deployment of a standalone cluster's TaskManagers; the annotations say what it was made for."""
    component = Component(
        name="taskmanager",
        environment_prefix="containerized.taskmanager.env.",
        labels=task_manager_labels(options.name, options.mode),
        args=("taskmanager",),
        ports={"taskmanager-rpc": options.task_manager_rpc_port},
        memory_mebibytes=options.task_manager_memory_mebibytes,
        cpu=Decimal(options.task_slots),
    )
    name, replicas = task_manager_deployment_name(options.name), options.count(_TASK_MANAGER_REPLICAS)
    made = pod(options, component, template, mounted)
    result = _deployment(options, name, component, replicas, made, owner)
    result["metadata"]["annotations"] |= annotations
    return result


def _startup_probe(options: ClusterOptions) -> Json | None:
    """On the node's network the container declares no ports: a probe would never find `rest`."""
    if not options.startup_probe or options.host_network:
        return None
    return {**_question_to_rest(options), "periodSeconds": 1, "failureThreshold": 2**31 - 1}


def _question_to_rest(options: ClusterOptions) -> Json:
    """The kubelet takes any certificate, and has none of its own to show."""
    version = options.release.version
    if authentication_is_on(options.flat, version):
        return {"tcpSocket": {"port": "rest"}}
    scheme = {"scheme": "HTTPS"} if speaks_tls(options.flat, version) else {}
    return {"httpGet": {"path": "/config", "port": "rest", **scheme}}


def _deployment(
    options: ClusterOptions, name: str, component: Component, replicas: int, made: Json, owner: Json
) -> Json:
    labels, annotations = metadata_of(options, component)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": options.namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [owner],
        },
        "spec": {"replicas": replicas, "selector": {"matchLabels": component.labels}, "template": made},
    }

"""All objects of a native cluster: a pure function from resource and submission."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from controller.flink.configuration_file import cluster_configuration, configuration_file
from controller.flink.job_manager import POD_TEMPLATE_KEY, job_manager_deployment
from controller.flink.names import ClusterType, common_labels, configuration_map, pod_template_map
from controller.flink.options import ClusterOptions
from controller.flink.pod_template import Json, merged_template
from controller.flink.services import services
from shared import API_VERSION
from shared.config.effective import Submission, deployment_configuration, text
from shared.config.options import JM_STARTUP_PROBE, MERGE_ARRAYS_BY_NAME, is_true
from shared.model.deployment import FlinkDeployment


@dataclass(frozen=True, slots=True)
class NativeCluster:
    """The JobManager's Deployment, and what it will own once its uid is known."""

    deployment: Json
    services: tuple[Json, ...]
    config_maps: tuple[Json, ...]


def native_cluster(
    resource: FlinkDeployment,
    submission: Submission,
    operator_configuration: Mapping[str, str],
    log_files: Mapping[str, str],
) -> NativeCluster:
    """The objects for a valid resource; `log_files` are used unless the resource brings its own.

    Raises ValueError and ConfigurationConflict for options that no object can be made of.
    """
    spec, name, namespace = resource.spec, resource.metadata.name, resource.metadata.namespace
    if spec.flink_version is None:
        raise ValueError("spec.flinkVersion is required")
    all_options = deployment_configuration(resource, operator_configuration, submission)
    flat = {key: text(value) for key, value in all_options.items()}
    by_name = is_true(MERGE_ARRAYS_BY_NAME.read(flat))
    task_manager_template = merged_template(spec.pod_template, spec.task_manager, arrays_by_name=by_name)
    if task_manager_template:
        all_options["kubernetes.pod-template-file.taskmanager"] = (
            f"/opt/flink/pod-template/{POD_TEMPLATE_KEY}"
        )
    kind = ClusterType.APPLICATION if spec.is_application else ClusterType.SESSION
    configuration = cluster_configuration(all_options, name, kind)
    file, content = configuration_file(configuration, spec.flink_version)
    data = {**(spec.log_configuration or log_files), file: content}
    options = ClusterOptions(
        name=name,
        namespace=namespace,
        version=spec.flink_version,
        type=kind,
        flat={key: text(value) for key, value in configuration.items()},
        startup_probe=is_true(JM_STARTUP_PROBE.read(flat)),
    )
    return NativeCluster(
        deployment=job_manager_deployment(
            options,
            merged_template(spec.pod_template, spec.job_manager, arrays_by_name=by_name),
            list(data),
            has_task_manager_template=bool(task_manager_template),
            owner=_owner(resource),
        ),
        services=tuple(services(options)),
        config_maps=tuple(_config_maps(name, namespace, data, task_manager_template)),
    )


def owned_by(deployment: Json, body: Json) -> Json:
    """The object with the created Deployment as its owner."""
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
        "uid": deployment["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {**body, "metadata": {**body["metadata"], "ownerReferences": [owner]}}


def _owner(resource: FlinkDeployment) -> Json:
    return {
        "apiVersion": API_VERSION,
        "kind": resource.kind,
        "name": resource.metadata.name,
        "uid": resource.metadata.uid,
        "controller": False,
        "blockOwnerDeletion": True,
    }


def _config_maps(name: str, namespace: str, data: Mapping[str, str], template: Json) -> list[Json]:
    result = [_config_map(configuration_map(name), name, namespace, data)]
    if template:
        pod = {"apiVersion": "v1", "kind": "Pod", **template}
        content = yaml.dump(pod, Dumper=yaml.CSafeDumper, sort_keys=False)
        result.append(_config_map(pod_template_map(name), name, namespace, {POD_TEMPLATE_KEY: content}))
    return result


def _config_map(map_name: str, name: str, namespace: str, data: Mapping[str, str]) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": map_name, "namespace": namespace, "labels": common_labels(name)},
        "data": dict(data),
    }

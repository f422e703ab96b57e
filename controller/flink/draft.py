"""What native and standalone clusters are made of alike: options, pod templates, files, volumes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import yaml

from controller.flink.configuration import cluster_type, require_no_template_file, require_workable
from controller.flink.configuration_file import configuration_file
from controller.flink.kerberos import Kerberos, kerberos
from controller.flink.names import (
    CONFIGURATION,
    common_labels,
    configuration_map,
    hadoop_map,
    keytab_secret,
    krb5_map,
    pod_template_map,
)
from controller.flink.operator_files import OperatorFiles
from controller.flink.options import ClusterOptions
from controller.flink.pod_template import Json, merged_template
from controller.flink.volumes import (
    POD_TEMPLATE_KEY,
    Mounted,
    claims,
    configuration,
    hadoop,
    kerberos_files,
    own_hadoop_files,
    secrets,
)
from shared import API_VERSION
from shared.config.effective import Submission, Value, deployment_configuration, text
from shared.config.flink_versions import RELEASES, FlinkRelease
from shared.config.options import JM_STARTUP_PROBE, MERGE_ARRAYS_BY_NAME, is_true
from shared.model.deployment import FlinkDeployment, KubernetesDeploymentMode


@dataclass(frozen=True, slots=True)
class Draft:
    """A cluster before it is native or standalone."""

    resource: FlinkDeployment
    submission: Submission
    files: OperatorFiles
    deployment: Mapping[str, Value]
    """All options, the operator's own included."""
    job_manager_template: Json
    task_manager_template: Json
    kerberos: Kerberos

    @classmethod
    def of(
        cls,
        resource: FlinkDeployment,
        submission: Submission,
        operator_configuration: Mapping[str, str],
        files: OperatorFiles,
    ) -> Self:
        """Raises ValueError for options that no object can be made of."""
        spec = resource.spec
        if spec.flink_version is None:
            raise ValueError("spec.flinkVersion is required")
        deployment = deployment_configuration(resource, operator_configuration, submission)
        by_name = is_true(MERGE_ARRAYS_BY_NAME.read(_flat(deployment)))
        job_manager = merged_template(spec.pod_template, spec.job_manager, arrays_by_name=by_name)
        task_manager = merged_template(spec.pod_template, spec.task_manager, arrays_by_name=by_name)
        for component, template in (("jobmanager", job_manager), ("taskmanager", task_manager)):
            if not template:
                require_no_template_file(deployment, component)
        found = kerberos(deployment, files)
        options = found.in_pods(deployment)
        return cls(resource, submission, files, options, job_manager, task_manager, found)

    @property
    def release(self) -> FlinkRelease:
        """What the cluster's version of Flink knows."""
        version = self.resource.spec.flink_version
        if version is None:
            raise ValueError("spec.flinkVersion is required")
        return RELEASES[version]

    @property
    def owner(self) -> Json:
        """The resource as owner of Deployments."""
        return {
            "apiVersion": API_VERSION,
            "kind": self.resource.kind,
            "name": self.resource.metadata.name,
            "uid": self.resource.metadata.uid,
            "controller": False,
            "blockOwnerDeletion": True,
        }

    def options(self, pods: Mapping[str, Value]) -> ClusterOptions:
        """Access to the options that pods get."""
        metadata, spec = self.resource.metadata, self.resource.spec
        return ClusterOptions(
            name=metadata.name,
            namespace=metadata.namespace,
            release=self.release,
            mode=spec.mode or KubernetesDeploymentMode.NATIVE,
            type=cluster_type(spec),
            flat=_flat(pods),
            startup_probe=is_true(JM_STARTUP_PROBE.read(_flat(self.deployment))),
        )

    def configuration_folder(self, pods: Mapping[str, Value]) -> dict[str, str]:
        """Files of Flink's configuration folder: those for the log, then the options.

        Raises ConfigurationConflict for options that no cluster works with, or that the file cannot hold.
        """
        require_workable(pods, self.resource.spec)
        file, content = configuration_file(pods, self.release.version)
        return {**(self.resource.spec.log_configuration or self.files.log), file: content}

    def volumes(self, options: ClusterOptions, template: Json, folder: Mapping[str, str]) -> list[Mounted]:
        """The volumes that JobManagers and TaskManagers have alike."""
        return [
            *secrets(options),
            *claims(options, template),
            *hadoop(options, self.files.hadoop),
            *kerberos_files(options, self.kerberos),
            *configuration(options, folder),
        ]

    def config_maps(
        self, options: ClusterOptions, folder: Mapping[str, str], template: Json
    ) -> tuple[Json, ...]:
        """All ConfigMaps that the pods mount; `template` is what Flink makes TaskManagers of, or empty."""
        bodies = [self._config_map(options, configuration_map(options.name), folder)]
        if template:
            content = yaml.dump(
                {"apiVersion": "v1", "kind": "Pod", **template}, Dumper=yaml.CSafeDumper, sort_keys=False
            )
            bodies.append(
                self._config_map(options, pod_template_map(options.name), {POD_TEMPLATE_KEY: content})
            )
        if own := own_hadoop_files(options, self.files.hadoop):
            bodies.append(self._config_map(options, hadoop_map(options.name), own))
        if self.kerberos.krb5 is not None:
            krb5 = _object(options, "ConfigMap", krb5_map(options.name), CONFIGURATION)
            bodies.append({**krb5, "data": dict([self.kerberos.krb5])})
        return tuple(bodies)

    def secrets(self, options: ClusterOptions) -> tuple[Json, ...]:
        """The Secret with the keytab, if there is one."""
        if self.kerberos.keytab is None:
            return ()
        body = _object(options, "Secret", keytab_secret(options.name), {})
        return ({**body, "type": "Opaque", "data": dict([self.kerberos.keytab])},)

    @staticmethod
    def _config_map(options: ClusterOptions, name: str, data: Mapping[str, str]) -> Json:
        labels = common_labels(options.name, options.mode)
        return {**_object(options, "ConfigMap", name, {**labels, **CONFIGURATION}), "data": dict(data)}


def _object(options: ClusterOptions, kind: str, name: str, labels: Mapping[str, str]) -> Json:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": options.namespace, "labels": dict(labels)},
    }


def _flat(options: Mapping[str, Value]) -> dict[str, str]:
    return {key: text(value) for key, value in options.items()}

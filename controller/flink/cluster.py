"""All objects of a cluster: a pure function from resource and submission."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.flink.arguments import native_arguments, standalone_arguments
from controller.flink.configuration import CLASS_PATH, cluster_configuration
from controller.flink.deployments import job_manager_deployment, task_manager_deployment
from controller.flink.draft import Draft
from controller.flink.operator_files import OperatorFiles
from controller.flink.pod_template import Json
from controller.flink.services import services
from controller.flink.volumes import artifacts, task_manager_template, user_library
from shared.config.effective import Submission
from shared.model.deployment import FlinkDeployment, KubernetesDeploymentMode


@dataclass(frozen=True, slots=True)
class Cluster:
    """The JobManager's Deployment, what it will own once its uid is known, and the TaskManagers."""

    deployment: Json
    """Paused: it is released when all that its pods need is there."""
    services: tuple[Json, ...]
    config_maps: tuple[Json, ...]
    secrets: tuple[Json, ...] = ()
    task_manager_deployment: Json | None = None
    """Of a standalone cluster. It is not paused, so it is made last; the resource owns it."""

    @property
    def owned(self) -> tuple[Json, ...]:
        """What the JobManager's Deployment will own."""
        return (*self.services, *self.config_maps, *self.secrets)


def cluster_objects(
    resource: FlinkDeployment,
    submission: Submission,
    operator_configuration: Mapping[str, str],
    files: OperatorFiles,
) -> Cluster:
    """The objects for a valid resource, in the mode that it asks for.

    Raises ValueError for options that no object can be made of.
    """
    draft = Draft.of(resource, submission, operator_configuration, files)
    standalone = resource.spec.mode is KubernetesDeploymentMode.STANDALONE
    return standalone_cluster(draft) if standalone else native_cluster(draft)


def native_cluster(draft: Draft) -> Cluster:
    """Flink makes the TaskManagers: it gets their pod template in a ConfigMap."""
    template = draft.task_manager_template
    configuration = cluster_configuration(
        draft.deployment, draft.resource.spec, has_task_manager_template=bool(template)
    )
    options, folder = draft.options(configuration), draft.configuration_folder(configuration)
    mounted = [
        *artifacts(options),
        *draft.volumes(options, draft.job_manager_template, folder),
        *(task_manager_template(options) if template else ()),
    ]
    return Cluster(
        deployment=job_manager_deployment(
            options, native_arguments(options), draft.job_manager_template, mounted, draft.owner
        ),
        services=tuple(services(options)),
        config_maps=draft.config_maps(options, folder, template),
        secrets=draft.secrets(options),
    )


def standalone_cluster(draft: Draft) -> Cluster:
    """The operator makes the TaskManagers, in a Deployment of their own (contract part 5.9)."""
    spec, template = draft.resource.spec, draft.job_manager_template
    configuration = cluster_configuration(draft.deployment, spec, has_task_manager_template=False)
    options, folder = draft.options(configuration), draft.configuration_folder(configuration)
    class_path = options.elements(CLASS_PATH) if spec.is_application else []
    mounted = [
        *artifacts(options),
        *draft.volumes(options, template, folder),
        *(user_library(template, class_path) if class_path else ()),
    ]
    return Cluster(
        deployment=job_manager_deployment(
            options, standalone_arguments(options, spec.job), template, mounted, draft.owner
        ),
        services=tuple(services(options)),
        config_maps=draft.config_maps(options, folder, {}),
        secrets=draft.secrets(options),
        task_manager_deployment=task_manager_deployment(
            options,
            draft.task_manager_template,
            draft.volumes(options, draft.task_manager_template, folder),
            draft.owner,
            draft.submission.annotations,
        ),
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

"""Rules for FlinkDeployment (contract part 2.5): small pure functions, listed in DEPLOYMENT_RULES."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from shared.config.options import (
    CHECKPOINT_DIRECTORY,
    SAVEPOINT_DIRECTORY,
    Option,
    high_availability_is_active,
)
from shared.model.deployment import FlinkDeploymentSpec, FlinkVersion, IngressSpec, KubernetesDeploymentMode
from shared.model.job import JobSpec, UpgradeMode
from shared.rules.finding import Finding
from shared.rules.options import option_findings
from shared.rules.pod_template import pod_template_findings
from shared.rules.resources import memory_is_given, resources_are_sound

_NAME = re.compile(r"[a-z]([-a-z\d]{0,43}[a-z\d])?")
_FORBIDDEN_KEYS = {
    "kubernetes.namespace": "the resource's namespace decides it",
    "kubernetes.cluster-id": "the resource's name decides it",
    "high-availability.cluster-id": "the resource's name decides it",
}
_LOG_FILES = ("log4j-console.properties", "logback-console.xml")
_PULL_POLICIES = ("IfNotPresent", "Always", "Never")
_OLDEST_SUPPORTED = FlinkVersion.V1_15

NEED_CONFIGURATION = frozenset({"FK109", "FK110"})
"""Codes of findings that mean nothing when spec.flinkConfiguration could not be read."""


@dataclass(frozen=True, slots=True)
class DeploymentUnderReview:
    """What a rule looks at."""

    name: str
    spec: FlinkDeploymentSpec
    running: FlinkDeploymentSpec | None
    """The spec that was last reconciled: what may not change is compared with this."""
    config: Mapping[str, str]
    """The spec's options over the operator's defaults."""


Rule = Callable[[DeploymentUnderReview], Iterator[Finding]]


def name_is_a_cluster_id(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Flink's cluster id: lower case, at most 45 characters."""
    yield from cluster_name("metadata.name", it.name)


def cluster_name(path: str, name: str) -> Iterator[Finding]:
    """A name that Flink accepts as a cluster id."""
    if not _NAME.fullmatch(name):
        yield Finding(
            "FK101",
            path,
            f"{name!r} cannot name a Flink cluster",
            "Use at most 45 lower-case letters, digits and hyphens, a letter first, no hyphen last.",
        )


def flink_version_is_supported(it: DeploymentUnderReview) -> Iterator[Finding]:
    """flinkVersion is required, and at least 1.15."""
    version = it.spec.flink_version
    if version is None:
        hint = f"Set the Flink version of the image, for example {FlinkVersion.V2_3.value}."
        yield Finding("FK102", "spec.flinkVersion", "is required", hint)
    elif version.number < _OLDEST_SUPPORTED.number:
        hint = f"Use {_OLDEST_SUPPORTED.value} or newer."
        yield Finding("FK103", "spec.flinkVersion", f"{version.value} is no longer supported", hint)


def reserved_options_are_absent(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Options that the operator derives cannot be set."""
    for key, why in _FORBIDDEN_KEYS.items():
        if key in it.config:
            yield Finding("FK104", f"spec.flinkConfiguration[{key}]", f"cannot be set: {why}", "Remove it.")


def service_account_is_given(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Flink's pods need a service account with rights on pods and ConfigMaps."""
    if not it.spec.service_account:
        yield Finding(
            "FK105",
            "spec.serviceAccount",
            "is required",
            "Set it to an account that may manage pods and ConfigMaps; the chart installs `flink`.",
        )


def job_has_parallelism(it: DeploymentUnderReview) -> Iterator[Finding]:
    """The job's parallelism is at least 1, from its own field or from the TaskManagers' replicas."""
    if it.spec.job is None:
        return
    replicas_decide = it.spec.task_manager is not None and it.spec.task_manager.replicas is not None
    if not (replicas_decide and it.spec.job.parallelism == 0):
        yield from parallelism(it.spec.job)


def parallelism(job: JobSpec) -> Iterator[Finding]:
    """A parallelism of at least 1."""
    if job.parallelism < 1:
        hint = "Set it to the number of slots that the job should use."
        yield Finding("FK108", "spec.job.parallelism", f"must be at least 1, not {job.parallelism}", hint)


def replicas_are_positive(it: DeploymentUnderReview) -> Iterator[Finding]:
    """At least one JobManager, more only with high availability; at least one TaskManager when stated."""
    if it.spec.job_manager is not None:
        replicas = it.spec.job_manager.replicas
        if replicas < 1:
            yield Finding("FK109", "spec.jobManager.replicas", f"must be at least 1, not {replicas}")
        elif replicas > 1 and not high_availability_is_active(it.config):
            hint = "Set high-availability.type to kubernetes, or use one replica."
            yield Finding("FK109", "spec.jobManager.replicas", "more than one needs high availability", hint)
    task_managers = it.spec.task_manager
    if task_managers is not None and task_managers.replicas is not None and task_managers.replicas < 1:
        found = f"must be at least 1, not {task_managers.replicas}"
        yield Finding("FK109", "spec.taskManager.replicas", found)


def job_manager_resources_are_sound(it: DeploymentUnderReview) -> Iterator[Finding]:
    """The JobManager's memory is known and its resources parse."""
    yield from memory_is_given("jobmanager", "spec.jobManager", it.spec.job_manager, it.config)
    yield from resources_are_sound("spec.jobManager", it.spec.job_manager)


def task_manager_resources_are_sound(it: DeploymentUnderReview) -> Iterator[Finding]:
    """The TaskManagers' memory is known and their resources parse."""
    yield from memory_is_given("taskmanager", "spec.taskManager", it.spec.task_manager, it.config)
    yield from resources_are_sound("spec.taskManager", it.spec.task_manager)


def state_has_a_place(it: DeploymentUnderReview) -> Iterator[Finding]:
    """An upgrade mode that keeps state needs a directory to keep it in."""
    if it.spec.job is not None:
        yield from state_directories(it.spec.job, it.config)


def state_directories(job: JobSpec, config: Mapping[str, str]) -> Iterator[Finding]:
    """The directories that the upgrade mode and the triggers need."""
    if job.upgrade_mode is not UpgradeMode.STATELESS:
        yield from _directory("FK106", CHECKPOINT_DIRECTORY, job.upgrade_mode, config)
    if job.upgrade_mode is UpgradeMode.SAVEPOINT:
        yield from _directory("FK107", SAVEPOINT_DIRECTORY, job.upgrade_mode, config)


def _directory(code: str, option: Option, mode: UpgradeMode, config: Mapping[str, str]) -> Iterator[Finding]:
    if not (option.read(config) or "").strip():
        yield Finding(
            code,
            f"spec.flinkConfiguration[{option.key}]",
            f"is required by upgradeMode {mode.value}",
            "Set it to a directory that outlives the pods, for example s3://bucket/folder.",
        )


def image_pull_policy_is_known(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Kubernetes has three image pull policies."""
    policy = it.spec.image_pull_policy
    if policy is not None and policy not in _PULL_POLICIES:
        hint = f"Use one of {', '.join(_PULL_POLICIES)}."
        yield Finding("FK119", "spec.imagePullPolicy", f"{policy!r} is not allowed", hint)


def ingress_has_template(it: DeploymentUnderReview) -> Iterator[Finding]:
    """An Ingress needs to know its host."""
    if it.spec.ingress is not None:
        yield from ingress_template("spec.ingress", it.spec.ingress)


def ingress_template(path: str, ingress: IngressSpec) -> Iterator[Finding]:
    """The template is given."""
    if ingress.template is None:
        hint = "Set it to host or host/path, for example {{name}}.{{namespace}}.example.com."
        yield Finding("FK121", f"{path}.template", "is required", hint)


def log_files_are_known(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Flink's scripts read two log configuration files only."""
    for name in it.spec.log_configuration or {}:
        if name not in _LOG_FILES:
            hint = f"Use {' or '.join(_LOG_FILES)}."
            yield Finding("FK116", f"spec.logConfiguration[{name}]", "Flink does not read this file", hint)


def cluster_type_stays(it: DeploymentUnderReview) -> Iterator[Finding]:
    """An application cluster cannot become a session cluster, nor the reverse."""
    if it.running is not None and it.running.is_application != it.spec.is_application:
        was, would_be = (
            ("application", "session") if it.running.is_application else ("session", "application")
        )
        hint = "Delete the resource and create it anew, or use another name."
        yield Finding(
            "FK113", "spec.job", f"a running {was} cluster cannot become a {would_be} cluster", hint
        )


def deployment_mode_stays(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A native cluster cannot become a standalone one, nor the reverse."""
    if it.running is None:
        return
    was = it.running.mode or KubernetesDeploymentMode.NATIVE
    wanted = it.spec.mode or KubernetesDeploymentMode.NATIVE
    if was != wanted:
        hint = "Delete the resource and create it anew, or use another name."
        yield Finding("FK114", "spec.mode", f"cannot change from {was.value} to {wanted.value}", hint)


def redeployment_has_a_savepoint(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A new savepointRedeployNonce drops the running job and starts it from initialSavepointPath."""
    if it.running is not None and it.spec.job is not None:
        yield from redeployment(it.spec.job, it.running.job)


def redeployment(job: JobSpec, running: JobSpec | None) -> Iterator[Finding]:
    """The path is given when the nonce is new."""
    nonce = job.savepoint_redeploy_nonce
    recorded = running.savepoint_redeploy_nonce if running is not None else None
    if nonce is not None and nonce != recorded and not (job.initial_savepoint_path or "").strip(" "):
        found = "is required: a new savepointRedeployNonce redeploys the job from it"
        hint = "Set it to the savepoint to start from, or take the nonce back."
        yield Finding("FK115", "spec.job.initialSavepointPath", found, hint)


def pod_templates_are_sound(it: DeploymentUnderReview) -> Iterator[Finding]:
    """All three pod templates are what Kubernetes can make pods of."""
    spec = it.spec
    yield from pod_template_findings("spec.podTemplate", spec.pod_template)
    for path, component in (("spec.jobManager", spec.job_manager), ("spec.taskManager", spec.task_manager)):
        if component is not None:
            yield from pod_template_findings(f"{path}.podTemplate", component.pod_template)


def options_are_readable(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Options that objects are made of can be read."""
    yield from option_findings(it.config)


DEPLOYMENT_RULES: tuple[Rule, ...] = (
    name_is_a_cluster_id,
    flink_version_is_supported,
    reserved_options_are_absent,
    service_account_is_given,
    job_has_parallelism,
    replicas_are_positive,
    job_manager_resources_are_sound,
    task_manager_resources_are_sound,
    state_has_a_place,
    image_pull_policy_is_known,
    ingress_has_template,
    log_files_are_known,
    cluster_type_stays,
    deployment_mode_stays,
    redeployment_has_a_savepoint,
    pod_templates_are_sound,
    options_are_readable,
)

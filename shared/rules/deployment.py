"""Rules for FlinkDeployment (contract part 2.5): small pure functions, listed in DEPLOYMENT_RULES."""

import re
from collections.abc import Callable, Iterator

from shared.config.operator_options import CLUSTER_HEALTH_CHECK, JM_DEPLOYMENT_RECOVERY, ROLLBACK
from shared.config.options import JOB_MANAGER_REPLICAS, high_availability_is_active, is_true
from shared.config.values import COUNT
from shared.model.deployment import IMAGE_PULL_POLICIES, LOG_FILES, OLDEST_SUPPORTED, FlinkVersion
from shared.rules.autoscaler import autoscaler_findings
from shared.rules.finding import Finding
from shared.rules.ingress import ingress_template
from shared.rules.job import parallelism, state_directories
from shared.rules.job_jar import jar_can_be_run
from shared.rules.key_conflicts import keys_do_not_begin_others
from shared.rules.legacy_values import values_fit_into_the_file
from shared.rules.memory import job_manager_memory_works, task_manager_memory_works
from shared.rules.options import option_findings
from shared.rules.pod_options import (
    claims_can_be_mounted,
    kerberos_files_are_the_operators,
    templates_are_in_the_spec,
)
from shared.rules.pod_template import pod_template_findings
from shared.rules.resources import resources_are_sound
from shared.rules.rest_tls import tls_has_its_stores
from shared.rules.subject import DeploymentUnderReview

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,43}[a-z0-9])?")
_FORBIDDEN_KEYS = {
    "kubernetes.namespace": "the resource's namespace decides it",
    "kubernetes.cluster-id": "the resource's name decides it",
    "high-availability.cluster-id": "the resource's name decides it",
}

NEED_CONFIGURATION = frozenset({"FK109", "FK110", "FK126", "FK128", "FK134", "FK138", "FK505", "FK508"})
"""Codes of findings that mean nothing when spec.flinkConfiguration could not be read."""

Rule = Callable[[DeploymentUnderReview], Iterator[Finding]]


def name_is_a_cluster_id(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Flink's cluster id: lower case, at most 45 characters."""
    if it.name is not None:
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
    elif version.number < OLDEST_SUPPORTED.number:
        hint = f"Use {OLDEST_SUPPORTED.value} or newer."
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


def replicas_are_positive(it: DeploymentUnderReview) -> Iterator[Finding]:
    """At least one JobManager, more only with high availability; at least one TaskManager when stated."""
    if it.spec.job_manager is not None:
        replicas = it.spec.job_manager.replicas
        if replicas < 1:
            yield Finding("FK109", "spec.jobManager.replicas", f"must be at least 1, not {replicas}")
        elif replicas > 1 and not high_availability_is_active(it.config):
            yield _needs_high_availability("spec.jobManager.replicas")
    elif _configured_job_managers(it) > 1 and not high_availability_is_active(it.config):
        yield _needs_high_availability(f"spec.flinkConfiguration[{JOB_MANAGER_REPLICAS.key}]")
    task_managers = it.spec.task_manager
    if task_managers is not None and task_managers.replicas is not None and task_managers.replicas < 1:
        found = f"must be at least 1, not {task_managers.replicas}"
        yield Finding("FK109", "spec.taskManager.replicas", found)


def _configured_job_managers(it: DeploymentUnderReview) -> int:
    """As many as the option says, which counts where there is no spec.jobManager."""
    count = JOB_MANAGER_REPLICAS.read(it.config) or ""
    return int(count) if COUNT.reads(count) else 1


def _needs_high_availability(path: str) -> Finding:
    hint = "Set high-availability.type to kubernetes, or use one replica."
    return Finding("FK109", path, "more than one needs high availability", hint)


def job_manager_resources_are_sound(it: DeploymentUnderReview) -> Iterator[Finding]:
    """The JobManager's resources parse."""
    yield from resources_are_sound("spec.jobManager", it.spec.job_manager)


def task_manager_resources_are_sound(it: DeploymentUnderReview) -> Iterator[Finding]:
    """The TaskManagers' resources parse."""
    yield from resources_are_sound("spec.taskManager", it.spec.task_manager)


def state_has_a_place(it: DeploymentUnderReview) -> Iterator[Finding]:
    """An upgrade mode that keeps state needs a directory to keep it in."""
    if it.spec.job is not None:
        yield from state_directories(it.spec.job, it.config)


def image_pull_policy_is_known(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Kubernetes has three image pull policies."""
    policy = it.spec.image_pull_policy
    if policy is not None and policy not in IMAGE_PULL_POLICIES:
        hint = f"Use one of {', '.join(IMAGE_PULL_POLICIES)}."
        yield Finding("FK119", "spec.imagePullPolicy", f"{policy!r} is not allowed", hint)


def ingress_has_template(it: DeploymentUnderReview) -> Iterator[Finding]:
    """An Ingress needs to know its host."""
    if it.spec.ingress is not None:
        yield from ingress_template("spec.ingress", it.spec.ingress, it.name, it.namespace)


def log_files_are_known(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Flink's scripts read two log configuration files only."""
    for name in it.spec.log_configuration or {}:
        if name not in LOG_FILES:
            hint = f"Use {' or '.join(LOG_FILES)}."
            yield Finding("FK116", f"spec.logConfiguration[{name}]", "Flink does not read this file", hint)


def pod_templates_are_sound(it: DeploymentUnderReview) -> Iterator[Finding]:
    """All three pod templates are what Kubernetes can make pods of."""
    spec = it.spec
    yield from pod_template_findings("spec.podTemplate", spec.pod_template)
    for path, component in (("spec.jobManager", spec.job_manager), ("spec.taskManager", spec.task_manager)):
        if component is not None:
            yield from pod_template_findings(f"{path}.podTemplate", component.pod_template)


def options_are_readable(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Options that are read here can be read, whoever set them."""
    yield from option_findings(it.own, it.config)


def rollback_has_high_availability(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A rollback goes on from the metadata that high availability keeps."""
    if is_true(ROLLBACK.read(it.config)) and not high_availability_is_active(it.config):
        hint = "Set high-availability.type to kubernetes, or leave rollback off."
        found = "needs high availability"
        yield Finding("FK123", f"spec.flinkConfiguration[{ROLLBACK.key}]", found, hint)


def health_check_has_recovery(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A cluster that is found unhealthy is made anew, which recovery does."""
    recovery = JM_DEPLOYMENT_RECOVERY
    if is_true(CLUSTER_HEALTH_CHECK.read(it.config)) and not is_true(recovery.read(it.config)):
        path = f"spec.flinkConfiguration[{CLUSTER_HEALTH_CHECK.key}]"
        yield Finding("FK124", path, f"needs {recovery.key}", f"Set {recovery.key} to true.")


def autoscaler_is_sound(it: DeploymentUnderReview) -> Iterator[Finding]:
    """The autoscaler's options are within their bounds."""
    yield from autoscaler_findings(it.config)


DEPLOYMENT_RULES: tuple[Rule, ...] = (
    name_is_a_cluster_id,
    flink_version_is_supported,
    reserved_options_are_absent,
    rollback_has_high_availability,
    health_check_has_recovery,
    service_account_is_given,
    job_has_parallelism,
    replicas_are_positive,
    job_manager_resources_are_sound,
    task_manager_resources_are_sound,
    job_manager_memory_works,
    task_manager_memory_works,
    state_has_a_place,
    jar_can_be_run,
    image_pull_policy_is_known,
    ingress_has_template,
    log_files_are_known,
    pod_templates_are_sound,
    templates_are_in_the_spec,
    kerberos_files_are_the_operators,
    claims_can_be_mounted,
    options_are_readable,
    keys_do_not_begin_others,
    values_fit_into_the_file,
    tls_has_its_stores,
    autoscaler_is_sound,
)

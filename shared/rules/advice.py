"""Warnings about a FlinkDeployment: what is deprecated, has no effect, or is decided elsewhere."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.config.options import CONTAINER_IMAGE, IMAGE_PULL_POLICY, TASK_SLOTS, Option
from shared.config.values import COUNT
from shared.model.deployment import OLDEST_SUPPORTED, FlinkVersion
from shared.model.job import JobSpec
from shared.model.pod_template import MAIN_CONTAINER
from shared.rules.finding import Finding, Severity
from shared.rules.job_jar import job_is_named
from shared.rules.local_storage import storage_outlives_its_pod
from shared.rules.main_container import main_container_is_named
from shared.rules.option_names import option_name_warnings, options_of_the_cluster
from shared.rules.rest_tls import client_authentication_has_effect
from shared.rules.subject import DeploymentUnderReview, SessionJobUnderReview

_OLDEST_NOT_DEPRECATED = FlinkVersion.V1_19

Rule = Callable[[DeploymentUnderReview], Iterator[Finding]]


def flink_version_is_current(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Flink 1.15 to 1.18 are deprecated."""
    version = it.spec.flink_version
    if version is not None and OLDEST_SUPPORTED.number <= version.number < _OLDEST_NOT_DEPRECATED.number:
        hint = f"Use {_OLDEST_NOT_DEPRECATED.value} or newer."
        yield _warning("FK501", "spec.flinkVersion", f"{version.value} is deprecated", hint)


def fields_are_current(it: DeploymentUnderReview) -> Iterator[Finding]:
    """`resource` gave way to `resources`, and is not looked at beside it; snapshots are resources now."""
    for path, component in (
        ("spec.jobManager", it.spec.job_manager),
        ("spec.taskManager", it.spec.task_manager),
    ):
        if component is None or component.resource is None:
            continue
        if component.resources is not None and component.resources.is_given:
            found = f"has no effect beside {path}.resources"
            yield _warning("FK505", f"{path}.resource", found, "Remove it.")
        else:
            yield _warning("FK502", f"{path}.resource", "is deprecated", f"Use {path}.resources.")
    if it.spec.job is not None:
        yield from trigger_nonces(it.spec.job)


def trigger_nonces(job: JobSpec) -> Iterator[Finding]:
    """Fields that ask for a snapshot gave way to a kind of its own."""
    for field, value in (
        ("savepointTriggerNonce", job.savepoint_trigger_nonce),
        ("checkpointTriggerNonce", job.checkpoint_trigger_nonce),
    ):
        if value is not None:
            yield _warning("FK502", f"spec.job.{field}", "is deprecated", "Create a FlinkStateSnapshot.")


def parallelism_has_effect(it: DeploymentUnderReview) -> Iterator[Finding]:
    """The TaskManagers' replicas decide the parallelism, where they are given."""
    job, task_managers = it.spec.job, it.spec.task_manager
    replicas = task_managers.replicas if task_managers is not None else None
    slots = TASK_SLOTS.read(it.config) or ""
    if job is None or replicas is None or replicas < 1 or job.parallelism < 1 or not COUNT.reads(slots):
        return
    if job.parallelism != replicas * int(slots):
        found = f"has no effect: spec.taskManager.replicas times slots is {replicas * int(slots)}"
        yield _warning("FK505", "spec.job.parallelism", found, "Remove one of the two.")


def options_are_not_overridden(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Fields of the spec win over the options that they become."""
    for key, field, value in _OVERRIDDEN:
        if key in it.own and (decided := value(it)) is not None and it.own[key].strip() != decided:
            path = f"spec.flinkConfiguration[{key}]"
            yield _warning("FK505", path, f"has no effect: {field} decides", "Remove it.")


def _job_manager_replicas(it: DeploymentUnderReview) -> str | None:
    return str(it.spec.job_manager.replicas) if it.spec.job_manager is not None else None


def _parallelism(it: DeploymentUnderReview) -> str | None:
    replicas_decide = it.spec.task_manager is not None and it.spec.task_manager.replicas is not None
    return None if it.spec.job is None or replicas_decide else str(it.spec.job.parallelism)


def _restore_path(it: DeploymentUnderReview) -> str | None:
    """Empty for a job that is to start without state."""
    return (it.spec.job.initial_savepoint_path or "") if it.spec.job is not None else None


_OVERRIDDEN: tuple[tuple[str, str, Callable[[DeploymentUnderReview], str | None]], ...] = (
    ("kubernetes.container.image", "spec.image", lambda it: it.spec.image or None),
    ("kubernetes.container.image.ref", "spec.image", lambda it: it.spec.image or None),
    (IMAGE_PULL_POLICY.key, "spec.imagePullPolicy", lambda it: it.spec.image_pull_policy or None),
    ("kubernetes.service-account", "spec.serviceAccount", lambda it: it.spec.service_account or None),
    ("kubernetes.jobmanager.replicas", "spec.jobManager.replicas", _job_manager_replicas),
    ("parallelism.default", "spec.job.parallelism", _parallelism),
    ("execution.savepoint.path", "spec.job.initialSavepointPath", _restore_path),
    ("execution.state-recovery.path", "spec.job.initialSavepointPath", _restore_path),
)
"""Options, the field that decides instead, and its value; None where the option is left alone."""


def image_is_given(it: DeploymentUnderReview) -> Iterator[Finding]:
    """What is not given is decided elsewhere; it is told, not written."""
    if not it.spec.image and not _template_has(it, "image"):
        yield from _decided_elsewhere(it, "spec.image", CONTAINER_IMAGE, "Flink takes its own image")
    if not it.spec.image_pull_policy and not _template_has(it, "imagePullPolicy"):
        yield from _decided_elsewhere(it, "spec.imagePullPolicy", IMAGE_PULL_POLICY, None)


def _decided_elsewhere(
    it: DeploymentUnderReview, path: str, option: Option, otherwise: str | None
) -> Iterator[Finding]:
    if option.is_in(it.own):
        return
    if option.is_in(it.config):
        found = f"is not given: the operator's configuration adds {option.read(it.config)}"
        yield _warning("FK508", path, found)
    elif otherwise is not None:
        yield _warning("FK508", path, f"is not given: {otherwise}")


def _template_has(it: DeploymentUnderReview, field: str) -> bool:
    job_manager = it.spec.job_manager
    templates = (it.spec.pod_template, job_manager.pod_template if job_manager is not None else None)
    return any(container.get(field) for template in templates for container in _main_containers(template))


def _main_containers(template: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    for container in ((template or {}).get("spec") or {}).get("containers") or ():
        if container.get("name") == MAIN_CONTAINER:
            yield container


def option_names_are_right(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Options are known, and read where they stand."""
    yield from option_name_warnings(it.own, it.spec.flink_version)


def _warning(code: str, path: str, found: str, hint: str = "") -> Finding:
    return Finding(code, path, found, hint, Severity.WARNING)


DEPLOYMENT_ADVICE: tuple[Rule, ...] = (
    flink_version_is_current,
    fields_are_current,
    parallelism_has_effect,
    options_are_not_overridden,
    job_is_named,
    image_is_given,
    storage_outlives_its_pod,
    option_names_are_right,
    client_authentication_has_effect,
    main_container_is_named,
)


def session_job_is_current(it: SessionJobUnderReview) -> Iterator[Finding]:
    """As for deployments, as far as a session job has the same fields."""
    if it.spec.job is not None:
        yield from trigger_nonces(it.spec.job)
    yield from option_name_warnings(it.own, it.cluster_version)
    yield from options_of_the_cluster(it.own)


SESSION_JOB_ADVICE = (session_job_is_current,)

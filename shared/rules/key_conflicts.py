"""Keys that begin other keys, which Flink 2 forbids: those that are set, and those that fields stand for."""

from collections.abc import Iterator

from shared.config.flink_versions import RELEASES
from shared.config.key_conflicts import key_conflicts
from shared.config.options import IMAGE_PULL_POLICY, high_availability_is_active
from shared.rules.finding import Finding
from shared.rules.subject import DeploymentUnderReview


def keys_do_not_begin_others(it: DeploymentUnderReview) -> Iterator[Finding]:
    """In Flink 2 an option has a value or others below it."""
    version = it.spec.flink_version
    if version is None or not RELEASES[version].drops_options:
        return
    for conflict in key_conflicts({*it.config, *_derived(it)}):
        origin = "" if conflict.prefix in it.own else ", and the operator's configuration sets it"
        found = f"Flink 2 cannot have it beside {conflict.key}{origin}"
        yield Finding("FK128", f"spec.flinkConfiguration[{conflict.prefix}]", found, conflict.remedy)


def _derived(it: DeploymentUnderReview) -> Iterator[str]:
    """Keys that the operator adds, as far as an option of Flink begins them."""
    if high_availability_is_active(it.config):
        yield "high-availability.cluster-id"
    if it.spec.image:
        yield "kubernetes.container.image.ref"
    if it.spec.image_pull_policy:
        yield IMAGE_PULL_POLICY.key
    for name, component in (("jobmanager", it.spec.job_manager), ("taskmanager", it.spec.task_manager)):
        resources = component.resources if component is not None else None
        resource = component.resource if component is not None else None
        amounts = (resources.requests, resources.limits) if resources is not None else ()
        has_cpu = any("cpu" in (group or ()) for group in amounts)
        if has_cpu or (resource is not None and resource.cpu is not None):
            yield f"kubernetes.{name}.cpu.amount"

"""Rules for FlinkSessionJob that need no look at its cluster (contract part 2.6)."""

from collections.abc import Callable, Iterator

from shared.model.job import UpgradeMode
from shared.model.session_job import FlinkSessionJobSpec
from shared.rules.deployment import cluster_name, parallelism
from shared.rules.finding import Finding

Rule = Callable[[FlinkSessionJobSpec], Iterator[Finding]]


def cluster_is_named(spec: FlinkSessionJobSpec) -> Iterator[Finding]:
    """deploymentName is required and can name a cluster."""
    if not spec.deployment_name:
        hint = (
            "Set it to the name of a session cluster (a FlinkDeployment without spec.job) in this namespace."
        )
        yield Finding("FK201", "spec.deploymentName", "is required", hint)
    else:
        yield from cluster_name("spec.deploymentName", spec.deployment_name)


def job_is_given(spec: FlinkSessionJobSpec) -> Iterator[Finding]:
    """spec.job is required."""
    if spec.job is None:
        yield Finding(
            "FK202", "spec.job", "is required", "Describe the job: jarURI, parallelism, upgradeMode."
        )


def job_has_parallelism(spec: FlinkSessionJobSpec) -> Iterator[Finding]:
    """The job's parallelism is at least 1."""
    if spec.job is not None:
        yield from parallelism(spec.job)


def last_state_is_not_used(spec: FlinkSessionJobSpec) -> Iterator[Finding]:
    """A session job's high-availability metadata belongs to its cluster and cannot be handed over."""
    if spec.job is not None and spec.job.upgrade_mode is UpgradeMode.LAST_STATE:
        hint = "Use savepoint, or stateless if the job's state may be dropped."
        yield Finding("FK203", "spec.job.upgradeMode", "last-state does not work for session jobs", hint)


SESSION_JOB_RULES: tuple[Rule, ...] = (
    cluster_is_named,
    job_is_given,
    job_has_parallelism,
    last_state_is_not_used,
)

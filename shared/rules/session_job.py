"""Rules for FlinkSessionJob that need no look at its cluster (contract part 2.6)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.model.job import UpgradeMode
from shared.model.session_job import FlinkSessionJobSpec
from shared.rules.deployment import cluster_name, parallelism, redeployment
from shared.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class SessionJobUnderReview:
    """What a rule looks at."""

    spec: FlinkSessionJobSpec
    running: FlinkSessionJobSpec | None
    """The spec that was last reconciled: what may not change is compared with this."""


Rule = Callable[[SessionJobUnderReview], Iterator[Finding]]


def cluster_is_named(it: SessionJobUnderReview) -> Iterator[Finding]:
    """deploymentName is required and can name a cluster."""
    if not it.spec.deployment_name:
        hint = (
            "Set it to the name of a session cluster (a FlinkDeployment without spec.job) in this namespace."
        )
        yield Finding("FK201", "spec.deploymentName", "is required", hint)
    else:
        yield from cluster_name("spec.deploymentName", it.spec.deployment_name)


def cluster_stays(it: SessionJobUnderReview) -> Iterator[Finding]:
    """A job's state lies with its cluster: it cannot move."""
    was, wanted = it.running.deployment_name if it.running else None, it.spec.deployment_name
    if was and wanted and was != wanted:
        found = f"a job cannot move from cluster {was!r} to {wanted!r}"
        hint = "Delete the resource and create it anew; a savepoint carries the state over."
        yield Finding("FK204", "spec.deploymentName", found, hint)


def job_is_given(it: SessionJobUnderReview) -> Iterator[Finding]:
    """spec.job is required."""
    if it.spec.job is None:
        hint = "Describe the job: jarURI, parallelism, upgradeMode."
        yield Finding("FK202", "spec.job", "is required", hint)


def job_has_parallelism(it: SessionJobUnderReview) -> Iterator[Finding]:
    """The job's parallelism is at least 1."""
    if it.spec.job is not None:
        yield from parallelism(it.spec.job)


def redeployment_has_a_savepoint(it: SessionJobUnderReview) -> Iterator[Finding]:
    """A new savepointRedeployNonce drops the running job and starts it from initialSavepointPath."""
    if it.running is not None and it.spec.job is not None:
        yield from redeployment(it.spec.job, it.running.job)


def last_state_is_not_used(it: SessionJobUnderReview) -> Iterator[Finding]:
    """A session job's high-availability metadata belongs to its cluster and cannot be handed over."""
    if it.spec.job is not None and it.spec.job.upgrade_mode is UpgradeMode.LAST_STATE:
        hint = "Use savepoint, or stateless if the job's state may be dropped."
        yield Finding("FK203", "spec.job.upgradeMode", "last-state does not work for session jobs", hint)


SESSION_JOB_RULES: tuple[Rule, ...] = (
    cluster_is_named,
    cluster_stays,
    job_is_given,
    job_has_parallelism,
    redeployment_has_a_savepoint,
    last_state_is_not_used,
)

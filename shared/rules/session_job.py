"""Rules for FlinkSessionJob (contract part 2.6); what its cluster must be is in shared.rules.references."""

from collections.abc import Callable, Iterator

from shared.config.autoscaler_options import AUTOSCALER_OPTIONS
from shared.config.known_options import NAMES_WITH_TYPE
from shared.config.operator_options import SESSION_JOB_LAST_STATE
from shared.config.options import is_true
from shared.model.job import UpgradeMode
from shared.rules.autoscaler import autoscaler_findings
from shared.rules.deployment import cluster_name
from shared.rules.finding import Finding, Severity
from shared.rules.jar_uri import jar_uri
from shared.rules.job import parallelism, redeployment, state_directories
from shared.rules.options import unreadable
from shared.rules.subject import SessionJobUnderReview

Rule = Callable[[SessionJobUnderReview], Iterator[Finding]]

_AUTOSCALER_NAMES = {name for option in AUTOSCALER_OPTIONS for name in (option.key, *option.older_keys)}


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


def jar_comes_from_an_allowed_place(it: SessionJobUnderReview) -> Iterator[Finding]:
    """The operator fetches the jar, so that it decides from where."""
    if it.spec.job is not None and it.spec.job.jar_uri is not None:
        yield from jar_uri(it.spec.job.jar_uri, it.operator)


def redeployment_has_a_savepoint(it: SessionJobUnderReview) -> Iterator[Finding]:
    """A new savepointRedeployNonce drops the running job and starts it from initialSavepointPath."""
    if it.running is not None and it.spec.job is not None:
        yield from redeployment(it.spec.job, it.running.job)


def last_state_is_not_used(it: SessionJobUnderReview) -> Iterator[Finding]:
    """A session job's high-availability metadata belongs to its cluster and cannot be handed over."""
    job, running = it.spec.job, it.running.job if it.running is not None else None
    if job is None or job.upgrade_mode is not UpgradeMode.LAST_STATE:
        return
    if not is_true(SESSION_JOB_LAST_STATE.read(it.operator)):
        hint = (
            "Use savepoint, or stateless if the job's state may be dropped;"
            f" the operator's option {SESSION_JOB_LAST_STATE.key} allows it."
        )
        has_it_already = running is not None and running.upgrade_mode is UpgradeMode.LAST_STATE
        severity = Severity.WARNING if has_it_already else Severity.ERROR
        found = "last-state does not work for session jobs"
        yield Finding("FK203", "spec.job.upgradeMode", found, hint, severity)


def options_are_readable(it: SessionJobUnderReview) -> Iterator[Finding]:
    """The job's own options can be read; the cluster's are the cluster's matter."""
    yield from unreadable("spec.flinkConfiguration", it.own, it.own.keys() & NAMES_WITH_TYPE)


SESSION_JOB_RULES: tuple[Rule, ...] = (
    cluster_is_named,
    cluster_stays,
    job_is_given,
    job_has_parallelism,
    jar_comes_from_an_allowed_place,
    redeployment_has_a_savepoint,
    last_state_is_not_used,
    options_are_readable,
)


def state_has_a_place(it: SessionJobUnderReview) -> Iterator[Finding]:
    """An upgrade mode that keeps state needs a directory to keep it in."""
    if it.spec.job is not None:
        yield from state_directories(it.spec.job, it.config)


def autoscaler_is_sound(it: SessionJobUnderReview) -> Iterator[Finding]:
    """The autoscaler's options are within their bounds, and the cluster's among them can be read."""
    names = (it.config.keys() & _AUTOSCALER_NAMES) - it.own.keys()
    yield from unreadable("spec.flinkConfiguration", it.config, names & NAMES_WITH_TYPE)
    yield from autoscaler_findings(it.config)


RULES_ON_THE_CLUSTERS_OPTIONS: tuple[Rule, ...] = (state_has_a_place, autoscaler_is_sound)
"""Rules whose verdict may rest on what the cluster's flinkConfiguration says, or leaves out."""

"""Rules about other resources: what is merely not known is never taken for absent (contract 2.6, 2.8)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from shared.config.flatten import flatten
from shared.model.deployment import FlinkVersion
from shared.model.state_snapshot import FlinkStateSnapshot, SnapshotState
from shared.rules.context import LookUp, Presence
from shared.rules.finding import Finding, Reference, Severity
from shared.rules.session_job import RULES_ON_THE_CLUSTERS_OPTIONS
from shared.rules.shape import MOST_LEVELS, is_deeper_than
from shared.rules.subject import SessionJobUnderReview


class ClusterOfJob(NamedTuple):
    """What is known of the cluster that a session job names."""

    reference: Reference
    presence: Presence | None
    """None when it is there."""
    is_application: bool
    version: FlinkVersion | None
    options: Mapping[str, str]


def cluster_of_job(namespace: str, name: str, look_up: LookUp) -> ClusterOfJob:
    """Look the cluster up; what cannot be read of it counts as not set."""
    reference = Reference("FlinkDeployment", namespace, name)
    found = look_up(reference.kind, namespace, name) if name else Presence.UNKNOWN
    if isinstance(found, Presence):
        return ClusterOfJob(reference, found, is_application=False, version=None, options={})
    spec = found.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    return ClusterOfJob(
        reference,
        presence=None,
        is_application=spec.get("job") is not None,
        version=_version(spec.get("flinkVersion")),
        options=_options(spec.get("flinkConfiguration")),
    )


def cluster_findings(cluster: ClusterOfJob, job: SessionJobUnderReview) -> Iterator[Finding]:
    """What is wrong with the cluster, or with the job in the light of the cluster's options."""
    name = cluster.reference.name
    path = "spec.deploymentName"
    if cluster.is_application:
        found = f"{name} is an application cluster, with a job of its own"
        hint = "Name a session cluster: a FlinkDeployment without spec.job."
        yield Finding("FK205", path, found, hint, rests_on=cluster.reference)
    if cluster.presence is Presence.ABSENT:
        found = f"there is no FlinkDeployment {name} in this namespace yet"
        hint = "The job waits for it."
        yield Finding("FK206", path, found, hint, Severity.WARNING, cluster.reference)
    for rule in RULES_ON_THE_CLUSTERS_OPTIONS:
        for finding in rule(job):
            yield _with_cluster(finding, cluster, job)


def _with_cluster(finding: Finding, cluster: ClusterOfJob, job: SessionJobUnderReview) -> Finding:
    """A cluster that is not known may set what the job leaves out: that is then no more than a warning."""
    if cluster.presence is None:
        return replace(finding, rests_on=cluster.reference)
    key = finding.path.removeprefix("spec.flinkConfiguration[").removesuffix("]")
    if key in job.own:
        return finding
    hint = f"{finding.hint} What the cluster's flinkConfiguration says is not known here.".lstrip()
    return replace(finding, hint=hint, severity=Severity.WARNING)


def snapshot_target(snapshot: FlinkStateSnapshot, look_up: LookUp) -> Iterator[Finding]:
    """The job of a snapshot that was not triggered yet must be there."""
    spec, job = snapshot.spec, snapshot.spec.job_reference
    if snapshot.status.state is not SnapshotState.TRIGGER_PENDING or job is None:
        return
    if not job.name or job.kind is None or (spec.savepoint is not None and spec.savepoint.already_exists):
        return
    reference = Reference(job.kind.value, snapshot.metadata.namespace, job.name)
    if look_up(reference.kind, reference.namespace, reference.name) is Presence.ABSENT:
        found = f"there is no {reference.kind} {reference.name} in this namespace"
        hint = "Create the job first, or name another one."
        yield Finding("FK304", "spec.jobReference", found, hint, rests_on=reference)


def _options(configuration: Any) -> dict[str, str]:
    if not isinstance(configuration, Mapping) or is_deeper_than(configuration, MOST_LEVELS):
        return {}
    return flatten(configuration)


def _version(value: Any) -> FlinkVersion | None:
    return next((version for version in FlinkVersion if version.value == value), None)

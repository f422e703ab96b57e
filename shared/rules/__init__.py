"""The rules that resources obey: the same in the webhook, the controller and the command line.

`review` gives all findings of a resource at once. An update is denied only for what the old object did not
have; older findings become warnings. Objects that are being deleted are never denied.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.config.flatten import flatten
from shared.config.operator import default_configuration
from shared.model import (
    FlinkBlueGreenDeployment,
    FlinkDeployment,
    FlinkSessionJob,
    FlinkStateSnapshot,
    Resource,
)
from shared.model.base import Metadata
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.reconciled_spec import Spec, read_document
from shared.model.session_job import FlinkSessionJobSpec
from shared.rules.advice import DEPLOYMENT_ADVICE, SESSION_JOB_ADVICE
from shared.rules.blue_green import blue_green_findings
from shared.rules.context import RuleContext
from shared.rules.control import control_findings
from shared.rules.deployment import DEPLOYMENT_RULES, NEED_CONFIGURATION
from shared.rules.finding import Finding, Reference, Severity, Verdict
from shared.rules.not_supported import not_supported
from shared.rules.references import cluster_findings, cluster_of_job, snapshot_target
from shared.rules.session_job import SESSION_JOB_RULES
from shared.rules.shape import Parsed, overlaps, parse
from shared.rules.state_snapshot import snapshot_findings
from shared.rules.subject import DeploymentUnderReview, SessionJobUnderReview
from shared.rules.upgrade import UPGRADE_RULES
from shared.rules.waivers import with_waivers

__all__ = [
    "Finding",
    "Reference",
    "RuleContext",
    "Severity",
    "Verdict",
    "check",
    "explain",
    "findings_of",
    "review",
]

_RULES_FOR_DEPLOYMENTS = (*DEPLOYMENT_RULES, *UPGRADE_RULES, *DEPLOYMENT_ADVICE)
_RULES_FOR_SESSION_JOBS = (*SESSION_JOB_RULES, *SESSION_JOB_ADVICE)


def review(obj: Any, old: Any, context: RuleContext) -> Verdict:
    """All findings of a raw object; `old` is what it replaces, or None. Never raises for bad input."""
    findings = check(obj, context)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    if _is_being_deleted(obj):
        return Verdict(warnings=tuple(warnings))
    if old is not None and errors:
        known = {(finding.code, finding.path, finding.message) for finding in check(old, context)}
        older = [error for error in errors if (error.code, error.path, error.message) in known]
        errors = [error for error in errors if (error.code, error.path, error.message) not in known]
        warnings += [replace(error, severity=Severity.WARNING) for error in older]
    return Verdict(tuple(errors), tuple(warnings))


def check(obj: Any, context: RuleContext) -> list[Finding]:
    """All findings of a raw object as it stands, warnings included."""
    return findings_of(parse(obj), context)


def findings_of(parsed: Parsed, context: RuleContext) -> list[Finding]:
    """As `check`, of an object that was parsed already."""
    if parsed.resource is None:
        return list(parsed.findings)
    broken = {finding.path for finding in parsed.findings}
    moot = NEED_CONFIGURATION if any(path.endswith(".flinkConfiguration") for path in broken) else frozenset()
    found = [
        finding
        for finding in _rule_findings(parsed.resource, context)
        if finding.code not in moot and not overlaps(finding.path, broken)
    ]
    metadata = parsed.resource.metadata
    told = [*parsed.findings, *control_findings(metadata), *found, *not_supported(parsed.resource)]
    return with_waivers(told, metadata.annotations)


def explain(errors: Sequence[Finding]) -> str:
    """The text that kubectl shows: one line a finding."""
    if len(errors) == 1:
        return str(errors[0])
    lines = [f"{len(errors)} problems:"]
    lines += [f"  {number}. {error}" for number, error in enumerate(errors, start=1)]
    return "\n".join(lines)


def _is_being_deleted(obj: Any) -> bool:
    metadata = obj.get("metadata") if isinstance(obj, Mapping) else None
    return isinstance(metadata, Mapping) and bool(metadata.get("deletionTimestamp"))


def _rule_findings(resource: Resource, context: RuleContext) -> Iterator[Finding]:
    match resource:
        case FlinkDeployment():
            recorded = resource.status.reconciliation_status.last_reconciled_spec
            running = _running(FlinkDeploymentSpec, recorded)
            namespace, name = resource.metadata.namespace, _name(resource.metadata)
            yield from _deployment_findings(name, namespace, resource.spec, running, context)
        case FlinkSessionJob():
            yield from _session_job_findings(resource, context)
        case FlinkStateSnapshot():
            yield from snapshot_findings(resource.spec)
            yield from snapshot_target(resource, context.look_up)
        case FlinkBlueGreenDeployment():
            yield from _blue_green_findings(resource, context)


def _name(metadata: Metadata) -> str | None:
    """None while the API server is still to generate one."""
    return None if not metadata.name and metadata.generate_name else metadata.name


def _deployment_findings(
    name: str | None,
    namespace: str,
    spec: FlinkDeploymentSpec,
    running: FlinkDeploymentSpec | None,
    context: RuleContext,
) -> Iterator[Finding]:
    own = flatten(spec.flink_configuration or {})
    defaults = default_configuration(context.operator_configuration, namespace, spec.flink_version)
    subject = DeploymentUnderReview(
        name=name, namespace=namespace, spec=spec, running=running, own=own, config=defaults | own
    )
    for rule in _RULES_FOR_DEPLOYMENTS:
        yield from rule(subject)


def _session_job_findings(resource: FlinkSessionJob, context: RuleContext) -> Iterator[Finding]:
    spec, namespace = resource.spec, resource.metadata.namespace
    cluster = cluster_of_job(namespace, spec.deployment_name or "", context.look_up)
    own = flatten(spec.flink_configuration or {})
    defaults = default_configuration(context.operator_configuration, namespace, cluster.version)
    job = SessionJobUnderReview(
        spec=spec,
        running=_running(FlinkSessionJobSpec, resource.status.reconciliation_status.last_reconciled_spec),
        own=own,
        config={**defaults, **cluster.options, **own},
        operator=defaults,
        cluster_version=cluster.version,
    )
    for rule in _RULES_FOR_SESSION_JOBS:
        yield from rule(job)
    yield from cluster_findings(cluster, job)


def _blue_green_findings(resource: FlinkBlueGreenDeployment, context: RuleContext) -> Iterator[Finding]:
    name, namespace = _name(resource.metadata), resource.metadata.namespace
    yield from blue_green_findings(resource.spec, name, namespace)
    template = resource.spec.template
    if template is None or template.spec is None:
        return
    child = f"{name}-green" if name is not None else None  # the longer of the two names
    for finding in _deployment_findings(child, namespace, template.spec, None, context):
        yield replace(finding, path=_in_template(finding.path))


def _in_template(path: str) -> str:
    return f"spec.template.{path}" if path.startswith("spec.") else path


def _running(kind: type[Spec], document: str | None) -> Spec | None:
    """What runs; a document that cannot be read says nothing about it, and the controller reports it."""
    if document is None:
        return None
    try:
        return read_document(document, kind).spec
    except ValueError:
        return None

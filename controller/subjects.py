"""Resources as decisions see them: read as far as they can be read, with the findings of admission."""

from collections.abc import Mapping
from typing import Any

from controller.decide.rollback import deployed_spec
from controller.decide.subject import SessionCluster, SessionJobSubject, Subject
from controller.flink.operator_files import OperatorFiles
from controller.kubernetes_api import Object
from controller.salvage import salvaged, salvaged_record, salvaged_session_job
from shared.model import FlinkDeployment, FlinkSessionJob
from shared.model.reconciled_spec import ReconciledSpec, read_document
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.status import FlinkDeploymentStatus, FlinkSessionJobStatus
from shared.rules import RuleContext, Severity, explain, findings_of
from shared.rules.context import Presence
from shared.rules.finding import Finding
from shared.rules.not_supported import not_supported
from shared.rules.shape import parse


class StatusUnreadable(Exception):  # noqa: N818 - a state of the resource
    """What was recorded cannot be understood, so nothing may be done; the text is for its owner."""


def read_subject(
    raw: Object, operator_configuration: Mapping[str, str], operator_files: OperatorFiles
) -> Subject:
    """A FlinkDeployment as far as it can be read.

    Raises StatusUnreadable: then what runs, and from which state, is not known. A resource that is being
    deleted is read however damaged it is, because deletion must end.
    """
    is_damaged = False
    try:
        last = _last_deployed(raw)
    except ValueError as error:
        if not _is_being_deleted(raw):
            raise _unreadable(error) from error
        last, is_damaged = salvaged_record(raw), True
    parsed = parse(raw)
    resource = parsed.resource
    if _is_being_deleted(raw) and resource is None:
        resource, is_damaged = salvaged(raw), True
    if not isinstance(resource, FlinkDeployment):
        raise StatusUnreadable(explain(parsed.findings))
    return Subject(
        resource=resource,
        errors=_errors(findings_of(parsed, RuleContext(operator_configuration))),
        not_supported=tuple(not_supported(resource)),
        last=last,
        operator_configuration=operator_configuration,
        record_is_damaged=is_damaged,
        operator_files=operator_files,
    )


def read_session_job(
    raw: Object,
    operator_configuration: Mapping[str, str],
    cluster: SessionCluster | None,
    raw_cluster: Object | None,
) -> SessionJobSubject:
    """A FlinkSessionJob, as `read_subject` reads a FlinkDeployment; `cluster`: what is known of that now."""
    is_damaged, last = False, None
    try:
        last = _last_submitted(raw)
    except ValueError as error:
        if not _is_being_deleted(raw):
            raise _unreadable(error) from error
        is_damaged = True
    parsed = parse(raw)
    resource = parsed.resource
    if _is_being_deleted(raw) and resource is None:
        resource, is_damaged = salvaged_session_job(raw), True
    if not isinstance(resource, FlinkSessionJob):
        raise StatusUnreadable(explain(parsed.findings))

    def look_up(_kind: str, _namespace: str, _name: str) -> Mapping[str, Any] | Presence:
        return Presence.UNKNOWN if raw_cluster is None else raw_cluster

    return Subject(
        resource=resource,
        errors=_errors(findings_of(parsed, RuleContext(operator_configuration, look_up))),
        not_supported=tuple(not_supported(resource)),
        last=last,
        operator_configuration=operator_configuration,
        record_is_damaged=is_damaged,
        cluster=cluster,
    )


def _is_being_deleted(raw: Object) -> bool:
    return raw["metadata"].get("deletionTimestamp") is not None


def _errors(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


def _unreadable(error: ValueError) -> StatusUnreadable:
    reason = " ".join(str(error).split())
    return StatusUnreadable(
        f"The recorded status cannot be read, so nothing is done for this resource: {reason} "
        "Restore the status, or delete the resource and create it anew."
    )


def _last_deployed(raw: Object) -> ReconciledSpec | None:
    """Raises ValueError."""
    return deployed_spec(FlinkDeploymentStatus.model_validate(raw.get("status") or {}))


def _last_submitted(raw: Object) -> ReconciledSpec[FlinkSessionJobSpec] | None:
    """Raises ValueError."""
    status = FlinkSessionJobStatus.model_validate(raw.get("status") or {})
    document = status.reconciliation_status.last_reconciled_spec
    return None if document is None else read_document(document, FlinkSessionJobSpec)

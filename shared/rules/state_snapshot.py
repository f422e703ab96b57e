"""Rules for FlinkStateSnapshot that need no look at its job (contract part 2.8)."""

from collections.abc import Iterator

from shared.model.state_snapshot import FlinkStateSnapshotSpec
from shared.rules.finding import Finding


def snapshot_findings(spec: FlinkStateSnapshotSpec) -> Iterator[Finding]:
    """Exactly one of savepoint and checkpoint; a job, unless the savepoint exists already; a sound limit."""
    if (spec.savepoint is None) == (spec.checkpoint is None):
        yield Finding("FK301", "spec", "must hold exactly one of savepoint and checkpoint")
    if spec.backoff_limit < -1:
        found = f"must be at least -1, not {spec.backoff_limit}"
        yield Finding("FK303", "spec.backoffLimit", found, "Use -1 for no limit.")
    if spec.savepoint is not None and spec.savepoint.already_exists:
        return
    if spec.job_reference is None or not spec.job_reference.name or spec.job_reference.kind is None:
        hint = "Name the FlinkDeployment or FlinkSessionJob whose state is to be kept (kind and name)."
        yield Finding("FK302", "spec.jobReference", "is required", hint)

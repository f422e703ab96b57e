"""Rollback: a spec that does not prove itself in time gives way to the last stable one (contract part 5.3.5).

The record stays that of the spec which proved bad, so that an edit is told from it; only its job's state and
upgradeMode follow what is deployed. `lastStableSpec` tells the rest. The status is ROLLING_BACK until the
stable spec is deployed, and ROLLED_BACK then.
"""

from dataclasses import replace

from controller.decide.changes import changed_fields
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.job import DesiredJobState, JobSpec, UpgradeMode
from shared.model.reconciled_spec import AnySpec, ReconciledSpec
from shared.model.status import CommonStatus, ReconciliationState

ROLLBACK = frozenset({ReconciliationState.ROLLING_BACK, ReconciliationState.ROLLED_BACK})


def deployed_spec(status: CommonStatus) -> ReconciledSpec | None:
    """What runs, or comes next; None before the first deployment. Raises ValueError for a broken record."""
    recorded = recorded_spec(status)
    stable = status.reconciliation_status.last_stable_spec
    if recorded is None or recorded.spec.job is None or stable is None or not is_rollback(status):
        return recorded
    stopping = status.reconciliation_status.state is ReconciliationState.ROLLING_BACK
    if stopping and not recorded.is_suspended:
        return recorded  # what proved bad runs until it is stopped
    return replace(recorded, spec=_with(ReconciledSpec.from_json(stable).spec, recorded.spec.job))


def recorded_spec(status: CommonStatus) -> ReconciledSpec | None:
    """What `lastReconciledSpec` says. Raises ValueError when it cannot be read."""
    document = status.reconciliation_status.last_reconciled_spec
    if document is None:
        return None
    recorded = ReconciledSpec.from_json(document)
    return replace(recorded, first_deployment=recorded.first_deployment and _begins_anew(recorded, status))


def is_rollback(status: CommonStatus) -> bool:
    """Whether the last stable spec runs in place of the recorded one, or is about to."""
    return status.reconciliation_status.state in ROLLBACK


def document_of_rollback(status: CommonStatus, deployed: ReconciledSpec[AnySpec]) -> str:
    """The record of the spec that proved bad, with the state of the job that is deployed instead."""
    recorded = recorded_spec(status)
    if recorded is None or recorded.spec.job is None or deployed.spec.job is None:
        return deployed.to_json()
    job = recorded.spec.job.model_copy(
        update={"state": deployed.spec.job.state, "upgrade_mode": deployed.spec.job.upgrade_mode}
    )
    spec = recorded.spec.model_copy(update={"job": job})
    return ReconciledSpec(spec, first_deployment=deployed.first_deployment).to_json()


def stable_goal(
    status: CommonStatus, spec: FlinkDeploymentSpec, generation: int
) -> FlinkDeploymentSpec | None:
    """The last stable spec as what is worked towards; None where the owner changed `spec` since the record.

    `generation` is that of `spec`: one that was acted on is unchanged, whatever its operator recorded of it.
    None too where there is none, or none that may take the job over: it ran suspended, or on another Flink.
    """
    recorded, document = recorded_spec(status), status.reconciliation_status.last_stable_spec
    if recorded is None or recorded.spec.job is None or document is None or spec.job is None:
        return None
    if document == status.reconciliation_status.last_reconciled_spec:
        return None
    stable = ReconciledSpec.from_json(document)
    if stable.is_suspended or stable.spec.job is None:
        return None
    if stable.spec.flink_version is not recorded.spec.flink_version:
        return None
    running = recorded.spec.job.model_copy(update={"state": DesiredJobState.RUNNING})
    since = recorded.spec.model_copy(update={"job": running})
    if generation != status.recorded_generation and changed_fields(since, spec):
        return None
    return _with(stable.spec, running.model_copy(update={"upgrade_mode": spec.job.upgrade_mode}))


def _with(stable: FlinkDeploymentSpec, job: JobSpec) -> FlinkDeploymentSpec:
    """A redeployment that was asked for with the bad spec is not asked for again by going back."""
    update = {
        "state": job.state,
        "upgrade_mode": job.upgrade_mode,
        "savepoint_redeploy_nonce": job.savepoint_redeploy_nonce,
    }
    if stable.job is None:
        return stable
    return stable.model_copy(update={"job": stable.job.model_copy(update=update)})


def _begins_anew(recorded: ReconciledSpec, status: CommonStatus) -> bool:
    """Whether what is on record starts where its owner said, and not from state of its own.

    The Java operator calls a deployment the first one even after the job was suspended, with its state.
    """
    job = recorded.spec.job
    match None if job is None else job.upgrade_mode:
        case UpgradeMode.SAVEPOINT:
            path = status.job_status.upgrade_savepoint_path
            return job is not None and path is not None and path == job.initial_savepoint_path
        case UpgradeMode.LAST_STATE:
            return False
        case _:
            return True

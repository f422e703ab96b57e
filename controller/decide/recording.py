"""What is put on record in the reconciliation status: always before the effect that it speaks of."""

from dataclasses import replace
from datetime import datetime
from typing import TypeGuard, cast

from controller.decide.conditions import milliseconds
from controller.decide.ended import SHUTDOWN
from controller.decide.rollback import ROLLBACK, document_of_rollback, is_rollback
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec, Spec
from shared.model.status import (
    CommonStatus,
    FlinkDeploymentStatus,
    JobManagerDeploymentStatus,
    JobState,
    ReconciliationState,
)

HEALTH_INFO = "ClusterHealthInfo"
"""Key of `status.clusterInfo`."""


def record_suspension(status: CommonStatus, last: ReconciledSpec[Spec], at: datetime) -> ReconciledSpec[Spec]:
    """The job is about to be stopped: the spec that runs stays recorded until it has ended."""
    running = with_job(last.spec, DesiredJobState.RUNNING, UpgradeMode.SAVEPOINT)
    recorded = replace(last, spec=running, first_deployment=False)
    return _record(status, recorded, _moving(status), status.recorded_generation, at)


def record_change(
    status: CommonStatus,
    spec: Spec,
    *,
    generation: int,
    at: datetime,
    first: bool,
    restore: UpgradeMode = UpgradeMode.STATELESS,
    path: str | None = None,
    never_ran: bool = False,
) -> ReconciledSpec[Spec]:
    """A change is under way: the new spec is recorded, its job suspended until it is deployed.

    `first`: nothing ran yet, so the initial savepoint is still what the job starts from.
    `restore` and `path`: what the job is started from afterwards.
    `never_ran`: the submission on record stays, to be repeated with the new spec. If it did run in the end,
    it left metadata that counts.
    """
    if never_ran:
        status.job_status.state = JobState.RECONCILING
    elif status.job_status.state is not None and not status.job_status.state.is_terminal:
        status.job_status.state = JobState.FINISHED
    if _has_failed_cluster(status):
        # That was the old cluster's; MISSING would say that it is gone.
        status.job_manager_deployment_status = JobManagerDeploymentStatus.DEPLOYING
    status.job_status.upgrade_savepoint_path = path
    suspended = with_job(spec, DesiredJobState.SUSPENDED, restore)
    recorded = ReconciledSpec(suspended, first_deployment=first)
    return _record(status, recorded, _moving(status), generation, at)


def record_submission(
    status: CommonStatus,
    spec: Spec,
    *,
    generation: int,
    at: datetime,
    job_id: str | None,
    restore: UpgradeMode,
    path: str | None,
    first: bool,
) -> ReconciledSpec[Spec]:
    """A cluster is about to be created: with which spec, job id and restore point."""
    if isinstance(status, FlinkDeploymentStatus):
        for key in (HEALTH_INFO, SHUTDOWN):
            status.cluster_info.pop(key, None)  # both speak of the run before
    status.job_status.job_id = job_id
    status.job_status.state = JobState.RECONCILING if job_id is not None else None
    status.job_status.upgrade_savepoint_path = path
    recorded = ReconciledSpec(with_job(spec, DesiredJobState.SUSPENDED, restore), first_deployment=first)
    return _record(status, recorded, _moving(status), generation, at)


def submission_is_recorded(status: CommonStatus, generation: int | None = None) -> bool:
    """Whether the recorded job id is that of a submission which is due (of that generation): it is kept."""
    return (
        status.reconciliation_status.state
        in {ReconciliationState.UPGRADING, ReconciliationState.ROLLING_BACK}
        and generation in {None, status.recorded_generation}
        and status.job_status.state is JobState.RECONCILING
    )


def mark_deployed(status: CommonStatus, last: ReconciledSpec[Spec], at: datetime) -> ReconciledSpec[Spec]:
    """The recorded spec, or the stable one in its place, has its cluster."""
    deployed = replace(last, spec=with_job(last.spec, DesiredJobState.RUNNING))
    state = ReconciliationState.ROLLED_BACK if is_rollback(status) else ReconciliationState.DEPLOYED
    return _record(status, deployed, state, status.recorded_generation, at)


def mark_still_deployed(
    status: CommonStatus, last: ReconciledSpec[Spec], at: datetime
) -> ReconciledSpec[Spec]:
    """What was to be stopped runs on, also where it was to be rolled back."""
    deployed = replace(last, spec=with_job(last.spec, DesiredJobState.RUNNING))
    return _record(status, deployed, ReconciliationState.DEPLOYED, status.recorded_generation, at)


def mark_suspended(status: CommonStatus, last: ReconciledSpec[Spec], at: datetime) -> ReconciledSpec[Spec]:
    """The job is suspended as its owner wanted: that is stable."""
    recorded = _record(status, last, ReconciliationState.DEPLOYED, status.recorded_generation, at)
    mark_stable(status)
    return recorded


def record_spec(
    status: CommonStatus,
    last: ReconciledSpec[Spec],
    spec: Spec,
    *,
    generation: int,
) -> ReconciledSpec[Spec]:
    """The spec of what runs, where a change needs no new cluster; what was stable stays so."""
    recorded, reconciliation = replace(last, spec=spec), status.reconciliation_status
    reconciliation.last_reconciled_generation = generation
    if recorded != last and not is_rollback(status):
        was_stable = reconciliation.last_stable_spec == reconciliation.last_reconciled_spec
        reconciliation.last_reconciled_spec = recorded.to_json()
        if was_stable:
            mark_stable(status)
    return recorded


def record_return(
    status: CommonStatus, last: ReconciledSpec, spec: FlinkDeploymentSpec, *, generation: int
) -> ReconciledSpec:
    """The owner goes back to the spec that runs since a rollback: from now on it is the recorded one."""
    mode = None if last.spec.job is None else last.spec.job.upgrade_mode
    recorded = ReconciledSpec(with_job(spec, DesiredJobState.RUNNING, mode))
    status.reconciliation_status.last_reconciled_generation = generation
    status.reconciliation_status.state = ReconciliationState.DEPLOYED
    status.reconciliation_status.last_reconciled_spec = recorded.to_json()
    mark_stable(status)
    return recorded


def mark_stable(status: CommonStatus) -> None:
    """The recorded spec has proved itself."""
    status.reconciliation_status.last_stable_spec = status.reconciliation_status.last_reconciled_spec


def with_job(spec: Spec, state: DesiredJobState, mode: UpgradeMode | None = None) -> Spec:
    """The spec with its job in that state, stopped in that mode."""
    if spec.job is None:
        return spec
    update = {"state": state} if mode is None else {"state": state, "upgrade_mode": mode}
    return cast(Spec, spec.model_copy(update={"job": spec.job.model_copy(update=update)}))


def with_nonce(spec: Spec, nonce: int | None) -> Spec:
    """The spec as if that were the nonce for which the last savepoint was taken."""
    if spec.job is None or spec.job.savepoint_trigger_nonce == nonce:
        return spec
    job = spec.job.model_copy(update={"savepoint_trigger_nonce": nonce})
    return cast(Spec, spec.model_copy(update={"job": job}))


def with_nonce_of(last: ReconciledSpec[Spec] | None, spec: Spec) -> Spec:
    """What a change records: a savepoint that is asked for with it is taken when the job runs again."""
    if last is None or last.spec.job is None:
        return spec
    return with_nonce(spec, last.spec.job.savepoint_trigger_nonce)


def note_generation_seen(status: CommonStatus, generation: int) -> None:
    """The newest generation was looked at; that of the record stands beside it only where it is another."""
    recorded = status.recorded_generation
    status.observed_generation = generation
    reconciliation = status.reconciliation_status
    reconciliation.last_reconciled_generation = None if recorded == generation else recorded


def _has_failed_cluster(status: CommonStatus) -> TypeGuard[FlinkDeploymentStatus]:
    if not isinstance(status, FlinkDeploymentStatus):
        return False
    return status.job_manager_deployment_status is JobManagerDeploymentStatus.ERROR


def _moving(status: CommonStatus) -> ReconciliationState:
    return ReconciliationState.ROLLING_BACK if is_rollback(status) else ReconciliationState.UPGRADING


def _record(
    status: CommonStatus,
    recorded: ReconciledSpec[Spec],
    state: ReconciliationState,
    generation: int | None,
    at: datetime,
) -> ReconciledSpec[Spec]:
    reconciliation = status.reconciliation_status
    document = document_of_rollback(status, recorded) if state in ROLLBACK else recorded.to_json()
    before = (reconciliation.state, reconciliation.last_reconciled_spec, status.recorded_generation)
    if before != (state, document, generation):  # a repetition is no news: nothing is written for it
        reconciliation.reconciliation_timestamp = milliseconds(at)
    reconciliation.state = state
    reconciliation.last_reconciled_spec = document
    reconciliation.last_reconciled_generation = generation
    return recorded

"""A job on its way down: a savepoint is being taken, or it is being cancelled, and its end is awaited.

The status is UPGRADING while the recorded spec still says that the job runs. What is asked of the JobManager
is on record before: the trigger id of a savepoint, or none for a cancellation. Both can be asked again.
"""

from datetime import datetime, timedelta

from controller.decide import problems
from controller.decide.conditions import milliseconds
from controller.decide.identity import trigger_id
from controller.decide.observed import apply_job, job_manager_status
from controller.decide.recording import (
    mark_deployed,
    record_change,
    record_suspension,
    submission_is_recorded,
)
from controller.decide.step import Step
from controller.decide.stopping import stop_cluster
from controller.decide.subject import Subject
from controller.decide.upgrade import (
    RETAINED,
    Route,
    Suspension,
    Wait,
    choose_route,
    redeployment_path,
    route_after_end,
)
from controller.decide.wanted import Wanted
from controller.observation import Absent, Cluster, Known, Observation, Problem, StopOperation, Unknown
from controller.plan import CancelJob, StopWithSavepoint
from shared.config.operator_options import DRAIN_ON_SAVEPOINT, SAVEPOINT_FORMAT
from shared.config.options import (
    CHECKPOINT_RETENTION,
    SAVEPOINT_DIRECTORY,
    high_availability_is_kubernetes,
    is_true,
)
from shared.model.job import UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.snapshot_info import (
    Savepoint,
    SavepointFormatType,
    SavepointInfo,
    SnapshotTriggerType,
)
from shared.model.status import FlinkDeploymentStatus, JobState

RETRY = timedelta(seconds=30)
"""Between two savepoints of which the first failed: each costs the job a pause."""


def begin_suspension(
    step: Step, subject: Subject, last: ReconciledSpec, goal: Wanted, suspension: Suspension, at: datetime
) -> None:
    """Put on record how the job is stopped, and ask for it."""
    status = step.status
    info = status.job_status.savepoint_info or SavepointInfo()
    if suspension is Suspension.SAVEPOINT:
        config = subject.configuration(goal.spec)
        info.trigger_id = trigger_id(subject.metadata.uid, status.job_status.job_id, milliseconds(at))
        info.trigger_timestamp = milliseconds(at)
        info.trigger_type = SnapshotTriggerType.UPGRADE
        info.format_type = SavepointFormatType(SAVEPOINT_FORMAT.read(config) or "CANONICAL")
    else:
        _forget_trigger(info)
    status.job_status.savepoint_info = info
    step.last = record_suspension(status, last, at)
    _ask(step, subject, goal)


def continue_suspension(
    step: Step, last: ReconciledSpec, subject: Subject, goal: Wanted, observation: Observation
) -> None:
    """Wait for the job's end; then the change goes on from the savepoint, or from the newest checkpoint."""
    status = step.status
    status.job_manager_deployment_status = job_manager_status(
        observation, status.job_manager_deployment_status
    )
    step.events += apply_job(status, observation)
    if (route := _without_waiting(last, goal)) is not None:
        _go_on(step, goal, route, observation)
        return
    if isinstance(observation.cluster, Absent) or isinstance(observation.job, Absent):
        _after_loss(step, last, subject, goal, observation)
        return
    match observation.stop:
        case Known(operation) if operation.location is not None and pending_trigger(status):
            _note_savepoint(status, operation.location)
            _go_on(
                step,
                goal,
                Route(Suspension.DELETION, UpgradeMode.SAVEPOINT, operation.location),
                observation,
            )
            return
        case Known(operation) if operation.failure is not None and pending_trigger(status):
            _give_up(step, last, operation, observation)
            return
    match observation.job:
        case Known(running) if running.state.is_terminal:
            _after_end(step, goal, observation)
        case Known(running) if running.state is not JobState.CANCELLING and not isinstance(
            observation.stop, Known
        ):
            _ask(step, subject, goal)  # it did not arrive, or a JobManager that started anew forgot it
        case _:
            pass


def came_up_after_all(status: FlinkDeploymentStatus, cluster: Cluster) -> bool:
    """Whether a submission that was given up as never started runs by now, before its end was asked for."""
    is_older = cluster.generation != status.observed_generation
    return is_older and submission_is_recorded(status) and cluster.available and cluster.replicas > 0


def keeps_state_by_jobs(subject: Subject, goal: Wanted) -> bool:
    """Whether the job alone knows its state: no metadata will tell it, and its owner does not give it up."""
    if goal.spec.job is None or goal.spec.job.upgrade_mode is UpgradeMode.STATELESS:
        return False
    return not high_availability_is_kubernetes(subject.configuration(goal.spec))


def stop_what_came_up(
    step: Step, subject: Subject, last: ReconciledSpec, goal: Wanted, observation: Observation
) -> None:
    """End it as one ends a job that runs: by cancelling it, so that its newest checkpoint is known."""
    retention = CHECKPOINT_RETENTION.read(subject.configuration(goal.spec)) or ""
    if retention.strip().upper() != RETAINED:
        step.problem = problems.cancellation_loses_checkpoints(retention)
        return
    begin_suspension(step, subject, last, goal, Suspension.CANCELLATION, observation.at)


def _without_waiting(last: ReconciledSpec, goal: Wanted) -> Route | None:
    """The owner gives the state up, or names another: nothing need be waited for."""
    if (path := redeployment_path(last.spec, goal.spec)) is not None:
        return Route(Suspension.DELETION, UpgradeMode.SAVEPOINT, path)
    if goal.spec.job is None or goal.spec.job.upgrade_mode is UpgradeMode.STATELESS:
        return Route(Suspension.DELETION, UpgradeMode.STATELESS)
    return None


def pending_trigger(status: FlinkDeploymentStatus) -> str | None:
    """The trigger id of the savepoint that an upgrade waits for."""
    info = status.job_status.savepoint_info
    if info is None or info.trigger_type is not SnapshotTriggerType.UPGRADE:
        return None
    return info.trigger_id


def may_try_again(status: FlinkDeploymentStatus, at: datetime) -> bool:
    """Whether the last savepoint that failed is long enough ago."""
    info = status.job_status.savepoint_info
    if info is None or info.trigger_id is not None or info.trigger_timestamp is None:
        return True
    return milliseconds(at) - info.trigger_timestamp >= RETRY.total_seconds() * 1000


def _ask(step: Step, subject: Subject, goal: Wanted) -> None:
    job, config = step.status.job_status, subject.configuration(goal.spec)
    if job.job_id is None:
        return
    trigger = pending_trigger(step.status)
    if trigger is None:
        step.actions = (CancelJob(job.job_id),)
        return
    deployed = step.last.spec if step.last is not None else subject.spec
    before = subject.configuration(deployed)
    step.actions = (
        StopWithSavepoint(
            job_id=job.job_id,
            trigger_id=trigger,
            directory=SAVEPOINT_DIRECTORY.read(config) or SAVEPOINT_DIRECTORY.read(before) or "",
            format_type=(job.savepoint_info and job.savepoint_info.format_type)
            or SavepointFormatType.CANONICAL,
            drain=is_true(DRAIN_ON_SAVEPOINT.read(config)),
        ),
    )


def _go_on(step: Step, goal: Wanted, route: Route, observation: Observation) -> None:
    """The job has ended, or need not be waited for: the change goes on with its cluster."""
    if step.status.job_status.savepoint_info is not None:
        _forget_trigger(step.status.job_status.savepoint_info)
    step.last = record_change(
        step.status,
        goal.spec,
        generation=goal.generation,
        at=observation.at,
        first=False,
        restore=route.restore,
        path=route.path,
    )
    step.actions = stop_cluster(observation)


def _after_end(step: Step, goal: Wanted, observation: Observation) -> None:
    """The job has ended and no answer tells of a savepoint: Flink still tells its newest checkpoint."""
    match route_after_end(step.status, observation):
        case Route() as route:
            _go_on(step, goal, route, observation)
        case Wait(problem):
            step.problem = problem


def _after_loss(
    step: Step, last: ReconciledSpec, subject: Subject, goal: Wanted, observation: Observation
) -> None:
    """The JobManager or the job is gone: Flink's own metadata tells where the job was, or its owner must."""
    match observation.high_availability, choose_route(subject, last, goal.spec, observation):
        case Unknown(), _:
            return
        case Known(), Route(Suspension.DELETION) as route:
            _go_on(step, goal, route, observation)
        case _, Wait(Problem() as problem):
            step.problem = problem
        case _:
            step.problem = problems.savepoint_is_lost()


def _give_up(step: Step, last: ReconciledSpec, operation: StopOperation, observation: Observation) -> None:
    """Flink lets the job run on: so does the resource, until it is tried again."""
    info = step.status.job_status.savepoint_info
    if info is not None:
        info.trigger_id = None
    step.last = mark_deployed(step.status, last, observation.at)
    step.problem = problems.savepoint_failed(operation.failure)


def _note_savepoint(status: FlinkDeploymentStatus, location: str) -> None:
    info = status.job_status.savepoint_info
    if info is None:
        return
    savepoint = Savepoint(
        time_stamp=info.trigger_timestamp,
        location=location,
        trigger_type=SnapshotTriggerType.UPGRADE,
        format_type=info.format_type,
    )
    info.last_savepoint = savepoint
    info.savepoint_history = [*(info.savepoint_history or []), savepoint]


def _forget_trigger(info: SavepointInfo) -> None:
    info.trigger_id = info.trigger_timestamp = info.trigger_type = info.format_type = None

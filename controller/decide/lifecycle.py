"""The lifecycle of a FlinkDeployment, one decision at a time.

| before                                   | known about the cluster | decision                              |
|------------------------------------------|-------------------------|---------------------------------------|
| spec not valid                           | any                     | say so; what runs keeps running       |
| never deployed                           | absent, no pods         | record the intention, create          |
| UPGRADING, cluster of this generation    | not released            | create what is missing, release       |
| UPGRADING, cluster of this generation    | released                | DEPLOYED                              |
| UPGRADING, cluster of another generation | any                     | stop it                               |
| UPGRADING                                | absent, pods remain     | wait                                  |
| UPGRADING, job wanted                    | absent, no pods         | record the intention, create          |
| UPGRADING, suspension wanted             | absent, no pods         | DEPLOYED, suspended                   |
| DEPLOYED, spec changed, stateless        | any                     | UPGRADING: record, stop what runs     |
| DEPLOYED, spec changed, state to be kept | any                     | NotSupported; what runs keeps running |
| DEPLOYED                                 | known                   | observe; RUNNING makes it stable      |
| DEPLOYED                                 | absent                  | recover, if no state can be lost      |
| any                                      | unknown                 | change nothing, look again            |
"""

from dataclasses import dataclass, field

from controller.decide.changes import changed_fields
from controller.decide.conditions import lifecycle_state, set_running_condition
from controller.decide.deletion import decide_deletion
from controller.decide.identity import next_job_id
from controller.decide.observed import (
    apply_job,
    apply_problem,
    first_problem,
    job_manager_status,
    problem_of_last_attempt,
)
from controller.decide.permission import (
    change_is_blocked,
    continuation_is_blocked,
    foreign_deployment,
    never_ran,
    recovery_is_blocked,
    rollback_is_not_supported,
)
from controller.decide.readiness import set_ready_condition
from controller.decide.recording import (
    mark_deployed,
    mark_stable,
    mark_suspended,
    record_change,
    record_submission,
    submission_is_recorded,
)
from controller.decide.stopping import stop_cluster
from controller.decide.subject import FINALIZER, Subject
from controller.decide.wanted import Wanted, objection, wanted
from controller.observation import Absent, Cluster, Known, Observation, Problem, Unknown
from controller.plan import (
    Action,
    AddFinalizer,
    CreateCluster,
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    ForgetJobPlans,
    Plan,
)
from shared.config.duration import parse_duration
from shared.config.effective import Submission, task_manager_count, validation_configuration
from shared.config.options import RECONCILE_INTERVAL, high_availability_is_kubernetes
from shared.model.job import DesiredJobState
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import (
    FlinkDeploymentStatus,
    JobManagerDeploymentStatus,
    JobState,
    ReconciliationState,
    TaskManagerInfo,
)

_MOVING = 1.0  # seconds between looks while something is under way
_STUCK = 5.0  # seconds between looks while something must be mended first; changes of pods come by watch


def decide(subject: Subject, observation: Observation) -> Plan:
    """The plan for a resource, given all that is known about its cluster."""
    if subject.metadata.deletion_timestamp is not None:
        return decide_deletion(subject, observation)
    goal = wanted(subject)
    if goal is not None and FINALIZER not in subject.metadata.finalizers:
        return Plan(subject.status, (AddFinalizer(),), again_after=_MOVING)
    step = _Step(subject.status.model_copy(deep=True), subject.last)
    if goal is not None:
        _advance(step, subject, goal, observation)
    return _concluded(step, subject, observation)


@dataclass(slots=True)
class _Step:
    """A plan in the making."""

    status: FlinkDeploymentStatus
    last: ReconciledSpec | None
    actions: tuple[Action, ...] = ()
    events: list[Event] = field(default_factory=list)
    problem: Problem | None = None

    @property
    def state(self) -> ReconciliationState:
        return self.status.reconciliation_status.state


def _advance(step: _Step, subject: Subject, goal: Wanted, observation: Observation) -> None:
    if isinstance(observation.cluster, Known) and observation.cluster.value.foreign:
        step.problem = foreign_deployment(subject.metadata.name)
        return
    if step.last is None:
        _first_deployment(step, subject, goal, observation)
        return
    if step.state not in {ReconciliationState.UPGRADING, ReconciliationState.DEPLOYED}:
        step.problem = rollback_is_not_supported()
    if step.state is ReconciliationState.UPGRADING:
        _continue_change(step, subject, goal, observation)
    if step.state is ReconciliationState.DEPLOYED:
        _apply_or_observe(step, subject, goal, observation)


def _first_deployment(step: _Step, subject: Subject, goal: Wanted, observation: Observation) -> None:
    if goal.spec.job is not None and goal.spec.job.state is DesiredJobState.SUSPENDED:
        return
    match observation.cluster:
        case Known():
            step.problem = foreign_deployment(subject.metadata.name)
        case Absent() if _no_pods(observation):
            _submit(step, subject, goal, observation, first=True)


def _continue_change(step: _Step, subject: Subject, goal: Wanted, observation: Observation) -> None:
    if step.last is None:
        return
    if step.status.job_manager_deployment_status is not JobManagerDeploymentStatus.ERROR:
        step.status.job_manager_deployment_status = job_manager_status(
            observation, step.status.job_manager_deployment_status
        )
    blocked = continuation_is_blocked(step.last, goal.spec)
    match observation.cluster:
        case Unknown():
            return
        case Known(cluster) if blocked is None or cluster.generation == step.status.observed_generation:
            _continue_with_cluster(step, goal, cluster, observation)
        case _ if blocked is not None:
            step.problem = blocked
        case Absent() if _no_pods(observation):
            if goal.spec.job is not None and goal.spec.job.state is DesiredJobState.SUSPENDED:
                step.last = mark_suspended(step.status, step.last, observation.at)
            else:
                first = step.last.first_deployment
                _submit(step, subject, goal, observation, first=first)


def _continue_with_cluster(step: _Step, goal: Wanted, cluster: Cluster, observation: Observation) -> None:
    if step.last is None or cluster.generation != step.status.observed_generation or cluster.being_deleted:
        step.actions = stop_cluster(observation)
    elif cluster.paused and goal.generation != step.status.observed_generation:
        step.actions = stop_cluster(
            observation
        )  # it never ran, and its spec may be what keeps it from being made
    elif cluster.paused:
        step.problem = problem_of_last_attempt(step.status, goal.generation)
        # The goal, not the record: what was begun depends on the upgradeMode, which the record overrides.
        step.actions = (CreateCluster(goal.spec, _recorded_submission(step.status)),)
    else:
        step.last = mark_deployed(step.status, step.last, observation.at)


def _submit(step: _Step, subject: Subject, goal: Wanted, observation: Observation, *, first: bool) -> None:
    """Put on record what is about to be created, and create it."""
    job = goal.spec.job
    job_id, repeated = None, False
    if job is not None:
        job_id = step.status.job_status.job_id
        repeated = submission_is_recorded(step.status, goal.generation)
        if not repeated:
            job_id = next_job_id(subject.metadata.uid, goal.generation, job_id)
    step.problem = problem_of_last_attempt(step.status, goal.generation)
    step.last = record_submission(
        step.status,
        goal.spec,
        generation=goal.generation,
        at=observation.at,
        job_id=job_id,
        restore_path=job.initial_savepoint_path if job is not None and first else None,
        first=first,
    )
    create = CreateCluster(goal.spec, _recorded_submission(step.status))
    config = validation_configuration(goal.spec, subject.metadata.namespace, subject.operator_configuration)
    if job is None or not high_availability_is_kubernetes(config):
        step.actions = (create,)
    else:
        step.actions = (ForgetJobPlans() if first else DeleteHighAvailabilityData(), create)
    component = EventComponent.JOB_MANAGER_DEPLOYMENT
    if step.problem is None and not repeated:  # another attempt at what was refused or cut short is no news
        step.events.append(Event(EventType.NORMAL, "Submit", "Starting deployment", component))


def _recorded_submission(status: FlinkDeploymentStatus) -> Submission:
    job = status.job_status
    return Submission(status.observed_generation or 0, job.job_id, job.upgrade_savepoint_path)


def _apply_or_observe(step: _Step, subject: Subject, goal: Wanted, observation: Observation) -> None:
    if step.last is None:
        return
    changed = changed_fields(step.last.spec, goal.spec)
    if changed:
        blocked = change_is_blocked(subject, step.last, goal.spec, observation)
        if blocked is None:
            _begin_change(step, step.last, goal, observation, changed)
            return
        step.problem = blocked
    else:
        step.status.observed_generation = goal.generation
    _observe(step, subject, observation)


def _begin_change(
    step: _Step, last: ReconciledSpec, goal: Wanted, observation: Observation, changed: tuple[str, ...]
) -> None:
    runs = not isinstance(observation.cluster, Absent)
    message = f"UPGRADE change(s) detected ({', '.join(changed)}), starting reconciliation"
    step.events.append(Event(EventType.NORMAL, "SpecChanged", message))
    if runs:
        step.events.append(Event(EventType.NORMAL, "Suspended", "Suspending existing deployment"))
    first = never_ran(last, observation)
    step.last = record_change(
        step.status, goal.spec, generation=goal.generation, at=observation.at, first=first
    )
    step.actions = stop_cluster(observation)


def _observe(step: _Step, subject: Subject, observation: Observation) -> None:
    status = step.status
    status.job_manager_deployment_status = job_manager_status(
        observation, status.job_manager_deployment_status
    )
    if step.last is None or step.last.is_suspended:
        return
    if isinstance(observation.flink, Known):
        info = observation.flink.value
        status.cluster_info |= {"flink-version": info.version, "flink-revision": info.revision}
    if step.last.spec.is_application:
        step.events += apply_job(status, observation)
        _note_task_managers(step, subject)
    if isinstance(observation.cluster, Absent):
        _recover(step, subject, step.last, observation)
    elif _is_stable(status, step.last, observation):
        mark_stable(status)


def _note_task_managers(step: _Step, subject: Subject) -> None:
    """For the scale subresource."""
    if step.last is None:
        return
    config = validation_configuration(
        step.last.spec, subject.metadata.namespace, subject.operator_configuration
    )
    step.status.task_manager = TaskManagerInfo(
        label_selector=f"component=taskmanager,app={subject.metadata.name}",
        replicas=task_manager_count(step.last.spec, config),
    )


def _is_stable(status: FlinkDeploymentStatus, last: ReconciledSpec, observation: Observation) -> bool:
    if last.spec.is_application:
        return status.job_status.state in {JobState.RUNNING, JobState.FINISHED}
    return isinstance(observation.flink, Known)


def _recover(step: _Step, subject: Subject, last: ReconciledSpec, observation: Observation) -> None:
    """The JobManager's Deployment is gone though nobody asked for that."""
    state = step.status.job_status.state
    if last.spec.is_application and state is not None and state.is_terminal:
        return
    blocked = recovery_is_blocked(subject, last)
    if blocked is not None:
        step.problem = blocked
        return
    message = "The JobManager's Deployment is gone, it is deployed again"
    step.events.append(Event(EventType.WARNING, "RecoverDeployment", message, EventComponent.JOB))
    generation = step.status.observed_generation or subject.metadata.generation
    first = last.first_deployment  # then the initial savepoint is the newest restore point that there is
    step.last = record_change(step.status, last.spec, generation=generation, at=observation.at, first=first)


def _no_pods(observation: Observation) -> bool:
    """Whether it is known that no pod of an older incarnation is left."""
    match observation.pods:
        case Known(pods):
            return not pods
        case _:
            return False


def _concluded(step: _Step, subject: Subject, observation: Observation) -> Plan:
    """Conditions, error and lifecycle state follow from the rest of the status."""
    status, generation = step.status, subject.metadata.generation
    stated = objection(subject)
    if step.problem is None:
        found = first_problem(observation)
        step.problem = found[0] if found is not None else _job_failure(status, observation)
    error = stated if stated is not None and subject.errors else step.problem
    step.events += apply_problem(status, error)
    job = subject.spec.job
    suspended = job is not None and job.state is DesiredJobState.SUSPENDED
    set_ready_condition(status, step.last, error or stated, observation.at, generation, suspended=suspended)
    if step.last is not None:
        set_running_condition(status, step.last.spec.is_application, observation.at, generation)
    status.lifecycle_state = lifecycle_state(status, step.last)
    return Plan(status, step.actions, tuple(step.events), _again_after(step, subject, error))


def _job_failure(status: FlinkDeploymentStatus, observation: Observation) -> Problem | None:
    match observation.job:
        case Known(job) if status.job_status.state is JobState.FAILED:
            return Problem("JobFailed", job.failure or "The job failed; Flink gives no cause.")
    return None


def _again_after(step: _Step, subject: Subject, error: Problem | None) -> float | None:
    if step.last is None:
        return None if subject.errors else _STUCK
    if error is not None:
        return _STUCK
    stable = (
        step.status.reconciliation_status.last_stable_spec
        == step.status.reconciliation_status.last_reconciled_spec
    )
    state = step.status.job_status.state
    at_rest = step.last.is_suspended or state is JobState.RUNNING or (state is not None and state.is_terminal)
    job_moves = step.last.spec.is_application and not at_rest
    if step.state is ReconciliationState.DEPLOYED and stable and not job_moves:
        return parse_duration(RECONCILE_INTERVAL.read(subject.operator_configuration) or "60 s")
    return _MOVING

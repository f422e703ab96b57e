"""The lifecycle of a FlinkDeployment, one decision at a time.

| before                                   | known about the cluster | decision                              |
|------------------------------------------|-------------------------|---------------------------------------|
| spec not valid                           | any                     | say so; what runs keeps running       |
| never deployed                           | absent, no pods         | record the intention, create          |
| UPGRADING, job recorded as running       | its job is there        | have it stopped, await its end        |
| UPGRADING, cluster of this generation    | not released            | create what is missing, release       |
| UPGRADING, cluster of this generation    | released                | DEPLOYED                              |
| UPGRADING, cluster of another generation | any                     | stop it                               |
| UPGRADING                                | absent, pods remain     | wait                                  |
| UPGRADING, job wanted                    | absent, no pods         | record restore point and id, create   |
| UPGRADING, suspension wanted             | absent, no pods         | DEPLOYED, suspended                   |
| DEPLOYED, spec changed                   | a way keeps the state   | UPGRADING: record it, stop what runs  |
| DEPLOYED, spec changed                   | no way is open          | say so; what runs keeps running       |
| DEPLOYED                                 | known                   | observe; RUNNING makes it stable      |
| DEPLOYED                                 | absent                  | recover, if no state can be lost      |
| any                                      | unknown                 | change nothing, look again            |
"""

from controller.decide.changes import changed_fields
from controller.decide.conclusion import MOVING, conclude
from controller.decide.deletion import decide_deletion
from controller.decide.in_place import record_in_place, scales_in_place
from controller.decide.ingress import see_to_ingress
from controller.decide.observed import job_manager_status, problem_of_last_attempt
from controller.decide.problems import foreign_deployment, rollback_is_not_supported
from controller.decide.recording import mark_deployed, mark_suspended, submission_is_recorded
from controller.decide.running import observe_running
from controller.decide.step import Step
from controller.decide.stopping import nothing_is_left, stop_cluster
from controller.decide.subject import FINALIZER, Subject
from controller.decide.suspension import (
    came_up_after_all,
    continue_suspension,
    keeps_state_by_jobs,
    stop_what_came_up,
)
from controller.decide.transitions import begin_change, recorded_submission, submit
from controller.decide.wanted import Wanted, wanted
from controller.observation import Absent, Cluster, Known, Observation, Unknown
from controller.plan import AddFinalizer, CreateCluster, Plan
from shared.model.job import DesiredJobState
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import JobManagerDeploymentStatus, ReconciliationState


def decide(subject: Subject, observation: Observation) -> Plan:
    """The plan for a resource, given all that is known about its cluster."""
    if subject.metadata.deletion_timestamp is not None:
        return decide_deletion(subject, observation)
    goal = wanted(subject)
    if goal is not None and FINALIZER not in subject.metadata.finalizers:
        return Plan(subject.status, (AddFinalizer(),), again_after=MOVING)
    step = Step(subject.status.model_copy(deep=True), subject.last)
    if goal is not None:
        _advance(step, subject, goal, observation)
        see_to_ingress(step, subject, goal, observation)
    return conclude(step, subject, observation)


def _advance(step: Step, subject: Subject, goal: Wanted, observation: Observation) -> None:
    if isinstance(observation.cluster, Known) and observation.cluster.value.foreign:
        step.problem = foreign_deployment(subject.metadata.name)
        return
    if step.last is None:
        _first_deployment(step, subject, goal, observation)
        return
    if step.state not in {ReconciliationState.UPGRADING, ReconciliationState.DEPLOYED}:
        step.problem = rollback_is_not_supported()
    if step.state is ReconciliationState.UPGRADING:
        if step.last.spec.job is not None and not step.last.is_suspended:
            continue_suspension(step, step.last, subject, goal, observation)
            return
        _continue_change(step, step.last, subject, goal, observation)
    if step.state is ReconciliationState.DEPLOYED:
        _apply_or_observe(step, step.last, subject, goal, observation)


def _first_deployment(step: Step, subject: Subject, goal: Wanted, observation: Observation) -> None:
    if goal.spec.job is not None and goal.spec.job.state is DesiredJobState.SUSPENDED:
        return
    match observation.cluster:
        case Known():
            step.problem = foreign_deployment(subject.metadata.name)
        case Absent() if nothing_is_left(observation):
            submit(step, subject, goal, observation, first=True)


def _continue_change(
    step: Step, last: ReconciledSpec, subject: Subject, goal: Wanted, observation: Observation
) -> None:
    if step.status.job_manager_deployment_status is not JobManagerDeploymentStatus.ERROR:
        step.status.job_manager_deployment_status = job_manager_status(
            observation, step.status.job_manager_deployment_status
        )
    match observation.cluster:
        case Unknown():
            return
        case Known(cluster) if came_up_after_all(step.status, cluster) and keeps_state_by_jobs(subject, goal):
            stop_what_came_up(step, subject, last, goal, observation)
        case Known(cluster):
            _continue_with_cluster(step, last, goal, cluster, observation)
        case Absent() if nothing_is_left(observation):
            if goal.spec.job is not None and goal.spec.job.state is DesiredJobState.SUSPENDED:
                step.last = mark_suspended(step.status, last, observation.at)
            else:
                submit(step, subject, goal, observation, first=last.first_deployment)
        case Absent():
            step.actions = stop_cluster(observation)


def _continue_with_cluster(
    step: Step, last: ReconciledSpec, goal: Wanted, cluster: Cluster, observation: Observation
) -> None:
    is_of_submission = last.spec.job is None or submission_is_recorded(step.status)
    if cluster.generation != step.status.observed_generation or cluster.being_deleted or not is_of_submission:
        step.actions = stop_cluster(observation)
    elif cluster.paused and goal.generation != step.status.observed_generation:
        # It never ran, and its spec may be what keeps it from being made.
        step.actions = stop_cluster(observation)
    elif cluster.paused:
        step.problem = problem_of_last_attempt(step.status, goal.generation)
        # The goal, not the record: what was begun depends on the upgradeMode, which the record overrides.
        step.actions = (CreateCluster(goal.spec, recorded_submission(step.status)),)
    else:
        step.last = mark_deployed(step.status, last, observation.at)


def _apply_or_observe(
    step: Step, last: ReconciledSpec, subject: Subject, goal: Wanted, observation: Observation
) -> None:
    in_place = scales_in_place(subject, last.spec, goal.spec)
    changed = changed_fields(last.spec, goal.spec, scales_in_place=in_place)
    if changed:
        begin_change(step, subject, last, goal, observation, changed)
        if step.state is ReconciliationState.UPGRADING:
            return
    else:
        last = step.last = record_in_place(step, last, goal, scales_in_place=in_place)
    observe_running(step, last, subject, observation)

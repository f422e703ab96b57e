"""The transitions that have effects: each puts on record what it is about to do, and asks for it."""

from controller.decide.identity import next_job_id
from controller.decide.observed import problem_of_last_attempt, recorded_problem
from controller.decide.recording import record_change, record_submission, submission_is_recorded
from controller.decide.restore import NotYet, Restore, recovery, restore_of
from controller.decide.step import Step
from controller.decide.stopping import stop_cluster
from controller.decide.subject import Subject
from controller.decide.suspension import begin_suspension, may_try_again
from controller.decide.upgrade import Suspension, Wait, choose_route, never_ran
from controller.decide.wanted import Wanted
from controller.observation import Absent, Observation, Unknown
from controller.plan import (
    Action,
    CreateCluster,
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    ForgetJobPlans,
)
from shared.config.effective import Submission
from shared.config.options import high_availability_is_kubernetes
from shared.model.job import UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import FlinkDeploymentStatus

_SUSPENDING = {
    Suspension.DELETION: "Suspending existing deployment",
    Suspension.SAVEPOINT: "Suspending the job with a savepoint",
    Suspension.CANCELLATION: "Suspending the job by cancelling it",
}


def submit(step: Step, subject: Subject, goal: Wanted, observation: Observation, *, first: bool) -> None:
    """Put on record what is about to be created and from which state it starts, and create it."""
    job, restore = goal.spec.job, Restore(UpgradeMode.STATELESS)
    if job is not None:
        found = restore_of(step.status, step.last, goal, job, observation, first=first)
        if isinstance(found, NotYet):
            step.problem = found.problem
            return
        restore = found
    repeated = job is not None and submission_is_recorded(step.status, goal.generation)
    step.problem = problem_of_last_attempt(step.status, goal.generation)
    step.last = record_submission(
        step.status,
        goal.spec,
        generation=goal.generation,
        at=observation.at,
        job_id=_job_id(step.status, subject, goal, restore, repeated=repeated),
        restore=restore.mode,
        path=restore.path,
        first=first,
    )
    create = CreateCluster(goal.spec, recorded_submission(step.status))
    step.actions = (*_clearing(subject, goal, restore, first=first), create)
    component = EventComponent.JOB_MANAGER_DEPLOYMENT
    if step.problem is None and not repeated:  # another attempt at what was refused or cut short is no news
        step.events.append(Event(EventType.NORMAL, "Submit", "Starting deployment", component))


def _job_id(
    status: FlinkDeploymentStatus, subject: Subject, goal: Wanted, restore: Restore, *, repeated: bool
) -> str | None:
    """Flink finds its own metadata by the job's id: last-state keeps it. Everything else is a new run."""
    before = status.job_status.job_id
    if goal.spec.job is None:
        return None
    if before is not None and (repeated or restore.mode is UpgradeMode.LAST_STATE):
        return before
    return next_job_id(subject.metadata.uid, goal.generation, before)


def _clearing(subject: Subject, goal: Wanted, restore: Restore, *, first: bool) -> tuple[Action, ...]:
    """What must go from Flink's high-availability data before the JobManager reads it."""
    config = subject.configuration(goal.spec)
    if goal.spec.job is None or not high_availability_is_kubernetes(config):
        return ()
    keeps_data = first or restore.mode is UpgradeMode.LAST_STATE
    return (ForgetJobPlans(),) if keeps_data else (DeleteHighAvailabilityData(),)


def recorded_submission(status: FlinkDeploymentStatus) -> Submission:
    """What the status records of the submission that is due."""
    job = status.job_status
    return Submission(status.observed_generation or 0, job.job_id, job.upgrade_savepoint_path)


def begin_change(
    step: Step,
    subject: Subject,
    last: ReconciledSpec,
    goal: Wanted,
    observation: Observation,
    changed: tuple[str, ...],
) -> None:
    """Choose the way to the new spec, put its first step on record, and take it."""
    route = choose_route(subject, last, goal.spec, observation)
    if isinstance(route, Wait):
        step.problem = route.problem
        return
    if route.suspension is Suspension.SAVEPOINT and not may_try_again(step.status, observation.at):
        step.problem = recorded_problem(step.status)
        return
    if route.suspension is not Suspension.DELETION and isinstance(observation.cluster, Unknown):
        return  # whose job it is that would be stopped, nobody knows
    message = f"UPGRADE change(s) detected ({', '.join(changed)}), starting reconciliation"
    step.events.append(Event(EventType.NORMAL, "SpecChanged", message))
    if not isinstance(observation.cluster, Absent):
        step.events.append(Event(EventType.NORMAL, "Suspended", _SUSPENDING[route.suspension]))
    if route.suspension is not Suspension.DELETION:
        begin_suspension(step, subject, last, goal, route.suspension, observation.at)
        return
    step.last = record_change(
        step.status,
        goal.spec,
        generation=goal.generation,
        at=observation.at,
        first=never_ran(last, observation),
        restore=route.restore,
        path=route.path,
        never_ran=route.never_ran,
    )
    step.actions = stop_cluster(observation)


def recover(step: Step, subject: Subject, last: ReconciledSpec, observation: Observation) -> None:
    """The JobManager's Deployment is gone though nobody asked for that."""
    state = step.status.job_status.state
    if last.spec.is_application and state is not None and state.is_terminal:
        return
    restore = Restore(UpgradeMode.STATELESS)
    if last.spec.is_application:
        found = recovery(subject, last, observation)
        if isinstance(found, NotYet):
            step.problem = found.problem
            return
        restore = found
    message = "The JobManager's Deployment is gone, it is deployed again"
    step.events.append(Event(EventType.WARNING, "RecoverDeployment", message, EventComponent.JOB))
    step.last = record_change(
        step.status,
        last.spec,
        generation=step.status.observed_generation or subject.metadata.generation,
        at=observation.at,
        # then the initial savepoint is the newest restore point that there is
        first=last.first_deployment and restore.mode is UpgradeMode.STATELESS,
        restore=restore.mode,
        path=restore.path,
    )

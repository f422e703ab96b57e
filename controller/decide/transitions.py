"""The transitions that have effects: each puts on record what it is about to do, and asks for it."""

from controller.decide.identity import next_job_id
from controller.decide.observed import problem_of_last_attempt
from controller.decide.permission import never_ran, recovery_is_blocked
from controller.decide.recording import record_change, record_submission, submission_is_recorded
from controller.decide.step import Step
from controller.decide.stopping import stop_cluster
from controller.decide.subject import Subject
from controller.decide.wanted import Wanted
from controller.observation import Absent, Observation
from controller.plan import (
    CreateCluster,
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    ForgetJobPlans,
)
from shared.config.effective import Submission, validation_configuration
from shared.config.options import high_availability_is_kubernetes
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import FlinkDeploymentStatus


def submit(step: Step, subject: Subject, goal: Wanted, observation: Observation, *, first: bool) -> None:
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
    create = CreateCluster(goal.spec, recorded_submission(step.status))
    config = validation_configuration(goal.spec, subject.metadata.namespace, subject.operator_configuration)
    if job is None or not high_availability_is_kubernetes(config):
        step.actions = (create,)
    else:
        step.actions = (ForgetJobPlans() if first else DeleteHighAvailabilityData(), create)
    component = EventComponent.JOB_MANAGER_DEPLOYMENT
    if step.problem is None and not repeated:  # another attempt at what was refused or cut short is no news
        step.events.append(Event(EventType.NORMAL, "Submit", "Starting deployment", component))


def recorded_submission(status: FlinkDeploymentStatus) -> Submission:
    """What the status records of the submission that is due."""
    job = status.job_status
    return Submission(status.observed_generation or 0, job.job_id, job.upgrade_savepoint_path)


def begin_change(
    step: Step, last: ReconciledSpec, goal: Wanted, observation: Observation, changed: tuple[str, ...]
) -> None:
    """Record the new spec, and stop what runs."""
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


def recover(step: Step, subject: Subject, last: ReconciledSpec, observation: Observation) -> None:
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

"""Deletion of a FlinkDeployment: first the cluster, then its high-availability data, then the finalizer."""

from datetime import timedelta

from controller.decide.conditions import READY, set_condition
from controller.decide.observed import job_manager_status
from controller.decide.stopping import stop_cluster
from controller.decide.subject import FINALIZER, Subject
from controller.observation import Absent, Known, Observation, Unknown
from controller.plan import (
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    Plan,
    RemoveFinalizer,
)
from shared.model.status import LifecycleState

_SAY_WHAT_BLOCKS_AFTER = timedelta(seconds=45)  # the promise is a minute
_LOOK_AGAIN = 2.0


def decide_deletion(subject: Subject, observation: Observation) -> Plan:
    """Stop and delete the cluster; what blocks for long is named, with the way to override it."""
    if FINALIZER not in subject.metadata.finalizers:
        return Plan(subject.status)
    if subject.status.reconciliation_status.last_reconciled_spec is None:
        return Plan(subject.status, (RemoveFinalizer(),), again_after=_LOOK_AGAIN)  # nothing was ever made
    status = subject.status.model_copy(deep=True)
    status.job_manager_deployment_status = job_manager_status(
        observation, status.job_manager_deployment_status
    )
    events = []
    if status.lifecycle_state is not LifecycleState.DELETING:
        status.lifecycle_state = LifecycleState.DELETING
        events.append(Event(EventType.NORMAL, "Cleanup", "Cleaning up the cluster", EventComponent.OPERATOR))
    remaining = _what_remains(observation)
    if remaining is None:
        return Plan(status, (DeleteHighAvailabilityData(), RemoveFinalizer()), tuple(events), _LOOK_AGAIN)
    generation = subject.metadata.generation
    blocked = _is_blocked(subject, observation)
    reason = "DeletionBlocked" if blocked else "Deleting"
    message = remaining
    if blocked:
        message += (
            f". To give the cluster up as it is, remove the finalizer {FINALIZER} from the resource; "
            "check first that no pod of it still runs."
        )
        before = status.condition(READY)
        if before is None or before.reason != reason:
            events.append(Event(EventType.WARNING, "CleanupFailed", message, EventComponent.OPERATOR))
    set_condition(status, READY, False, reason, message, observation.at, generation)
    return Plan(status, stop_cluster(observation), tuple(events), _LOOK_AGAIN)


def _what_remains(observation: Observation) -> str | None:
    """What still exists, or cannot be known; None when nothing does."""
    match observation.cluster:
        case Unknown(reason):
            return f"It is not known whether the cluster is gone: {reason}"
        case Known(cluster) if not cluster.foreign:
            return "Waiting for the JobManager to stop and its Deployment to go"
        case Known() | Absent():
            pass
    match observation.task_managers:
        case Unknown(reason):
            return f"It is not known whether the TaskManagers' Deployment is gone: {reason}"
        case Known():
            return "Waiting for the TaskManagers' Deployment to go"
        case Absent():
            pass
    match observation.pods:
        case Unknown(reason):
            return f"It is not known whether the cluster's pods are gone: {reason}"
        case Known(pods) if pods:
            return f"Waiting for the pods {', '.join(sorted(pod.name for pod in pods))} to go"
        case _:
            return None


def _is_blocked(subject: Subject, observation: Observation) -> bool:
    since = subject.metadata.deletion_timestamp
    return since is not None and observation.at - since > _SAY_WHAT_BLOCKS_AFTER

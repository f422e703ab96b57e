"""Deletion of a FlinkDeployment: first the cluster, then its high-availability data, then the finalizer."""

from datetime import timedelta

from controller.decide.conditions import READY, set_condition
from controller.decide.observed import job_manager_status
from controller.decide.situation import Situation
from controller.decide.stopping import stop_cluster
from controller.decide.subject import FINALIZER, Subject
from controller.observation import Absent, Known, Observation, Unknown
from controller.plan import (
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    RemoveFinalizer,
)
from shared.model.status import LifecycleState

_SAY_WHAT_BLOCKS_AFTER = timedelta(seconds=45)  # the promise is a minute


def nothing_was_ever_made(now: Situation) -> bool:
    """Nothing is on record, so nothing was asked for."""
    return now.step.status.reconciliation_status.last_reconciled_spec is None


def nothing_of_it_remains(now: Situation) -> bool:
    """Known, not only not seen."""
    return _what_remains(now.observation) is None


def let_it_go(now: Situation) -> None:
    """The finalizer was all."""
    now.step.actions = (RemoveFinalizer(),)


def drop_its_metadata_and_let_it_go(now: Situation) -> None:
    """What Flink keeps in ConfigMaps has no owner, and would stay."""
    _note(now)
    now.step.actions = (DeleteHighAvailabilityData(), RemoveFinalizer())


def stop_what_remains_and_say_what_blocks(now: Situation) -> None:
    """With the way to override it, when it takes long."""
    _note(now)
    status, observation = now.step.status, now.observation
    message = _what_remains(observation) or ""
    blocked = _is_blocked(now.subject, observation)
    reason = "DeletionBlocked" if blocked else "Deleting"
    if blocked:
        message += (
            f". To give the cluster up as it is, remove the finalizer {FINALIZER} from the resource; "
            "check first that no pod of it still runs."
        )
        before = status.condition(READY)
        if before is None or before.reason != reason:
            now.step.events.append(
                Event(EventType.WARNING, "CleanupFailed", message, EventComponent.OPERATOR)
            )
    set_condition(status, READY, False, reason, message, observation.at, now.subject.metadata.generation)
    now.step.actions = stop_cluster(observation)


def _note(now: Situation) -> None:
    status = now.step.status
    status.job_manager_deployment_status = job_manager_status(
        now.observation, status.job_manager_deployment_status
    )
    if status.lifecycle_state is not LifecycleState.DELETING:
        status.lifecycle_state = LifecycleState.DELETING
        event = Event(EventType.NORMAL, "Cleanup", "Cleaning up the cluster", EventComponent.OPERATOR)
        now.step.events.append(event)


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

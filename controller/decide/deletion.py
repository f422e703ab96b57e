"""Deletion of a FlinkDeployment: its last savepoint, the cluster, its high-availability data, the finalizer.

The time of the last reconciliation is that of the step that is waited for, so that an operator that was away,
or a savepoint that took long, makes nothing seem blocked.
"""

from controller.decide import last_savepoint
from controller.decide.going import (
    begin,
    end_job,
    has_waited,
    is_under_way,
    job_is_over,
    let_it_go,
    say,
    way_out,
)
from controller.decide.situation import Situation
from controller.decide.stopping import stop_cluster
from controller.observation import Absent, Known, Observation, Unknown
from controller.plan import (
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    GiveUpCluster,
    RemoveFinalizer,
)
from shared.control import FORCE_DELETION, is_on

_ORPHAN = "orphan"  # Kubernetes' finalizer of a deletion that leaves behind what the resource owns


def the_cluster_is_left_to_others(now: Situation) -> bool:
    """The owner wants that (`--cascade=orphan`), or what has the name was not made for the resource."""
    match now.observation.cluster:
        case Known(cluster) if cluster.foreign:
            return True
        case _:
            return _ORPHAN in now.subject.metadata.finalizers


def nothing_of_it_remains(now: Situation) -> bool:
    """Known, not only not seen."""
    return _what_remains(now.observation) is None


def its_owner_gives_up_what_remains(now: Situation) -> bool:
    """By the annotation, and what was asked to go had time to go."""
    return is_on(FORCE_DELETION, now.subject.metadata) and job_is_over(now) and has_waited(now)


def leave_the_cluster_alone_and_let_it_go(now: Situation) -> None:
    """With its metadata, which it goes on with."""
    message = "The cluster is left as it is: its Deployment is not this resource's any more"
    now.step.events.append(Event(EventType.NORMAL, "Cleanup", message, EventComponent.OPERATOR))
    let_it_go(now)


def drop_its_metadata_and_let_it_go(now: Situation) -> None:
    """What Flink keeps in ConfigMaps has no owner, and would stay."""
    begin(now)
    end_job(now)
    if not is_under_way(now):
        say(now, "The cluster is gone", blocked=False)
    if last_savepoint.is_wanted(now) and (location := last_savepoint.taken(now.step.status)) is not None:
        message = f"The cluster is gone. The last savepoint of its job: {location}"
        now.step.events.append(Event(EventType.NORMAL, "Cleanup", message, EventComponent.OPERATOR))
    now.step.actions = (DeleteHighAvailabilityData(), RemoveFinalizer())


def have_it_deleted_and_let_it_go(now: Situation) -> None:
    """What is known; the garbage collector does the same, and Flink's metadata may be needed still."""
    observation, metadata = now.observation, now.subject.metadata
    message = (
        f"The resource goes, as its annotation {FORCE_DELETION} asks. {_what_remains(observation)}. "
        "Flink's metadata may be left: see kubectl get configmap -l "
        f"app={metadata.name},type=flink-native-kubernetes -n {metadata.namespace}"
    )
    now.step.events.append(Event(EventType.WARNING, "CleanupFailed", message, EventComponent.OPERATOR))
    cluster = observation.cluster.value.uid if isinstance(observation.cluster, Known) else None
    workers = observation.task_managers
    task_managers = workers.value.uid if isinstance(workers, Known) else None
    now.step.actions = (GiveUpCluster(cluster, task_managers), RemoveFinalizer())


def note_it_and_stop_what_remains(now: Situation) -> None:
    """The job has ended, and its state is safe."""
    begin(now)
    last_savepoint.note(now)
    stop_what_remains_and_say_what_blocks(now)


def stop_what_remains_and_say_what_blocks(now: Situation) -> None:
    """With the way to override it, when it takes long."""
    begin(now)
    end_job(now)
    blocked = has_waited(now)
    message = _what_remains(now.observation) or "Waiting for the cluster to go"
    if blocked:
        message += ". To give the cluster up as it is, check that no pod of it runs any more, and annotate it"
        message += f": {way_out(now)}"
    say(now, message, blocked=blocked)
    now.step.actions = stop_cluster(now.observation)


def _what_remains(observation: Observation) -> str | None:
    """What still exists, or cannot be known; None when nothing does."""
    match observation.cluster:
        case Unknown(reason):
            return f"It is not known whether the cluster is gone: {reason}"
        case Known():
            return "Waiting for the JobManager to stop and its Deployment to go"
        case Absent():
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

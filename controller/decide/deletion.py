"""Deletion of a FlinkDeployment: its last savepoint, the cluster, its high-availability data, the finalizer.

The time of the last reconciliation is that of the step that is waited for, so that an operator that was away,
or a savepoint that took long, makes nothing seem blocked.
"""

from collections.abc import Sequence

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
from controller.decide.session.cluster import jobs_with_state_to_lose, session_jobs_of
from controller.decide.situation import Situation
from controller.decide.stopping import stop_cluster
from controller.observation import Absent, Known, Observation, Unknown
from controller.plan import (
    DeleteHighAvailabilityData,
    DeleteSessionJobs,
    Event,
    EventComponent,
    EventType,
    GiveUpCluster,
    RemoveFinalizer,
)
from shared.config.operator_options import (
    BLOCK_ON_SESSION_JOBS,
    BLOCK_ON_UNMANAGED_JOBS,
    DELETE_SESSION_JOBS,
)
from shared.config.options import is_true
from shared.control import FORCE_DELETION, is_on

_MOST_NAMES = 10
_ORPHAN = "orphan"  # Kubernetes' finalizer of a deletion that leaves behind what the resource owns


def the_cluster_is_left_to_others(now: Situation) -> bool:
    """The owner wants that (`--cascade=orphan`), or what has the name was not made for the resource."""
    match now.observation.cluster:
        case Known(cluster) if cluster.foreign:
            return True
        case _:
            return _ORPHAN in now.subject.metadata.finalizers


def jobs_keep_the_session_cluster(now: Situation) -> bool:
    """Its owner must decide about them, or they have to be stopped with their state first."""
    if now.goal.spec.job is not None or is_on(FORCE_DELETION, now.subject.metadata):
        return False
    return _jobs_in_the_way(now) is not None


def nothing_of_it_remains(now: Situation) -> bool:
    """Known, not only not seen."""
    return _what_remains(now.observation) is None


def its_owner_gives_up_what_remains(now: Situation) -> bool:
    """By the annotation, and what was asked to go had time to go."""
    return is_on(FORCE_DELETION, now.subject.metadata) and job_is_over(now) and has_waited(now)


def say_which_jobs_keep_it(now: Situation) -> None:
    """And delete them, where that is wanted."""
    begin(now)
    message, names = _jobs_in_the_way(now) or "", _session_jobs(now)
    if names and is_true(DELETE_SESSION_JOBS.read(_options(now))):
        now.step.actions = (DeleteSessionJobs(names),)
        say(now, message, blocked=has_waited(now))
    else:
        say(now, f"{message}. To delete it all the same: {way_out(now)}", blocked=True)


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


def _jobs_in_the_way(now: Situation) -> str | None:
    """In words; None where the cluster may go."""
    options, names = _options(now), _session_jobs(now)
    if names and is_true(DELETE_SESSION_JOBS.read(options)):
        return f"Its FlinkSessionJobs are deleted first: {_listed(names)}"
    if names and is_true(BLOCK_ON_SESSION_JOBS.read(options)):
        return f"FlinkSessionJobs run on the cluster, delete them first: {_listed(names)}"
    if stateful := jobs_with_state_to_lose(now):
        return f"Session jobs are being stopped with their state: {_listed(stateful)}"
    if isinstance(now.observation.session_jobs, Unknown):
        return "It is not known which FlinkSessionJobs run on the cluster"
    if not is_true(BLOCK_ON_UNMANAGED_JOBS.read(options)) or names or not _answers(now.observation):
        return None
    match now.observation.running_jobs:
        case Known(running) if running:
            return f"Jobs of no FlinkSessionJob run on the cluster, cancel them: {_listed(running)}"
        case Unknown(reason):
            return f"It is not known which jobs run on the cluster: {reason}"
        case _:
            return None


def _answers(observation: Observation) -> bool:
    """There is a JobManager that may run jobs."""
    return isinstance(observation.cluster, Known) and observation.cluster.value.available


def _session_jobs(now: Situation) -> tuple[str, ...]:
    return tuple(job.name for job in session_jobs_of(now))


def _listed(names: Sequence[str]) -> str:
    """At most so many that a sentence stays one."""
    shown, more = sorted(names)[:_MOST_NAMES], len(names) - _MOST_NAMES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _options(now: Situation) -> dict[str, str]:
    return now.subject.configuration(now.goal.spec)

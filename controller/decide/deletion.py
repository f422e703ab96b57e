"""Deletion of a FlinkDeployment: its last savepoint, the cluster, its high-availability data, the finalizer.

The time of the last reconciliation is that of the step that is waited for, so that an operator that was away,
or a savepoint that took long, makes nothing seem blocked.
"""

from datetime import UTC, datetime, timedelta

from controller.decide import last_savepoint, problems
from controller.decide.conditions import READY, milliseconds, set_condition, set_running_condition
from controller.decide.ended import note_newest_checkpoint
from controller.decide.observed import apply_job, apply_problem, job_manager_status
from controller.decide.route import recorded_path
from controller.decide.situation import Situation
from controller.decide.stopping import stop_cluster
from controller.decide.suspension import pending_trigger
from controller.observation import Absent, Known, Observation, Unknown
from controller.plan import (
    DeleteHighAvailabilityData,
    Event,
    EventComponent,
    EventType,
    GiveUpCluster,
    RemoveFinalizer,
)
from shared.control import FORCE_DELETION, ON, is_on
from shared.model.status import JobState, LifecycleState

DELETING = "Deleting"
"""Reason of Ready while what belongs to the resource goes."""
BLOCKED = "DeletionBlocked"
"""While something may never go, or come, by itself."""

_ORPHAN = "orphan"  # Kubernetes' finalizer of a deletion that leaves behind what the resource owns
_SAY_WHAT_BLOCKS_AFTER = timedelta(seconds=45)  # the promise is a minute


def nothing_was_ever_made(now: Situation) -> bool:
    """Nothing is on record, so nothing was asked for; a damaged record tells nothing."""
    status = now.step.status
    has_begun = now.subject.record_is_damaged or status.lifecycle_state is LifecycleState.DELETING
    return status.reconciliation_status.last_reconciled_spec is None and not has_begun


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
    return is_on(FORCE_DELETION, now.subject.metadata) and _job_is_over(now) and _has_waited(now)


def let_it_go(now: Situation) -> None:
    """The finalizer was all."""
    now.step.actions = (RemoveFinalizer(),)


def leave_the_cluster_alone_and_let_it_go(now: Situation) -> None:
    """With its metadata, which it goes on with."""
    message = "The cluster is left as it is: its Deployment is not this resource's any more"
    now.step.events.append(Event(EventType.NORMAL, "Cleanup", message, EventComponent.OPERATOR))
    let_it_go(now)


def drop_its_metadata_and_let_it_go(now: Situation) -> None:
    """What Flink keeps in ConfigMaps has no owner, and would stay."""
    _begin(now)
    _end_job(now)
    if not _is_under_way(now):
        _say(now, "The cluster is gone", blocked=False)
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
    _begin(now)
    last_savepoint.note(now)
    stop_what_remains_and_say_what_blocks(now)


def stop_what_remains_and_say_what_blocks(now: Situation) -> None:
    """With the way to override it, when it takes long."""
    _begin(now)
    _end_job(now)
    blocked = _has_waited(now)
    message = _what_remains(now.observation) or "Waiting for the cluster to go"
    if blocked:
        way_out = "To give the cluster up as it is, check that no pod of it runs any more, and annotate it"
        message = f"{message}. {way_out}: {_annotate(now)}"
    _say(now, message, blocked=blocked)
    now.step.actions = stop_cluster(now.observation)


def let_the_job_run_on_for_now(now: Situation) -> None:
    """As Flink does; another savepoint is tried after a while."""
    _begin(now)
    info = now.step.status.job_status.savepoint_info
    if info is not None:
        info.trigger_id = None
    failure = now.observation.stop.value.failure if isinstance(now.observation.stop, Known) else None
    problem = problems.last_savepoint_failed(failure)
    now.step.events += apply_problem(now.step.status, problem, now.subject.operator_configuration)
    _say_what_the_savepoint_waits_for(now)


def ask_for_the_last_savepoint(now: Situation) -> None:
    """On record before it is asked for."""
    _begin(now)
    _note_job(now)
    last_savepoint.ask(now)
    _say_what_the_savepoint_waits_for(now)


def wait_for_it_and_say_what_blocks(now: Situation) -> None:
    """Until Flink answers, the job runs or has ended."""
    _begin(now)
    _note_job(now)
    _say_what_the_savepoint_waits_for(now)


def _begin(now: Situation) -> None:
    status = now.step.status
    status.job_manager_deployment_status = job_manager_status(
        now.observation, status.job_manager_deployment_status
    )
    since, at = status.reconciliation_status.reconciliation_timestamp, milliseconds(now.observation.at)
    if not _is_under_way(now) or since > at:  # the clock was set back
        status.reconciliation_status.reconciliation_timestamp = at
    if status.lifecycle_state is not LifecycleState.DELETING:
        status.lifecycle_state, status.error = LifecycleState.DELETING, None
        event = Event(EventType.NORMAL, "Cleanup", "Cleaning up the cluster", EventComponent.OPERATOR)
        now.step.events.append(event)


def _is_under_way(now: Situation) -> bool:
    """And nothing held it since the last look: no pause, no other operator."""
    ready = now.step.status.condition(READY)
    return ready is not None and ready.reason in {DELETING, BLOCKED}


def _note_job(now: Situation) -> None:
    """That it has ended is put on record when it is acted on."""
    match now.observation.job:
        case Known(job) if job.state.is_terminal:
            return
    now.step.events += apply_job(now.step.status, now.observation)


def _job_is_over(now: Situation) -> bool:
    state = now.step.status.job_status.state
    return not now.goal.spec.is_application or (state is not None and state.is_terminal)


def _end_job(now: Situation) -> None:
    """Nothing more is asked of it: that is on record as its end (contract part 5.7)."""
    if _job_is_over(now):
        return
    status, why = now.step.status, last_savepoint.why_none(now)
    status.reconciliation_status.reconciliation_timestamp = milliseconds(now.observation.at)
    match now.observation.job:
        case Known(job) if job.state.is_terminal:
            now.step.events += apply_job(status, now.observation)
            if last_savepoint.taken(now.step.status) is None:
                note_newest_checkpoint(status, now.observation.checkpoints)
        case _:
            status.job_status.state = JobState.FINISHED
    if last_savepoint.is_wanted(now) and last_savepoint.taken(now.step.status) is None and why is not None:
        now.step.events.append(_no_savepoint(now, why))


def _no_savepoint(now: Situation, why: str) -> Event:
    message = f"No savepoint is taken: {why}"
    if pending_trigger(now.step.status) is not None:
        message += ". One was under way: if it was made, it is in the savepoint directory"
    elif (path := recorded_path(now.step.status)) is not None:
        message += f". The newest restore point on record is {path}"
    return Event(EventType.WARNING, "SavepointSkipped", message, EventComponent.JOB)


def _say_what_the_savepoint_waits_for(now: Situation) -> None:
    obstacle = last_savepoint.obstacle(now)
    message = "The job is being stopped with a savepoint" if obstacle is None else obstacle.message
    blocked = obstacle is not None and (obstacle.is_certain or _has_waited(now))
    _say(now, f"{message}. To delete it without a savepoint: {_annotate(now)}", blocked=blocked)


def _say(now: Situation, message: str, *, blocked: bool) -> None:
    status, at, generation = now.step.status, now.observation.at, now.subject.metadata.generation
    reason = BLOCKED if blocked else DELETING
    before = status.condition(READY)
    if blocked and (before is None or before.reason != BLOCKED):
        event = Event(EventType.WARNING, "CleanupFailed", message, EventComponent.OPERATOR)
        now.step.events.append(event)
    set_condition(status, READY, False, reason, message, at, generation)
    if now.step.last is not None:
        set_running_condition(status, now.step.last.spec.is_application, at, generation)


def _annotate(now: Situation) -> str:
    metadata = now.subject.metadata
    command = (
        f"kubectl annotate flinkdeployment {metadata.name} -n {metadata.namespace} {FORCE_DELETION}={ON}"
    )
    value = metadata.annotations.get(FORCE_DELETION)
    return command if value is None else f"{command} --overwrite"


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


def _has_waited(now: Situation) -> bool:
    """So long that what is waited for may never come."""
    since = datetime.fromtimestamp(now.step.status.reconciliation_status.reconciliation_timestamp / 1000, UTC)
    return now.observation.at - since > _SAY_WHAT_BLOCKS_AFTER

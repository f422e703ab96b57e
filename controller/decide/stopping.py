"""How a cluster is stopped: the JobManager first, so that it makes no TaskManagers meanwhile."""

from controller.decide.recording import record_change, with_nonce_of
from controller.decide.route import Route
from controller.decide.situation import AnySituation
from controller.observation import Absent, Component, Known, Observation
from controller.plan import Action, DeleteCluster, DeleteTaskManagers, StopJobManager
from shared.model.deployment import FlinkDeploymentSpec


def stop_cluster(observation: Observation) -> tuple[Action, ...]:
    """The next step towards no cluster; empty when there is nothing to do but wait (or nothing is known)."""
    match observation.cluster:
        case Known(cluster) if not cluster.being_deleted and not cluster.foreign:
            if cluster.replicas > 0 and not cluster.paused:
                return (StopJobManager(cluster.resource_version),)
            match observation.pods:
                case Known(pods) if not any(pod.component is Component.JOB_MANAGER for pod in pods):
                    return (DeleteCluster(cluster.uid),)
        case Absent():
            match observation.task_managers:
                case Known(task_managers) if not task_managers.being_deleted:
                    return (DeleteTaskManagers(task_managers.uid),)
    return ()


def nothing_is_left(observation: Observation) -> bool:
    """Whether it is known that no pod of an older incarnation is left, nor anything that makes one."""
    match observation.cluster, observation.task_managers, observation.pods:
        case Absent(), Absent(), Known(pods):
            return not pods
        case _:
            return False


def stop_what_is_left(now: AnySituation) -> None:
    """One step of it; the next one follows when it is seen to be done."""
    now.step.actions = stop_cluster(now.observation)


def tear_down(now: AnySituation, route: Route, *, first: bool) -> None:
    """The job has ended, or goes with its cluster: record the wanted spec with its restore point, stop the
    cluster. That of a session job stays, which runs others.
    """
    now.step.last = record_change(
        now.step.status,
        with_nonce_of(now.step.last, now.goal.spec),
        generation=now.goal.generation,
        at=now.observation.at,
        first=first,
        restore=route.restore,
        path=route.path,
        never_ran=route.never_ran,
    )
    if isinstance(now.goal.spec, FlinkDeploymentSpec):
        stop_what_is_left(now)

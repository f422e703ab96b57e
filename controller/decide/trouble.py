"""What keeps a cluster from coming up: of all that is seen, what explains most."""

from datetime import datetime

from controller.decide import problems
from controller.decide.conditions import milliseconds
from controller.decide.observed import first_problem
from controller.decide.subject import AnySubject
from controller.observation import Component, Fact, Job, Known, Observation, Pod, Problem
from shared.model.status import JobState

_PATIENCE = 8_000  # milliseconds in which Flink has made the first pod of a TaskManager
_WAITING = {JobState.INITIALIZING, JobState.CREATED}


def trouble(subject: AnySubject, observation: Observation, *, proven: bool) -> Problem | None:
    """`proven`: the spec ran already, so a container that crashed once is not taken for a broken one."""
    return (
        _missing_rights(subject, observation)
        or _blocked(observation)
        or _crash(observation, proven=proven)
        or _starved(subject, observation)
    )


def waits_for_task_managers(job: Fact[Job], pods: Fact[tuple[Pod, ...]], at: datetime) -> bool:
    """Nothing of the job moves, and there is not one pod that it could run on."""
    match job, pods:
        case Known(found), Known(there) if found.state in _WAITING:
            moved = max(found.start_time, found.last_modified)
            is_late = milliseconds(at) - moved > _PATIENCE
            return is_late and all(pod.component is not Component.TASK_MANAGER for pod in there)
        case _:
            return False


def _missing_rights(subject: AnySubject, observation: Observation) -> Problem | None:
    match observation.cluster, observation.missing_rights:
        case Known(cluster), Known(rights) if rights:
            return problems.missing_rights(cluster.service_account, subject.metadata.namespace, rights)
        case _:
            return None


def _blocked(observation: Observation) -> Problem | None:
    found = first_problem(observation)
    if found is not None:
        return found[0]
    match observation.task_managers:
        case Known(task_managers):
            return task_managers.problem
        case _:
            return None


def _crash(observation: Observation, *, proven: bool) -> Problem | None:
    match observation.pods:
        case Known(pods):
            found = [pod.crash for pod in pods if pod.crash is not None and (pod.restarts > 1 or not proven)]
            return next(iter(found), None)
        case _:
            return None


def _starved(subject: AnySubject, observation: Observation) -> Problem | None:
    if not waits_for_task_managers(observation.job, observation.pods, observation.at):
        return None
    return problems.no_task_managers(subject.metadata.name)

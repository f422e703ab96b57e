"""A deployed spec: what is seen of it, put into the status."""

from controller.decide.change import changes, way
from controller.decide.conditions import timestamp
from controller.decide.ended import SHUTDOWN, apply_job_and_its_end, route_after_end
from controller.decide.health import note_health
from controller.decide.in_place import record_in_place, scales_in_place, see_to_scale
from controller.decide.observed import job_manager_status
from controller.decide.recording import mark_stable, record_change, record_return
from controller.decide.restore import NotYet, Restore, recovery
from controller.decide.rollback import is_rollback
from controller.decide.route import WITHOUT_STATE, Wait
from controller.decide.session.cluster import jobs_to_stop_first, no_job_manager_runs_them
from controller.decide.session.problems import session_jobs_run
from controller.decide.situation import Situation
from controller.decide.stability import has_proved_itself
from controller.decide.stopping import stop_what_is_left, tear_down
from controller.observation import Known
from controller.plan import Event, EventComponent, EventType
from shared.config.effective import task_manager_count
from shared.model.job import UpgradeMode
from shared.model.status import TaskManagerInfo

SOON = 1.0
"""Seconds until the next look at session jobs that are being stopped."""


def note_what_is_seen(now: Situation) -> None:
    """And what changes in place. Running makes the spec stable."""
    _note(now)
    if not now.last.is_suspended and has_proved_itself(now):
        mark_stable(now.step.status)


def note_what_is_seen_and_what_is_missing(now: Situation) -> None:
    """No way to the changed spec is open: what runs keeps running."""
    _say_what_a_change_waits_for(now)
    note_what_is_seen(now)


def say_which_session_jobs_run(now: Situation) -> None:
    """They are being stopped with their state, or say why they cannot be."""
    note_what_is_seen(now)
    say_which_session_jobs_would_not_come_back(now)


def say_which_session_jobs_would_not_come_back(now: Situation) -> None:
    """Flink has what it needs to start them again, and a JobManager of the newest spec would not read it."""
    now.step.waits_for = session_jobs_run(jobs_to_stop_first(now), can_stop=not no_job_manager_runs_them(now))
    now.step.look_within = SOON


def start_the_failed_job_again(now: Situation) -> None:
    """By a new cluster, from its newest checkpoint unless it has no state to keep."""
    _note(now)
    job = now.goal.spec.job
    stateless = job is not None and job.upgrade_mode is UpgradeMode.STATELESS
    route = WITHOUT_STATE if stateless else route_after_end(now.step.status, now.observation)
    if isinstance(route, Wait):
        now.step.problem = route.problem
        return
    message = f"The job failed, it is started again from {route.path or 'the beginning'}"
    now.step.events.append(Event(EventType.WARNING, "RestartFailedJob", message, EventComponent.JOB))
    tear_down(now, route, first=False)


def stop_its_job_manager(now: Situation) -> None:
    """It was kept for questions, long enough; what Flink keeps of the job stays."""
    _note(now)
    now.step.status.cluster_info.setdefault(SHUTDOWN, timestamp(now.observation.at))
    stop_what_is_left(now)


def recover_if_no_state_can_be_lost(now: Situation) -> None:
    """Deploy what was deployed; say so where Flink kept nothing of the job's state."""
    _note(now)
    _say_what_a_change_waits_for(now)
    state = now.step.status.job_status.state
    if now.last.spec.is_application and state is not None and state.is_terminal:
        stop_what_is_left(now)  # a standalone cluster's TaskManagers have a Deployment of their own
        return
    restore = Restore(UpgradeMode.STATELESS)
    if now.last.spec.is_application:
        found = recovery(now.subject, now.last, now.observation)
        if isinstance(found, NotYet):
            now.step.problem = found.problem
            return
        restore = found
    message = "The JobManager's Deployment is gone, it is deployed again"
    now.step.events.append(Event(EventType.WARNING, "RecoverDeployment", message, EventComponent.JOB))
    now.step.last = record_change(
        now.step.status,
        now.last.spec,
        generation=now.step.status.recorded_generation or now.subject.metadata.generation,
        at=now.observation.at,
        # then the initial savepoint is the newest restore point that there is
        first=now.last.first_deployment and restore.mode is UpgradeMode.STATELESS,
        restore=restore.mode,
        path=restore.path,
    )


def _note(now: Situation) -> None:
    _record_what_changes_in_place(now)
    status, observation = now.step.status, now.observation
    status.job_manager_deployment_status = job_manager_status(
        observation, status.job_manager_deployment_status
    )
    if now.last.is_suspended:
        return
    if isinstance(observation.flink, Known):
        info = observation.flink.value
        status.cluster_info |= {"flink-version": info.version, "flink-revision": info.revision}
    if now.last.spec.is_application:
        now.step.events += apply_job_and_its_end(status, observation)
        _note_task_managers(now)
        note_health(now)
    see_to_scale(now.step, now.last, now.subject, observation)


def _say_what_a_change_waits_for(now: Situation) -> None:
    if not changes(now):
        return
    match way(now):
        case Wait(problem):
            now.step.problem = problem


def _record_what_changes_in_place(now: Situation) -> None:
    if not now.goal.is_rollback and is_rollback(now.step.status):
        if not changes(now):
            generation = now.goal.generation
            now.step.last = record_return(now.step.status, now.last, now.goal.spec, generation=generation)
    elif not changes(now):
        in_place = scales_in_place(now.subject, now.last.spec, now.goal.spec)
        now.step.last = record_in_place(now.step, now.last, now.goal, scales_in_place=in_place)


def _note_task_managers(now: Situation) -> None:
    """For the scale subresource."""
    config = now.subject.configuration(now.last.spec)
    now.step.status.task_manager = TaskManagerInfo(
        label_selector=f"component=taskmanager,app={now.subject.metadata.name}",
        replicas=task_manager_count(now.last.spec, config),
    )

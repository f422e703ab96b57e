"""Guards of the state machine: what must be known for a transition. Their names stand in its table."""

from controller.decide.change import changes, way, way_back, way_to_start_anew
from controller.decide.ended import seconds_to_live
from controller.decide.health import is_unhealthy, is_watched
from controller.decide.recording import submission_is_recorded
from controller.decide.rollback import is_rollback
from controller.decide.route import Route
from controller.decide.situation import AnySituation, Situation
from controller.decide.stability import (
    age_of_record,
    is_on_probation,
    may_have_proved_itself,
    time_to_prove_itself,
)
from controller.decide.stopping import nothing_is_left
from controller.decide.suspension import pending_trigger, way_without_waiting
from controller.observation import Absent, Cluster, Known, Unknown
from shared.config.operator_options import RESTART_FAILED
from shared.config.options import high_availability_is_kubernetes, is_true
from shared.model.job import UpgradeMode
from shared.model.status import JobManagerDeploymentStatus, JobState, ReconciliationState

_RESTART_PAUSE = 30.0
"""Seconds between two starts of a job that fails and fails again."""

_BUSY = 20.0
"""Seconds for which nobody worries about a JobManager that does not answer."""


def otherwise(_: AnySituation) -> bool:
    """Nothing that stands above holds."""
    return True


def the_cluster_is_not_ours(now: AnySituation) -> bool:
    """A Deployment has its name, and was not made for this resource."""
    return (cluster := _cluster(now)) is not None and cluster.foreign


def suspension_is_wanted(now: AnySituation) -> bool:
    """`spec.job.state` says so."""
    return now.goal.is_suspended


def a_cluster_exists(now: AnySituation) -> bool:
    """The JobManager's Deployment was read."""
    return _cluster(now) is not None


def the_cluster_is_unknown(now: AnySituation) -> bool:
    """Nobody could tell whether there is one."""
    return isinstance(now.observation.cluster, Unknown)


def something_is_left_of_an_older_cluster(now: AnySituation) -> bool:
    """Or it cannot be known."""
    return not nothing_is_left(now.observation)


def its_end_need_not_be_awaited(now: AnySituation) -> bool:
    """The owner gives the state up meanwhile, or names another."""
    return way_without_waiting(now) is not None


def the_job_is_lost(now: AnySituation) -> bool:
    """Its cluster is gone, or its JobManager does not know it."""
    return isinstance(now.observation.cluster, Absent) or isinstance(now.observation.job, Absent)


def the_savepoint_is_made(now: AnySituation) -> bool:
    """Flink tells where it lies."""
    match now.observation.stop:
        case Known(operation) if pending_trigger(now.step.status):
            return operation.location is not None
        case _:
            return False


def the_savepoint_failed(now: AnySituation) -> bool:
    """Flink tells why."""
    match now.observation.stop:
        case Known(operation) if pending_trigger(now.step.status):
            return operation.failure is not None
        case _:
            return False


def the_job_has_ended(now: AnySituation) -> bool:
    """Its JobManager says so."""
    match now.observation.job:
        case Known(job):
            return job.state.is_terminal
        case _:
            return False


def the_request_is_not_known_to_flink(now: AnySituation) -> bool:
    """It did not arrive, or a JobManager that started anew forgot it."""
    match now.observation.job:
        case Known(job):
            return job.state is not JobState.CANCELLING and not isinstance(now.observation.stop, Known)
        case _:
            return False


def its_job_manager_is_silent(now: AnySituation) -> bool:
    """For longer than one that is busy with a savepoint, or restarts, may be."""
    is_silent = isinstance(now.observation.job, Unknown) and isinstance(now.observation.cluster, Known)
    return is_silent and age_of_record(now) > _BUSY


def its_submission_was_not_noted(now: Situation) -> bool:
    """Its operator ended in between: there is a JobManager of the record where by the status there is none.

    Ours is on record before. The Java operator records restore point and job id before it submits, and of the
    submission nothing until it is through (contract part 5.4.1).
    """
    cluster, status = _cluster(now), now.subject.status
    if cluster is None or cluster.being_deleted or cluster.paused:
        return False
    if status.job_manager_deployment_status is not JobManagerDeploymentStatus.MISSING:
        return False  # what is there is the cluster before it
    is_of_record = cluster.generation == status.recorded_generation and not is_rollback(status)
    return is_of_record and now.last.is_suspended and not submission_is_recorded(status)


def what_was_given_up_came_up_after_all(now: AnySituation) -> bool:
    """A submission that never seemed to start runs by now, and its job alone knows its state."""
    cluster, status = _cluster(now), now.step.status
    if cluster is None or cluster.generation == status.recorded_generation:
        return False
    is_up = submission_is_recorded(status) and cluster.available and cluster.replicas > 0
    return is_up and _job_alone_knows_its_state(now)


def the_cluster_is_not_of_the_record(now: AnySituation) -> bool:
    """It is of another generation, it is going, or its spec changed before it ever ran."""
    cluster, status = _cluster(now), now.step.status
    if cluster is None:
        return False
    if cluster.generation != status.recorded_generation or cluster.being_deleted:
        return True
    if cluster.is_rollback != is_rollback(status):
        return True
    if now.last.spec.job is not None and not submission_is_recorded(status):
        return True
    # It never ran, and its spec may be what keeps it from being made.
    return cluster.paused and now.goal.generation != status.recorded_generation


def the_cluster_is_not_released(now: AnySituation) -> bool:
    """Its Deployment exists, and what goes with it may be missing."""
    return (cluster := _cluster(now)) is not None and cluster.paused


def the_spec_is_changed_and_a_way_is_open(now: AnySituation) -> bool:
    """A change that needs a new cluster, and the job's state can be carried over."""
    return bool(changes(now)) and isinstance(way(now), Route)


def the_spec_is_changed(now: AnySituation) -> bool:
    """A change that needs a new cluster."""
    return bool(changes(now))


def the_spec_did_not_prove_itself_in_time(now: Situation) -> bool:
    """It is on probation, its owner has not changed it, and a way back is open."""
    if now.step.state is not ReconciliationState.DEPLOYED or not is_on_probation(now.subject):
        return False
    if changes(now) or may_have_proved_itself(now):
        return False
    return age_of_record(now) > time_to_prove_itself(now) and isinstance(way_back(now), Route)


def the_job_is_suspended(now: AnySituation) -> bool:
    """As its owner wanted."""
    return now.last.is_suspended


def the_job_is_unhealthy_and_a_way_is_open(now: Situation) -> bool:
    """It restarts too often or completes no checkpoint, and its state can be carried over."""
    if changes(now) or not is_watched(now.subject) or not is_unhealthy(now.step.status):
        return False
    match now.observation.job:
        case Known(job) if not job.state.is_terminal:
            return isinstance(way_to_start_anew(now), Route)
        case _:
            return False


def the_job_failed_and_is_to_be_started_again(now: AnySituation) -> bool:
    """`job.restart.failed` wants it, and the last start is not too short a time ago."""
    match now.observation.job:
        case Known(job) if job.state is JobState.FAILED and is_true(RESTART_FAILED.read(_options(now))):
            return not changes(now) and age_of_record(now) >= _RESTART_PAUSE
        case _:
            return False


def the_ended_jobs_job_manager_has_lived_long_enough(now: Situation) -> bool:
    """`jm-deployment.shutdown-ttl` is over, and its newest checkpoint is on record."""
    cluster, left = _cluster(now), seconds_to_live(now.step.status, _options(now), now.observation.at)
    if cluster is None or now.last.spec.job is None or changes(now) or left is None:
        return False
    is_silent = isinstance(now.observation.job, Unknown) or isinstance(now.observation.checkpoints, Unknown)
    if is_silent and cluster.replicas > 0:
        return False  # it may still tell what is not on record
    return left <= 0


def the_cluster_is_gone(now: AnySituation) -> bool:
    """Though nobody asked for that."""
    return isinstance(now.observation.cluster, Absent)


def _options(now: AnySituation) -> dict[str, str]:
    return now.subject.configuration(now.goal.spec)


def _cluster(now: AnySituation) -> Cluster | None:
    match now.observation.cluster:
        case Known(cluster):
            return cluster
        case _:
            return None


def _job_alone_knows_its_state(now: AnySituation) -> bool:
    """No metadata will tell it, and its owner does not give it up."""
    job = now.goal.spec.job
    if job is None or job.upgrade_mode is UpgradeMode.STATELESS:
        return False
    return not high_availability_is_kubernetes(_options(now))

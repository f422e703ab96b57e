"""The lifecycle of a FlinkDeployment as a state machine, one row for each transition.

Of the rows of a stage, and those of any stage before them, the first whose guard holds is taken. The names of
guards and effects are the text of docs/reference/lifecycle.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from controller.decide import deletion, going, guards, last_savepoint, running, submission, suspension
from controller.decide.change import begin_the_change, roll_back, start_the_unhealthy_job_again
from controller.decide.ended import its_end_is_half_told
from controller.decide.observed import apply_job, job_manager_status
from controller.decide.session import cluster as session
from controller.decide.situation import AnySituation, Situation
from controller.decide.stopping import stop_what_is_left
from shared.model.status import (
    FlinkDeploymentStatus,
    JobManagerDeploymentStatus,
    ReconciliationState,
)


class Stage(Enum):
    """Where a resource stands, by its status alone."""

    NEVER_DEPLOYED = "never deployed"
    STOPPING = "UPGRADING or ROLLING_BACK, its job is being stopped"
    """The recorded spec says that the job runs."""
    UPGRADING = "UPGRADING or ROLLING_BACK"
    """The recorded spec is what comes next; its job is recorded as suspended until it is deployed."""
    DEPLOYED = "DEPLOYED or ROLLED_BACK"
    BEING_DELETED = "being deleted"


Now = TypeVar("Now", bound=AnySituation)


@dataclass(frozen=True, slots=True)
class Transition(Generic[Now]):
    """What is decided in a stage under a condition."""

    stage: Stage
    guard: Callable[[Now], bool]
    effect: Callable[[Now], None]
    then: Stage | None = None
    """The stage that is decided about at once, because nothing stands between."""

    @property
    def condition(self) -> str:
        """The guard in words."""
        return self.guard.__name__.replace("_", " ")

    @property
    def decision(self) -> str:
        """The effect in words."""
        return self.effect.__name__.replace("_", " ")

    def __str__(self) -> str:
        return f"{self.stage.value}: {self.condition}: {self.decision}"


_NEVER, _STOPPING, _UPGRADING = Stage.NEVER_DEPLOYED, Stage.STOPPING, Stage.UPGRADING
_DEPLOYED, _GOING = Stage.DEPLOYED, Stage.BEING_DELETED

TRANSITIONS: tuple[Transition[Situation], ...] = (
    Transition(_NEVER, guards.suspension_is_wanted, submission.wait),
    Transition(_NEVER, guards.a_cluster_exists, submission.say_that_it_is_in_the_way),
    Transition(_NEVER, guards.something_is_left_of_an_older_cluster, submission.wait),
    Transition(_NEVER, guards.otherwise, submission.submit_for_the_first_time),
    Transition(_STOPPING, guards.the_cluster_is_not_ours, submission.say_that_it_is_in_the_way),
    Transition(_STOPPING, guards.its_end_need_not_be_awaited, suspension.go_on_without_it),
    Transition(_STOPPING, guards.the_job_is_lost, suspension.go_on_by_metadata_or_say_what_is_lost),
    Transition(_STOPPING, guards.the_savepoint_is_made, suspension.go_on_from_the_savepoint),
    Transition(_STOPPING, guards.the_savepoint_failed, suspension.let_the_job_run_on),
    Transition(_STOPPING, guards.the_job_has_ended, suspension.go_on_from_its_newest_checkpoint),
    Transition(_STOPPING, guards.the_request_is_not_known_to_flink, suspension.ask_for_its_end_again),
    Transition(_STOPPING, guards.its_job_manager_is_silent, suspension.say_that_its_job_manager_is_silent),
    Transition(_STOPPING, guards.otherwise, submission.wait),
    Transition(_UPGRADING, guards.the_cluster_is_not_ours, submission.say_that_it_is_in_the_way),
    Transition(_UPGRADING, guards.the_cluster_is_unknown, submission.wait),
    Transition(_UPGRADING, guards.its_submission_was_not_noted, submission.note_it, then=_DEPLOYED),
    Transition(_UPGRADING, guards.what_was_given_up_came_up_after_all, suspension.have_its_job_cancelled),
    Transition(_UPGRADING, guards.the_cluster_is_not_of_the_record, stop_what_is_left),
    Transition(_UPGRADING, guards.the_cluster_is_not_released, submission.create_what_is_missing),
    Transition(_UPGRADING, guards.a_cluster_exists, submission.mark_it_deployed, then=_DEPLOYED),
    Transition(_UPGRADING, guards.something_is_left_of_an_older_cluster, stop_what_is_left),
    Transition(_UPGRADING, guards.suspension_is_wanted, submission.mark_it_suspended, then=_DEPLOYED),
    Transition(
        _UPGRADING,
        session.its_session_jobs_have_to_be_stopped_first,
        running.say_which_session_jobs_would_not_come_back,
    ),
    Transition(_UPGRADING, guards.otherwise, submission.submit),
    Transition(_DEPLOYED, guards.the_cluster_is_not_ours, submission.say_that_it_is_in_the_way),
    Transition(
        _DEPLOYED, session.its_session_jobs_have_to_be_stopped_first, running.say_which_session_jobs_run
    ),
    Transition(_DEPLOYED, guards.the_spec_is_changed_and_a_way_is_open, begin_the_change),
    Transition(_DEPLOYED, guards.the_spec_did_not_prove_itself_in_time, roll_back),
    Transition(_DEPLOYED, guards.the_job_is_suspended, running.note_what_is_seen),
    Transition(
        _DEPLOYED, guards.the_job_failed_and_is_to_be_started_again, running.start_the_failed_job_again
    ),
    Transition(_DEPLOYED, guards.the_job_is_unhealthy_and_a_way_is_open, start_the_unhealthy_job_again),
    Transition(
        _DEPLOYED, guards.the_ended_jobs_job_manager_has_lived_long_enough, running.stop_its_job_manager
    ),
    Transition(_DEPLOYED, guards.the_cluster_is_gone, running.recover_if_no_state_can_be_lost),
    Transition(_DEPLOYED, guards.the_spec_is_changed, running.note_what_is_seen_and_what_is_missing),
    Transition(_DEPLOYED, guards.otherwise, running.note_what_is_seen),
    Transition(_GOING, going.nothing_was_ever_made, going.let_it_go),
    Transition(
        _GOING, deletion.the_cluster_is_left_to_others, deletion.leave_the_cluster_alone_and_let_it_go
    ),
    Transition(_GOING, deletion.jobs_keep_the_session_cluster, deletion.say_which_jobs_keep_it),
    Transition(_GOING, deletion.nothing_of_it_remains, deletion.drop_its_metadata_and_let_it_go),
    Transition(_GOING, deletion.its_owner_gives_up_what_remains, deletion.have_it_deleted_and_let_it_go),
    Transition(_GOING, last_savepoint.the_last_savepoint_is_made, deletion.note_it_and_stop_what_remains),
    Transition(_GOING, last_savepoint.no_savepoint_is_due, deletion.stop_what_remains_and_say_what_blocks),
    Transition(_GOING, guards.the_savepoint_failed, going.let_the_job_run_on_for_now),
    Transition(_GOING, last_savepoint.a_savepoint_can_be_asked_for, going.ask_for_the_last_savepoint),
    Transition(_GOING, guards.otherwise, going.wait_for_it_and_say_what_blocks),
)


def stage_of(now: AnySituation) -> Stage:
    """By what is on record."""
    if now.subject.metadata.deletion_timestamp is not None:
        return Stage.BEING_DELETED
    if now.step.last is None:
        return Stage.NEVER_DEPLOYED
    match now.step.state:
        case ReconciliationState.UPGRADING | ReconciliationState.ROLLING_BACK:
            runs = now.last.spec.job is not None and not now.last.is_suspended
            return Stage.STOPPING if runs else Stage.UPGRADING
        case ReconciliationState.DEPLOYED | ReconciliationState.ROLLED_BACK:
            return Stage.DEPLOYED


def transition_of(table: Sequence[Transition[Now]], stage: Stage, now: Now) -> Transition[Now]:
    """The row that holds."""
    return next(row for row in table if row.stage is stage and row.guard(now))


def follow(now: Now, table: Sequence[Transition[Now]]) -> None:
    """Take transitions of the table until there is something to wait for."""
    reconciliation = now.step.status.reconciliation_status
    if reconciliation.state is ReconciliationState.ROLLING_BACK and not now.goal.is_rollback:
        reconciliation.state = ReconciliationState.UPGRADING  # the owner changed the spec meanwhile
    stage: Stage | None = stage_of(now)
    while stage is not None:
        if not guards.the_cluster_is_not_ours(now):
            _note_what_moves(stage, now)
        row = transition_of(table, stage, now)
        row.effect(now)
        stage = row.then


def _note_what_moves(stage: Stage, now: AnySituation) -> None:
    """While a cluster goes or comes, the status tells how far."""
    status = now.step.status
    if isinstance(status, FlinkDeploymentStatus):
        refused = status.job_manager_deployment_status is JobManagerDeploymentStatus.ERROR
        if stage is Stage.STOPPING or (stage is Stage.UPGRADING and not refused):
            status.job_manager_deployment_status = job_manager_status(
                now.observation, status.job_manager_deployment_status
            )
    if stage is Stage.STOPPING and not its_end_is_half_told(status, now.observation):
        now.step.events += apply_job(status, now.observation)

"""The lifecycle of a FlinkSessionJob as a state machine, read as that of a FlinkDeployment is."""

from controller.decide import going, guards, last_savepoint, submission, suspension
from controller.decide.change import begin_the_change
from controller.decide.session import deletion, steps
from controller.decide.session import guards as session
from controller.decide.situation import SessionJobSituation
from controller.decide.state_machine import Stage, Transition

_NEVER, _STOPPING, _UPGRADING = Stage.NEVER_DEPLOYED, Stage.STOPPING, Stage.UPGRADING
_DEPLOYED, _GOING = Stage.DEPLOYED, Stage.BEING_DELETED

TRANSITIONS: tuple[Transition[SessionJobSituation], ...] = (
    Transition(_NEVER, guards.suspension_is_wanted, submission.wait),
    Transition(_NEVER, session.the_cluster_takes_no_jobs, steps.say_what_the_cluster_lacks),
    Transition(_NEVER, guards.otherwise, steps.submit_for_the_first_time),
    Transition(_STOPPING, session.it_has_ended_and_its_state_is_not_needed, suspension.go_on_without_it),
    Transition(_STOPPING, guards.the_savepoint_is_made, suspension.go_on_from_the_savepoint),
    Transition(_STOPPING, guards.the_savepoint_failed, suspension.let_the_job_run_on),
    Transition(_STOPPING, guards.the_job_has_ended, suspension.go_on_from_its_newest_checkpoint),
    Transition(_STOPPING, session.the_job_is_not_there, suspension.go_on_by_metadata_or_say_what_is_lost),
    Transition(_STOPPING, session.its_savepoint_is_not_needed_any_more, steps.have_it_cancelled_instead),
    Transition(_STOPPING, guards.the_request_is_not_known_to_flink, suspension.ask_for_its_end_again),
    Transition(_STOPPING, guards.its_job_manager_is_silent, suspension.say_that_its_job_manager_is_silent),
    Transition(_STOPPING, guards.otherwise, submission.wait),
    Transition(_UPGRADING, session.the_job_is_there, submission.mark_it_deployed, then=_DEPLOYED),
    Transition(_UPGRADING, session.it_is_on_its_way, submission.wait),
    Transition(_UPGRADING, session.an_older_run_lingers, steps.have_it_cancelled),
    Transition(_UPGRADING, session.an_older_run_is_alive, submission.wait),
    Transition(_UPGRADING, session.a_run_of_it_may_be_alive, steps.say_that_nobody_tells),
    Transition(_UPGRADING, session.what_was_submitted_may_still_come_and_is_not_wanted, submission.wait),
    Transition(_UPGRADING, guards.suspension_is_wanted, submission.mark_it_suspended, then=_DEPLOYED),
    Transition(
        _UPGRADING,
        session.its_cluster_goes_and_waits_for_its_submission,
        steps.take_its_submission_back,
    ),
    Transition(_UPGRADING, session.the_cluster_takes_no_jobs, steps.say_what_the_cluster_lacks),
    Transition(_UPGRADING, session.it_was_submitted, steps.submit_it_again_unless_that_just_failed),
    Transition(_UPGRADING, guards.otherwise, steps.submit),
    Transition(_DEPLOYED, guards.the_spec_is_changed_and_a_way_is_open, begin_the_change),
    Transition(_DEPLOYED, session.its_cluster_goes_and_a_way_is_open, steps.park_it),
    Transition(_DEPLOYED, session.its_cluster_goes, steps.note_what_is_seen_and_what_is_missing),
    Transition(_DEPLOYED, session.a_suspended_job_runs, steps.have_it_cancelled),
    Transition(_DEPLOYED, guards.the_job_is_suspended, steps.note_what_is_seen),
    Transition(_DEPLOYED, guards.the_job_failed_and_is_to_be_started_again, steps.start_the_failed_job_again),
    Transition(_DEPLOYED, session.it_is_lost_and_keeps_no_state, steps.start_it_again),
    Transition(_DEPLOYED, session.it_is_lost, steps.say_that_it_is_lost),
    Transition(_DEPLOYED, guards.the_spec_is_changed, steps.note_what_is_seen_and_what_is_missing),
    Transition(_DEPLOYED, guards.otherwise, steps.note_what_is_seen),
    Transition(_GOING, going.nothing_was_ever_made, going.let_it_go),
    Transition(_GOING, last_savepoint.the_last_savepoint_is_made, deletion.note_its_savepoint),
    Transition(_GOING, deletion.its_job_is_over, deletion.let_it_go_with_a_word),
    Transition(_GOING, deletion.its_owner_gives_it_up, deletion.let_it_go_as_it_is),
    Transition(_GOING, last_savepoint.no_savepoint_is_due, deletion.have_it_cancelled_and_say_what_blocks),
    Transition(_GOING, guards.the_savepoint_failed, going.let_the_job_run_on_for_now),
    Transition(_GOING, last_savepoint.a_savepoint_can_be_asked_for, going.ask_for_the_last_savepoint),
    Transition(_GOING, guards.otherwise, going.wait_for_it_and_say_what_blocks),
)

"""Savepoints that a new savepointTriggerNonce asks for."""

from datetime import timedelta
from typing import Any

import pytest

from controller.observation import Absent, Known, Observation, StopOperation, Unknown
from controller.plan import CreateCluster, StopWithSavepoint, TriggerSavepoint
from shared.model.status import JobState
from tests.unit.flink_deployments import NOW, Json, application, edited, job_of, observed_up, with_status
from tests.unit.recorded_deployments import SAVEPOINTS, deployed, plan_of, recorded
from tests.unit.session_jobs import listed, plan_of_job, recorded_job, running_job, session_job

LOCATION = "s3://b/sp/savepoint-7"
ASKED = {"savepointTriggerNonce": 7}


def running() -> Json:
    return deployed(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS))


def seen(raw: Json, state: JobState = JobState.RUNNING, **facts: Any) -> Observation:
    return observed_up(job_of(raw["status"]["jobStatus"]["jobId"], state), **facts)


def asked() -> Json:
    raw = edited(running(), job=ASKED)
    return with_status(raw, plan_of(raw, seen(raw)))


def trigger_of(raw: Json) -> str | None:
    found: str | None = raw["status"]["jobStatus"]["savepointInfo"].get("triggerId")
    return found


def test_new_nonce_triggers_a_savepoint_with_its_id_on_record() -> None:
    raw = edited(running(), job=ASKED)
    plan = plan_of(raw, seen(raw))
    (trigger,) = plan.actions
    assert isinstance(trigger, TriggerSavepoint)
    info = plan.status.job_status.savepoint_info
    assert info is not None
    assert info.trigger_id == trigger.trigger_id
    assert trigger.directory == "s3://b/sp"


def test_nonce_of_the_first_deployment_triggers_nothing() -> None:
    raw = deployed(application(job=ASKED, flinkConfiguration=SAVEPOINTS))
    assert plan_of(raw, seen(raw)).actions == ()


def test_trigger_that_did_not_arrive_is_sent_again_with_the_same_id() -> None:
    raw = asked()
    (again,) = plan_of(raw, seen(raw, stop=Absent())).actions
    assert isinstance(again, TriggerSavepoint)
    assert again.trigger_id == trigger_of(raw)


@pytest.mark.parametrize("stop", [Known(StopOperation()), Unknown("no answer")])
def test_savepoint_under_way_is_waited_for(stop: Any) -> None:
    raw = asked()
    plan = plan_of(raw, seen(raw, stop=stop))
    assert plan.actions == ()
    assert plan.again_after is not None
    assert plan.again_after <= 1


def test_savepoint_that_is_made_is_listed_with_its_nonce_and_told() -> None:
    raw = asked()
    plan = plan_of(raw, seen(raw, stop=Known(StopOperation(location=LOCATION))))
    info = plan.status.job_status.savepoint_info
    assert info is not None
    assert info.last_savepoint is not None
    assert (info.last_savepoint.location, info.last_savepoint.trigger_nonce) == (LOCATION, 7)
    assert info.trigger_id is None
    assert any(LOCATION in event.message for event in plan.events)
    raw = with_status(raw, plan)
    job = recorded(raw).spec.job
    assert job is not None
    assert job.savepoint_trigger_nonce == 7
    assert plan_of(raw, seen(raw)).actions == ()


def test_savepoint_that_failed_is_told_and_tried_again_later() -> None:
    raw = asked()
    first = trigger_of(raw)
    plan = plan_of(raw, seen(raw, stop=Known(StopOperation(failure="no room"))))
    assert plan.actions == ()
    assert "no room" in (plan.status.error or "")
    raw = with_status(raw, plan)
    assert plan_of(raw, seen(raw)).actions == ()
    (again,) = plan_of(raw, seen(raw, at=NOW + timedelta(seconds=31))).actions
    assert isinstance(again, TriggerSavepoint)
    assert again.trigger_id != first


def test_savepoint_waits_for_a_job_that_does_not_run() -> None:
    raw = edited(running(), job=ASKED)
    assert plan_of(raw, seen(raw, JobState.RESTARTING)).actions == ()


def test_savepoint_of_a_job_that_ended_is_given_up() -> None:
    raw = asked()
    plan = plan_of(raw, seen(raw, JobState.FAILED, stop=Unknown("no answer")))
    assert "SavepointError" in {event.reason for event in plan.events}
    assert trigger_of(with_status(raw, plan)) is None


def test_change_waits_for_the_savepoint_unless_it_need_not() -> None:
    raw = edited(asked(), image="flink:2.3-fixed")
    under_way = seen(raw, stop=Known(StopOperation()))
    assert plan_of(raw, under_way).actions == ()
    options = SAVEPOINTS | {"kubernetes.operator.job.upgrade.ignore-pending-savepoint": "true"}
    impatient = edited(raw, flinkConfiguration=options)
    assert [type(action) for action in plan_of(impatient, under_way).actions] == [StopWithSavepoint]


def test_savepoint_that_is_asked_for_with_a_change_is_taken_after_it() -> None:
    raw = edited(running(), job={**ASKED, "parallelism": 3})
    raw = with_status(raw, plan_of(raw, seen(raw)))
    over = seen(raw, JobState.FINISHED, stop=Known(StopOperation(location=LOCATION)))
    raw = with_status(raw, plan_of(raw, over))
    job = recorded(raw).spec.job
    assert job is not None
    assert job.savepoint_trigger_nonce is None
    assert not any(isinstance(action, CreateCluster) for action in plan_of(raw, over).actions)


def test_session_job_has_its_savepoint_too() -> None:
    raw = edited(running_job(session_job()), job=ASKED)
    plan = plan_of_job(raw, listed(raw))
    (trigger,) = plan.actions
    assert isinstance(trigger, TriggerSavepoint)
    raw = with_status(raw, plan)
    raw = with_status(raw, plan_of_job(raw, listed(raw, stop=Known(StopOperation(location=LOCATION)))))
    job = recorded_job(raw).spec.job
    assert job is not None
    assert job.savepoint_trigger_nonce == 7
    assert plan_of_job(raw, listed(raw)).actions == ()

"""Decisions about session jobs that are being deleted."""

from datetime import timedelta
from typing import Any

import pytest

from controller.observation import Absent, Attempt, Known, StopOperation, Unknown
from controller.plan import AbandonSubmission, CancelJob, RemoveFinalizer, StopWithSavepoint
from shared.control import FORCE_DELETION
from shared.model.status import JobState
from tests.unit.flink_deployments import NOW, Json, cluster_of, edited, session, with_metadata, with_status
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, deployed
from tests.unit.session_jobs import (
    CLUSTER,
    cluster_is_up,
    listed,
    plan_of_job,
    running_job,
    session_job,
    submitted_job,
)

WANTED = {"kubernetes.operator.job.savepoint-on-deletion": "true"}
LOCATION = "s3://b/sp/savepoint-9"
GONE = cluster_is_up(cluster=Absent(), flink=Unknown("nobody"), job=Unknown("nobody"))


def going(raw: Json, **annotations: str) -> Json:
    return with_metadata(raw, deletionTimestamp="2026-11-21T12:00:00Z", annotations=annotations)


def down(since: timedelta) -> Any:
    return cluster_is_up(
        cluster=cluster_of(available=False, since=NOW - since), flink=Unknown("down"), job=Unknown("down")
    )


def ready_of(plan: Any) -> tuple[str, str]:
    condition = plan.status.condition("Ready")
    return condition.reason, condition.message


def test_job_is_cancelled_and_its_end_awaited() -> None:
    raw = going(running_job(session_job()))
    plan = plan_of_job(raw, listed(raw))
    assert plan.actions == (CancelJob(raw["status"]["jobStatus"]["jobId"]),)
    raw = with_status(raw, plan)
    assert RemoveFinalizer() not in plan_of_job(raw, listed(raw, JobState.CANCELLING)).actions
    assert plan_of_job(raw, listed(raw, JobState.CANCELED)).actions == (RemoveFinalizer(),)


def test_job_ends_with_a_savepoint_where_that_is_wanted() -> None:
    raw = going(running_job(session_job(flinkConfiguration=WANTED)))
    plan = plan_of_job(raw, listed(raw))
    assert [type(action) for action in plan.actions] == [StopWithSavepoint]
    raw = with_status(raw, plan)
    made = listed(raw, JobState.FINISHED, stop=Known(StopOperation(location=LOCATION)))
    plan = plan_of_job(raw, made)
    assert plan.status.job_status.upgrade_savepoint_path == LOCATION
    raw = with_status(raw, plan)
    last = plan_of_job(raw, made)
    assert last.actions == (RemoveFinalizer(),)
    assert any(LOCATION in event.message for event in last.events)


def test_job_that_was_never_submitted_goes_at_once() -> None:
    assert plan_of_job(going(session_job()), cluster_is_up()).actions == (RemoveFinalizer(),)


def test_job_goes_when_its_cluster_is_gone() -> None:
    assert plan_of_job(going(running_job(session_job())), GONE, None).actions == (RemoveFinalizer(),)


def test_job_whose_cluster_is_unknown_stays() -> None:
    raw = going(running_job(session_job()))
    unknown = cluster_is_up(cluster=Unknown("timeout"), flink=Unknown("nobody"), job=Unknown("nobody"))
    assert RemoveFinalizer() not in plan_of_job(raw, unknown, None).actions


def test_job_goes_when_its_job_manager_was_down_for_a_minute_and_keeps_no_metadata() -> None:
    raw = going(running_job(session_job()))
    assert plan_of_job(raw, down(timedelta(seconds=61))).actions == (RemoveFinalizer(),)


@pytest.mark.parametrize("answer", [down(timedelta(seconds=50)), cluster_is_up(job=Unknown("timeout"))])
def test_job_stays_while_its_job_manager_may_run_it(answer: Any) -> None:
    raw = going(running_job(session_job()))
    assert plan_of_job(raw, answer).actions == ()


def test_job_that_flink_would_bring_back_stays_and_says_how_to_override_it() -> None:
    cluster = deployed(session(flinkConfiguration=SAVEPOINTS | KUBERNETES_HA))
    raw = going(running_job(session_job()))
    answer = down(timedelta(hours=1))
    raw = with_status(raw, plan_of_job(raw, answer, cluster))
    late = plan_of_job(raw, cluster_is_up(**_facts(answer), at=NOW + timedelta(seconds=46)), cluster)
    assert late.actions == ()
    reason, message = ready_of(late)
    assert reason == "DeletionBlocked"
    assert FORCE_DELETION in message


def _facts(observation: Any) -> Json:
    return {name: getattr(observation, name) for name in ("cluster", "flink", "job", "high_availability")}


def test_annotation_gives_the_job_up_after_a_while() -> None:
    raw = going(running_job(session_job()), **{FORCE_DELETION: "true"})
    silent = cluster_is_up(job=Unknown("timeout"))
    plan = plan_of_job(raw, silent)
    assert plan.actions == ()
    later = cluster_is_up(job=Unknown("timeout"), at=NOW + timedelta(seconds=46))
    assert RemoveFinalizer() in plan_of_job(with_status(raw, plan), later).actions


def test_submission_under_way_is_abandoned_and_its_end_awaited() -> None:
    raw = going(submitted_job(session_job()))
    attempt = Attempt(raw["status"]["jobStatus"]["jobId"])
    assert plan_of_job(raw, cluster_is_up(attempt=Known(attempt))).actions == (AbandonSubmission(),)
    over = Known(Attempt(attempt.job_id, NOW))
    assert plan_of_job(raw, cluster_is_up(attempt=over)).actions == (RemoveFinalizer(),)


def test_submission_of_an_operator_that_died_may_still_come_through() -> None:
    raw = going(submitted_job(session_job()))
    plan = plan_of_job(raw, cluster_is_up())
    assert RemoveFinalizer() not in plan.actions
    raw = with_status(raw, plan)
    assert plan_of_job(raw, listed(raw)).actions == (CancelJob(raw["status"]["jobStatus"]["jobId"]),)
    later = cluster_is_up(at=NOW + timedelta(seconds=31))
    assert plan_of_job(raw, later).actions == (RemoveFinalizer(),)


def test_suspended_job_goes_at_once_though_nobody_answers() -> None:
    raw = running_job(session_job())
    suspended = edited(raw, job={"state": "suspended"})
    suspended = with_status(suspended, plan_of_job(suspended, listed(raw)))
    made = listed(raw, JobState.FINISHED, stop=Known(StopOperation(location=LOCATION)))
    for _ in range(2):
        suspended = with_status(suspended, plan_of_job(suspended, made))
    silent = cluster_is_up(flink=Unknown("timeout"), job=Unknown("timeout"))
    assert plan_of_job(going(suspended), silent).actions == (RemoveFinalizer(),)


def test_cluster_that_is_being_deleted_does_not_keep_its_job() -> None:
    cluster = with_metadata(CLUSTER, deletionTimestamp="2026-11-21T12:00:00Z")
    raw = going(running_job(session_job()))
    plan = plan_of_job(raw, listed(raw), cluster)
    assert [type(action) for action in plan.actions] == [CancelJob]

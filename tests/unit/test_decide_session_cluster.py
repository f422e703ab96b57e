"""Decisions about session clusters that jobs run on."""

from typing import Any

import pytest

from controller.observation import Absent, Known, SessionJob, Unknown
from controller.plan import DeleteSessionJobs, RemoveFinalizer, StopJobManager
from shared.control import FORCE_DELETION
from tests.unit.flink_deployments import (
    Json,
    cluster_of,
    edited,
    observed,
    observed_up,
    session,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, deployed, plan_of

STATEFUL = SessionJob("stateful", has_state_to_lose=True, may_run=True)
STATELESS = SessionJob("stateless", has_state_to_lose=False, may_run=True)
_OPTION = "kubernetes.operator.session.deletion"


def cluster(**options: str) -> Json:
    return deployed(session(flinkConfiguration=SAVEPOINTS | options))


def going(raw: Json, **annotations: str) -> Json:
    return with_metadata(raw, deletionTimestamp="2026-11-21T12:00:00Z", annotations=annotations)


def seen(*jobs: SessionJob, **facts: Any) -> Any:
    return observed_up(Absent(), session_jobs=Known(jobs), **facts)


def ready_of(plan: Any) -> tuple[str, str]:
    condition = plan.status.condition("Ready")
    return condition.reason, condition.message


def test_change_waits_for_session_jobs_with_state() -> None:
    changed = edited(cluster(), image="flink:2.3-fixed")
    plan = plan_of(changed, seen(STATEFUL, STATELESS))
    assert plan.actions == ()
    reason, message = ready_of(plan)
    assert reason == "WaitingForSessionJobs"
    assert "stateful" in message
    assert "stateless" not in message


def test_change_goes_on_when_no_session_job_has_state_to_lose() -> None:
    changed = edited(cluster(), image="flink:2.3-fixed")
    assert [type(action) for action in plan_of(changed, seen(STATELESS)).actions] == [StopJobManager]


def test_change_does_not_wait_for_jobs_that_flink_carries_over() -> None:
    raw = cluster(**KUBERNETES_HA)
    changed = edited(raw, image="flink:2.3-fixed")
    assert [type(action) for action in plan_of(changed, seen(STATEFUL)).actions] == [StopJobManager]


def test_change_of_flinks_version_waits_whatever_flink_keeps() -> None:
    raw = deployed(session(flinkVersion="v2_2", flinkConfiguration=SAVEPOINTS | KUBERNETES_HA))
    assert plan_of(edited(raw, flinkVersion="v2_3"), seen(STATEFUL)).actions == ()


def test_change_under_way_does_not_leave_behind_what_flink_was_to_carry_over() -> None:
    begun = edited(cluster(**KUBERNETES_HA), image="flink:2.3-fixed")
    stopped = with_status(begun, plan_of(begun, seen(STATEFUL)))
    without = edited(stopped, flinkConfiguration=SAVEPOINTS)
    gone = observed(session_jobs=Known((STATEFUL, STATELESS)))

    plan = plan_of(without, gone)
    assert plan.actions == ()
    reason, message = ready_of(plan)
    assert reason == "WaitingForSessionJobs"
    assert "stateful, stateless. No JobManager runs them. Undo the change" in message
    assert plan_of(stopped, gone).actions != ()
    assert plan_of(without, observed(session_jobs=Known(()))).actions != ()


def test_change_does_not_wait_for_jobs_of_a_cluster_that_never_came_up() -> None:
    mended = edited(cluster(), image="flink:2.3-fixed")
    broken = observed(
        cluster=cluster_of(available=False, never_available=True), session_jobs=Known((STATEFUL,))
    )
    assert [type(action) for action in plan_of(mended, broken).actions] == [StopJobManager]

    raw = deployed(session(flinkVersion="v2_2", flinkConfiguration=SAVEPOINTS | KUBERNETES_HA))
    _, message = ready_of(plan_of(edited(raw, flinkVersion="v2_3"), broken))
    assert "No JobManager runs them. Undo the change" in message


def test_session_jobs_keep_their_cluster_and_are_named() -> None:
    plan = plan_of(going(cluster()), seen(STATEFUL, STATELESS))
    assert plan.actions == ()
    reason, message = ready_of(plan)
    assert reason == "DeletionBlocked"
    assert "stateful, stateless" in message
    assert FORCE_DELETION in message


def test_cluster_goes_when_its_session_jobs_are_gone() -> None:
    assert [type(action) for action in plan_of(going(cluster()), seen()).actions] == [StopJobManager]


def test_cluster_goes_with_stateless_jobs_where_they_do_not_block_it() -> None:
    raw = cluster(**{f"{_OPTION}.block-on-session-jobs": "false"})
    running = Known(("e1",))
    plan = plan_of(going(raw), seen(STATELESS, running_jobs=running))
    assert [type(action) for action in plan.actions] == [StopJobManager]


def test_cluster_waits_for_the_state_of_jobs_that_do_not_block_it() -> None:
    raw = cluster(**{f"{_OPTION}.block-on-session-jobs": "false"})
    plan = plan_of(going(raw), seen(STATEFUL))
    assert plan.actions == ()
    assert "being stopped with their state: stateful" in ready_of(plan)[1]


def test_session_jobs_are_deleted_first_where_that_is_wanted() -> None:
    raw = cluster(**{f"{_OPTION}.delete-session-jobs": "true"})
    plan = plan_of(going(raw), seen(STATEFUL, STATELESS))
    assert plan.actions == (DeleteSessionJobs(("stateful", "stateless")),)


@pytest.mark.parametrize(
    ("running", "told"),
    [(Known(("e1f2",)), "e1f2"), (Unknown("no answer"), "not known which jobs run")],
    ids=["a job", "no answer"],
)
def test_other_jobs_keep_the_cluster(running: Any, told: str) -> None:
    plan = plan_of(going(cluster()), seen(running_jobs=running))
    assert plan.actions == ()
    assert told in ready_of(plan)[1]


def test_other_jobs_do_not_keep_the_cluster_where_they_need_not() -> None:
    raw = cluster(**{f"{_OPTION}.block-on-unmanaged-jobs": "false"})
    plan = plan_of(going(raw), seen(running_jobs=Known(("e1f2",))))
    assert [type(action) for action in plan.actions] == [StopJobManager]


def test_cluster_whose_job_manager_is_gone_runs_no_jobs() -> None:
    plan = plan_of(going(cluster()), observed(running_jobs=Unknown("nobody to ask")))
    assert RemoveFinalizer() in plan.actions


def test_annotation_gives_the_jobs_up() -> None:
    raw = going(cluster(), **{FORCE_DELETION: "true"})
    assert [type(action) for action in plan_of(raw, seen(STATEFUL)).actions] == [StopJobManager]

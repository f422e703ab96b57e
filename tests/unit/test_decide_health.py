"""Jobs that restart too often or complete no checkpoints are started anew where that is wanted."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.decide.health import Health
from controller.observation import Absent, Checkpoints, Fact, HighAvailability, Known, Observation, Unknown
from controller.plan import CreateCluster, StopJobManager
from shared.model.status import JobState
from tests.unit.flink_deployments import NOW, application, observed, with_status
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, Json, deployed, error_of, plan_of, up

CHECK = {"kubernetes.operator.cluster.health-check.enabled": "true"}
THRESHOLD = {"kubernetes.operator.cluster.health-check.restarts.threshold": "3"}
CHECKPOINTING = {"execution.checkpointing.interval": "10 s", "execution.checkpointing.timeout": "1 min"}
START = 1_795_256_914_718
FRESH = Known(Checkpoints(newest="s3://b/cp/chk-1", completed_at=START))


def running(**options: str) -> Json:
    options = SAVEPOINTS | KUBERNETES_HA | CHECK | THRESHOLD | options
    return deployed(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=options))


def seen(
    raw: Json,
    restarts: Fact[int],
    at: datetime = NOW,
    checkpoints: Fact[Checkpoints] = FRESH,
    state: JobState = JobState.RUNNING,
) -> Observation:
    job_id = raw["status"]["jobStatus"]["jobId"]
    metadata = Known(HighAvailability(job_id, has_checkpoint=True))
    return replace(
        up(raw, state), at=at, restarts=restarts, checkpoints=checkpoints, high_availability=metadata
    )


def looked_at(raw: Json, *restarts: int, every: float = 10.0) -> Json:
    """The resource after looks at so many restarts."""
    for number, count in enumerate(restarts):
        at = NOW + timedelta(seconds=number * every)
        raw = with_status(raw, plan_of(raw, seen(raw, Known(count), at)))
    return raw


def health(raw: Json) -> Health | None:
    return Health.of(plan_of(raw, observed(cluster=Unknown("x"))).status)


def test_job_that_restarts_too_often_is_started_anew_by_flinks_metadata() -> None:
    raw = looked_at(running(), 0, 4)
    plan = plan_of(raw, seen(raw, Known(4), NOW + timedelta(seconds=11)))
    assert plan.actions == (StopJobManager(),)
    (event,) = (event for event in plan.events if event.reason == "RestartUnhealthyJob")
    assert event.message == "The job restarted 4 times in 120 s; 3 are allowed"
    raw = with_status(raw, plan)
    metadata = Known(HighAvailability(raw["status"]["jobStatus"]["jobId"], has_checkpoint=True))
    plan = plan_of(raw, observed(high_availability=metadata))
    create = plan.actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.submission.job_id == raw["status"]["jobStatus"]["jobId"]
    assert Health.of(plan.status) is None, "what was counted is over"


@pytest.mark.parametrize("restarts", [(0, 3), (70, 70), (5, 2), (0, 1, 2, 3)], ids=str)
def test_job_that_restarts_now_and_then_is_left_alone(restarts: tuple[int, ...]) -> None:
    raw = looked_at(running(), *restarts)
    found = health(raw)
    assert found is not None
    assert found.error is None


def test_restarts_are_counted_for_the_time_of_the_window() -> None:
    """30 in ten minutes are 6 in two."""
    found = health(looked_at(running(), 0, 15, every=600.0))
    assert found is not None
    assert found.error is None


def test_job_that_is_well_is_no_reason_to_write() -> None:
    raw = looked_at(running(), 2, 2)
    plan = plan_of(raw, seen(raw, Known(2), NOW + timedelta(hours=5)))
    assert plan.status.to_wire() == raw["status"]


def test_job_that_completes_no_checkpoint_is_unhealthy() -> None:
    raw = looked_at(running(**CHECKPOINTING), 0)
    late = datetime.fromtimestamp(START / 1000 + 121, tz=NOW.tzinfo)
    plan = plan_of(raw, seen(raw, Known(0), late))
    assert "completed no checkpoint in 120 s" in error_of(plan)
    assert plan_of(with_status(raw, plan), seen(raw, Known(0), late)).actions == (StopJobManager(),)


@pytest.mark.parametrize("seconds", [60, 119])
def test_checkpoints_have_time_for_the_failures_that_are_tolerated(seconds: int) -> None:
    raw = looked_at(running(**CHECKPOINTING), 0)
    at = datetime.fromtimestamp(START / 1000 + seconds, tz=NOW.tzinfo)
    assert error_of(plan_of(raw, seen(raw, Known(0), at))) == ""


def test_unhealthy_job_whose_state_cannot_be_carried_over_is_told_and_left() -> None:
    raw = looked_at(running(), 0, 9)
    nobody = replace(seen(raw, Known(9), NOW + timedelta(seconds=11)), high_availability=Unknown("503"))
    plan = plan_of(raw, nobody)
    assert plan.actions == ()
    assert "JobUnhealthy" in error_of(plan)


@pytest.mark.parametrize("restarts", [Unknown("timeout"), Absent()])
def test_nothing_is_concluded_from_no_number(restarts: Fact[int]) -> None:
    raw = looked_at(running(), 0)
    assert plan_of(raw, seen(raw, restarts)).status.to_wire() == raw["status"]


def test_job_that_ended_is_not_started_by_the_health_check() -> None:
    raw = looked_at(running(), 0, 9)
    ended = seen(raw, Known(9), NOW + timedelta(seconds=11), state=JobState.FINISHED)
    assert plan_of(raw, ended).actions == ()


def test_switching_the_check_off_takes_the_record_away() -> None:
    raw = looked_at(running(), 0, 9)
    raw["spec"]["flinkConfiguration"] = SAVEPOINTS | KUBERNETES_HA
    plan = plan_of(raw, seen(raw, Known(9)))
    assert plan.actions == ()
    assert Health.of(plan.status) is None

"""When a deployed cluster that does not answer is looked at again."""

from datetime import timedelta
from typing import Any

import pytest

from controller.decide import decide
from controller.observation import Problem
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    observed,
    pod_of,
    pods_of,
    subject_of,
    with_status,
)
from tests.unit.recorded_deployments import Json, plan_of, submitted

OPERATOR = {"kubernetes.operator.reconcile.interval": "30 s"}


def starting() -> Json:
    """Deployed at NOW; nothing answers yet."""
    raw = submitted(application())
    return with_status(raw, plan_of(raw, observed(cluster=cluster_of(available=False))))


def pause(
    seconds: float, *, operator: Json | None = None, problem: Problem | None = None, **cluster: Any
) -> float:
    """Seconds until the next look, so long after the deployment."""
    at = NOW + timedelta(seconds=seconds)
    pods = pods_of(pod_of(problem=problem))
    observation = observed(cluster=cluster_of(**cluster), pods=pods, at=at)
    plan = decide(subject_of(starting(), operator), observation)
    assert plan.again_after is not None
    return plan.again_after


@pytest.mark.parametrize(("seconds", "expected"), [(0, 1), (2, 1), (10, 5), (60, 30), (3600, 60)])
def test_job_manager_that_is_down_is_looked_at_ever_less(seconds: float, expected: float) -> None:
    assert pause(seconds, available=False) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, 1), (10, 1), (100, 10), (3600, 60)])
def test_job_manager_that_is_up_is_asked_often_until_it_answers(seconds: float, expected: float) -> None:
    assert pause(seconds, available=True) == expected


@pytest.mark.parametrize("available", [True, False])
def test_job_manager_that_came_or_went_just_now_is_looked_at_soon(available: bool) -> None:
    since = NOW + timedelta(seconds=3599)
    assert pause(3600, available=available, since=since) == 1


def test_clock_that_was_set_back_makes_no_pause_shorter_than_any() -> None:
    assert pause(-3600, available=False) == 1


def test_pod_that_cannot_start_is_looked_at_ever_less() -> None:
    problem = Problem("ImagePullBackOff", "no such image")
    assert [pause(seconds, available=False, problem=problem) for seconds in (0, 60, 3600)] == [5, 30, 60]


def test_pause_is_never_longer_than_the_interval_of_reconciliations() -> None:
    assert pause(3600, available=False, operator=OPERATOR) == 30

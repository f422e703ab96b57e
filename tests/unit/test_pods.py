"""Why a pod cannot start, from its status and its events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.observation import Component, Problem
from controller.pods import event_problem, is_silently_stuck, read_pod

Json = dict[str, Any]
START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ENDED = {"terminated": {"exitCode": 1, "message": "cannot reach the bucket"}}
RUNS: Json = {"running": {}}


def pod(*, init: Json | None = None, main: Json | None = None, **status: Any) -> Json:
    """A JobManager's pod with containers in these states."""
    containers = {}
    for field, name, state in (
        ("initContainerStatuses", "prepare", init),
        ("containerStatuses", "flink-main-container", main),
    ):
        if state is not None:
            containers[field] = [{"name": name, "image": "flink:2.3", **state}]
    return {
        "metadata": {"name": "orders-1", "namespace": "shop", "labels": {"component": "jobmanager"}},
        "status": {"phase": "Pending", "startTime": "2026-11-21T12:00:00Z", **containers, **status},
    }


def being_deleted(body: Json) -> Json:
    return {**body, "metadata": {**body["metadata"], "deletionTimestamp": "2026-11-21T12:00:00Z"}}


def waiting(reason: str, message: str = "", **fields: Any) -> Json:
    return {"state": {"waiting": {"reason": reason, "message": message}}, **fields}


def problem_of(body: Json) -> Problem:
    problem = read_pod(body).problem
    assert problem is not None
    return problem


@pytest.mark.parametrize("component", list(Component))
def test_pod_belongs_to_its_component(component: Component) -> None:
    body = pod()
    body["metadata"]["labels"]["component"] = component.value
    assert read_pod(body).component is component


@pytest.mark.parametrize(
    "body",
    [
        pod(),
        pod(main={"state": RUNS}),
        pod(main=waiting("ContainerCreating")),
        pod(main=waiting("PodInitializing"), init={"state": RUNS}),
        pod(conditions=[{"type": "PodScheduled", "status": "True"}]),
        pod(main={"state": {"terminated": {"exitCode": 0}}}),
        being_deleted(pod(main=waiting("ErrImagePull"))),
        being_deleted(pod(main={"state": {"terminated": {"exitCode": 143}}})),
        {"metadata": {"name": "orders-1", "labels": {"component": "jobmanager"}}},
    ],
)
def test_pod_that_is_on_its_way_has_no_problem(body: Json) -> None:
    assert (read_pod(body).problem, read_pod(body).crash) == (None, None)


@pytest.mark.parametrize(
    "reason",
    ["ErrImagePull", "ImagePullBackOff", "ImageInspectError", "InvalidImageName", "ErrImageNeverPull"],
)
def test_image_that_cannot_be_pulled_is_a_problem(reason: str) -> None:
    problem = problem_of(pod(main=waiting(reason, "manifest unknown")))
    assert problem.reason == "ImagePullBackOff"
    assert "flink:2.3" in problem.message
    assert "manifest unknown" in problem.message


@pytest.mark.parametrize(
    "reason", ["RunContainerError", "CreateContainerConfigError", "CreateContainerError"]
)
def test_container_that_cannot_be_made_is_a_problem(reason: str) -> None:
    problem = problem_of(pod(main=waiting(reason, 'secret "s" not found')))
    assert problem.reason == reason
    assert 'Container flink-main-container of pod orders-1 cannot run: secret "s"' in problem.message


def test_container_that_keeps_ending_tells_why_it_ended() -> None:
    state = waiting("CrashLoopBackOff", "back-off 20s restarting", lastState=ENDED)
    problem = problem_of(pod(main=state))
    assert problem.reason == "CrashLoopBackOff"
    assert "exit code 1: cannot reach the bucket" in problem.message


def test_init_container_that_keeps_ending_is_named() -> None:
    body = pod(init=waiting("CrashLoopBackOff", "x", lastState=ENDED), main=waiting("PodInitializing"))
    assert "Container prepare of pod" in problem_of(body).message


def test_pod_that_fits_no_node_is_a_problem() -> None:
    message = "0/1 nodes are available: 1 Insufficient cpu."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    problem = problem_of(pod(conditions=[condition]))
    assert problem.reason == "Unschedulable"
    assert "1 Insufficient cpu" in problem.message


# Crashes


@pytest.mark.parametrize(
    "container",
    [
        {"state": ENDED},
        {"state": RUNS, "lastState": ENDED, "restartCount": 1, "ready": False},
        waiting("CrashLoopBackOff", "back-off", lastState=ENDED, restartCount=2),
    ],
    ids=["ended", "runs-again", "waits"],
)
def test_crash_is_told_alike_whatever_the_container_does_now(container: Json) -> None:
    crash = read_pod(pod(main=container)).crash
    assert crash is not None
    assert "exit code 1: cannot reach the bucket" in crash.message


@pytest.mark.parametrize(
    "container",
    [
        {"state": RUNS, "lastState": ENDED, "ready": True},
        {"state": {"terminated": {"exitCode": 0}}, "lastState": ENDED, "ready": True},
        {"state": RUNS, "lastState": {"terminated": {"exitCode": 0}}, "ready": False},
        {"state": RUNS},
    ],
    ids=["ready-again", "done-at-last", "ended-in-order", "never-ended"],
)
def test_crash_that_is_over_is_not_told(container: Json) -> None:
    assert read_pod(pod(main=container)).crash is None


def test_restarts_are_those_of_the_container_with_most() -> None:
    assert read_pod(pod(init={"restartCount": 1}, main={"restartCount": 3})).restarts == 3


# Silent pods


@pytest.mark.parametrize(
    ("body", "seconds", "stuck"),
    [
        (pod(main=waiting("ContainerCreating")), 5, True),
        (pod(main=waiting("ContainerCreating")), 3, False),
        (pod(), 5, True),
        (pod(main=waiting("ContainerCreating"), phase="Running"), 5, False),
        (pod(main=waiting("ErrImagePull")), 5, False),
    ],
)
def test_pod_is_silently_stuck_after_a_while_without_a_reason(body: Json, seconds: int, stuck: bool) -> None:
    assert is_silently_stuck(body, START + timedelta(seconds=seconds), 4) is stuck


def test_pod_that_is_not_on_a_node_is_not_silently_stuck() -> None:
    body = pod()
    del body["status"]["startTime"]
    assert not is_silently_stuck(body, START + timedelta(hours=1), 4)


def event(reason: str, message: str, at: str | None = None, event_time: str | None = None) -> Json:
    return {"reason": reason, "message": message, "lastTimestamp": at, "eventTime": event_time}


@pytest.mark.parametrize("reason", ["FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"])
def test_event_tells_why_a_silent_pod_is_stuck(reason: str) -> None:
    events = [event("Scheduled", "ok"), event(reason, 'MountVolume.SetUp failed:\n  secret "s"   not found')]
    problem = event_problem("orders-1", events)
    assert problem is not None
    assert problem.reason == reason
    assert 'Pod orders-1 cannot start: MountVolume.SetUp failed: secret "s" not found' in problem.message


def test_newest_event_counts() -> None:
    events = [
        event("FailedMount", "old", at="2026-11-21T12:00:00Z"),
        event("FailedMount", "new", event_time="2026-11-21T12:00:09.000000Z"),
        event("FailedMount", "older", at="2026-11-21T11:00:00Z"),
    ]
    problem = event_problem("p", events)
    assert problem is not None
    assert "cannot start: new." in problem.message


def test_events_that_tell_nothing_are_no_problem() -> None:
    assert event_problem("p", [event("Pulled", "x"), event("Scheduled", "y")]) is None
    assert event_problem("p", []) is None

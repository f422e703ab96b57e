"""Why a pod cannot start, from its status and its events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.observation import Component, Problem
from controller.pods import event_problem, is_silently_stuck, read_pod

Json = dict[str, Any]
START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


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
        pod(main={"state": {"running": {}}}),
        pod(main=waiting("ContainerCreating")),
        pod(main=waiting("PodInitializing"), init={"state": {"running": {}}}),
        pod(conditions=[{"type": "PodScheduled", "status": "True"}]),
        pod(main={"state": {"terminated": {"exitCode": 0}}}),
        {"metadata": {"name": "orders-1", "labels": {"component": "jobmanager"}}},
    ],
)
def test_pod_that_is_on_its_way_has_no_problem(body: Json) -> None:
    assert read_pod(body).problem is None


@pytest.mark.parametrize(
    "reason",
    ["ErrImagePull", "ImagePullBackOff", "ImageInspectError", "InvalidImageName", "ErrImageNeverPull"],
)
def test_image_that_cannot_be_pulled_is_named(reason: str) -> None:
    problem = problem_of(pod(main=waiting(reason, "manifest unknown")))
    assert problem.reason == "ImagePullBackOff"
    assert problem.message == "Image flink:2.3 of pod orders-1 cannot be pulled: manifest unknown"


def test_both_phases_of_a_failing_pull_give_the_same_text() -> None:
    detail = 'failed to pull and unpack image "docker.io/library/flink:2.3": not found'
    pulling = pod(main=waiting("ErrImagePull", detail))
    pausing = pod(
        main=waiting("ImagePullBackOff", f'Back-off pulling image "flink:2.3": ErrImagePull: {detail}')
    )
    assert problem_of(pulling) == problem_of(pausing)


@pytest.mark.parametrize(
    "reason", ["RunContainerError", "CreateContainerConfigError", "CreateContainerError", "CrashLoopBackOff"]
)
def test_container_that_cannot_run_is_named_with_the_reason(reason: str) -> None:
    problem = problem_of(pod(main=waiting(reason, 'secret "s" not found')))
    assert problem.reason == reason
    assert problem.message == (
        'Container flink-main-container of pod orders-1 cannot run: secret "s" not found'
    )


@pytest.mark.parametrize(
    ("terminated", "detail"),
    [
        ({"exitCode": 1, "message": "no main class"}, "no main class"),
        ({"exitCode": 137}, "it ended with exit code 137"),
    ],
)
def test_container_that_keeps_ending_tells_how_it_ended(terminated: Json, detail: str) -> None:
    state = waiting("CrashLoopBackOff", "back-off 20s restarting", lastState={"terminated": terminated})
    assert problem_of(pod(main=state)).message.endswith(f"cannot run: {detail}")


def test_init_container_that_cannot_run_is_named() -> None:
    body = pod(init=waiting("CrashLoopBackOff", "x"), main=waiting("PodInitializing"))
    assert "Container prepare of pod" in problem_of(body).message


def test_pod_that_fits_no_node_tells_what_to_do() -> None:
    message = "0/1 nodes are available: 1 Insufficient cpu."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    problem = problem_of(pod(conditions=[condition]))
    assert problem.reason == "Unschedulable"
    assert message in problem.message
    assert "Lower what it asks for, or add nodes." in problem.message


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
    assert event_problem("orders-1", events) == Problem(
        reason, 'Pod orders-1 cannot start: MountVolume.SetUp failed: secret "s" not found'
    )


def test_newest_event_counts() -> None:
    events = [
        event("FailedMount", "old", at="2026-11-21T12:00:00Z"),
        event("FailedMount", "new", event_time="2026-11-21T12:00:09.000000Z"),
        event("FailedMount", "older", at="2026-11-21T11:00:00Z"),
    ]
    problem = event_problem("p", events)
    assert problem is not None
    assert problem.message.endswith("new")


def test_events_that_tell_nothing_are_no_problem() -> None:
    assert event_problem("p", [event("Pulled", "x"), event("Scheduled", "y")]) is None
    assert event_problem("p", []) is None

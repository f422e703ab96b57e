"""Why a pod cannot start: from its status and, when that is silent, from its events (contract part 5.4.2)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from controller.diagnosis import CRASH_LOOP, crashed, not_made, not_mounted, not_pulled, unschedulable
from controller.observation import Component, Pod, Problem

_IMAGE_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "ImageInspectError",
    "InvalidImageName",
    "ErrImageNeverPull",
}
_WAITING_REASONS = {"RunContainerError", "CreateContainerConfigError", "CreateContainerError", "OOMKilled"}
_EVENT_REASONS = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")


def is_flinks(body: Mapping[str, Any]) -> bool:
    """Whether the pod is a JobManager or a TaskManager: its job may make pods with Flink's other labels."""
    return (body["metadata"].get("labels") or {}).get("component") in set(Component)


def read_pod(body: Mapping[str, Any]) -> Pod:
    """What matters of a pod, from its object."""
    component = Component(body["metadata"]["labels"]["component"])
    name = body["metadata"]["name"]
    if "deletionTimestamp" in body["metadata"]:
        return Pod(name, component)  # whatever it could not do, nobody wants it any more
    return Pod(
        name=name,
        component=component,
        problem=_scheduling_problem(body) or _container_problem(body),
        crash=_crash(body),
        restarts=max((one.get("restartCount", 0) for one in _containers(body.get("status", {}))), default=0),
    )


def is_silently_stuck(body: Mapping[str, Any], at: datetime, patience: float) -> bool:
    """Scheduled, but no container was started for that many seconds and the status does not say why."""
    status = body.get("status", {})
    if status.get("phase") != "Pending" or "startTime" not in status:
        return False
    waiting = [_waiting(container).get("reason") for container in _containers(status)]
    silent = all(reason in {None, "ContainerCreating", "PodInitializing"} for reason in waiting)
    started = datetime.fromisoformat(status["startTime"])
    return silent and (at - started).total_seconds() > patience


def event_problem(pod: str, events: Iterable[Mapping[str, Any]]) -> Problem | None:
    """The newest event that tells why the pod cannot start."""
    telling = [event for event in events if event.get("reason") in _EVENT_REASONS]
    if not telling:
        return None
    newest = max(telling, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    return not_mounted(pod, newest["reason"], str(newest.get("message", "")))


def _scheduling_problem(body: Mapping[str, Any]) -> Problem | None:
    for condition in body.get("status", {}).get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return unschedulable(body["metadata"]["name"], condition.get("message", ""))
    return None


def _container_problem(body: Mapping[str, Any]) -> Problem | None:
    pod = body["metadata"]["name"]
    for container in _containers(body.get("status", {})):
        waiting, name = _waiting(container), container["name"]
        reason, message = waiting.get("reason"), waiting.get("message", "")
        if reason in _IMAGE_REASONS:
            return not_pulled(pod, name, container["image"], message)
        if reason == CRASH_LOOP:
            return crashed(pod, name, container["image"], _ended(container.get("lastState")))
        if reason in _WAITING_REASONS:
            return not_made(pod, name, str(reason), message)
    return None


def _crash(body: Mapping[str, Any]) -> Problem | None:
    """Of a container that ended with an error and is not ready since."""
    for container in _containers(body.get("status", {})):
        for state in (container.get("state"), container.get("lastState")):
            terminated = _ended(state)
            if terminated and terminated.get("exitCode") != 0 and not container.get("ready"):
                return crashed(body["metadata"]["name"], container["name"], container["image"], terminated)
    return None


def _containers(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _waiting(container: Mapping[str, Any]) -> Mapping[str, Any]:
    waiting: Mapping[str, Any] = (container.get("state") or {}).get("waiting") or {}
    return waiting


def _ended(state: Mapping[str, Any] | None) -> Mapping[str, Any]:
    terminated: Mapping[str, Any] = (state or {}).get("terminated") or {}
    return terminated

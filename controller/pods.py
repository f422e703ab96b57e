"""Why a pod cannot start: from its status and, when that is silent, from its events (contract part 5.4.2)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from controller.observation import Component, Pod, Problem

_IMAGE_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "ImageInspectError",
    "InvalidImageName",
    "ErrImageNeverPull",
}
_WAITING_REASONS = {
    "CrashLoopBackOff",
    "RunContainerError",
    "CreateContainerConfigError",
    "CreateContainerError",
    "OOMKilled",
}
_EVENT_REASONS = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")


def is_flinks(body: Mapping[str, Any]) -> bool:
    """Whether the pod is a JobManager or a TaskManager: its job may make pods with Flink's other labels."""
    return (body["metadata"].get("labels") or {}).get("component") in set(Component)


def read_pod(body: Mapping[str, Any]) -> Pod:
    """What matters of a pod, from its object."""
    labels = body["metadata"].get("labels", {})
    return Pod(
        name=body["metadata"]["name"],
        component=Component(labels["component"]),
        problem=_scheduling_problem(body) or _container_problem(body),
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
    message = " ".join(str(newest.get("message", "")).split())
    return Problem(newest["reason"], f"Pod {pod} cannot start: {message}")


def _scheduling_problem(body: Mapping[str, Any]) -> Problem | None:
    for condition in body.get("status", {}).get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            name, message = body["metadata"]["name"], condition.get("message", "no node fits")
            hint = "Lower what it asks for, or add nodes."
            return Problem("Unschedulable", f"Pod {name} finds no node: {message} {hint}")
    return None


def _container_problem(body: Mapping[str, Any]) -> Problem | None:
    name = body["metadata"]["name"]
    for container in _containers(body.get("status", {})):
        waiting = _waiting(container)
        reason, message = waiting.get("reason"), waiting.get("message", "")
        if reason in _IMAGE_REASONS:
            # ErrImagePull and ImagePullBackOff take turns: one reason and one text for both.
            detail = message.removeprefix(f'Back-off pulling image "{container["image"]}": ')
            detail = detail.removeprefix("ErrImagePull: ")
            found = f"Image {container['image']} of pod {name} cannot be pulled: {detail}"
            return Problem("ImagePullBackOff", found.rstrip(": "))
        if reason in _WAITING_REASONS:
            last = (container.get("lastState") or {}).get("terminated") or {}
            detail = last.get("message") or (
                f"it ended with exit code {last['exitCode']}" if last else message
            )
            return Problem(str(reason), f"Container {container['name']} of pod {name} cannot run: {detail}")
    return None


def _containers(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _waiting(container: Mapping[str, Any]) -> Mapping[str, Any]:
    waiting: Mapping[str, Any] = (container.get("state") or {}).get("waiting") or {}
    return waiting

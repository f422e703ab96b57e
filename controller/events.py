"""Kubernetes events on a resource: one object per kind of event, counted (contract part 6)."""

import logging
from datetime import UTC, datetime

from controller.decide.conditions import timestamp
from controller.kubernetes_api import EVENTS, ApiError, Conflict, KubernetesApi, Object
from controller.plan import Event

log = logging.getLogger(__name__)

_LONGEST_MESSAGE = 1024  # the API server's limit for an event's message


class EventPoster:
    """Posts events. They are for people to read: one that cannot be posted is logged and let go."""

    def __init__(self, api: KubernetesApi, identity: str) -> None:
        self._api = api
        self._identity = identity

    async def post(self, event: Event, resource: Object) -> None:
        """Create the event, or count one more of it."""
        body = _body(event, resource, timestamp(datetime.now(UTC)), self._identity)
        metadata = body["metadata"]
        try:
            try:
                await self._api.create(EVENTS, body)
            except Conflict:
                existing = await self._api.get(EVENTS, metadata["namespace"], metadata["name"])
                count = (existing or {}).get("count", 0) + 1
                patch: Object = {"count": count, "lastTimestamp": body["lastTimestamp"]}
                patch |= {"message": body["message"], "metadata": {"annotations": metadata["annotations"]}}
                await self._api.merge(EVENTS, metadata["namespace"], metadata["name"], patch)
        except ApiError as error:
            log.warning(
                "event %s of %s was not posted: %s", event.reason, resource["metadata"]["name"], error
            )


def _body(event: Event, resource: Object, now: str, identity: str) -> Object:
    metadata = resource["metadata"]
    message = (
        event.message
        if len(event.message) <= _LONGEST_MESSAGE
        else f"{event.message[: _LONGEST_MESSAGE - 1]}…"
    )
    kind, namespace, name, uid = resource["kind"], metadata["namespace"], metadata["name"], metadata["uid"]
    key = f"{event.reason}{event.message}{event.type.value}{kind}{name}{uid}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "namespace": namespace,
            "name": f"{event.component.value}.{_java_hash(key)}".lower(),
            "annotations": dict(event.annotations),
        },
        "involvedObject": {
            "apiVersion": resource["apiVersion"],
            "kind": kind,
            "namespace": namespace,
            "name": name,
            "uid": uid,
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": event.type.value,
        "reason": event.reason,
        "message": message,
        "source": {"component": event.component.value},
        "reportingComponent": event.component.value,
        "reportingInstance": identity,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def _java_hash(text: str) -> int:
    """Java's String.hashCode, without its sign."""
    result = 0
    for character in text:
        result = (31 * result + ord(character)) & 0xFFFFFFFF
    return result & 0x7FFFFFFF

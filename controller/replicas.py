"""What the conditions of a Deployment tell of its pods."""

from datetime import datetime, timedelta

from controller.diagnosis import refused
from controller.kubernetes_api import Object
from controller.observation import Problem

_FIRST_STATUS = timedelta(seconds=3)
"""A Deployment's first status comes a moment after it was made; no JobManager is up and lost by then."""


def was_never_available(body: Object) -> bool:
    """Unavailable ever since it was made (contract part 5.3.4); False too while Kubernetes has not said."""
    condition, since = _availability(body), available_since(body)
    if condition is None or since is None:
        return False
    took = since - datetime.fromisoformat(body["metadata"]["creationTimestamp"])
    # A change before the creation is a clock that was set back: nothing is known then.
    return bool(condition["status"] == "False" and timedelta(0) <= took <= _FIRST_STATUS)


def available_since(body: Object) -> datetime | None:
    """The last change of its availability."""
    condition = _availability(body)
    return None if condition is None else datetime.fromisoformat(condition["lastTransitionTime"])


def replica_failure(body: Object) -> Problem | None:
    """The ReplicaSet's pods are refused: a broken pod template, a quota, a policy."""
    for condition in body.get("status", {}).get("conditions") or []:
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            what = f"the pods of Deployment {body['metadata']['name']}"
            return refused(what, condition.get("message", "no reason given"))
    return None


def _availability(body: Object) -> Object | None:
    conditions: list[Object] = body.get("status", {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == "Available"), None)

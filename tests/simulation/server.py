"""The API server in memory: versions, generations, conflicts, finalizers and owners as in the real one."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import orjson

from controller.kubernetes_api import ApiError, Conflict, Object
from tests.simulation.clock import Clock

WITH_STATUS = frozenset({"flinkdeployments", "flinksessionjobs", "deployments"})
"""Kinds with a generation and a status that only the subresource writes."""
_CUSTOM = frozenset({"flinkdeployments", "flinksessionjobs"})
_UNSEEN = {
    "conditions": [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "Pending",
            "message": "No controller has looked at this resource yet.",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }
    ]
}
"""The CRD's default."""
_FOREGROUND = "foregroundDeletion"
_ORPHAN = "orphan"
_SYSTEM_FIELDS = ("name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp")
GARBAGE_SECONDS = 0.3

Watcher = Callable[[str, str, Object], None]
"""Called with ADDED, MODIFIED or DELETED, the plural and the object."""


class Server:
    """Objects of one namespace by plural and name. What is stored is never changed in place."""

    def __init__(self, clock: Clock) -> None:
        self.watchers: list[Watcher] = []
        self._clock = clock
        self._versions = count(1000)
        self._uids = count(1)
        self._objects: dict[str, dict[str, Object]] = {}
        self._is_collecting = False
        self.is_terminating = False
        """The namespace is being deleted: nothing can be created in it."""

    def find(self, plural: str, name: str) -> Object | None:
        """What is stored; not to be changed."""
        return self._objects.get(plural, {}).get(name)

    def all(self, plural: str) -> list[Object]:
        """All objects of a kind, by name; not to be changed."""
        return [body for _, body in sorted(self._objects.get(plural, {}).items())]

    def selected(self, plural: str, labels: str = "", fields: str = "") -> list[Object]:
        """Those with these labels and fields (`key=value`, joined by commas)."""
        found = self.all(plural)
        if labels:
            wanted = dict(pair.split("=", 1) for pair in labels.split(","))
            found = [one for one in found if wanted.items() <= (one["metadata"].get("labels") or {}).items()]
        for pair in fields.split(",") if fields else ():
            path, value = pair.split("=", 1)
            found = [one for one in found if _at(one, path) == value]
        return found

    def create(self, plural: str, body: Object) -> Object:
        """Raises Conflict when the name is taken."""
        body = copied(body)
        metadata = body["metadata"]
        if "resourceVersion" in metadata:
            raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
        if self.find(plural, metadata["name"]) is not None:
            raise Conflict(409, "AlreadyExists", f"{plural} {metadata['name']} already exists")
        metadata["uid"] = f"uid-{next(self._uids)}"
        metadata["creationTimestamp"] = self._clock.stamp()
        for field in ("deletionTimestamp", "generation"):
            metadata.pop(field, None)
        if plural in WITH_STATUS:
            metadata["generation"] = 1
            body.pop("status", None)
        if plural in _CUSTOM:
            body["status"] = copied(_UNSEEN)
        self._store("ADDED", plural, body)
        self._collect_later()
        return body

    def replace(self, plural: str, body: Object, subresource: str = "", manager: str = "") -> Object:
        """Raises Conflict when the object is not at the body's version any more."""
        existing = self._existing(plural, body["metadata"]["name"])
        version, uid = body["metadata"].get("resourceVersion"), body["metadata"].get("uid")
        if version is None and plural in _CUSTOM:
            raise ApiError(422, "Invalid", "metadata.resourceVersion: must be specified for an update")
        _require_same(existing, version, uid)
        if subresource:
            status = copied(body.get("status") or {})
            return self._update_status(plural, existing, status, manager)
        return self._update(plural, existing, self._as_update(plural, existing, copied(body)))

    def merge(
        self, plural: str, name: str, patch: Object, subresource: str = "", manager: str = ""
    ) -> Object:
        """A JSON merge patch; with metadata.resourceVersion in it only for that version."""
        existing = self._existing(plural, name)
        metadata = patch.get("metadata") or {}
        _require_same(existing, metadata.get("resourceVersion"), metadata.get("uid"))
        new = copied(merged(existing, patch))
        if subresource:
            return self._update_status(plural, existing, new["status"], manager)
        return self._update(plural, existing, self._as_update(plural, existing, new))

    def delete(
        self,
        plural: str,
        name: str,
        *,
        uid: str | None = None,
        foreground: bool = False,
        orphan: bool = False,
    ) -> None:
        """Raises Conflict when another has the name; what has finalizers is only marked."""
        existing = self._existing(plural, name)
        if uid is not None and existing["metadata"]["uid"] != uid:
            raise Conflict(409, "Conflict", "the UID in the precondition does not match")
        metadata = dict(existing["metadata"])
        finalizers = list(metadata.get("finalizers") or [])
        if foreground and _FOREGROUND not in finalizers:
            finalizers.append(_FOREGROUND)
        if orphan and _ORPHAN not in finalizers:
            finalizers.append(_ORPHAN)
        if not finalizers and plural != "pods":
            self.remove(plural, name)
            return
        if finalizers:
            metadata["finalizers"] = finalizers
        if "deletionTimestamp" not in metadata:
            metadata["deletionTimestamp"] = self._clock.stamp()
            if "generation" in metadata:
                metadata["generation"] += 1
        if metadata != existing["metadata"]:
            self._store("MODIFIED", plural, {**existing, "metadata": metadata})
        self._collect_later()

    def remove(self, plural: str, name: str) -> None:
        """It is gone, whatever held it; nothing happens when it was gone before."""
        body = self._objects.get(plural, {}).pop(name, None)
        if body is None:
            return
        metadata = {**body["metadata"], "resourceVersion": str(next(self._versions))}
        self._tell("DELETED", plural, {**body, "metadata": metadata})
        self._collect_later()

    def _existing(self, plural: str, name: str) -> Object:
        found = self.find(plural, name)
        if found is None:
            raise ApiError(404, "NotFound", f"{plural} {name} not found")
        return found

    def _as_update(self, plural: str, existing: Object, new: Object) -> Object:
        """The new object with what only the server writes as it was."""
        before, metadata = existing["metadata"], new["metadata"]
        for field in (*_SYSTEM_FIELDS, "resourceVersion"):
            metadata.pop(field, None)
            if field in before:
                metadata[field] = before[field]
        if not metadata.get("finalizers"):
            metadata.pop("finalizers", None)
        added = set(metadata.get("finalizers") or []) - set(before.get("finalizers") or [])
        if added and "deletionTimestamp" in before:
            raise ApiError(
                422, "Invalid", "metadata.finalizers: Forbidden: no new finalizers while being deleted"
            )
        if plural in WITH_STATUS:
            new.pop("status", None)
            if "status" in existing:
                new["status"] = existing["status"]
            if new.get("spec") != existing.get("spec"):
                metadata["generation"] += 1
        return new

    def _update_status(self, plural: str, existing: Object, status: Object, manager: str) -> Object:
        """With the name of whoever wrote it, and when."""
        if status == existing.get("status"):
            return existing
        metadata = existing["metadata"]
        entry = {
            "manager": manager,
            "operation": "Update",
            "subresource": "status",
            "time": self._clock.stamp(),
        }
        others = [one for one in metadata.get("managedFields", []) if one["manager"] != manager]
        metadata = {**metadata, "managedFields": [*others, entry]}
        return self._update(plural, existing, {**existing, "metadata": metadata, "status": status})

    def _update(self, plural: str, existing: Object, new: Object) -> Object:
        """An update that changes nothing is no new version."""
        if new == existing:
            return existing
        new = {**new, "metadata": {**new["metadata"]}}
        if (
            "deletionTimestamp" in new["metadata"]
            and not new["metadata"].get("finalizers")
            and plural != "pods"
        ):
            name = new["metadata"]["name"]
            self._objects[plural][name] = new
            self.remove(plural, name)
            return new
        self._store("MODIFIED", plural, new)
        return new

    def _store(self, event: str, plural: str, body: Object) -> None:
        body["metadata"]["resourceVersion"] = str(next(self._versions))
        self._objects.setdefault(plural, {})[body["metadata"]["name"]] = body
        self._tell(event, plural, body)

    def _tell(self, event: str, plural: str, body: Object) -> None:
        for watcher in self.watchers:
            watcher(event, plural, body)

    # The garbage collector

    def _collect_later(self) -> None:
        if not self._is_collecting:
            self._is_collecting = True
            self._clock.after(GARBAGE_SECONDS, self._collect)

    def _collect(self) -> None:
        self._is_collecting = False
        for plural, bodies in list(self._objects.items()):
            for name, body in list(bodies.items()):
                if _ORPHAN in (body["metadata"].get("finalizers") or []):
                    self._orphan(plural, name, body["metadata"])
        living = {
            body["metadata"]["uid"]: body for bodies in self._objects.values() for body in bodies.values()
        }
        blocked: set[str] = set()
        for plural, bodies in list(self._objects.items()):
            for name, body in list(bodies.items()):
                owners = body["metadata"].get("ownerReferences") or []
                waiting = [o for o in owners if o["uid"] in living and _is_foreground(living[o["uid"]])]
                orphaned = owners and not any(owner["uid"] in living for owner in owners)
                blocked |= {owner["uid"] for owner in waiting if owner.get("blockOwnerDeletion")}
                if (orphaned or waiting) and "deletionTimestamp" not in body["metadata"]:
                    self.delete(plural, name)
        for plural, bodies in list(self._objects.items()):
            for name, body in list(bodies.items()):
                if _is_foreground(body) and body["metadata"]["uid"] not in blocked:
                    others = [one for one in body["metadata"]["finalizers"] if one != _FOREGROUND]
                    self.merge(plural, name, {"metadata": {"finalizers": others}})

    def _orphan(self, plural: str, name: str, owner: Object) -> None:
        """What it owns belongs to nobody from now on, and it can go."""
        for kind, bodies in list(self._objects.items()):
            for dependent, body in list(bodies.items()):
                owners = body["metadata"].get("ownerReferences") or []
                others = [one for one in owners if one["uid"] != owner["uid"]]
                if others != owners:
                    self.merge(kind, dependent, {"metadata": {"ownerReferences": others or None}})
        finalizers = [one for one in owner["finalizers"] if one != _ORPHAN]
        self.merge(plural, name, {"metadata": {"finalizers": finalizers}})


def copied(body: Object) -> Object:
    """Through JSON, as over the wire."""
    result: Object = orjson.loads(orjson.dumps(body))
    return result


def merged(base: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for key in path.split("."):
        value = (value or {}).get(key)
    return value


def _is_foreground(body: Object) -> bool:
    return _FOREGROUND in (body["metadata"].get("finalizers") or [])


def _require_same(existing: Object, version: str | None, uid: str | None) -> None:
    metadata = existing["metadata"]
    if (version is not None and version != metadata["resourceVersion"]) or (
        uid is not None and uid != metadata["uid"]
    ):
        raise Conflict(409, "Conflict", "the object has been modified")

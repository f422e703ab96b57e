"""An API server in memory, as far as the controller talks to it: versions, conflicts, faults."""

from collections.abc import Callable
from copy import deepcopy
from itertools import count
from typing import Any, cast

from controller.cache import Cache, SeenObject
from controller.flink.checksums import Kind
from controller.kubernetes_api import (
    ACCESS_REVIEWS,
    DEPLOYMENTS,
    FLINK_DEPLOYMENTS,
    ApiError,
    Collection,
    Conflict,
    KubernetesApi,
    Object,
    Propagation,
)
from controller.repair import COLLECTIONS

Call = tuple[str, str, str]
"""Verb, plural, name."""
NOT_FOUND = ApiError(404, "NotFound", "not found")


class Crash(BaseException):
    """The process ends here."""


class FakeKubernetes:
    """Holds objects by plural and name. `calls` has every write in order; `before` may raise for a call.

    `admitted` is what admission makes of an object that is created.
    """

    def __init__(self, *objects: tuple[Collection, Object]) -> None:
        self.calls: list[Call] = []
        self.before: Callable[[Call], None] = lambda _: None
        self.field_manager = "test"
        self.admitted: Callable[[Object], Object] = lambda body: body
        self.denied: set[tuple[str, str]] = set()
        """Verbs and resources that no service account may use."""
        self.reviews: list[tuple[str, str, str]] = []
        """Service accounts, verbs and resources that were asked about."""
        self._versions = count(1000)
        self._uids = count(1)
        self._objects: dict[tuple[str, str], Object] = {}
        for collection, body in objects:
            self._store(collection, deepcopy(body))

    @property
    def api(self) -> KubernetesApi:
        """This as what the controller expects."""
        return cast(KubernetesApi, self)

    def object(self, collection: Collection, name: str) -> Object:
        """What is stored. KeyError when there is none."""
        return self._objects[collection.plural, name]

    def names(self, collection: Collection) -> list[str]:
        """Names of all objects of a kind."""
        return sorted(name for plural, name in self._objects if plural == collection.plural)

    def bodies(self, collection: Collection) -> list[Object]:
        """All objects of a kind."""
        return [self.object(collection, name) for name in self.names(collection)]

    def remove(self, collection: Collection, name: str) -> None:
        """It is gone, by somebody else's hand. KeyError when there was none."""
        del self._objects[collection.plural, name]

    def _store(self, collection: Collection, body: Object) -> Object:
        metadata = body["metadata"]
        metadata.setdefault("uid", f"uid-{next(self._uids)}")
        metadata.setdefault("creationTimestamp", "2026-11-21T11:00:00Z")
        metadata["resourceVersion"] = str(next(self._versions))
        self._objects[collection.plural, metadata["name"]] = body
        return deepcopy(body)

    def _begin(self, verb: str, collection: Collection, name: str) -> None:
        call = (verb, collection.plural, name)
        self.before(call)
        if verb not in {"get", "list"}:
            self.calls.append(call)

    def _existing(self, collection: Collection, name: str) -> Object:
        try:
            return self.object(collection, name)
        except KeyError:
            raise NOT_FOUND from None

    async def get(self, collection: Collection, _: str, name: str) -> Object | None:
        self._begin("get", collection, name)
        return deepcopy(self._objects.get((collection.plural, name)))

    async def list(
        self, collection: Collection, _: str, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        self._begin("list", collection, labels or fields)
        wanted = dict(pair.split("=") for pair in labels.split(",")) if labels else {}
        found = [body for body in self.bodies(collection) if wanted.items() <= labels_of(body).items()]
        return deepcopy(found)

    async def create(self, collection: Collection, body: Object) -> Object:
        name = body["metadata"]["name"]
        self._begin("create", collection, name)
        if (collection.plural, name) in self._objects:
            raise Conflict(409, "AlreadyExists", f"{collection.plural} {name} exists")
        return self._store(collection, deepcopy(self.admitted(body)))

    async def replace(self, collection: Collection, body: Object, *, subresource: str = "") -> Object:
        name = body["metadata"]["name"]
        self._begin(f"replace {subresource}".strip(), collection, name)
        existing = self._existing(collection, name)
        _require_version(existing, body["metadata"].get("resourceVersion"))
        new = {**existing, "status": body["status"]} if subresource else body
        return self._store(
            collection, deepcopy({**new, "metadata": {**existing["metadata"], **new["metadata"]}})
        )

    async def merge(self, collection: Collection, _: str, name: str, patch: Object) -> Object:
        self._begin("merge", collection, name)
        existing = self._existing(collection, name)
        _require_version(existing, patch.get("metadata", {}).get("resourceVersion"))
        return self._store(collection, _merged(existing, patch))

    async def is_allowed(self, _: str, account: str, verb: str, resource: str, group: str) -> bool:
        del group
        self._begin("get", ACCESS_REVIEWS, account)
        self.reviews.append((account, verb, resource))
        return (verb, resource) not in self.denied

    async def delete(
        self, collection: Collection, _: str, name: str, *, uid: str, propagation: Propagation
    ) -> None:
        del propagation  # nobody collects garbage here
        self._begin("delete", collection, name)
        existing = self._objects.get((collection.plural, name))
        if existing is not None and existing["metadata"]["uid"] == uid:
            del self._objects[collection.plural, name]


class FakeCache(Cache):
    """A watch cache that is up to date, but for a Deployment that it is given."""

    def __init__(
        self, kubernetes: FakeKubernetes, deployment: Callable[[], Object | None] = lambda: None
    ) -> None:
        super().__init__()
        self._kubernetes = kubernetes
        self._deployment = deployment

    def resource(self, plural: str, key: tuple[str, str]) -> Object | None:
        del plural
        return self._found(FLINK_DEPLOYMENTS, key[1])

    def deployment(self, namespace: str, name: str) -> Object | None:
        del namespace
        return self._deployment() or self._found(DEPLOYMENTS, name)

    def accompanying(self, kind: Kind, namespace: str, name: str) -> SeenObject | None:
        del namespace
        found = self._found(COLLECTIONS[kind], name)
        return None if found is None else SeenObject.of(kind, found)

    def _found(self, collection: Collection, name: str) -> Object | None:
        names = self._kubernetes.names(collection)
        return deepcopy(self._kubernetes.object(collection, name)) if name in names else None


def labels_of(body: Object) -> dict[str, str]:
    """The object's labels."""
    labels: dict[str, str] = body["metadata"].get("labels") or {}
    return labels


def _require_version(existing: Object, version: str | None) -> None:
    if version is not None and version != existing["metadata"]["resourceVersion"]:
        raise Conflict(409, "Conflict", "the object has been modified")


def _merged(base: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(base, dict):
        return deepcopy(patch)
    result = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key, {}), value)
    return result

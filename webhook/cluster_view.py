"""What the webhook knows of other resources: watch caches, and a live read for before a rejection.

Nothing is ever taken for absent that is merely not known: before a cache is filled, outside of the namespaces
that are watched, and when a read is not answered, the answer is UNKNOWN and rules say nothing.
"""

import asyncio
import logging
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from shared.model import KINDS
from shared.rules.context import Presence
from webhook.kubernetes_api import ExpiredError, Json, KubernetesApi, UnansweredError, path_of
from webhook.logs import fields

logger = logging.getLogger(__name__)

WATCHED_KINDS = ("FlinkDeployment", "FlinkSessionJob")
"""What other resources refer to."""

READY_WITHOUT_SECONDS = 15.0
"""How long readiness waits for the caches. Without them reviews miss contradictions between resources, which
the controller tells later; without the webhook nobody can write anything."""

_LONGEST_PAUSE_SECONDS = 30.0
_READ_FIELDS = ("flinkVersion", "flinkConfiguration")
"""What rules about other resources look at, besides whether there is a job: the rest would take memory."""

_Key = tuple[str, str]


class ClusterView:
    """Caches of the watched kinds in some namespaces, or in all when none are named."""

    def __init__(self, api: KubernetesApi, namespaces: Sequence[str] = ()) -> None:
        self._api = api
        places: Sequence[str | None] = tuple(namespaces) or (None,)
        self._began = time.monotonic()
        self._caches = {kind: [_Cache(api, kind, place) for place in places] for kind in WATCHED_KINDS}

    async def run(self) -> None:
        """Keep the caches until cancelled."""
        self._began = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                for cache in self._all():
                    group.create_task(cache.run())
        finally:
            await self._api.close()

    def unready(self) -> str | None:
        """Why requests had better wait for the caches, or None."""
        if self.filled or time.monotonic() - self._began >= READY_WITHOUT_SECONDS:
            return None
        return "the caches of Flink resources are not filled yet"

    def look_up(self, kind: str, namespace: str, name: str) -> Mapping[str, Any] | Presence:
        """What the cache holds; for shared.rules.RuleContext."""
        cache = self._cache(kind, namespace)
        if cache is None or not cache.filled:
            return Presence.UNKNOWN
        return cache.objects.get((namespace, name), Presence.ABSENT)

    async def read(
        self, kind: str, namespace: str, name: str, *, seconds: float
    ) -> Mapping[str, Any] | Presence:
        """What the API server says now; UNKNOWN when it does not say it in time."""
        if self._cache(kind, namespace) is None:
            return Presence.UNKNOWN
        path = path_of(KINDS[kind].plural, namespace, name)
        try:
            found = await self._api.get(path, seconds)
        except (UnansweredError, ExpiredError) as error:
            logger.warning("a reference cannot be checked: %s", error)
            return Presence.UNKNOWN
        return Presence.ABSENT if found is None else _relevant(found, kind)

    @property
    def filled(self) -> bool:
        """Whether all caches have been filled once."""
        return all(cache.filled for cache in self._all())

    def age_seconds(self, kind: str) -> float:
        """Time since the kind's quietest cache heard from the API server; infinite before it is filled."""
        return max(cache.age_seconds() for cache in self._caches[kind])

    def _cache(self, kind: str, namespace: str) -> "_Cache | None":
        caches = self._caches.get(kind, ())
        return next((cache for cache in caches if cache.namespace in {None, namespace}), None)

    def _all(self) -> "list[_Cache]":
        return [cache for caches in self._caches.values() for cache in caches]


class _Cache:
    """One kind in one namespace, or in all."""

    def __init__(self, api: KubernetesApi, kind: str, namespace: str | None) -> None:
        self.namespace = namespace
        self.objects: dict[_Key, Json] = {}
        self.filled = False
        self._api = api
        self._kind = kind
        self._path = path_of(KINDS[kind].plural, namespace)
        self._version: str | None = None
        self._heard = -float("inf")

    def age_seconds(self) -> float:
        return time.monotonic() - self._heard

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._follow()
                failures = 0
                continue
            except ExpiredError:
                self._version = None
                continue
            except UnansweredError as error:
                if failures == 0:  # once for each time that the API server cannot be reached
                    logger.warning("watching goes on later: %s", error, extra=fields(kind=self._kind))
            except Exception:
                logger.exception("watching failed: this is a fault of the operator")
            pause = min(_LONGEST_PAUSE_SECONDS, 2.0**failures)
            failures = min(failures + 1, 10)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - replicas should not agree

    async def _follow(self) -> None:
        """List if need be, then watch until the server ends the watch."""
        if self._version is None:
            items, self._version = await self._api.list(self._path)
            self.objects = {_key(item): _relevant(item, self._kind) for item in items}
            self.filled = True
            self._heard = time.monotonic()
        async for event in self._api.watch(self._path, self._version):
            self._heard = time.monotonic()
            self._version = event["object"]["metadata"]["resourceVersion"]
            match event["type"]:
                case "ADDED" | "MODIFIED":
                    self.objects[_key(event["object"])] = _relevant(event["object"], self._kind)
                case "DELETED":
                    with suppress(KeyError):
                        del self.objects[_key(event["object"])]


def _key(obj: Json) -> _Key:
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _relevant(obj: Json, kind: str) -> Json:
    """The part of an object that rules about others look at."""
    namespace, name = _key(obj)
    spec = obj.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    kept = {field: spec[field] for field in _READ_FIELDS if field in spec}
    if spec.get("job") is not None:
        kept["job"] = {}
    return {
        "apiVersion": obj.get("apiVersion"),
        "kind": kind,
        "metadata": {"namespace": namespace, "name": name},
        "spec": kept,
    }

"""Kinds that this version accepts but does not act on: their status says so."""

import logging
from datetime import UTC, datetime
from typing import cast

from controller.cache import Cache, Key
from controller.decide.verdict import Standing, Verdict, state_verdict
from controller.kubernetes_api import Conflict, KubernetesApi, Object, flink_collection
from controller.leadership import LeaderElector, NotLeading
from shared import GROUP
from shared.model import Resource
from shared.model.status import StatusWithConditions
from shared.rules import explain
from shared.rules.not_supported import not_supported
from shared.rules.shape import parse

log = logging.getLogger(__name__)
_SOON = 0.2


class UnsupportedKind:
    """Puts conditions on the resources of one kind, which say that nothing is done for them."""

    def __init__(self, plural: str, api: KubernetesApi, cache: Cache, elector: LeaderElector) -> None:
        self._collection = flink_collection(plural)
        self._api = api
        self._cache = cache
        self._elector = elector

    async def reconcile(self, key: Key) -> float | None:
        """Write the conditions if they are not there."""
        raw = self._cache.resource(self._collection.plural, key)
        if raw is None:
            self._cache.forget(self._collection.plural, key)
            return None
        parsed = parse(raw)
        if not self._elector.is_leading or parsed.resource is None:
            return None
        said = _to_be_said(parsed.resource, f"{self._collection.plural}.{GROUP}/finalizer")
        if said is None:
            return None
        reason, message = said
        status = cast(StatusWithConditions, parsed.resource.status).model_copy(deep=True)
        generation = parsed.resource.metadata.generation
        verdict = Verdict(Standing.STALLED, reason, message)
        state_verdict(status, verdict, datetime.now(UTC), generation)
        status.observed_generation = generation
        if status == parsed.resource.status:
            return None
        try:
            self._elector.check()
            seen = {name: status.to_wire()[name] for name in ("conditions", "observedGeneration")}
            body: Object = {**raw, "status": {**raw.get("status", {}), **seen}}
            self._cache.wrote(
                self._collection.plural, await self._api.replace(self._collection, body, subresource="status")
            )
        except (Conflict, NotLeading) as error:
            log.info("%s/%s: %s", *key, error)
            return _SOON
        return None


def _to_be_said(resource: Resource, finalizer: str) -> tuple[str, str] | None:
    """Reason and message; None for a resource that goes by itself."""
    if resource.metadata.deletion_timestamp is None:
        return "NotSupported", explain(tuple(not_supported(resource)))
    if finalizer not in resource.metadata.finalizers:
        return None
    return "DeletionBlocked", (
        f"Nothing is done for a {resource.kind} yet, so the finalizer {finalizer} of another operator stays. "
        "Remove it to let the resource go: the job or the data that it stands for is left alone."
    )

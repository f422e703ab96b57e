"""Leader election by a Lease (coordination.k8s.io/v1).

The package's own elector has no deadline around a renewal and goes on "leading" while the API server hangs.
Here leadership is a time on the monotonic clock: it ends by itself at the renew deadline, counted from before
the last successful request was sent, whatever a request in flight still does.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from controller.kubernetes_api import LEASES, ApiError, Conflict, KubernetesApi, Object

log = logging.getLogger(__name__)


class NotLeading(Exception):  # noqa: N818 - a state, not a mistake
    """This replica may not act: another one leads, or the Lease could not be renewed in time."""


class LeaderElector:
    """Acquires and renews one Lease; `check` is the gate in front of every effect."""

    def __init__(
        self,
        api: KubernetesApi,
        *,
        namespace: str,
        name: str,
        identity: str,
        on_started: Callable[[], None],
        lease_duration: float = 15,
        renew_deadline: float = 10,
        retry_period: float = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._on_started = on_started
        self._lease_duration = lease_duration
        self._renew_deadline = renew_deadline
        self._retry_period = retry_period
        self._clock = clock
        self._acting_until = float("-inf")
        self._seen: tuple[str, float] | None = None  # resourceVersion, and when it was first seen
        self.term = 0

    @property
    def is_leading(self) -> bool:
        """Whether this replica may act right now."""
        return self._clock() < self._acting_until

    def check(self, term: int | None = None) -> None:
        """Raise NotLeading unless this replica leads, in the given term."""
        if not self.is_leading or (term is not None and term != self.term):
            raise NotLeading

    async def run(self) -> None:
        """Take part in the election until cancelled."""
        while True:
            led = self.is_leading
            sent = self._clock()
            try:
                acquired = await self._acquire_or_renew()
            except ApiError as error:
                log.warning("the Lease %s/%s cannot be renewed: %s", self._namespace, self._name, error)
                acquired = None
            if acquired:
                continues = self.is_leading  # not if its time ran out while the request was under way
                self._acting_until = sent + self._renew_deadline
                if not continues:
                    self.term += 1
                    log.info("leading, term %d", self.term)
                    self._on_started()
            elif acquired is False:
                self._acting_until = float("-inf")
            if led and not self.is_leading:
                log.warning("no longer leading: another replica has the Lease, or it could not be renewed")
            await asyncio.sleep(self._retry_period)

    async def release(self) -> None:
        """Give the Lease up, so that another replica can lead at once."""
        if not self.is_leading:
            return
        self._acting_until = float("-inf")
        try:
            lease = await self._api.get(LEASES, self._namespace, self._name)
            if lease is not None and lease["spec"].get("holderIdentity") == self._identity:
                lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _now()}
                await self._api.replace(LEASES, lease)
                log.info("released the Lease")
        except ApiError as error:
            log.warning("the Lease could not be released, it runs out by itself: %s", error)

    async def _acquire_or_renew(self) -> bool:
        lease = await self._api.get(LEASES, self._namespace, self._name)
        try:
            if lease is None:
                await self._api.create(LEASES, self._new_lease())
                return True
            if not self._may_take(lease):
                return False
            await self._api.replace(LEASES, self._taken(lease))
        except Conflict:
            return False
        return True

    def _may_take(self, lease: Object) -> bool:
        """Ours, given up, or not renewed for its whole duration since we first saw it as it is.

        Only the local clock counts: clocks of nodes differ.
        """
        spec, version = lease.get("spec", {}), lease["metadata"]["resourceVersion"]
        holder = spec.get("holderIdentity")
        if holder in {self._identity, "", None}:
            return True
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, self._clock())
        duration = spec.get("leaseDurationSeconds") or self._lease_duration
        return self._clock() - self._seen[1] >= duration

    def _new_lease(self) -> Object:
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"namespace": self._namespace, "name": self._name},
            "spec": self._spec(transitions=0, acquired=_now()),
        }

    def _taken(self, lease: Object) -> Object:
        spec = lease.get("spec", {})
        ours = spec.get("holderIdentity") == self._identity
        transitions = int(spec.get("leaseTransitions") or 0) + (0 if ours else 1)
        acquired = spec.get("acquireTime") if ours else None
        return {**lease, "spec": self._spec(transitions=transitions, acquired=acquired or _now())}

    def _spec(self, *, transitions: int, acquired: str) -> dict[str, Any]:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(self._lease_duration),
            "acquireTime": acquired,
            "renewTime": _now(),
            "leaseTransitions": transitions,
        }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""What JobManagers say of all their jobs: one call serves every session job of a cluster."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from controller.cache import Key
from controller.flink.rest import FlinkRest, RestError
from controller.observation import Job

Listener = Callable[[Key], None]
"""Called with each session job that is not any more what it was when it was last listed."""


@dataclass(slots=True)
class _Cluster:
    followers: dict[Key, str | None] = field(default_factory=dict)
    """Session jobs, with the ids of their jobs."""
    jobs: dict[str, Job] = field(default_factory=dict)
    answered_at: float = float("-inf")
    """When the call began that brought them."""
    asked_at: float = float("-inf")
    """When the call began that is under way."""
    call: asyncio.Task[None] | None = None


class Overviews:
    """Asks each JobManager once for all who want to know at about the same time."""

    def __init__(
        self, flink: FlinkRest, on_change: Listener, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._flink = flink
        self._on_change = on_change
        self._clock = clock
        self._clusters: dict[str, _Cluster] = {}
        self._followed: dict[Key, str] = {}
        """The JobManager of each session job."""

    def follow(self, key: Key, base: str, job_id: str | None) -> None:
        """The session job's run is this one, on this JobManager."""
        if self._followed.get(key, base) != base:
            self.forget(key)
        self._followed[key] = base
        self._clusters.setdefault(base, _Cluster()).followers[key] = job_id

    def forget(self, key: Key) -> None:
        """The session job is gone; and so is what is known of a JobManager without any."""
        base = self._followed.pop(key, None)
        if base is None:
            return
        followers = self._clusters[base].followers
        del followers[key]
        if not followers:
            del self._clusters[base]

    async def jobs(self, base: str, *, within: float) -> list[Job]:
        """All jobs, as they were at most so many seconds ago; 0: as they are when asked from now on.

        Of a JobManager that is followed. Raises RestError.
        """
        wanted = self._clock() - within
        cluster = self._clusters[base]
        while cluster.answered_at < wanted:
            if cluster.call is None:
                cluster.asked_at = self._clock()
                cluster.call = asyncio.create_task(self._ask(base, cluster))
            is_young_enough = cluster.asked_at >= wanted
            try:
                await asyncio.shield(cluster.call)
            except RestError:
                if is_young_enough:
                    raise
        return list(cluster.jobs.values())

    async def _ask(self, base: str, cluster: _Cluster) -> None:
        asked_at = cluster.asked_at
        try:
            jobs = {job.job_id: job for job in await self._flink.jobs(base)}
        finally:
            cluster.call = None
        before, cluster.jobs, cluster.answered_at = cluster.jobs, jobs, asked_at
        changed = {one for one in before.keys() | jobs.keys() if before.get(one) != jobs.get(one)}
        for key, job_id in cluster.followers.items():
            if job_id in changed:
                self._on_change(key)

"""What JobManagers say of all their jobs: one call serves every session job of a cluster."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from controller.flink.rest import FlinkRest, RestError
from controller.observation import Job

Listener = Callable[[Iterable[str]], None]
"""Called with the ids of jobs that are not any more what they were when they were last listed."""


@dataclass(slots=True)
class _Cluster:
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

    async def jobs(self, base: str, *, within: float) -> list[Job]:
        """All jobs, as they were at most so many seconds ago; 0: as they are when asked from now on.

        Raises RestError.
        """
        wanted = self._clock() - within
        cluster = self._clusters.setdefault(base, _Cluster())
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
        changed = [one for one in before.keys() | jobs.keys() if before.get(one) != jobs.get(one)]
        if changed:
            self._on_change(changed)

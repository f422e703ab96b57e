"""What jobs threw: asked of their JobManagers once for each time that something of the job moved."""

import logging
from dataclasses import dataclass, replace

from controller.cache import Key
from controller.flink.rest import FlinkRest, RestError
from controller.observation import NOT_ASKED, Fact, Job, JobException, Known, Unknown
from shared.model.status import JobState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """When it was asked last, and what of the answer still matters."""

    job_id: str
    last_modified: int
    newest: JobException | None
    untold: tuple[JobException, ...]


class JobExceptionReader:
    """Remembers for each resource when it asked; a controller that starts anew asks once."""

    def __init__(self, flink: FlinkRest) -> None:
        self._flink = flink
        self._asked: dict[Key, _Asked] = {}

    async def read(
        self, key: Key, base: str, job: Job, since: int
    ) -> tuple[Job, Fact[tuple[JobException, ...]]]:
        """The job, with its failure if it failed, and what it threw after `since` (milliseconds since 1970).

        Exceptions stay known until `since` has caught up with them: then they are on record. That a job
        failed is known without them.
        """
        asked = self._asked.get(key)
        if asked is None or (asked.job_id, asked.last_modified) != (job.job_id, job.last_modified):
            try:
                found = await self._flink.exceptions(base, job.job_id)
            except RestError as error:
                log.info("%s", error)
                return job, Unknown(str(error))
            asked = _Asked(job.job_id, job.last_modified, next(iter(found), None), found)
        untold = tuple(one for one in asked.untold if one.timestamp > since)
        self._asked[key] = replace(asked, untold=untold)
        if job.state is JobState.FAILED and asked.newest is not None:
            job = replace(job, failure=asked.newest.stack_trace)
        return job, Known(untold) if untold else NOT_ASKED

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self._asked.pop(key, None)

"""What a JobManager says of itself and of its job. A failed request makes a fact unknown, never absent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from controller.cache import Key
from controller.decide.health import is_watched
from controller.decide.job_exceptions import told_until
from controller.decide.manual_savepoint import pending_savepoint
from controller.decide.subject import AnySubject, Subject
from controller.decide.suspension import pending_trigger
from controller.flink.rest import FlinkRest, RestError
from controller.job_exceptions import JobExceptionReader
from controller.observation import (
    NOT_ASKED,
    Absent,
    Checkpoints,
    Fact,
    FlinkInfo,
    Job,
    JobException,
    Known,
    StopOperation,
    Unknown,
)
from controller.rest_address import rest_address
from shared.config.duration import parse_duration
from shared.config.options import CHECKPOINT_MEMORY

_NOBODY = Unknown("there is no JobManager to ask")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the JobManager says."""

    flink: Fact[FlinkInfo] = _NOBODY
    job: Fact[Job] = _NOBODY
    stop: Fact[StopOperation] = NOT_ASKED
    checkpoints: Fact[Checkpoints] = NOT_ASKED
    restarts: Fact[int] = NOT_ASKED
    exceptions: Fact[tuple[JobException, ...]] = NOT_ASKED
    running: Fact[tuple[str, ...]] = NOT_ASKED
    """Ids of the jobs of a session cluster that goes, which have not ended."""


class JobManagerObserver:
    """Asks over REST."""

    def __init__(self, flink: FlinkRest) -> None:
        self._flink = flink
        self._exceptions = JobExceptionReader(flink)

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self._exceptions.forget(key)

    async def ask(self, subject: Subject, at: datetime, *, in_motion: bool) -> Answers:
        """In motion, what a decision may need besides: the savepoint that was triggered, and checkpoints."""
        base = rest_address(subject)
        try:
            info = await self._flink.info(base)
            if not subject.deployed.is_application:
                return Answers(Known(info), Absent(), running=await self._running(subject, base))
            jobs = await self._flink.jobs(base)
            job = _own_job(jobs, subject.status.job_status.job_id)
            if not isinstance(job, Known):
                return Answers(Known(info), job)
        except RestError as error:
            nothing = Unknown(str(error), error.problem)
            return Answers(nothing, nothing, running=nothing)
        watched = is_watched(subject)
        answers = await self.ask_about(job.value, subject, base, at, in_motion=in_motion, watched=watched)
        return replace(answers, flink=Known(info))

    async def ask_about(
        self,
        job: Job,
        subject: AnySubject,
        base: str,
        at: datetime,
        *,
        in_motion: bool,
        watched: bool = False,
    ) -> Answers:
        """What there is to know of a job that the JobManager lists; `watched`: and of its restarts."""
        since = told_until(subject.status, at)
        found, exceptions = await self._exceptions.read(subject.key, base, job, since)
        answers = Answers(job=Known(found), exceptions=exceptions)
        if watched:
            answers = replace(answers, restarts=await self._restarts(base, found.job_id))
        if in_motion or watched or found.state.is_terminal:
            answers = replace(answers, checkpoints=await self._checkpoints(base, found, subject))
        if in_motion:
            answers = replace(answers, stop=await self._stop(base, found.job_id, subject))
        return answers

    async def _running(self, subject: Subject, base: str) -> Fact[tuple[str, ...]]:
        """Of a session cluster that is being deleted."""
        if subject.metadata.deletion_timestamp is None:
            return NOT_ASKED
        return Known(tuple(job.job_id for job in await self._flink.jobs(base) if not job.state.is_terminal))

    async def _stop(self, base: str, job_id: str, subject: AnySubject) -> Fact[StopOperation]:
        trigger = pending_trigger(subject.status) or pending_savepoint(subject.status)
        if trigger is None:
            return NOT_ASKED
        try:
            operation = await self._flink.stop_operation(base, job_id, trigger)
        except RestError as error:
            return Unknown(str(error))
        return Absent() if operation is None else Known(operation)

    async def _checkpoints(self, base: str, job: Job, subject: AnySubject) -> Fact[Checkpoints]:
        """Of a job that has ended only when its end is longer ago than the JobManager's memory goes back."""
        try:
            if job.state.is_terminal and await self._has_just_ended(base, job, subject):
                return Unknown("the JobManager may still tell of checkpoints before the job's end")
            checkpoints = await self._flink.checkpoints(base, job.job_id)
        except RestError as error:
            return Unknown(str(error))
        return Absent() if checkpoints is None else Known(checkpoints)

    async def _restarts(self, base: str, job_id: str) -> Fact[int]:
        try:
            restarts = await self._flink.restarts(base, job_id)
        except RestError as error:
            return Unknown(str(error))
        return Absent() if restarts is None else Known(restarts)

    async def _has_just_ended(self, base: str, job: Job, subject: AnySubject) -> bool:
        options = subject.configuration(subject.deployed)
        memory = parse_duration(CHECKPOINT_MEMORY.read(options) or "3 s")
        seconds = await self._flink.seconds_since_end(base, job.job_id)
        return seconds is None or 0 <= seconds <= memory  # an end in the future: its clock was set back


def _own_job(jobs: Sequence[Job], job_id: str | None) -> Fact[Job]:
    """The job on record. Without an id (older operators recorded none, or it is lost) the one that runs."""
    if job_id is None:
        found = [job for job in jobs if not job.state.is_terminal] or jobs
    else:
        found = [job for job in jobs if job.job_id == job_id]
    if len(found) > 1:
        return Unknown(f"which of {len(found)} jobs is the resource's is not on record")
    return Known(found[0]) if found else Absent()

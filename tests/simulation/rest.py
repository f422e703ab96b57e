"""Flink's REST, answered by the simulated JobManagers."""

import asyncio
from collections.abc import Container
from typing import Any

from controller.flink.jars import Upload
from controller.flink.rest import FlinkRest, RestError
from tests.simulation.clock import Clock
from tests.simulation.faults import Call
from tests.simulation.flink import NOT_ADDRESSABLE, Flink
from tests.simulation.jars import Jars, name_of
from tests.simulation.job_manager import Job, JobManager
from tests.simulation.node import Pace
from tests.simulation.transport import Line

_SECONDS = 10.0
"""For the answer to a call that says nothing else."""
_MEMORY_SECONDS = 3.0
"""Flink's rest.cache.checkpoint-statistics.timeout."""


class SimulatedRest(FlinkRest):
    """Flink's REST as the controller reads it; only the connection is not there."""

    def __init__(self, flink: Flink, clock: Clock, line: Line, pace: Pace) -> None:
        self._flink = flink
        self._jars = Jars(flink, clock, pace)
        self._clock = clock
        self._line = line

    async def _call(
        self,
        method: str,
        url: str,
        body: object | None = None,
        timeout: float | None = None,
    ) -> Any:
        """The line has times of its own for calls that nobody answers at all."""
        host, _, path = url.removeprefix("http://").partition("/")
        cluster = host.split(".", 1)[0].removesuffix("-rest")

        content = await name_of(body) if isinstance(body, Upload) else body

        def effect() -> Any:
            manager = self._flink.answering(cluster)
            if manager is None:
                raise RestError(f"{url}: connection refused")
            return self._answer(manager, method, path, content)

        answer = await self._line.call(Call(method, "rest", _pattern(path), job=_job_of(path)), effect)
        if isinstance(answer, asyncio.Future):
            try:
                async with asyncio.timeout(timeout or _SECONDS):
                    answer = await answer
            except TimeoutError as error:
                raise RestError(f"{url}: no answer in time") from error
            await self._line.arrive()
        return answer

    def _answer(self, manager: JobManager, method: str, path: str, body: Any) -> Any:
        match method, path.split("?", maxsplit=1)[0].split("/"):
            case "GET", ["config"]:
                return {
                    "flink-version": f"{manager.release.number}.0",
                    "flink-revision": "c0f8d1a @ 2026-01-01",
                }
            case _, ["jars", *rest] if manager.own_job is None:
                return self._jars.answer(manager, method, rest, body)
            case "GET", ["jobs", "overview"]:
                return {"jobs": [self._overview(job) for job in manager.jobs.values()]}
            case "GET", ["jobs", job_id, "savepoints", trigger]:
                return self._operation(manager, job_id, trigger)
            case "POST", ["jobs", job_id, "stop"]:  # of any job: that there is none is told afterwards
                self._flink.stop(manager, job_id, body["triggerId"], body["targetDirectory"])
                return {"request-id": body["triggerId"]}
            case "POST", ["jobs", job_id, "savepoints"]:
                self._flink.save(manager, job_id, body["triggerId"], body["target-directory"])
                return {"request-id": body["triggerId"]}
            case _, ["jobs", job_id, *rest] if job_id in manager.jobs:
                return self._answer_of_job(manager, manager.jobs[job_id], method, rest)
        raise _not_found(path)

    def _answer_of_job(self, manager: JobManager, job: Job, method: str, path: list[str]) -> Any:
        match method, path:
            case "GET", []:
                ended = -1 if job.ended is None else int(job.ended * 1000)
                return {"jid": job.job_id, "end-time": ended, "now": int(self._clock.now * 1000)}
            case "GET", ["exceptions"]:
                entries = [{"timestamp": at, "stacktrace": text} for at, text in reversed(job.thrown)]
                return {"exceptionHistory": {"entries": entries}}
            case "GET", ["metrics"]:
                return [{"id": "numRestarts", "value": str(job.restarts)}]
            case "GET", ["checkpoints"]:
                return self._remembered_checkpoints(manager, job)
            case "PATCH", []:
                if job.state in {"FAILED", "FINISHED"}:
                    raise RestError("HTTP 409", status=409)
                self._flink.cancel(manager, job)
                return {}
        raise _not_found("/".join(path))

    def _overview(self, job: Job) -> dict[str, Any]:
        running = 2 if job.state == "RUNNING" else 0
        return {
            "jid": job.job_id,
            "name": "orders",
            "state": "RUNNING" if job.state == "CREATED" else job.state,
            "start-time": job.start_time,
            "last-modification": job.modified,
            "tasks": {"total": 2, "running": running, "finished": 0},
        }

    def _remembered_checkpoints(self, manager: JobManager, job: Job) -> dict[str, Any]:
        """An answer stands for a while, whatever happens to the job."""
        since, answer = manager.remembered.get(job.job_id, (-_MEMORY_SECONDS, {}))
        if self._clock.now - since >= _MEMORY_SECONDS:
            answer = self._checkpoints(job, self._flink.storage.points)
            manager.remembered[job.job_id] = (self._clock.now, answer)
        return answer

    @staticmethod
    def _checkpoints(job: Job, points: Container[str]) -> dict[str, Any]:
        """Of a job that takes none too: then it tells what it was restored from."""
        restored = (
            None if job.restored is None else {**job.restored.entry, "restore_timestamp": job.start_time}
        )
        completed = None
        if job.completed is not None:
            gone = job.completed.path not in points and job.completed.path != NOT_ADDRESSABLE
            completed = {**job.completed.entry, "discarded": gone}
        latest = {
            "completed": completed,
            "savepoint": job.savepoint and job.savepoint.entry,
            "restored": restored,
        }
        return {"latest": latest, "history": []}

    def _operation(self, manager: JobManager, job_id: str, trigger: str) -> dict[str, Any]:
        operation = self._flink.known(manager, job_id, trigger)
        if operation is None:
            raise _not_found(trigger)
        if operation.location is not None:
            return {"status": {"id": "COMPLETED"}, "operation": {"location": operation.location}}
        if operation.failure is not None:
            cause = {
                "stack-trace": f"java.util.concurrent.CompletionException\nCaused by: {operation.failure}"
            }
            return {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}}
        return {"status": {"id": "IN_PROGRESS"}, "operation": None}


def _not_found(what: str) -> RestError:
    return RestError(f"{what}: HTTP 404", status=404, body='{"errors":["not found"]}')


def _job_of(path: str) -> str:
    parts = path.split("?", maxsplit=1)[0].split("/")
    return parts[1] if parts[0] == "jobs" and len(parts) > 1 else ""


def _pattern(path: str) -> str:
    """The path without ids."""
    parts = path.split("?", maxsplit=1)[0].split("/")
    if parts[0] == "jars" and len(parts) > 1 and parts[1] != "upload":
        parts[1] = "…"
    return "/".join("…" if len(part) == 32 else part for part in parts)

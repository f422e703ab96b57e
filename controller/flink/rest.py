"""The JobManager's REST API (Flink's /v1), each call with a deadline."""

import asyncio
from typing import Any, Self

import aiohttp
import orjson

from controller.observation import FlinkInfo, Job
from shared.model.status import JobState

_CONNECT_TIMEOUT = 2.0  # seconds; a JobManager that runs accepts at once


class RestError(Exception):
    """The JobManager did not answer, or not with what was asked for; the text says which."""


class FlinkRest:
    """Calls to JobManagers. All raise RestError: then nothing is known."""

    def __init__(self, session: aiohttp.ClientSession, timeout: float) -> None:
        self._session = session
        self._timeout = timeout

    @classmethod
    def connect(cls, timeout: float = 10) -> Self:
        """A client that keeps no connections: JobManagers come and go."""
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        bounds = aiohttp.ClientTimeout(total=timeout, sock_connect=_CONNECT_TIMEOUT)
        return cls(aiohttp.ClientSession(connector=connector, timeout=bounds), timeout)

    async def close(self) -> None:
        """Close the client."""
        await self._session.close()

    async def info(self, base: str) -> FlinkInfo:
        """GET /config: Flink's version and revision."""
        answer = await self._get(f"{base}/config")
        try:
            return FlinkInfo(version=str(answer["flink-version"]), revision=str(answer["flink-revision"]))
        except KeyError as error:
            raise RestError(f"{base}/config: an answer of unknown form") from error

    async def jobs(self, base: str) -> list[Job]:
        """GET /jobs/overview: all jobs, each RUNNING only when all of its tasks run (contract part 5.4.3)."""
        answer = await self._get(f"{base}/jobs/overview")
        try:
            return [_job(entry) for entry in answer["jobs"]]
        except (KeyError, TypeError, ValueError) as error:
            raise RestError(f"{base}/jobs/overview: an answer of unknown form") from error

    async def failure(self, base: str, job_id: str) -> str | None:
        """GET /jobs/J/exceptions: the first line of the newest exception; None when Flink keeps none."""
        answer = await self._get(f"{base}/jobs/{job_id}/exceptions?maxExceptions=1")
        entries = (answer.get("exceptionHistory") or {}).get("entries")
        return root_cause(str(entries[0].get("stacktrace", ""))) if entries else None

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout), self._session.get(url) as response:
                data = await response.read()
                status = response.status
        except TimeoutError as error:
            raise RestError(f"{url}: no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise RestError(f"{url}: {error}") from error
        if status >= 400:
            raise RestError(f"{url}: HTTP {status}")
        try:
            answer = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise RestError(f"{url}: the answer is not JSON") from error
        if not isinstance(answer, dict):
            raise RestError(f"{url}: an answer of unknown form")
        return answer


def root_cause(stack_trace: str) -> str:
    """The last `Caused by`, or the first line, of a Java stack trace: what a person wants to read."""
    lines = [line.strip() for line in stack_trace.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or ["unknown"])[-1 if causes else 0]


def _job(entry: dict[str, Any]) -> Job:
    state, tasks = JobState(entry["state"]), entry.get("tasks") or {}
    moving = tasks.get("total", 0) > tasks.get("running", 0) + tasks.get("finished", 0)
    return Job(
        job_id=str(entry["jid"]),
        name=str(entry["name"]),
        state=JobState.CREATED if state is JobState.RUNNING and moving else state,
        start_time=int(entry["start-time"]),
    )

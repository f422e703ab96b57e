"""The JobManager's REST API (Flink's /v1), each call with a deadline."""

import asyncio
from typing import Any, Self

import aiohttp
import orjson
from yarl import URL

from controller.flink.answers import (
    read_checkpoints,
    read_exceptions,
    read_job,
    read_restarts,
    read_stop_operation,
)
from controller.flink.client_tls import ClientTls
from controller.flink.tls_material import MaterialError, TlsFiles
from controller.flink.tls_problems import (
    handshake_problem,
    is_for_other_names,
    not_configured,
    redirected_to_tls,
)
from controller.observation import Checkpoints, FlinkInfo, Job, JobException, Problem, StopOperation
from controller.plan import StopWithSavepoint

_CHECKPOINTING_IS_OFF = "Checkpointing has not been enabled"
_CONNECT_TIMEOUT = 2.0  # seconds; a JobManager that runs accepts at once


class RestError(Exception):
    """The JobManager did not answer, or not with what was asked for; the text says which."""

    def __init__(
        self, message: str, *, status: int = 0, body: str = "", problem: Problem | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status; 0 when no answer came."""
        self.body = body
        self.problem = problem
        """What somebody must mend before there is an answer; None where another attempt may get one."""


class FlinkRest:
    """Calls to JobManagers. All raise RestError: then nothing is known."""

    def __init__(self, session: aiohttp.ClientSession, timeout: float, tls: ClientTls | None = None) -> None:
        self._session = session
        self._timeout = timeout
        self._tls = tls or ClientTls(TlsFiles())
        self._names: dict[str, str] = {}
        """What the certificate of a host is for, where that is not the host itself."""

    @classmethod
    def connect(cls, timeout: float = 10, tls: ClientTls | None = None) -> Self:
        """A client that keeps no connections: JobManagers come and go. Without `tls` it trusts nobody."""
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        bounds = aiohttp.ClientTimeout(total=timeout, sock_connect=_CONNECT_TIMEOUT)
        return cls(aiohttp.ClientSession(connector=connector, timeout=bounds), timeout, tls)

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
            return [read_job(entry) for entry in answer["jobs"]]
        except (KeyError, TypeError, ValueError) as error:
            raise RestError(f"{base}/jobs/overview: an answer of unknown form") from error

    async def exceptions(self, base: str, job_id: str) -> tuple[JobException, ...]:
        """GET /jobs/J/exceptions: those that Flink keeps (web.exception-history-size), the newest first."""
        url = f"{base}/jobs/{job_id}/exceptions"
        answer = await self._get(url)
        try:
            return read_exceptions(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RestError(f"{url}: an answer of unknown form") from error

    async def checkpoints(self, base: str, job_id: str) -> Checkpoints | None:
        """GET /jobs/J/checkpoints, for some seconds from memory; None when no job was made to take any."""
        url = f"{base}/jobs/{job_id}/checkpoints"
        try:
            answer = await self._get(url)
        except RestError as error:
            if error.status == 404 and _CHECKPOINTING_IS_OFF in error.body:
                return None
            raise
        try:
            return read_checkpoints(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RestError(f"{url}: an answer of unknown form") from error

    async def seconds_since_end(self, base: str, job_id: str) -> float | None:
        """GET /jobs/J: how long ago the job ended, by the JobManager's own clock; None while it has not."""
        url = f"{base}/jobs/{job_id}"
        answer = await self._get(url)
        try:
            ended, now = int(answer["end-time"]), int(answer["now"])
        except (KeyError, TypeError, ValueError) as error:
            raise RestError(f"{url}: an answer of unknown form") from error
        return None if ended < 0 else (now - ended) / 1000

    async def stop_with_savepoint(self, base: str, stop: StopWithSavepoint) -> None:
        """POST /jobs/J/stop; repeated with the same trigger id it is the same stop."""
        body = {
            "targetDirectory": stop.directory,
            "formatType": stop.format_type.value,
            "drain": stop.drain,
            "triggerId": stop.trigger_id,
        }
        await self._call("POST", f"{base}/jobs/{stop.job_id}/stop", body)

    async def stop_operation(self, base: str, job_id: str, trigger_id: str) -> StopOperation | None:
        """GET /jobs/J/savepoints/T; None when the JobManager does not know it."""
        url = f"{base}/jobs/{job_id}/savepoints/{trigger_id}"
        try:
            answer = await self._get(url)
        except RestError as error:
            if error.status == 404:
                return None
            raise
        try:
            return read_stop_operation(answer)
        except (KeyError, TypeError, AttributeError) as error:
            raise RestError(f"{url}: an answer of unknown form") from error

    async def cancel(self, base: str, job_id: str) -> None:
        """PATCH /jobs/J?mode=cancel; a job that has ended already is left as it is."""
        try:
            await self._call("PATCH", f"{base}/jobs/{job_id}?mode=cancel")
        except RestError as error:
            if error.status != 409:
                raise

    async def restarts(self, base: str, job_id: str) -> int | None:
        """GET /jobs/J/metrics: how often this JobManager restarted the job; None while there is no number."""
        url = f"{base}/jobs/{job_id}/metrics?get=numRestarts,fullRestarts"
        answer = await self._call("GET", url)
        try:
            return read_restarts(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise RestError(f"{url}: an answer of unknown form") from error

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self._call("GET", url)
        if not isinstance(answer, dict):
            raise RestError(f"{url}: an answer of unknown form")
        return answer

    async def _call(self, method: str, url: str, body: object | None = None) -> Any:
        try:
            async with asyncio.timeout(self._timeout):
                status, data = await self._exchange(method, URL(url), body)
        except TimeoutError as error:
            raise RestError(f"{url}: no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: no URL, for want of a port
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            raise RestError(f"{url}: {cause}") from error
        if status >= 400:
            raise RestError(f"{url}: HTTP {status}", status=status, body=data[:2000].decode(errors="replace"))
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise RestError(f"{url}: the answer is not JSON") from error

    async def _exchange(self, method: str, url: URL, body: object | None) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if url.scheme != "https":
            return await self._send(method, url, body)
        names = _names_of(url)
        try:
            return await self._send_over_tls(method, url, body, names)
        except MaterialError as error:
            raise _told(not_configured(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            problem = handshake_problem(error, names, shows_certificate=self._tls.shows_certificate)
            if problem is None:
                raise
            raise _told(problem) from error

    async def _send_over_tls(
        self, method: str, url: URL, body: object | None, names: tuple[str, str]
    ) -> tuple[int, bytes]:
        """The certificate may be for either name; the one that it was for last time is tried first."""
        context, host = self._tls.context(), names[0]
        first, second = names if self._names.get(host, host) == host else reversed(names)
        try:
            return await self._send(method, url, body, ssl=context, server_hostname=first)
        except aiohttp.ClientConnectorCertificateError as error:
            if not is_for_other_names(error):
                raise
        answer = await self._send(method, url, body, ssl=context, server_hostname=second)
        self._names[host] = second
        return answer

    async def _send(self, method: str, url: URL, body: object | None, **tls: Any) -> tuple[int, bytes]:
        """The only redirection that Flink knows is from HTTP to TLS."""
        async with self._session.request(method, url, json=body, allow_redirects=False, **tls) as response:
            if response.headers.get("Location", "").startswith("https:"):
                raise _told(redirected_to_tls(url.host or ""))
            return response.status, await response.read()


def _names_of(url: URL) -> tuple[str, str]:
    """A service is known by both, and a wildcard needs the second: `*.namespace` is none."""
    host = url.host or ""
    return host, f"{host}.svc"


def _told(problem: Problem) -> RestError:
    return RestError(problem.message, problem=problem)

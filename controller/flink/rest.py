"""The JobManager's REST API (Flink's /v1), each call with a deadline."""

import asyncio
from collections.abc import AsyncIterable
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from controller.flink.answers import (
    read_checkpoints,
    read_exceptions,
    read_failure,
    read_job,
    read_restarts,
    read_stop_operation,
)
from controller.flink.client_tls import ClientTls
from controller.flink.jars import Jar, RunJar, Upload, read_jars, read_upload, run_request
from controller.flink.tls_material import MaterialError, TlsFiles
from controller.flink.tls_problems import (
    handshake_problem,
    is_for_other_names,
    not_configured,
    redirected_to_tls,
)
from controller.observation import Checkpoints, FlinkInfo, Job, JobException, Problem, StopOperation
from controller.plan import StopWithSavepoint, TriggerSavepoint

_CHECKPOINTING_IS_OFF = "Checkpointing has not been enabled"
_NO_SUCH_JAR = "does not exist"
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


class NoSuchJar(RestError):  # noqa: N818 - what Flink says
    """The JobManager has no jar of that id: it was deleted, or went with the JobManager's disk."""


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
        bounds = aiohttp.ClientTimeout(
            total=None, sock_connect=_CONNECT_TIMEOUT
        )  # the whole is bounded per call
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

    async def take_savepoint(self, base: str, trigger: TriggerSavepoint) -> None:
        """POST /jobs/J/savepoints; repeated with the same trigger id it is the same savepoint."""
        body = {
            "target-directory": trigger.directory,
            "cancel-job": False,
            "formatType": trigger.format_type.value,
            "triggerId": trigger.trigger_id,
        }
        await self._call("POST", f"{base}/jobs/{trigger.job_id}/savepoints", body)

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

    async def jars(self, base: str) -> tuple[Jar, ...]:
        """GET /jars: what was uploaded and not deleted since."""
        answer = await self._get(f"{base}/jars")
        try:
            return read_jars(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise RestError(f"{base}/jars: an answer of unknown form") from error

    async def upload_jar(self, base: str, name: str, chunks: AsyncIterable[bytes], *, timeout: float) -> str:
        """POST /jars/upload: the jar's id. `timeout`: seconds for the whole call.

        `name` ends in `.jar` and holds nothing that a header could not. What `chunks` raises comes out as
        it is, when the JobManager has forgotten what came before.
        """
        if base.startswith("https:"):
            await self.info(base)  # settles the name in the certificate: the content can be sent once only
        upload, url = Upload(name, chunks), f"{base}/jars/upload"
        try:
            jar_id = read_upload(await self._call("POST", url, upload, timeout))
        except RestError:
            if upload.error is None:
                raise
        except (KeyError, TypeError) as error:
            raise RestError(f"{url}: an answer of unknown form") from error
        else:
            if upload.error is None:
                return jar_id
            await self.delete_jar(base, jar_id)  # a Flink that minds no second file
        raise upload.error

    async def run_jar(self, base: str, jar_id: str, run: RunJar, *, timeout: float) -> str:
        """POST /jars/J/run: the job's id. `timeout`: seconds, in which the jar's main method runs.

        Without an answer the job may run all the same: look for its id among the jobs. Raises NoSuchJar.
        """
        url = f"{base}/jars/{quote(jar_id, safe='')}/run"
        try:
            answer = await self._call("POST", url, run_request(run), timeout)
        except RestError as error:
            if f"{jar_id} {_NO_SUCH_JAR}" in str(error):
                raise NoSuchJar(str(error), status=error.status, body=error.body) from error
            raise
        try:
            return str(answer["jobid"])
        except (KeyError, TypeError) as error:
            raise RestError(f"{url}: an answer of unknown form") from error

    async def delete_jar(self, base: str, jar_id: str) -> None:
        """DELETE /jars/J; one that is gone already is fine."""
        try:
            await self._call("DELETE", f"{base}/jars/{quote(jar_id, safe='')}")
        except RestError as error:
            if _NO_SUCH_JAR not in error.body:
                raise

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self._call("GET", url)
        if not isinstance(answer, dict):
            raise RestError(f"{url}: an answer of unknown form")
        return answer

    async def _call(
        self, method: str, url: str, body: object | None = None, timeout: float | None = None
    ) -> Any:
        """`timeout`: seconds, where they are others than those of all calls."""
        seconds = timeout or self._timeout
        try:
            async with asyncio.timeout(seconds):
                status, data = await self._exchange(method, URL(url), body)
        except TimeoutError as error:
            raise RestError(f"{url}: no answer within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: no URL, for want of a port
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            raise RestError(f"{url}: {cause}") from error
        if status >= 400:
            said = f"HTTP {status}" if (reason := read_failure(data)) == "" else f"HTTP {status}: {reason}"
            raise RestError(f"{url}: {said}", status=status, body=data[:2000].decode(errors="replace"))
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
        content: dict[str, Any] = (
            {"data": body, "headers": body.headers} if isinstance(body, Upload) else {"json": body}
        )
        async with self._session.request(method, url, allow_redirects=False, **content, **tls) as response:
            if response.headers.get("Location", "").startswith("https:"):
                raise _told(redirected_to_tls(url.host or ""))
            return response.status, await response.read()


def _names_of(url: URL) -> tuple[str, str]:
    """A service is known by both, and a wildcard needs the second: `*.namespace` is none."""
    host = url.host or ""
    return host, f"{host}.svc"


def _told(problem: Problem) -> RestError:
    return RestError(problem.message, problem=problem)

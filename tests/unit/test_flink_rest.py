"""The JobManager's REST API, against a server that answers as Flink does, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from controller.flink.rest import FlinkRest, RestError, root_cause
from controller.observation import FlinkInfo
from shared.model.status import JobState

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
JOB = "d7203a3b348850bf90e5f4209f3b6095"


class JobManager:
    """A server with answers by path."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.server = TestServer(self._application())

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        answer = self.answers.get(request.path)
        if answer is None:
            return web.json_response({"errors": ["Unable to load requested file"]}, status=404)
        if callable(answer):
            response: web.StreamResponse = await answer(request)
            return response
        return web.json_response(answer)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")


@pytest.fixture
async def job_manager() -> AsyncIterator[JobManager]:
    manager = JobManager()
    await manager.server.start_server()
    yield manager
    await manager.server.close()


@pytest.fixture
async def rest() -> AsyncIterator[FlinkRest]:
    client = FlinkRest.connect(timeout=0.2)
    yield client
    await client.close()


def overview(state: str = "RUNNING", **tasks: int) -> Json:
    job = {"jid": JOB, "name": "orders", "start-time": 1795256914718, "end-time": -1, "state": state}
    return {"jobs": [{**job, "tasks": {"total": 2, "running": 0, "finished": 0, **tasks}}]}


def says(text: str, status: int = 200) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status)

    return answer


async def hangs(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def test_version_and_revision_are_read(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.answers["/config"] = {
        "flink-version": "2.3.0",
        "flink-revision": "c0f8d1a @ x",
        "features": {},
    }
    assert await rest.info(job_manager.url) == FlinkInfo("2.3.0", "c0f8d1a @ x")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (overview(running=2), JobState.RUNNING),
        (overview(running=1, finished=1), JobState.RUNNING),
        (overview(running=1), JobState.CREATED),
        (overview(scheduled=2), JobState.CREATED),
        (overview("FAILING", running=1), JobState.FAILING),
        (overview("FINISHED", finished=2), JobState.FINISHED),
        (overview("RESTARTING"), JobState.RESTARTING),
    ],
)
async def test_job_runs_only_when_all_of_its_tasks_do(
    job_manager: JobManager, rest: FlinkRest, answer: Json, state: JobState
) -> None:
    job_manager.answers["/jobs/overview"] = answer
    (job,) = await rest.jobs(job_manager.url)
    assert (job.job_id, job.name, job.state, job.start_time) == (JOB, "orders", state, 1795256914718)


async def test_cluster_without_jobs_has_none(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.answers["/jobs/overview"] = {"jobs": []}
    assert await rest.jobs(job_manager.url) == []


@pytest.mark.parametrize(
    "answer",
    [
        says("<html>"),
        says("[]"),
        says("{}"),
        says('{"jobs": 5}'),
        says('{"jobs": [{"jid": "x"}]}'),
        says('{"jobs": [{"jid": "x", "name": "n", "state": "DANCING", "start-time": 1}]}'),
        says("Service temporarily unavailable due to an ongoing leader election", 503),
        hangs,
    ],
)
async def test_answer_that_is_none_is_an_error(
    job_manager: JobManager, rest: FlinkRest, answer: Handler
) -> None:
    job_manager.answers["/jobs/overview"] = answer
    with pytest.raises(RestError, match="/jobs/overview"):
        await rest.jobs(job_manager.url)


@pytest.mark.parametrize("answer", [says("{}"), says('{"flink-version": "2.3"}'), says("[]"), hangs])
async def test_configuration_that_is_none_is_an_error(
    job_manager: JobManager, rest: FlinkRest, answer: Handler
) -> None:
    job_manager.answers["/config"] = answer
    with pytest.raises(RestError, match="/config"):
        await rest.info(job_manager.url)


async def test_slow_body_is_an_error_after_the_deadline(job_manager: JobManager, rest: FlinkRest) -> None:
    async def trickles(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"jobs"')
        await asyncio.Event().wait()
        return response

    job_manager.answers["/jobs/overview"] = trickles
    with pytest.raises(RestError, match="no answer within"):
        await rest.jobs(job_manager.url)


@pytest.mark.parametrize("base", ["http://127.0.0.1:1", "http://127.0.0.1:http"])
async def test_nobody_there_is_an_error(rest: FlinkRest, base: str) -> None:
    with pytest.raises(RestError):
        await rest.info(base)


def exceptions(*traces: str) -> Json:
    return {"exceptionHistory": {"entries": [{"stacktrace": trace} for trace in traces], "truncated": False}}


TRACE = """org.apache.flink.runtime.JobException: Recovery is suppressed
\tat org.apache.flink.X.y(X.java:1)
Caused by: java.lang.RuntimeException: wrapper
\t... 5 more
Caused by: java.io.IOException: disk full
\tat my.Job.main(Job.java:3)
"""


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (exceptions(TRACE, "older"), "java.io.IOException: disk full"),
        (exceptions(), None),
        ({"exceptionHistory": {"entries": None}}, None),
        ({"exceptionHistory": None}, None),
        ({}, None),
    ],
)
async def test_cause_of_a_failure_is_the_innermost_one(
    job_manager: JobManager, rest: FlinkRest, answer: Json, cause: str | None
) -> None:
    job_manager.answers[f"/jobs/{JOB}/exceptions"] = answer
    assert await rest.failure(job_manager.url, JOB) == cause


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (TRACE, "java.io.IOException: disk full"),
        ("java.lang.Error: x\n\tat a.b(c)", "java.lang.Error: x"),
        ("", "unknown"),
        ("\n \n", "unknown"),
    ],
)
def test_root_cause_is_what_a_person_wants_to_read(trace: str, cause: str) -> None:
    assert root_cause(trace) == cause

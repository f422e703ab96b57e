"""The JobManager's REST API, against a server that answers as Flink does, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from controller.flink.rest import FlinkRest, RestError
from controller.observation import Checkpoints, FlinkInfo, StopOperation
from controller.plan import StopWithSavepoint, TriggerSavepoint
from shared.model.snapshot_info import SavepointFormatType
from shared.model.status import JobState

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
JOB = "d7203a3b348850bf90e5f4209f3b6095"


class JobManager:
    """A server with answers by path."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.server = TestServer(self._application())

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            (request.method, request.path_qs, await request.json() if request.can_read_body else None)
        )
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
    "answer",
    [
        exceptions(),
        {"exceptionHistory": {"entries": None}},
        {"exceptionHistory": None},
        {},
    ],
)
async def test_job_that_threw_nothing_has_no_exceptions(
    job_manager: JobManager, rest: FlinkRest, answer: Json
) -> None:
    job_manager.answers[f"/jobs/{JOB}/exceptions"] = answer
    assert await rest.exceptions(job_manager.url, JOB) == ()


async def test_exceptions_come_newest_first_with_where_they_were_thrown(
    job_manager: JobManager, rest: FlinkRest
) -> None:
    older = {"timestamp": 5, "stacktrace": "older", "taskName": None, "failureLabels": {}}
    newer = {
        "timestamp": 7,
        "stacktrace": TRACE,
        "taskName": "count (1/2) - execution #1",
        "endpoint": "10.0.0.7:6122",
        "taskManagerId": "orders-taskmanager-1-1",
        "failureLabels": {"type": "USER"},
    }
    job_manager.answers[f"/jobs/{JOB}/exceptions"] = {"exceptionHistory": {"entries": [older, newer]}}
    first, second = await rest.exceptions(job_manager.url, JOB)
    assert (first.timestamp, first.stack_trace) == (7, TRACE)
    assert dict(first.facts) == {
        "task-name": "count (1/2) - execution #1",
        "endpoint": "10.0.0.7:6122",
        "tm-id": "orders-taskmanager-1-1",
        "failure-label-type": "USER",
    }
    assert (second.timestamp, second.facts) == (5, ())


@pytest.mark.parametrize("answer", [{"exceptionHistory": {"entries": [7]}}, {"exceptionHistory": "none"}])
async def test_exceptions_of_unknown_form_are_an_error(
    job_manager: JobManager, rest: FlinkRest, answer: Json
) -> None:
    job_manager.answers[f"/jobs/{JOB}/exceptions"] = answer
    with pytest.raises(RestError):
        await rest.exceptions(job_manager.url, JOB)


# Stopping a job

STOP = StopWithSavepoint(
    job_id=JOB,
    trigger_id="5f0fd4b28a0ac7ab0c3b2c8f6b9c2a11",
    directory="s3://b/sp",
    format_type=SavepointFormatType.NATIVE,
    drain=False,
)


async def test_stop_is_asked_for_under_the_recorded_id(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.answers[f"/jobs/{JOB}/stop"] = {"request-id": STOP.trigger_id}
    await rest.stop_with_savepoint(job_manager.url, STOP)
    body = {
        "targetDirectory": "s3://b/sp",
        "formatType": "NATIVE",
        "drain": False,
        "triggerId": STOP.trigger_id,
    }
    assert job_manager.asked == [("POST", f"/jobs/{JOB}/stop", body)]


STOPPED = (
    "org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException:"
    " A savepoint has been created at: file:/data/savepoint-1, but the corresponding job 5f didn't terminate"
    " successfully.\n\tat a.b(c)"
)


async def test_savepoint_is_asked_for_under_the_recorded_id(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.answers[f"/jobs/{JOB}/savepoints"] = {"request-id": STOP.trigger_id}
    trigger = TriggerSavepoint(JOB, STOP.trigger_id, "s3://b/sp", SavepointFormatType.NATIVE)
    await rest.take_savepoint(job_manager.url, trigger)
    body = {
        "target-directory": "s3://b/sp",
        "cancel-job": False,
        "formatType": "NATIVE",
        "triggerId": STOP.trigger_id,
    }
    assert job_manager.asked == [("POST", f"/jobs/{JOB}/savepoints", body)]


@pytest.mark.parametrize(
    ("answer", "operation"),
    [
        ({"status": {"id": "IN_PROGRESS"}, "operation": None}, StopOperation()),
        (
            {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/data/savepoint-1"}},
            StopOperation(location="file:/data/savepoint-1"),
        ),
        (
            {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {"stack-trace": TRACE}}},
            StopOperation(failure="java.io.IOException: disk full"),
        ),
        (
            {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {"stack-trace": STOPPED}}},
            StopOperation(location="file:/data/savepoint-1"),
        ),
    ],
    ids=["in progress", "done", "failed", "done though the job failed"],
)
async def test_stop_under_way_is_read(
    job_manager: JobManager, rest: FlinkRest, answer: Json, operation: StopOperation
) -> None:
    job_manager.answers[f"/jobs/{JOB}/savepoints/{STOP.trigger_id}"] = answer
    assert await rest.stop_operation(job_manager.url, JOB, STOP.trigger_id) == operation


async def test_stop_that_the_job_manager_does_not_know_is_none(
    job_manager: JobManager, rest: FlinkRest
) -> None:
    assert await rest.stop_operation(job_manager.url, JOB, STOP.trigger_id) is None


@pytest.mark.parametrize("answer", [says("{}"), says('{"status": {}}'), says("x", 500), hangs])
async def test_stop_without_a_sound_answer_is_an_error(
    job_manager: JobManager, rest: FlinkRest, answer: Handler
) -> None:
    job_manager.answers[f"/jobs/{JOB}/savepoints/{STOP.trigger_id}"] = answer
    with pytest.raises(RestError):
        await rest.stop_operation(job_manager.url, JOB, STOP.trigger_id)


async def test_cancellation_is_asked_for(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.answers[f"/jobs/{JOB}"] = {}
    await rest.cancel(job_manager.url, JOB)
    assert job_manager.asked == [("PATCH", f"/jobs/{JOB}?mode=cancel", None)]


async def test_cancellation_of_a_job_that_has_ended_is_done(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.answers[f"/jobs/{JOB}"] = says('{"errors": ["already terminated"]}', 409)
    await rest.cancel(job_manager.url, JOB)


async def test_cancellation_that_is_refused_is_an_error(job_manager: JobManager, rest: FlinkRest) -> None:
    with pytest.raises(RestError):
        await rest.cancel(job_manager.url, JOB)


def checkpoints(**latest: Any) -> Json:
    history = [
        {"status": "COMPLETED", "trigger_timestamp": 1},
        {"status": "IN_PROGRESS", "trigger_timestamp": 900},
    ]
    return {"counts": {}, "latest": {"completed": None, "restored": None, **latest}, "history": history}


def checkpoint(number: int, path: str) -> Json:
    return {"id": number, "external_path": path, "latest_ack_timestamp": 500 + number}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (checkpoints(), Checkpoints(in_progress_since=900)),
        (
            checkpoints(completed=checkpoint(7, "s3://chk-7"), savepoint=checkpoint(5, "s3://sp-5")),
            Checkpoints(newest="s3://chk-7", completed_at=507, in_progress_since=900),
        ),
        (
            checkpoints(completed=checkpoint(7, "s3://chk-7"), savepoint=checkpoint(10, "s3://sp-10")),
            Checkpoints(newest="s3://sp-10", completed_at=507, in_progress_since=900),
        ),
        (
            checkpoints(restored={"id": 3, "external_path": "s3://sp-3", "is_savepoint": True}),
            Checkpoints(newest="s3://sp-3", in_progress_since=900),
        ),
        (
            checkpoints(completed=checkpoint(7, "<checkpoint-not-externally-addressable>")),
            Checkpoints(
                newest="<checkpoint-not-externally-addressable>",
                is_addressable=False,
                completed_at=507,
                in_progress_since=900,
            ),
        ),
    ],
    ids=["none", "checkpoint", "savepoint", "restored", "in memory"],
)
async def test_newest_restore_point_has_the_greatest_number(
    job_manager: JobManager, rest: FlinkRest, answer: Json, found: Checkpoints
) -> None:
    job_manager.answers[f"/jobs/{JOB}/checkpoints"] = answer
    assert await rest.checkpoints(job_manager.url, JOB) == found


@pytest.mark.parametrize(("end", "found"), [(-1, None), (7000, 2.5)])
async def test_time_since_the_end_is_that_of_the_job_managers_clock(
    job_manager: JobManager, rest: FlinkRest, end: int, found: float | None
) -> None:
    job_manager.answers[f"/jobs/{JOB}"] = {"end-time": end, "now": 9500}
    assert await rest.seconds_since_end(job_manager.url, JOB) == found


@pytest.mark.parametrize("answer", [says("{}", 404), says("{}"), says('{"end-time": 1, "now": null}'), hangs])
async def test_time_since_the_end_without_a_sound_answer_is_an_error(
    job_manager: JobManager, rest: FlinkRest, answer: Handler
) -> None:
    job_manager.answers[f"/jobs/{JOB}"] = answer
    with pytest.raises(RestError):
        await rest.seconds_since_end(job_manager.url, JOB)


async def test_program_that_made_no_job_has_no_checkpoints(job_manager: JobManager, rest: FlinkRest) -> None:
    off = '{"errors": ["Checkpointing has not been enabled."]}'
    job_manager.answers[f"/jobs/{JOB}/checkpoints"] = says(off, 404)
    assert await rest.checkpoints(job_manager.url, JOB) is None


@pytest.mark.parametrize(
    "answer", [says('{"errors": ["Job not found"]}', 404), says("{}"), says('{"latest": 1}'), hangs]
)
async def test_checkpoints_without_a_sound_answer_are_an_error(
    job_manager: JobManager, rest: FlinkRest, answer: Handler
) -> None:
    job_manager.answers[f"/jobs/{JOB}/checkpoints"] = answer
    with pytest.raises(RestError):
        await rest.checkpoints(job_manager.url, JOB)

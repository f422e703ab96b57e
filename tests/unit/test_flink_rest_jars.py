"""Jars and the JobManager's REST, against a server that takes them as Flink does."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from aiohttp import web

from controller.flink.jars import Jar, RunJar
from controller.flink.rest import FlinkRest, NoSuchJar, RestError
from tests.job_manager import JobManager, failure

JOB = "d7203a3b348850bf90e5f4209f3b6095"
ON_SERVER_SIDE = (
    "<Exception on server side:\n"
    "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute the jar.\n"
    "\tat org.apache.flink.Handler.handle(Handler.java:1)\n"
    "Caused by: java.io.FileNotFoundException: Cannot find the savepoint\n"
    "\t... 4 more\n"
    "End of exception on server side>"
)


@pytest.fixture
async def job_manager() -> AsyncIterator[JobManager]:
    async with JobManager.serve() as manager:
        yield manager


@pytest.fixture
async def rest() -> AsyncIterator[FlinkRest]:
    client = FlinkRest.connect(timeout=5)
    yield client
    await client.close()


async def content(*chunks: bytes, error: Exception | None = None) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    if error is not None:
        raise error


async def test_jar_that_was_uploaded_is_listed_until_it_is_deleted(
    job_manager: JobManager, rest: FlinkRest
) -> None:
    jar_id = await rest.upload_jar(job_manager.url, "job.jar", content(b"PK", b"\r\n--", b"end"), timeout=5)
    assert job_manager.jars == {jar_id: b"PK\r\n--end"}
    assert await rest.jars(job_manager.url) == (Jar("1-2_job.jar", "job.jar", 7),)
    await rest.delete_jar(job_manager.url, jar_id)
    assert await rest.jars(job_manager.url) == ()


async def test_jar_that_is_gone_already_counts_as_deleted(job_manager: JobManager, rest: FlinkRest) -> None:
    await rest.delete_jar(job_manager.url, "1-2_job.jar")


async def test_content_that_breaks_off_leaves_no_jar_and_tells_why(
    job_manager: JobManager, rest: FlinkRest
) -> None:
    broken = LookupError("the source is gone")
    with pytest.raises(LookupError) as caught:
        await rest.upload_jar(job_manager.url, "job.jar", content(b"PK", error=broken), timeout=5)
    assert caught.value is broken
    assert job_manager.jars == {}


async def test_upload_ends_with_its_time(job_manager: JobManager, rest: FlinkRest) -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield b"PK"
        await asyncio.Event().wait()

    with pytest.raises(RestError, match=r"no answer within 0.1 s"):
        await rest.upload_jar(job_manager.url, "job.jar", stalls(), timeout=0.1)
    assert job_manager.jars == {}


async def test_upload_may_take_longer_than_other_calls(job_manager: JobManager) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.05)
            yield b"P"

    client = FlinkRest.connect(timeout=0.1)
    try:
        await client.upload_jar(job_manager.url, "job.jar", slow(), timeout=5)
    finally:
        await client.close()
    assert list(job_manager.jars.values()) == [b"PPPP"]


async def test_job_is_run_with_what_is_given_and_nothing_else(
    job_manager: JobManager, rest: FlinkRest
) -> None:
    job_manager.jars["1-2_job.jar"] = b"PK"
    everything = RunJar(
        job_id=JOB,
        entry_class="org.example.Job",
        args=("--rate", "a b"),
        parallelism=2,
        allow_non_restored_state=True,
        savepoint_path="s3://bucket/savepoint-1",
        claim_mode="NO_CLAIM",
        claim_mode_field="restoreMode",
        configuration={"pipeline.name": "orders"},
    )
    assert await rest.run_jar(job_manager.url, "1-2_job.jar", everything, timeout=5) == JOB
    await rest.run_jar(job_manager.url, "1-2_job.jar", RunJar(JOB), timeout=5)
    assert job_manager.runs == [
        (
            "1-2_job.jar",
            {
                "jobId": JOB,
                "entryClass": "org.example.Job",
                "programArgsList": ["--rate", "a b"],
                "parallelism": 2,
                "allowNonRestoredState": True,
                "savepointPath": "s3://bucket/savepoint-1",
                "restoreMode": "NO_CLAIM",
                "flinkConfiguration": {"pipeline.name": "orders"},
            },
        ),
        ("1-2_job.jar", {"jobId": JOB, "allowNonRestoredState": False}),
    ]


async def test_refusal_is_told_by_its_root_cause(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.refusal = failure(400, "Internal server error.", ON_SERVER_SIDE)
    with pytest.raises(
        RestError, match=r"HTTP 400: java.io.FileNotFoundException: Cannot find the savepoint$"
    ):
        await rest.run_jar(job_manager.url, "1-2_job.jar", RunJar(JOB), timeout=5)


async def test_jar_that_the_job_manager_lost_is_told_from_other_refusals(
    job_manager: JobManager, rest: FlinkRest
) -> None:
    job_manager.refusal = failure(
        500, "RestHandlerException: Jar file /tmp/1-2_job.jar does not exist\n\tat x.Y"
    )
    with pytest.raises(NoSuchJar):
        await rest.run_jar(job_manager.url, "1-2_job.jar", RunJar(JOB), timeout=5)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"errors": []}', b'{"errors": [7]}', b"<html>"])
async def test_refusal_without_a_reason_is_told_by_its_status(
    job_manager: JobManager, rest: FlinkRest, body: bytes
) -> None:
    job_manager.refusal = web.Response(body=body, status=502)
    with pytest.raises(RestError, match=r"HTTP 502$") as caught:
        await rest.run_jar(job_manager.url, "1-2_job.jar", RunJar(JOB), timeout=5)
    assert caught.value.status == 502


async def test_answer_without_the_job_is_of_unknown_form(job_manager: JobManager, rest: FlinkRest) -> None:
    job_manager.refusal = web.Response(body=orjson.dumps({}))
    with pytest.raises(RestError, match="unknown form"):
        await rest.run_jar(job_manager.url, "1-2_job.jar", RunJar(JOB), timeout=5)

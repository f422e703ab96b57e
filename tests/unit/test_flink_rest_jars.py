"""Jars and the JobManager's REST, against a server that takes them as Flink does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import BodyPartReader, web
from aiohttp.test_utils import TestServer

from controller.flink.jars import Jar, RunJar
from controller.flink.rest import FlinkRest, NoSuchJar, RestError

JOB = "d7203a3b348850bf90e5f4209f3b6095"
ON_SERVER_SIDE = (
    "<Exception on server side:\n"
    "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute the jar.\n"
    "\tat org.apache.flink.Handler.handle(Handler.java:1)\n"
    "Caused by: java.io.FileNotFoundException: Cannot find the savepoint\n"
    "\t... 4 more\n"
    "End of exception on server side>"
)


class JobManager:
    """It keeps jars, and refuses more than one at a time."""

    def __init__(self) -> None:
        self.jars: dict[str, bytes] = {}
        self.runs: list[tuple[str, Any]] = []
        self.refusal: web.Response | None = None
        """What it says to whatever would run a jar."""
        application = web.Application(client_max_size=2**20)
        application.router.add_get("/jars", self._list)
        application.router.add_post("/jars/upload", self._upload)
        application.router.add_post("/jars/{id}/run", self._run)
        application.router.add_delete("/jars/{id}", self._delete)
        self.server = TestServer(application)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def _list(self, _: web.Request) -> web.Response:
        files = [
            {"id": name, "name": name.partition("_")[2], "uploaded": 7, "entry": []} for name in self.jars
        ]
        return web.json_response({"address": self.url, "files": files})

    async def _upload(self, request: web.Request) -> web.Response:
        files, reader = list[tuple[str | None, str | None, bytes]](), await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader):
            files.append((part.name, part.filename, bytes(await part.read())))
        if len(files) != 1:
            return failure(400, f"Exactly 1 file must be sent, received {len(files)}.")
        ((field, name, content),) = files
        assert field == "jarfile"
        self.jars[f"1-2_{name}"] = content
        return web.json_response({"filename": f"/tmp/flink-web/1-2_{name}", "status": "success"})

    async def _run(self, request: web.Request) -> web.Response:
        self.runs.append((request.match_info["id"], await request.json()))
        return self.refusal or web.json_response({"jobid": JOB})

    async def _delete(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if self.jars.pop(name, None) is None:
            return failure(400, f"File {name} does not exist in /tmp/flink-web.")
        return web.json_response({})


def failure(status: int, *errors: str) -> web.Response:
    return web.json_response({"errors": list(errors)}, status=status)


@pytest.fixture
async def job_manager() -> AsyncIterator[JobManager]:
    manager = JobManager()
    await manager.server.start_server()
    yield manager
    await manager.server.close()


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

"""One jar on a JobManager for all session jobs that need it, from real sources to real uploads."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from controller.artifacts.artifact import ArtifactError, Credentials, Wanted
from controller.flink.jars import RunJar
from controller.flink.rest import FlinkRest, NoSuchJar, RestError
from controller.jar_uploads import JarUploads
from tests.job_manager import JobManager, failure
from tests.unit.artifacts.fetching import WANTED, artifacts
from tests.unit.artifacts.web_server import WebServer, jar, status

CONTENT, JOB = b"PK-report", "d7203a3b348850bf90e5f4209f3b6095"
MINUTE = 60 * 1000


class World:
    """A source, a JobManager, and an operator between them."""

    def __init__(self, web_server: WebServer, manager: JobManager, rest: FlinkRest) -> None:
        self.web, self.manager, self.rest = web_server, manager, rest
        self.operators: list[JarUploads] = []
        self.uploads = self.another_operator()
        self.web.answers["/report.jar"] = jar(CONTENT, ETag='"1"')
        self.manager.now = int(time.time() * 1000)

    def another_operator(self, kept_for: float = 0) -> JarUploads:
        operator = JarUploads(self.rest, artifacts(), kept_for=kept_for)
        self.operators.append(operator)
        return operator

    async def use(
        self,
        until: asyncio.Event | None = None,
        *,
        path: str | None = "/report.jar",
        terms: Wanted = WANTED,
        operator: JarUploads | None = None,
    ) -> str:
        """Hold the jar until then, as a job that is being submitted does. The answer is its id."""
        uri = None if path is None else self.web.uri(path)
        async with (operator or self.uploads).jar(self.manager.url, uri, terms) as jar_id:
            if until is not None:
                await until.wait()
            return jar_id

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - what is waited for are plain values
                await asyncio.sleep(0.005)

    async def round_trips(self) -> None:
        """What goes on without being waited for has had time for some of its own."""
        for _ in range(5):
            await self.rest.jars(self.manager.url)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with WebServer.serve() as web_server, JobManager.serve() as manager:
        rest = FlinkRest.connect(timeout=5)
        world = World(web_server, manager, rest)
        try:
            yield world
        finally:
            for operator in world.operators:
                await operator.close()
            await rest.close()


async def test_many_at_once_need_one_upload(world: World) -> None:
    operator = world.another_operator(kept_for=60)
    found = await asyncio.gather(*(world.use(operator=operator) for _ in range(50)))
    assert len(set(found)) == len(world.manager.uploads) == 1
    assert len(world.web.requests) <= 2  # the first, and those who came while it was under way


async def test_jar_is_deleted_after_the_last_that_needs_it(world: World) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    users = [asyncio.create_task(world.use(until)) for until in (first, second)]
    await world.until(lambda: len(world.manager.jars) == 1)
    first.set()
    await users[0]
    assert list(world.manager.jars.values()) == [CONTENT]
    second.set()
    await users[1]
    await world.until(lambda: world.manager.jars == {})


async def test_jar_that_an_operator_before_left_is_used_again(world: World) -> None:
    left = asyncio.create_task(world.use(asyncio.Event(), operator=world.another_operator()))
    await world.until(lambda: len(world.manager.jars) == 1)
    assert [await world.use()] == ["1-2_" + world.manager.uploads[0]]
    assert len(world.manager.uploads) == 1
    await _killed(left)


async def test_jar_that_was_left_long_ago_is_used_again_as_well(world: World) -> None:
    left = asyncio.create_task(world.use(asyncio.Event(), operator=world.another_operator()))
    world.manager.now -= 16 * MINUTE
    await world.until(lambda: len(world.manager.jars) == 1)
    done = asyncio.Event()
    user = asyncio.create_task(world.use(done))
    await world.until(lambda: world.manager.asked["GET /jars"] >= 2)
    await world.round_trips()
    assert len(world.manager.jars) == len(world.manager.uploads) == 1
    done.set()
    await user
    await _killed(left)


async def test_other_version_of_a_jar_is_another_jar(world: World) -> None:
    done = asyncio.Event()
    before = asyncio.create_task(world.use(done, operator=world.another_operator()))
    await world.until(lambda: len(world.manager.jars) == 1)
    world.web.answers["/report.jar"] = jar(b"PK-other", ETag='"2"')
    await world.use()
    assert len(set(world.manager.uploads)) == 2
    done.set()
    await before


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        ("flink-operator-1.jar", 16, False),
        ("flink-operator-1.jar", 14, True),
        ("somebody-elses.jar", 16, True),
    ],
)
async def test_what_an_operator_left_behind_is_tidied_and_nothing_else(
    world: World, name: str, age: int, stays: bool
) -> None:
    now = world.manager.now
    world.manager.now -= age * MINUTE
    await world.rest.upload_jar(world.manager.url, name, _content(), timeout=5)
    world.manager.now = now
    await world.use()
    assert (f"1-2_{name}" in world.manager.jars) is stays


async def test_jar_that_is_needed_is_not_tidied_however_old(world: World) -> None:
    done = asyncio.Event()
    world.manager.now -= 16 * MINUTE
    long_lived = asyncio.create_task(world.use(done))
    await world.until(lambda: len(world.manager.jars) == 1)
    world.manager.now += 16 * MINUTE
    world.web.answers["/other.jar"] = jar(b"PK-other", ETag='"1"')
    await world.use(path="/other.jar")
    await world.until(lambda: list(world.manager.jars.values()) == [CONTENT])
    done.set()
    await long_lived


async def test_jar_that_cannot_be_tidied_keeps_nobody_from_submitting(world: World) -> None:
    world.manager.now -= 16 * MINUTE
    await world.rest.upload_jar(world.manager.url, "flink-operator-1.jar", _content(), timeout=5)
    world.manager.now += 16 * MINUTE
    world.manager.refused_deletion = failure(500, "The disk is read-only.")
    assert await world.use() in world.manager.jars


async def test_jar_is_brought_anew_after_its_job_manager_started_anew(world: World) -> None:
    done = asyncio.Event()
    other = asyncio.create_task(world.use(done))
    await world.until(lambda: len(world.manager.jars) == 1)
    with pytest.raises(NoSuchJar):
        await _run(world, before=world.manager.start_anew)
    await _run(world)
    assert len(world.manager.uploads) == 2
    done.set()
    await other


async def test_who_comes_while_the_jar_is_deleted_gets_another(world: World) -> None:
    world.manager.may_delete.clear()
    last = asyncio.create_task(world.use())
    await world.until(lambda: world.manager.asked["DELETE /jars"] == 1)
    done = asyncio.Event()
    next_one = asyncio.create_task(world.use(done))
    await world.round_trips()
    world.manager.may_delete.set()
    await last
    await world.until(lambda: len(world.manager.uploads) == 2)
    done.set()
    assert await next_one == "2-2_" + world.manager.uploads[1]
    await world.until(lambda: world.manager.jars == {})


async def test_equal_content_from_two_places_is_deleted_when_neither_is_needed(world: World) -> None:
    world.web.answers["/copy.jar"] = jar(CONTENT)
    terms = replace(WANTED, sha256=hashlib.sha256(CONTENT).hexdigest())
    first, second = asyncio.Event(), asyncio.Event()
    one = asyncio.create_task(world.use(first, terms=terms))
    await world.until(lambda: len(world.manager.jars) == 1)
    other = asyncio.create_task(world.use(second, path="/copy.jar", terms=terms))
    await world.until(lambda: world.manager.asked["GET /jars"] >= 2)
    await world.round_trips()
    first.set()
    await one
    assert len(world.manager.jars) == len(world.manager.uploads) == 1
    second.set()
    await other
    await world.until(lambda: world.manager.jars == {})


async def test_jar_is_kept_for_a_while_for_those_who_come_next(world: World) -> None:
    operator = world.another_operator(kept_for=60)
    for _ in range(3):
        await world.use(operator=operator)
    assert len(world.manager.jars) == len(world.manager.uploads) == 1
    await operator.close()
    assert world.manager.jars == {}


async def test_jar_that_could_not_be_known_again_is_not_kept(world: World) -> None:
    world.web.answers["/report.jar"] = jar(CONTENT)
    await world.use(operator=world.another_operator(kept_for=60))
    await world.until(lambda: world.manager.jars == {})


async def test_what_is_kept_and_cannot_be_deleted_does_not_keep_the_process(world: World) -> None:
    operator = world.another_operator(kept_for=60)
    await world.use(operator=operator)
    world.manager.refused_deletion = failure(500, "The disk is read-only.")
    await operator.close()
    assert len(world.manager.jars) == 1


async def test_jar_that_was_replaced_at_its_source_meanwhile_is_brought_anew(world: World) -> None:
    done = asyncio.Event()
    before = asyncio.create_task(world.use(done))
    await world.until(lambda: len(world.manager.jars) == 1)
    world.web.answers["/report.jar"] = jar(b"PK-new", ETag='"2"')
    after = asyncio.create_task(world.use(done))
    await world.until(lambda: len(world.manager.jars) == 2)
    done.set()
    assert await before != await after


async def test_credentials_are_not_shared(world: World) -> None:
    done = asyncio.Event()
    of_one = replace(WANTED, credentials=Credentials(headers={"Authorization": "one"}))
    users = [
        asyncio.create_task(world.use(done, terms=terms))
        for terms in (WANTED, of_one, replace(WANTED, headers={"X-Team": "a"}))
    ]
    await world.until(lambda: len(world.web.requests) == 3)
    done.set()
    await asyncio.gather(*users)


async def test_all_who_wait_for_a_jar_that_cannot_be_had_fail_together(world: World) -> None:
    world.web.answers["/report.jar"] = status(404)
    found = await asyncio.gather(*(world.use() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(one, ArtifactError) for one in found)
    assert len(world.web.requests) <= 2  # the first, and those who came while it was under way


async def test_failure_leaves_nothing_behind_and_the_next_tries_again(world: World) -> None:
    world.web.answers["/report.jar"] = status(503)
    with pytest.raises(ArtifactError):
        await world.use()
    assert world.manager.jars == {}
    world.web.answers["/report.jar"] = jar(CONTENT, ETag='"1"')
    await world.use()
    assert len(world.manager.uploads) == 1


async def test_failure_is_not_held_against_who_comes_later(world: World) -> None:
    done = asyncio.Event()
    other = asyncio.create_task(world.use(done))
    await world.until(lambda: len(world.manager.jars) == 1)
    with pytest.raises(NoSuchJar):
        await _run(world, before=world.manager.start_anew)
    world.web.answers["/report.jar"] = status(503)
    with pytest.raises(ArtifactError):
        await world.use()
    world.web.answers["/report.jar"] = jar(CONTENT, ETag='"1"')
    assert await world.use() in world.manager.jars
    done.set()
    await other
    await world.until(lambda: world.manager.jars == {})


async def test_who_is_abandoned_while_bringing_leaves_it_to_the_others(world: World) -> None:
    world.manager.may_upload.clear()
    first = asyncio.create_task(world.use())
    await world.until(lambda: world.manager.asked["POST /jars/upload"] == 1)
    second = asyncio.create_task(world.use())
    await world.round_trips()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    world.manager.may_upload.set()
    assert await second
    await world.until(lambda: world.manager.jars == {})


async def test_job_manager_that_does_not_delete_it_fails_no_submission(world: World) -> None:
    world.manager.refused_deletion = web.Response(status=500)
    assert await world.use() in world.manager.jars


async def test_refused_upload_is_told(world: World) -> None:
    await world.manager.close()
    with pytest.raises(RestError):
        await world.use()


async def test_jobs_without_a_jar_get_an_empty_one(world: World) -> None:
    operator = world.another_operator(kept_for=60)
    await asyncio.gather(*(world.use(path=None, operator=operator) for _ in range(3)))
    (content,) = world.manager.jars.values()
    assert content.startswith(b"PK")
    assert b"META-INF/MANIFEST.MF" in content
    assert len(world.manager.uploads) == 1


async def _run(
    world: World, *, before: Callable[[], Any] = lambda: None, after: asyncio.Event | None = None
) -> None:
    """A job is run, once that has happened."""
    async with world.uploads.jar(world.manager.url, world.web.uri("/report.jar"), WANTED) as jar_id:
        before()
        if after is not None:
            await after.wait()
        await world.rest.run_jar(world.manager.url, jar_id, RunJar(JOB), timeout=5)


async def _killed(user: asyncio.Task[str]) -> None:
    user.cancel()
    with suppress(asyncio.CancelledError):
        await user


async def _content() -> AsyncIterator[bytes]:
    yield b"PK"

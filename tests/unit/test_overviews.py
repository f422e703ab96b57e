"""One call to a JobManager serves all of its session jobs."""

import asyncio
from typing import cast

import pytest

from controller.flink.rest import FlinkRest, RestError
from controller.observation import Job
from controller.overviews import Overviews
from shared.model.status import JobState

BASE, OTHER = "http://orders-rest.shop:8081", "http://others-rest.shop:8081"


def job(job_id: str, state: JobState = JobState.RUNNING) -> Job:
    return Job(job_id, "job", state, 0)


class JobManager:
    """Answers when it is told to."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs_there = list(jobs)
        self.calls = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.fails = False

    async def jobs(self, _base: str) -> list[Job]:
        self.calls += 1
        await self.answers.wait()
        if self.fails:
            raise RestError("no answer")
        return list(self.jobs_there)


class World:
    def __init__(self, *jobs: Job) -> None:
        self.now = 0.0
        self.manager = JobManager(*jobs)
        self.changed: list[str] = []
        rest = cast(FlinkRest, self.manager)
        self.overviews = Overviews(rest, lambda key: self.changed.append(key[1]), clock=lambda: self.now)
        self.overviews.follow(("shop", "first"), BASE, "a")


async def test_many_ask_and_one_call_is_made() -> None:
    world = World(job("a"), job("b"))
    world.manager.answers.clear()
    asked = [asyncio.create_task(world.overviews.jobs(BASE, within=0)) for _ in range(100)]
    await asyncio.sleep(0)
    world.manager.answers.set()
    answers = await asyncio.gather(*asked)
    assert all([one.job_id for one in answer] == ["a", "b"] for answer in answers)
    assert world.manager.calls == 1


async def test_answer_is_used_for_as_long_as_it_may_be() -> None:
    world = World(job("a"))
    await world.overviews.jobs(BASE, within=0)
    world.now = 15
    await world.overviews.jobs(BASE, within=15)
    assert world.manager.calls == 1
    world.now = 16
    await world.overviews.jobs(BASE, within=15)
    assert world.manager.calls == 2


async def test_call_that_began_before_is_not_new_enough_for_whoever_asks_now() -> None:
    world = World(job("a"))
    world.manager.answers.clear()
    earlier = asyncio.create_task(world.overviews.jobs(BASE, within=0))
    await asyncio.sleep(0)
    world.now = 1
    later = asyncio.create_task(world.overviews.jobs(BASE, within=0))
    await asyncio.sleep(0)
    world.manager.answers.set()
    await asyncio.gather(earlier, later)
    assert world.manager.calls == 2


async def test_session_jobs_whose_runs_changed_are_told() -> None:
    world = World(job("a"), job("b"), job("c"))
    for one in ("b", "c", "d"):
        world.overviews.follow(("shop", f"job-{one}"), BASE, one)
    await world.overviews.jobs(BASE, within=0)
    world.changed.clear()
    world.manager.jobs_there = [job("a"), job("b", JobState.FAILED), job("d"), job("not followed")]
    world.now = 1
    await world.overviews.jobs(BASE, within=0)
    assert sorted(world.changed) == ["job-b", "job-c", "job-d"]


async def test_session_job_is_told_of_its_latest_run_alone() -> None:
    world = World(job("a"), job("b"))
    await world.overviews.jobs(BASE, within=0)
    world.overviews.follow(("shop", "first"), BASE, "b")
    world.changed.clear()
    world.manager.jobs_there = [job("b")]
    world.now = 1
    await world.overviews.jobs(BASE, within=0)
    assert world.changed == []


async def test_session_job_that_is_gone_is_told_nothing() -> None:
    world = World(job("a"), job("b"))
    world.overviews.follow(("shop", "second"), BASE, "b")
    await world.overviews.jobs(BASE, within=0)
    world.changed.clear()
    world.overviews.forget(("shop", "second"))
    world.manager.jobs_there = []
    world.now = 1
    await world.overviews.jobs(BASE, within=0)
    assert world.changed == ["first"]


async def test_what_is_known_of_a_job_manager_goes_with_its_last_session_job() -> None:
    world = World(job("a"))
    await world.overviews.jobs(BASE, within=0)
    world.overviews.forget(("shop", "first"))
    world.overviews.forget(("shop", "first"))
    world.overviews.follow(("shop", "second"), BASE, "a")
    await world.overviews.jobs(BASE, within=60)
    assert world.manager.calls == 2


async def test_what_is_known_of_a_job_manager_goes_when_its_session_jobs_are_elsewhere() -> None:
    world = World(job("a"))
    await world.overviews.jobs(BASE, within=0)
    world.overviews.follow(("shop", "first"), OTHER, "a")
    world.overviews.follow(("shop", "first"), BASE, "a")
    await world.overviews.jobs(BASE, within=60)
    assert world.manager.calls == 2


async def test_failure_is_told_to_all_who_wait_and_asked_again_by_the_next() -> None:
    world = World(job("a"))
    world.manager.fails = True
    for _ in range(2):
        with pytest.raises(RestError):
            await world.overviews.jobs(BASE, within=0)
    world.manager.fails = False
    assert len(await world.overviews.jobs(BASE, within=0)) == 1
    assert world.manager.calls == 3


async def test_asking_no_more_leaves_the_call_to_the_others() -> None:
    world = World(job("a"))
    world.manager.answers.clear()
    first = asyncio.create_task(world.overviews.jobs(BASE, within=0))
    second = asyncio.create_task(world.overviews.jobs(BASE, within=0))
    await asyncio.sleep(0)
    first.cancel()
    world.manager.answers.set()
    assert len(await second) == 1

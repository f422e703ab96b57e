"""The keyed queue: one worker a key, again if added meanwhile, delays and backoff."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from controller import queue as module
from controller.queue import ReconcileQueue

Work = Callable[[str], Awaitable[float | None]]


@asynccontextmanager
async def running(work: Work, concurrency: int = 50) -> AsyncIterator[ReconcileQueue[str]]:
    queue = ReconcileQueue(work, concurrency=concurrency)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    """Let others run until the condition holds; it fails after two seconds."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - what is waited for are plain values
            await asyncio.sleep(0.001)


async def a_few_turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY", 0.001)
    monkeypatch.setattr(module, "_LONGEST_DELAY", 0.004)


async def test_every_key_is_worked_on() -> None:
    done: list[str] = []

    async def work(key: str) -> None:
        done.append(key)

    async with running(work) as queue:
        for key in "abc":
            queue.add(key)
        await until(lambda: sorted(done) == ["a", "b", "c"])


async def test_key_that_is_added_often_before_its_turn_is_worked_on_once() -> None:
    done: list[str] = []

    async def work(key: str) -> None:
        done.append(key)

    async with running(work) as queue:
        for _ in range(5):
            queue.add("a")
        await until(lambda: bool(done))
        await a_few_turns()
    assert done == ["a"]


async def test_key_has_one_worker_at_a_time_and_is_worked_on_again_if_added_meanwhile() -> None:
    gate, active, most, runs = asyncio.Event(), 0, 0, 0

    async def work(_: str) -> None:
        nonlocal active, most, runs
        active, runs = active + 1, runs + 1
        most = max(most, active)
        await gate.wait()
        active -= 1

    async with running(work) as queue:
        queue.add("a")
        await until(lambda: active == 1)
        for _ in range(3):
            queue.add("a")
        await a_few_turns()
        assert (active, runs) == (1, 1)
        gate.set()
        await until(lambda: runs == 2)
        await a_few_turns()
    assert (most, runs) == (1, 2)


async def test_delay_that_ends_while_the_key_is_worked_on_is_not_lost() -> None:
    gate, runs = asyncio.Event(), 0

    async def work(_: str) -> None:
        nonlocal runs
        runs += 1
        await gate.wait()

    async with running(work) as queue:
        queue.add("a")
        await until(lambda: runs == 1)
        queue.add("a", 0.005)
        await asyncio.sleep(0.02)
        assert runs == 1
        gate.set()
        await until(lambda: runs == 2)


async def test_keys_come_in_the_order_of_their_delays() -> None:
    done: list[str] = []

    async def work(key: str) -> None:
        done.append(key)

    async with running(work) as queue:
        queue.add("late", 0.03)
        queue.add("soon", 0.01)
        queue.add("now")
        await until(lambda: len(done) == 3)
    assert done == ["now", "soon", "late"]


async def test_earlier_time_wins_over_a_later_one() -> None:
    done: Counter[str] = Counter()

    async def work(key: str) -> None:
        done[key] += 1

    async with running(work) as queue:
        queue.add("a", 100)
        queue.add("a")
        queue.add("b")
        queue.add("b", 100)
        await until(lambda: done == {"a": 1, "b": 1})


async def test_work_that_asks_for_it_is_called_again() -> None:
    runs = 0

    async def work(_: str) -> float | None:
        nonlocal runs
        runs += 1
        return 0.001 if runs < 3 else None

    async with running(work) as queue:
        queue.add("a")
        await until(lambda: runs == 3)
        await a_few_turns()
    assert runs == 3


@pytest.mark.usefixtures("short_delays")
async def test_failure_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0

    async def work(_: str) -> None:
        nonlocal runs
        runs += 1
        if runs < 4:
            raise RuntimeError("the database is away")

    with caplog.at_level(logging.ERROR):
        async with running(work) as queue:
            queue.add("a")
            await until(lambda: runs == 4)
    assert caplog.text.count("the database is away") >= 3


async def test_failure_of_one_key_leaves_the_others_alone() -> None:
    done: list[str] = []

    async def work(key: str) -> None:
        if key == "bad":
            raise RuntimeError(key)
        done.append(key)

    async with running(work) as queue:
        queue.add("bad")
        await a_few_turns()
        queue.add("good")
        await until(lambda: done == ["good"])


async def test_delays_after_failures_grow_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.queue.random.uniform", lambda *_: 1.0)
    delays: list[float] = []

    async def work(_: str) -> None:
        raise RuntimeError("again")

    queue = ReconcileQueue(work)
    monkeypatch.setattr(queue, "add", lambda _, delay=0.0: delays.append(delay))
    for _ in range(9):
        await queue._reconcile("a")
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_no_more_keys_are_worked_on_at_once_than_allowed() -> None:
    gate, active, most = asyncio.Event(), 0, 0

    async def work(_: str) -> None:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await gate.wait()
        active -= 1

    async with running(work, concurrency=2) as queue:
        for key in "abcde":
            queue.add(key)
        await until(lambda: active == 2)
        await a_few_turns()
        gate.set()
        await until(lambda: active == 0)
    assert most == 2


async def test_work_in_progress_ends_with_the_queue() -> None:
    ended = asyncio.Event()
    started = asyncio.Event()

    async def work(_: str) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with running(work) as queue:
        queue.add("a")
        await started.wait()
    assert ended.is_set()

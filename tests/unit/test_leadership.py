"""Leader election: leadership is a time on the local clock, and ends whatever the server does."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from controller.kubernetes_api import LEASES, ApiError, Conflict
from controller.leadership import LeaderElector, NotLeading
from tests.unit.fake_kubernetes import Call, FakeKubernetes

Json = dict[str, Any]
NAME = "flink-operator-lease"


class Replica:
    """An elector on a virtual clock, taken from attempt to attempt."""

    def __init__(self, kubernetes: FakeKubernetes, identity: str, clock: "Clock") -> None:
        self.starts = 0
        self.elector = LeaderElector(
            kubernetes.api,
            namespace="operator",
            name=NAME,
            identity=identity,
            on_started=self._start,
            clock=lambda: clock.now,
        )

    def _start(self) -> None:
        self.starts += 1

    async def attempt(self) -> None:
        """One turn of the election: until the elector would sleep."""
        task = asyncio.create_task(self.elector.run())
        with suppress(asyncio.CancelledError):
            await task


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0


@pytest.fixture(autouse=True)
def _end_the_turn_instead_of_sleeping(monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(_: float) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr("controller.leadership.asyncio.sleep", end)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kubernetes() -> FakeKubernetes:
    return FakeKubernetes()


@pytest.fixture
def first(kubernetes: FakeKubernetes, clock: Clock) -> Replica:
    return Replica(kubernetes, "first", clock)


@pytest.fixture
def second(kubernetes: FakeKubernetes, clock: Clock) -> Replica:
    return Replica(kubernetes, "second", clock)


def holder(kubernetes: FakeKubernetes) -> Json:
    spec: Json = kubernetes.object(LEASES, NAME)["spec"]
    return spec


def during(kubernetes: FakeKubernetes, verb: str, effect: Callable[[], None]) -> None:
    def before(call: Call) -> None:
        if call[0] == verb:
            effect()

    kubernetes.before = before


def failing(error: Exception) -> Callable[[], None]:
    def effect() -> None:
        raise error

    return effect


async def test_lease_is_made_by_the_first_replica(kubernetes: FakeKubernetes, first: Replica) -> None:
    await first.attempt()
    assert first.elector.is_leading
    assert (first.starts, first.elector.term) == (1, 1)
    assert holder(kubernetes)["holderIdentity"] == "first"
    first.elector.check()


async def test_second_replica_waits(first: Replica, second: Replica) -> None:
    await first.attempt()
    await second.attempt()
    assert not second.elector.is_leading
    with pytest.raises(NotLeading):
        second.elector.check()


async def test_renewal_goes_on_in_the_same_term(
    kubernetes: FakeKubernetes, first: Replica, clock: Clock
) -> None:
    await first.attempt()
    acquired = holder(kubernetes)["acquireTime"]
    for _ in range(20):
        clock.now += 2
        await first.attempt()
        assert first.elector.is_leading
    assert (first.starts, first.elector.term) == (1, 1)
    assert holder(kubernetes)["acquireTime"] == acquired
    assert holder(kubernetes)["leaseTransitions"] == 0


async def test_leadership_ends_by_itself_at_the_renew_deadline(first: Replica, clock: Clock) -> None:
    await first.attempt()
    clock.now += 9.9
    assert first.elector.is_leading
    clock.now += 0.1
    assert not first.elector.is_leading


async def test_leadership_counts_from_before_the_request(
    kubernetes: FakeKubernetes, first: Replica, clock: Clock
) -> None:
    def slow() -> None:
        clock.now += 3

    during(kubernetes, "create", slow)
    await first.attempt()
    clock.now += 6.9
    assert first.elector.is_leading
    clock.now += 0.1
    assert not first.elector.is_leading


async def test_leadership_ends_while_a_request_hangs(
    kubernetes: FakeKubernetes, first: Replica, clock: Clock
) -> None:
    await first.attempt()
    seen = []

    def hang() -> None:
        clock.now += 10
        seen.append(first.elector.is_leading)
        raise ApiError(0, "Timeout", "no answer")

    during(kubernetes, "replace", hang)
    await first.attempt()
    assert seen == [False]


async def test_renewal_that_failed_leaves_the_rest_of_the_time(
    kubernetes: FakeKubernetes, first: Replica, clock: Clock
) -> None:
    await first.attempt()
    during(kubernetes, "replace", failing(ApiError(500, "InternalError", "try again")))
    clock.now += 2
    await first.attempt()
    assert first.elector.is_leading


async def test_conflict_ends_leadership_at_once(
    kubernetes: FakeKubernetes, first: Replica, clock: Clock
) -> None:
    await first.attempt()
    during(kubernetes, "replace", failing(Conflict(409, "Conflict", "modified")))
    clock.now += 2
    await first.attempt()
    assert not first.elector.is_leading


async def test_lease_of_another_ends_leadership_at_once(
    kubernetes: FakeKubernetes, first: Replica, clock: Clock
) -> None:
    await first.attempt()
    holder(kubernetes)["holderIdentity"] = "second"
    clock.now += 2
    await first.attempt()
    assert not first.elector.is_leading


async def test_silent_leader_is_replaced_after_its_whole_duration_by_the_local_clock(
    kubernetes: FakeKubernetes, first: Replica, second: Replica, clock: Clock
) -> None:
    await first.attempt()
    holder(kubernetes)["renewTime"] = "1999-01-01T00:00:00.000000Z"  # other clocks do not count
    await second.attempt()
    clock.now += 14.9
    await second.attempt()
    assert not second.elector.is_leading
    clock.now += 0.1
    await second.attempt()
    assert (first.elector.is_leading, second.elector.is_leading) == (False, True)
    assert holder(kubernetes)["leaseTransitions"] == 1


async def test_leader_that_renews_is_not_replaced(first: Replica, second: Replica, clock: Clock) -> None:
    await first.attempt()
    for _ in range(20):
        clock.now += 2
        await first.attempt()
        await second.attempt()
    assert not second.elector.is_leading


async def test_released_lease_is_taken_at_once(
    kubernetes: FakeKubernetes, first: Replica, second: Replica
) -> None:
    await first.attempt()
    await second.attempt()
    await first.elector.release()
    assert not first.elector.is_leading
    assert holder(kubernetes)["holderIdentity"] == ""
    await second.attempt()
    assert second.elector.is_leading


async def test_release_leaves_the_lease_of_another(
    kubernetes: FakeKubernetes, first: Replica, second: Replica
) -> None:
    await first.attempt()
    await second.elector.release()
    assert holder(kubernetes)["holderIdentity"] == "first"


async def test_release_that_fails_ends_leadership_all_the_same(
    kubernetes: FakeKubernetes, first: Replica
) -> None:
    await first.attempt()
    during(kubernetes, "get", failing(ApiError(0, "Timeout", "no answer")))
    await first.elector.release()
    assert not first.elector.is_leading


async def test_every_new_leadership_is_a_new_term(first: Replica, clock: Clock) -> None:
    await first.attempt()
    first.elector.check(1)
    clock.now += 30
    await first.attempt()
    assert (first.starts, first.elector.term) == (2, 2)
    first.elector.check(2)
    with pytest.raises(NotLeading):
        first.elector.check(1)


async def test_gap_during_a_slow_renewal_is_a_new_term(
    kubernetes: FakeKubernetes, first: Replica, clock: Clock
) -> None:
    """In the gap every resource was passed over: all must be looked at again."""
    await first.attempt()
    clock.now += 9.5

    def slow() -> None:
        clock.now += 2

    during(kubernetes, "replace", slow)
    await first.attempt()
    assert first.elector.is_leading
    assert (first.starts, first.elector.term) == (2, 2)


async def test_server_that_is_away_at_the_start_is_waited_for(
    kubernetes: FakeKubernetes, first: Replica
) -> None:
    during(kubernetes, "get", failing(ApiError(0, "Unreachable", "connection refused")))
    await first.attempt()
    assert not first.elector.is_leading
    kubernetes.before = lambda _: None
    await first.attempt()
    assert first.elector.is_leading


async def test_race_for_a_new_lease_has_one_winner(kubernetes: FakeKubernetes, first: Replica) -> None:
    during(kubernetes, "create", failing(Conflict(409, "AlreadyExists", "exists")))
    await first.attempt()
    assert not first.elector.is_leading

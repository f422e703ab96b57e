"""Somebody else writes the status: that is noticed and said, and nothing is done until it has stopped."""

from copy import deepcopy
from typing import Any

import pytest

from controller.authorship import QUIET_SECONDS, Authorship
from controller.kubernetes_api import DEPLOYMENTS, EVENTS, FLINK_DEPLOYMENTS, ApiError, Conflict
from controller.observation import Rival
from tests.unit.fake_kubernetes import FakeKubernetes
from tests.unit.flink_deployments import application, edited, with_metadata
from tests.unit.test_reconcile import KEY, WRITE_STATUS, World, fail

Json = dict[str, Any]
JAVA, OURS = "fabric8-kubernetes-client", "test"
EARLY, LATE = "2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z"


def written(raw: Json, writer: str, at: str = LATE, **status: Any) -> Json:
    """The resource after that writer changed its status."""
    entry = {"manager": writer, "operation": "Update", "subresource": "status", "time": at}
    entries = [*(raw["metadata"].get("managedFields") or []), entry]
    return with_metadata(raw, managedFields=entries) | {"status": {**raw.get("status", {}), **status}}


class Resource:
    """One resource as a controller sees it, time after time."""

    def __init__(self, raw: Json) -> None:
        self.seconds = 1000.0
        self.kubernetes = FakeKubernetes((FLINK_DEPLOYMENTS, raw))
        self.authorship = Authorship(self.kubernetes.api, clock=lambda: self.seconds)

    @property
    def raw(self) -> Json:
        return deepcopy(self.kubernetes.object(FLINK_DEPLOYMENTS, "orders"))

    def becomes(self, raw: Json) -> None:
        self.kubernetes.object(FLINK_DEPLOYMENTS, "orders").update(deepcopy(raw))

    async def look(self, raw: Json | None = None, term: int = 1) -> Rival | None:
        return await self.authorship.rival(KEY, raw or self.raw, term)


async def seen(raw: Json | None = None) -> Resource:
    """A resource that was looked at once."""
    resource = Resource(raw or written(application(), JAVA, EARLY, error="x"))
    assert await resource.look() is None
    return resource


async def after_foreign_write(number: int = 1) -> Resource:
    resource = await seen()
    resource.becomes(written(resource.raw, JAVA, error=f"theirs {number}"))
    assert await resource.look() is not None
    return resource


# Whose status it is


async def test_status_that_was_there_first_is_nobodys_rival() -> None:
    resource = await seen()
    assert await resource.look() is None


async def test_own_write_is_known() -> None:
    resource = await seen()
    body = resource.raw | {"status": {"error": "ours"}}
    resource.authorship.is_about_to_write(KEY, body)
    resource.authorship.wrote(KEY, body)
    resource.becomes(body)
    assert await resource.look() is None


async def test_own_write_whose_answer_got_lost_is_known() -> None:
    resource = await seen()
    body = resource.raw | {"status": {"error": "ours"}}
    resource.authorship.is_about_to_write(KEY, body)
    resource.becomes(body)
    assert await resource.look() is None


async def test_change_of_the_spec_is_no_write_of_the_status() -> None:
    resource = await seen()
    resource.becomes(edited(resource.raw, image="flink:2.4"))
    assert await resource.look() is None


async def test_write_of_another_is_noticed_with_its_name() -> None:
    resource = await seen()
    resource.becomes(written(resource.raw, JAVA, error="theirs"))
    assert await resource.look() == Rival(JAVA, QUIET_SECONDS, is_new=True)


async def test_writer_that_the_server_does_not_name_is_a_rival() -> None:
    resource = await seen(application() | {"status": {"error": "x"}})
    resource.becomes(resource.raw | {"status": {"error": "theirs"}})
    rival = await resource.look()
    assert rival is not None
    assert rival.writer == "an unknown client"


async def test_write_that_was_overtaken_by_one_like_it_is_anothers() -> None:
    resource = await seen()
    body = written(resource.raw, JAVA, error="the same")
    resource.authorship.is_about_to_write(KEY, body)
    resource.authorship.was_overtaken(KEY, body)
    resource.becomes(body)
    assert await resource.look() is not None


async def test_last_word_of_a_replica_of_ours_is_no_rival() -> None:
    resource = await seen()
    resource.becomes(written(resource.raw, OURS, error="of the leader before"))
    assert await resource.look() is None


async def test_of_one_second_the_others_write_counts() -> None:
    resource = await seen()
    resource.becomes(written(written(resource.raw, JAVA, LATE, error="theirs"), OURS, LATE))
    assert await resource.look() is not None


async def test_new_term_begins_with_what_is_there() -> None:
    resource = await seen()
    resource.becomes(written(resource.raw, JAVA, error="theirs"))
    assert await resource.look(term=2) is None


async def test_resource_that_was_made_anew_begins_with_what_is_there() -> None:
    resource = await seen()
    resource.becomes(with_metadata(written(resource.raw, JAVA, error="theirs"), uid="another"))
    assert await resource.look() is None


async def test_cache_that_is_behind_is_no_rival() -> None:
    resource = await seen()
    stale = written(resource.raw, JAVA, error="of long ago")
    assert await resource.look(stale) is None


async def test_rival_that_cannot_be_looked_for_is_not_passed_over() -> None:
    resource = await seen()
    resource.becomes(written(resource.raw, JAVA, error="theirs"))
    resource.kubernetes.before = lambda _: fail(ApiError(0, "Timeout", "no answer"))()
    with pytest.raises(ApiError):
        await resource.look()


# How long


async def test_rival_is_taken_for_gone_after_two_minutes_without_a_write() -> None:
    resource = await after_foreign_write()
    resource.seconds += QUIET_SECONDS - 1
    assert await resource.look() == Rival(JAVA, 1.0, is_new=False)
    resource.seconds += 1
    assert await resource.look() is None


async def test_another_write_begins_the_two_minutes_anew() -> None:
    resource = await after_foreign_write()
    resource.seconds += 100
    resource.becomes(written(resource.raw, JAVA, error="theirs again"))
    assert await resource.look() == Rival(JAVA, QUIET_SECONDS, is_new=False)


async def test_rival_that_comes_again_soon_is_given_twice_as_long() -> None:
    resource = await after_foreign_write()
    for number, expected in enumerate((2, 4, 8), start=2):
        resource.seconds += QUIET_SECONDS * expected / 2 + 1
        assert await resource.look() is None
        resource.becomes(written(resource.raw, JAVA, error=f"theirs {number}"))
        assert await resource.look() == Rival(JAVA, QUIET_SECONDS * expected, is_new=True)


async def test_nobody_is_waited_for_longer_than_an_hour() -> None:
    resource = await after_foreign_write()
    quiet = QUIET_SECONDS
    for number in range(2, 10):
        resource.seconds += quiet + 1
        resource.becomes(written(resource.raw, JAVA, error=f"theirs {number}"))
        rival = await resource.look()
        assert rival is not None
        quiet = rival.quiet_for
    assert quiet == 3600


async def test_rival_that_comes_again_much_later_is_a_new_one() -> None:
    resource = await after_foreign_write()
    resource.seconds += 3 * QUIET_SECONDS
    assert await resource.look() is None
    resource.becomes(written(resource.raw, JAVA, error="theirs again"))
    assert await resource.look() == Rival(JAVA, QUIET_SECONDS, is_new=True)


# What is done meanwhile


def disturbed(world: World, **status: Any) -> None:
    """Somebody else writes the status."""
    resource = world.kubernetes.object(FLINK_DEPLOYMENTS, "orders")
    resource.update(written(resource, JAVA, **status))


async def world_with_a_rival(raw: Json | None = None) -> World:
    world = World(raw or application(serviceAccount=None))
    await world.reconcile()
    disturbed(world, error="theirs")
    await world.reconcile()
    return world


def ready(world: World) -> Json:
    (found,) = [one for one in world.resource["status"]["conditions"] if one["type"] == "Ready"]
    return dict(found)


async def test_second_operator_is_told_where_the_owner_looks() -> None:
    world = await world_with_a_rival()
    assert (ready(world)["status"], ready(world)["reason"]) == ("False", "SecondOperator")
    (event,) = [one for one in world.kubernetes.bodies(EVENTS) if one["reason"] == "SecondOperator"]
    assert JAVA in event["message"]
    assert JAVA not in ready(world)["message"]


async def test_nothing_else_of_the_status_is_touched() -> None:
    world = await world_with_a_rival()
    assert world.resource["status"]["error"] == "theirs"


async def test_nothing_is_done_until_the_rival_is_gone() -> None:
    world = World(application(serviceAccount=None))
    await world.reconcile()
    world.resource["spec"]["serviceAccount"] = "flink"
    disturbed(world, error="theirs")
    for _ in range(3):
        await world.reconcile()
        world.seconds += 30
    assert world.kubernetes.names(DEPLOYMENTS) == []
    world.seconds += QUIET_SECONDS
    await world.reconcile()
    assert world.kubernetes.names(DEPLOYMENTS) == ["orders"]


async def test_next_look_is_when_the_rival_may_be_gone() -> None:
    world = await world_with_a_rival()
    world.seconds += 20
    assert await world.reconcile() == pytest.approx(QUIET_SECONDS - 20)


async def test_deletion_waits_too() -> None:
    world = World(application())
    await world.reconcile()
    world.resource["metadata"]["deletionTimestamp"] = "2026-11-21T11:00:00Z"
    disturbed(world, error="theirs")
    await world.reconcile()
    assert world.kubernetes.names(DEPLOYMENTS) == ["orders"]


async def test_report_of_the_other_is_not_written_again() -> None:
    world = World(application(serviceAccount=None))
    await world.reconcile()
    said = {"type": "Ready", "status": "False", "reason": "SecondOperator", "message": "of another version"}
    disturbed(world, conditions=[{**said, "lastTransitionTime": EARLY}])
    writes = len(world.writes)
    await world.reconcile()
    assert world.writes[writes:] == []


async def test_two_of_ours_come_to_rest() -> None:
    """Each notices the other; one says it, and neither writes any more."""
    world = World(application(serviceAccount=None))
    other = World(application(serviceAccount=None), kubernetes=world.kubernetes)
    await world.reconcile()
    await other.reconcile()
    disturbed(world, error="of a third")
    for _ in range(3):
        await world.reconcile()
        await other.reconcile()
    writes = len(world.writes)
    for _ in range(5):
        await world.reconcile()
        await other.reconcile()
    assert world.writes[writes:] == []


async def test_overtaken_write_is_looked_into() -> None:
    world = World(application())

    def overtake() -> None:
        disturbed(world, error="theirs")
        raise Conflict(409, "Conflict", "modified")

    world.on(WRITE_STATUS, overtake)
    await world.reconcile()
    world.kubernetes.before = lambda _: None
    await world.reconcile()
    assert ready(world)["reason"] == "SecondOperator"
    assert world.kubernetes.names(DEPLOYMENTS) == []


async def test_refusal_is_not_written_over_what_another_wrote() -> None:
    world = World(application())

    def refuse() -> None:
        disturbed(world, error="theirs")
        raise ApiError(403, "Forbidden", "exceeded quota")

    world.on(("create", "deployments", "orders"), refuse)
    await world.reconcile()
    assert world.resource["status"]["error"] == "theirs"

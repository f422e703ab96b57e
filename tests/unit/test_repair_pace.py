"""Repairs that do not last are repeated ever more rarely."""

from datetime import timedelta

import pytest

from controller.repair_pace import RepairPace
from tests.unit.flink_deployments import NOW

KEY = ("shop", "orders")
SECOND = timedelta(seconds=1)


def test_nothing_stands_against_the_first_repair() -> None:
    assert RepairPace().next_at(KEY, NOW) is None


def test_second_repair_waits_half_a_minute() -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    assert pace.next_at(KEY, NOW + SECOND) == NOW + 30 * SECOND
    assert pace.next_at(("shop", "other"), NOW) is None


def test_pauses_grow_to_five_minutes() -> None:
    pace, at, pauses = RepairPace(), NOW, []
    for _ in range(7):
        pace.note(KEY, at)
        following = pace.next_at(KEY, at)
        assert following is not None
        pauses.append((following - at).total_seconds())
        at = following
    assert pauses == [30, 60, 120, 240, 300, 300, 300]


def test_repair_that_lasted_is_forgotten() -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    pace.note(KEY, NOW + 40 * SECOND)
    calm = NOW + timedelta(minutes=15)
    assert pace.next_at(KEY, calm) is None
    pace.note(KEY, calm)
    assert pace.next_at(KEY, calm) == calm + 30 * SECOND


@pytest.mark.parametrize("back", [SECOND, timedelta(days=1)])
def test_clock_that_is_set_back_holds_nothing_up(back: timedelta) -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    assert pace.next_at(KEY, NOW - back) is None


def test_resource_that_is_gone_leaves_nothing_behind() -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    pace.forget(KEY)
    assert pace.next_at(KEY, NOW) is None

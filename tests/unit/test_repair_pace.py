"""Repairs that do not last are repeated ever more rarely."""

from datetime import timedelta

import pytest

from controller.observation import Repairs
from controller.repair_pace import RepairPace
from tests.unit.flink_deployments import NOW

KEY = ("shop", "orders")
SECOND = timedelta(seconds=1)


def test_nothing_stands_against_the_first_repair() -> None:
    assert RepairPace().recent(KEY, NOW) is None


def test_second_repair_waits_half_a_minute() -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    assert pace.recent(KEY, NOW + SECOND) == Repairs(1, NOW + 30 * SECOND)
    assert pace.recent(("shop", "other"), NOW) is None


def test_pauses_grow_to_five_minutes() -> None:
    pace, at, pauses = RepairPace(), NOW, []
    for number in range(1, 8):
        pace.note(KEY, at)
        recent = pace.recent(KEY, at)
        assert recent is not None
        assert recent.number == number
        pauses.append((recent.next_at - at).total_seconds())
        at = recent.next_at
    assert pauses == [30, 60, 120, 240, 300, 300, 300]


def test_repair_that_lasted_is_forgotten() -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    pace.note(KEY, NOW + 40 * SECOND)
    calm = NOW + timedelta(minutes=15)
    assert pace.recent(KEY, calm) is None
    pace.note(KEY, calm)
    assert pace.recent(KEY, calm) == Repairs(1, calm + 30 * SECOND)


@pytest.mark.parametrize("back", [SECOND, timedelta(days=1)])
def test_clock_that_is_set_back_holds_nothing_up(back: timedelta) -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    assert pace.recent(KEY, NOW - back) is None


def test_resource_that_is_gone_leaves_nothing_behind() -> None:
    pace = RepairPace()
    pace.note(KEY, NOW)
    pace.forget(KEY)
    assert pace.recent(KEY, NOW) is None

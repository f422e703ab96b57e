"""Several calls at once: none is left behind when one fails."""

import asyncio

import pytest

from controller.together import together


async def number(value: int) -> int:
    return value


async def test_results_come_in_the_order_of_the_calls() -> None:
    assert await together(*(number(value) for value in (3, 1, 2))) == [3, 1, 2]


async def test_all_have_ended_before_a_failure_is_raised() -> None:
    ended: list[str] = []

    async def fail() -> None:
        raise ValueError("first")

    async def take_longer() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        ended.append("later")

    with pytest.raises(ValueError, match="first"):
        await together(fail(), take_longer())
    assert ended == ["later"]

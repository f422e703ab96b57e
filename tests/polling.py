"""Waiting for what must come true, with a deadline and no fixed sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_INTERVAL = 0.25


def eventually(check: Callable[[], T], *, within: float, what: str) -> T:
    """The first true value of `check`; fails with `what` and the last value after `within` seconds.

    An AssertionError inside `check` counts as not yet true.
    """
    deadline = time.monotonic() + within
    last: object = None
    while time.monotonic() < deadline:
        try:
            value = check()
        except AssertionError as error:
            last = error
        else:
            if value:
                return value
            last = value
        time.sleep(_INTERVAL)
    raise AssertionError(f"{what}: not within {within:g} s; last seen: {last}")

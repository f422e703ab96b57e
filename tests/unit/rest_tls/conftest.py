"""The controller's own event loop: it has a TLS implementation of its own."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """For the tests of this folder."""
    return {"uvloop": uvloop.new_event_loop}

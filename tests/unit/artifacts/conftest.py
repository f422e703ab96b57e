"""The controller's own event loop, and an environment that says nothing about stores."""

import asyncio
import os
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """For the tests of this folder."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own credentials, authorities and proxies."""
    for name in os.environ:
        if name.startswith(("AWS_", "FSSPEC_", "SSL_CERT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)

"""Fetching, as the tests do it."""

import ssl
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from controller.artifacts.artifact import ArtifactError, Wanted
from controller.artifacts.connections import Lookup, look_up
from controller.artifacts.source import Artifacts
from shared.addresses import Address, is_restricted
from tests.unit.artifacts.web_server import PUBLIC

WANTED = Wanted(schemes=("https", "http"), silence=5, timeout=10)


def is_private(address: Address) -> bool:
    """As it is, but for the one address that stands for the Internet."""
    return is_restricted(address) and address != ip_address(PUBLIC)


def artifacts(context: ssl.SSLContext | None = None, lookup: Lookup = look_up, **others: Any) -> Artifacts:
    """Sources that trust the context's authorities."""
    return Artifacts(context, lookup=lookup, judge=is_private, **others)


async def fetch(source: Artifacts, uri: str, wanted: Wanted = WANTED, **changes: Any) -> bytes:
    """The whole content."""
    async with source.open(uri, replace(wanted, **changes)) as artifact:
        return b"".join([chunk async for chunk in artifact.chunks()])


async def refusal(source: Artifacts, uri: str, wanted: Wanted = WANTED, **changes: Any) -> ArtifactError:
    """Why it cannot be fetched."""
    with pytest.raises(ArtifactError) as caught:
        await fetch(source, uri, wanted, **changes)
    return caught.value

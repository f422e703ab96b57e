"""Flink's own client on a real API server: what it makes now is what is recorded, and what we make."""

import os
from pathlib import Path

import pytest

from tests.api.api_server import ApiServer
from tests.cluster import Cluster, Console
from tests.images import ImageError
from tests.originals.capture import capture
from tests.originals.cases import BY_NAME
from tests.originals.comparison import differences, ours, unexpected
from tests.originals.distribution import home
from tests.originals.recordings import recording

# Together they meet every decorator; a client takes five seconds. `python -m tests.originals` runs all cases.
_LIVE = (
    ("2.3", "template"),
    ("2.3", "session-high-availability"),
    ("1.20", "container"),
    ("1.20", "kerberos"),
)


@pytest.fixture
def client(release: str) -> Path:
    """Flink's client, fetched when it is first needed."""
    try:
        return home(release, Console())
    except ImageError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize(("release", "name"), _LIVE, ids=[f"{name}-{release}" for release, name in _LIVE])
def test_client_makes_what_is_recorded_and_what_we_make(
    cluster: Cluster, api: ApiServer, client: Path, release: str, name: str
) -> None:
    case = BY_NAME[name]
    original = capture(case, release, client, cluster, api)
    assert [str(one) for one in differences(recording(case, release), original)] == []
    assert [str(one) for one in unexpected(case, differences(original, ours(case, release)))] == []

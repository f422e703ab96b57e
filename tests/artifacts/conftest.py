"""A JobManager of each release, for all tests of this folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artifacts.job_manager import JobManager, running
from tests.images.errors import ImageError
from tests.images.flink import RELEASES


@pytest.fixture(scope="session", params=list(RELEASES.values()), ids=list(RELEASES))
def job_manager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JobManager]:
    """One without TaskManagers."""
    folder: Path = tmp_path_factory.mktemp("job-manager")
    try:
        with running(request.param, folder) as started:
            yield started
    except ImageError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))

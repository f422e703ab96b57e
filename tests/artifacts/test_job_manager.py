"""Jars on real JobManagers: uploaded, run, deleted, and given up half-way."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.artifacts.artifact import ArtifactError
from controller.flink.jars import RunJar
from controller.flink.rest import FlinkRest, NoSuchJar, RestError
from tests.artifacts.job_manager import JobManager
from tests.certificates import issue, new_authority
from tests.images.flink import RELEASES
from tests.images.jar import compile_job
from tests.originals.distribution import home
from tests.polling import eventually
from tests.unit.artifacts.fetching import WANTED, artifacts
from tests.unit.artifacts.s3_server import Bucket
from tests.unit.artifacts.web_server import WebServer, jar, short
from tests.unit.rest_tls.server import serving

LARGE = 300 * 2**20
MOST_MEMORY = 50.0  # MiB
JOB = "d7203a3b348850bf90e5f4209f3b6095"

NEWEST = pytest.mark.parametrize(
    "job_manager", [RELEASES["flink-2.3"]], ids=["flink-2.3"], indirect=True, scope="session"
)


@pytest.fixture
async def rest() -> AsyncIterator[FlinkRest]:
    client = FlinkRest.connect()
    yield client
    await client.close()


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A jar with a job, which both releases take."""
    target = tmp_path_factory.mktemp("job") / "job.jar"
    compile_job(home(RELEASES["flink-1.20"].tag, print) / "lib", target, print)
    return target.read_bytes()


async def content(*chunks: bytes, error: Exception | None = None) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    if error is not None:
        raise error


async def stream(uri: str, job_manager: JobManager, **environment: str) -> tuple[str, float]:
    """The jar's id, and the MiB that it took to stream it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.artifacts.stream",
        uri,
        job_manager.url,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    jar_id, grown = said.decode().split()
    return jar_id, float(grown)


def size_of(job_manager: JobManager, jar_id: str) -> int:
    (file,) = (path for path in job_manager.uploads() if path.name == jar_id)
    return file.stat().st_size


def nothing_is_left(job_manager: JobManager) -> None:
    """Flink deletes after it has answered."""
    eventually(lambda: not job_manager.uploads(), within=10, what="all files of uploads are gone")


@NEWEST
async def test_large_jar_streams_from_a_web_server_in_little_memory(
    job_manager: JobManager, rest: FlinkRest, tmp_path: Path
) -> None:
    authority = new_authority()
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    context = serving(issue(authority, "localhost"), tmp_path)
    async with WebServer.serve("127.0.0.1", context) as web:
        web.answers["/large.jar"] = jar(bytes(LARGE))
        trust = {"SSL_CERT_FILE": str(tmp_path / "ca.crt")}
        jar_id, grown = await stream(web.uri("/large.jar", "localhost"), job_manager, **trust)
    assert size_of(job_manager, jar_id) == LARGE
    assert grown < MOST_MEMORY
    await rest.delete_jar(job_manager.url, jar_id)
    nothing_is_left(job_manager)


@NEWEST
async def test_large_jar_streams_from_a_bucket_in_little_memory(
    job_manager: JobManager, rest: FlinkRest
) -> None:
    async with Bucket.serve() as bucket:
        bucket.objects["large.jar"] = bytes(LARGE)
        jar_id, grown = await stream("s3://jobs/large.jar", job_manager, **bucket.environment())
    assert size_of(job_manager, jar_id) == LARGE
    assert grown < MOST_MEMORY
    await rest.delete_jar(job_manager.url, jar_id)
    nothing_is_left(job_manager)


@pytest.mark.parametrize("megabytes", [0, 20])
async def test_content_that_breaks_off_leaves_nothing(
    job_manager: JobManager, rest: FlinkRest, megabytes: int
) -> None:
    broken = ArtifactError("gone", transient=True)
    chunks = content(*[bytes(2**20)] * megabytes, error=broken)
    with pytest.raises(ArtifactError) as caught:
        await rest.upload_jar(job_manager.url, "job.jar", chunks, timeout=30)
    assert caught.value is broken
    assert await rest.jars(job_manager.url) == ()
    nothing_is_left(job_manager)


@pytest.mark.parametrize(
    ("announced", "sha256"), [(3_000_001, None), (3_000_000, "0" * 64)], ids=["short", "other-digest"]
)
async def test_jar_that_is_not_as_it_should_be_leaves_nothing(
    job_manager: JobManager, rest: FlinkRest, announced: int, sha256: str | None
) -> None:
    wanted = replace(WANTED, sha256=sha256)
    async with WebServer.serve() as web:
        web.answers["/job.jar"] = short(bytes(3_000_000), announced)
        async with artifacts().open(web.uri("/job.jar"), wanted) as artifact:
            with pytest.raises(ArtifactError):
                await rest.upload_jar(job_manager.url, artifact.name, artifact.chunks(), timeout=30)
    assert await rest.jars(job_manager.url) == ()
    nothing_is_left(job_manager)


async def test_jar_is_run_under_the_id_that_was_chosen_and_once(
    job_manager: JobManager, rest: FlinkRest, job: bytes
) -> None:
    url = job_manager.url
    jar_id = await rest.upload_jar(url, "job.jar", content(job), timeout=30)
    assert [(jar.jar_id, jar.name) for jar in await rest.jars(url)] == [(jar_id, "job.jar")]
    run = RunJar(
        JOB,
        args=("--rate", "5"),
        parallelism=2,
        claim_mode="NO_CLAIM",
        configuration={"pipeline.name": "orders"},
    )
    assert await rest.run_jar(url, jar_id, run, timeout=60) == JOB
    assert [job.job_id for job in await rest.jobs(url)] == [JOB]
    with pytest.raises(RestError, match="has already been submitted") as again:
        await rest.run_jar(url, jar_id, run, timeout=60)
    assert again.value.status == 400
    await rest.cancel(url, JOB)
    await rest.delete_jar(url, jar_id)
    await rest.delete_jar(url, jar_id)
    with pytest.raises(NoSuchJar):
        await rest.run_jar(url, jar_id, run, timeout=60)
    nothing_is_left(job_manager)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (RunJar("1" * 32, entry_class="no.Such"), "ClassNotFoundException: no.Such"),
        (RunJar("2" * 32, args=("--unknown", "1")), "IllegalArgumentException: --unknown"),
        (RunJar("3" * 32, savepoint_path="file:///nowhere"), "Cannot find checkpoint or savepoint"),
    ],
    ids=["class", "argument", "savepoint"],
)
async def test_what_keeps_a_job_from_running_is_told_by_its_cause(
    job_manager: JobManager, rest: FlinkRest, job: bytes, run: RunJar, words: str
) -> None:
    jar_id = await rest.upload_jar(job_manager.url, "job.jar", content(job), timeout=30)
    with pytest.raises(RestError, match=re.escape(words)) as caught:
        await rest.run_jar(job_manager.url, jar_id, run, timeout=60)
    assert "\n" not in str(caught.value)
    await rest.delete_jar(job_manager.url, jar_id)
    nothing_is_left(job_manager)

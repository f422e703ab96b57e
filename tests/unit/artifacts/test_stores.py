"""Jars in stores, through fsspec: S3 from a bucket on loopback, others from stores of the tests' own."""

import hashlib
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry
from fsspec.spec import AbstractFileSystem

from controller.artifacts.artifact import Credentials, Wanted
from controller.artifacts.plugins import add_plugins
from tests.certificates import issue, new_authority
from tests.unit.artifacts.fetching import artifacts, fetch, refusal
from tests.unit.artifacts.s3_server import KEY, SECRET, Bucket
from tests.unit.rest_tls.server import serving

URI = "s3://jobs/team/orders.jar"
CONTENT = b"PK" + bytes(range(256)) * 40_000  # more than four blocks
WANTED = Wanted(schemes=("s3", "s3a", "gs", "abfss", "test", "oss"), silence=5, timeout=20)


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    async with Bucket.serve() as serving_bucket:
        serving_bucket.objects["team/orders.jar"] = CONTENT
        for name, value in serving_bucket.environment().items():
            monkeypatch.setenv(name, value)
        yield serving_bucket


class Slow(AbstractFileSystem):  # type: ignore[misc]
    """A store whose answers the test lets go."""

    protocol = "test"
    cachable = False
    opened = 0
    released = threading.Event()

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, Any]:
        return {"host": "host"} if path.startswith("test://host") else {}

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        type(self).opened += 1
        self.released.wait()
        return {"name": path, "size": None, "type": "file"}

    def open(self, *_: Any, **__: Any) -> Any:
        raise OSError("gone: https://host/a?sig=t0psecret: <Error>document</Error>\nand more of it")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Slow]]:
    class Fresh(Slow):
        opened = 0
        released = threading.Event()

    monkeypatch.setitem(_registry, "test", Fresh)
    yield Fresh
    Fresh.released.set()


async def test_jar_in_a_bucket_comes_in_blocks(bucket: Bucket) -> None:
    async with artifacts().open(URI, WANTED) as artifact:
        assert (artifact.name, artifact.size) == ("orders.jar", len(CONTENT))
        chunks = [chunk async for chunk in artifact.chunks()]
    assert b"".join(chunks) == CONTENT
    assert len(chunks) == 5
    assert bucket.refusals == 0


async def test_path_of_a_uri_is_decoded(bucket: Bucket) -> None:
    bucket.objects["team a/100%.jar"] = CONTENT
    assert await fetch(artifacts(), "s3://jobs/team%20a/100%25.jar", WANTED) == CONTENT


async def test_s3a_is_s3(bucket: Bucket) -> None:
    assert await fetch(artifacts(), URI.replace("s3:", "s3a:"), WANTED) == CONTENT
    assert bucket.refusals == 0


async def test_store_with_an_authority_of_its_own_is_trusted_by_the_environments_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = new_authority()
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    async with Bucket.serve(serving(issue(authority, "localhost"), tmp_path)) as bucket:
        bucket.objects["team/orders.jar"] = CONTENT
        for name, value in (bucket.environment() | {"SSL_CERT_FILE": str(tmp_path / "ca.crt")}).items():
            monkeypatch.setenv(name, value)
        assert await fetch(artifacts(), URI, WANTED) == CONTENT


async def test_endpoint_may_come_from_fsspecs_own_configuration(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint": bucket.url})
    assert await fetch(artifacts(), URI, WANTED) == CONTENT


async def test_credentials_of_a_secret_take_the_place_of_the_operators(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.keys = {"AKTEAM": "of the team"}
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of the operator")
    own = Credentials(options={"access_key_id": "AKTEAM", "secret_access_key": "of the team"})
    assert await fetch(artifacts(), URI, replace(WANTED, credentials=own)) == CONTENT
    assert not any("x-amz-security-token" in request.headers for request in bucket.requests)


async def test_session_token_of_a_secret_is_sent(bucket: Bucket) -> None:
    own = Credentials(options={"access_key_id": KEY, "secret_access_key": SECRET, "token": "t"})
    assert await fetch(artifacts(), URI, replace(WANTED, credentials=own)) == CONTENT
    assert {request.headers.get("x-amz-security-token") for request in bucket.requests} == {"t"}


async def test_credentials_that_the_store_refuses_are_told_and_not_shown(bucket: Bucket) -> None:
    own = Credentials(options={"access_key_id": KEY, "secret_access_key": "t0psecret"})
    error = await refusal(artifacts(), URI, replace(WANTED, credentials=own))
    assert "the store refuses the credentials of the Secret" in str(error)
    assert "t0psecret" not in str(error)
    assert not error.transient
    assert bucket.refusals > 0


async def test_object_that_is_not_there_is_told(bucket: Bucket) -> None:
    error = await refusal(artifacts(), "s3://jobs/other.jar", WANTED)
    assert "no jar is there" in str(error)
    assert not error.transient
    assert bucket.requests


async def test_folder_is_no_jar(bucket: Bucket) -> None:
    error = await refusal(artifacts(), "s3://jobs/team", WANTED)
    assert "is a folder" in str(error)
    assert bucket.requests


async def test_store_that_is_not_there_is_told(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    error = await refusal(artifacts(), URI, WANTED)
    assert "cannot be read" in str(error)
    assert error.transient
    assert bucket.requests == []


async def test_object_that_is_replaced_while_it_is_read_is_not_taken(bucket: Bucket) -> None:
    async with artifacts().open(URI, WANTED) as artifact:
        chunks = artifact.chunks()
        await anext(chunks)
        bucket.objects["team/orders.jar"] = CONTENT[::-1]
        with pytest.raises(Exception, match="was replaced while it was read"):
            _ = [chunk async for chunk in chunks]


async def test_identity_is_that_of_the_version_that_lies_there(bucket: Bucket) -> None:
    async def identity() -> str | None:
        async with artifacts().open(URI, WANTED) as artifact:
            return artifact.identity

    first = await identity()
    assert first is not None
    assert first == await identity()
    bucket.objects["team/orders.jar"] = b"PK" + CONTENT
    assert first != await identity()


async def test_object_that_is_too_large_is_not_read(bucket: Bucket) -> None:
    error = await refusal(artifacts(), URI, replace(WANTED, maximum_size=len(CONTENT) - 1))
    assert "has more than" in str(error)
    assert {request.method for request in bucket.requests} == {"HEAD"}


async def test_object_with_another_digest_is_told(bucket: Bucket) -> None:
    error = await refusal(artifacts(), URI, replace(WANTED, sha256="0" * 64))
    assert hashlib.sha256(CONTENT).hexdigest() in str(error)
    assert bucket.refusals == 0


@pytest.mark.parametrize(
    "uri",
    [
        "s3://key:secret@jobs/orders.jar",
        "s3://localhost:9000/jobs/orders.jar",
        "s3://[::1]/jobs/orders.jar",
        "s3://jobs/orders.jar?endpoint_url=http://10.0.0.1",
        "s3://jobs/orders.jar#part",
        "s3://jobs/orders.jar::file:///etc/passwd",
        "abfss://jobs@account.dfs.core.windows.net/orders.jar",
        "oss://oss-cn-hangzhou.aliyuncs.com/jobs/orders.jar",
        "test://host/orders.jar",
    ],
)
async def test_uri_says_nothing_of_where_a_store_is_asked(uri: str, bucket: Bucket, slow: type[Slow]) -> None:
    error = await refusal(artifacts(), uri, WANTED)
    assert "by the operator's environment" in str(error)
    assert "secret" not in str(error).replace("Secret", "")
    assert (bucket.requests, slow.opened) == ([], 0)


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "local:///etc/passwd",
        "memory://a/b.jar",
        "simplecache::s3://jobs/orders.jar",
        "simplecache:s3://jobs/orders.jar",
        "filecache://jobs/orders.jar",
        "zip://orders.jar::http://10.0.0.1/a.zip",
        "jar:file:///etc/passwd!/a",
        "reference://a/b",
        "github://org:repo@main/orders.jar",
        "dask://a/b",
        "data:text/plain,a",
        "git+https://host/a",
    ],
)
async def test_what_is_the_operators_own_is_never_read(uri: str) -> None:
    scheme = uri.partition(":")[0].lower()
    error = await refusal(artifacts(), uri, replace(WANTED, schemes=(scheme,)))
    assert "the operator never reads" in str(error) or "chains several addresses" in str(error)
    assert not error.transient


@pytest.mark.parametrize("kind", [LocalFileSystem, MemoryFileSystem])
async def test_operators_files_are_not_read_under_another_name(
    kind: type[AbstractFileSystem], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disguised(kind):  # type: ignore[misc]
        protocol = "test"

    monkeypatch.setitem(_registry, "test", Disguised)
    error = await refusal(artifacts(), "test:///etc/passwd", WANTED)
    assert "the operator never reads files of its own" in str(error)


async def test_scheme_without_its_package_says_which_and_how_to_add_it() -> None:
    error = await refusal(artifacts(), "oss://jobs/orders.jar", WANTED)
    assert "ossfs" in str(error)
    assert "artifacts.packages" in str(error)
    assert not error.transient


async def test_scheme_that_is_not_allowed_is_not_read(bucket: Bucket) -> None:
    error = await refusal(artifacts(), URI, replace(WANTED, schemes=("https",)))
    assert "scheme s3 is not allowed. Use one of https" in str(error)
    assert bucket.requests == []


async def test_store_that_hangs_is_given_up_and_keeps_nobody_else_waiting(
    bucket: Bucket, slow: type[Slow]
) -> None:
    source = artifacts(most_threads=2)
    error = await refusal(source, "test:///orders.jar", replace(WANTED, silence=0.1))
    assert "nothing came for 0.1 s" in str(error)
    assert error.transient
    assert await fetch(source, URI, WANTED) == CONTENT
    assert slow.opened == 1
    assert bucket.refusals == 0


async def test_stores_that_hang_are_at_most_so_many(slow: type[Slow]) -> None:
    source = artifacts(most_threads=2)
    for _ in range(2):
        await refusal(source, "test:///orders.jar", replace(WANTED, silence=0.1))
    error = await refusal(source, "test:///orders.jar", WANTED)
    assert "too many stores and name servers do not answer" in str(error)
    assert slow.opened == 2


async def test_what_a_package_says_is_shortened_and_holds_no_query(slow: type[Slow]) -> None:
    slow.released.set()
    error = await refusal(artifacts(), "test:///orders.jar", WANTED)
    assert "cannot be read: gone: https://host/a." in str(error)
    assert "t0psecret" not in str(error)
    assert "document" not in str(error)
    assert "and more" not in str(error)


async def test_packages_of_the_plugins_folder_are_found_after_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "plugin_of_a_test.py").write_text("ANSWER = 42\n")
    add_plugins(tmp_path)
    add_plugins(tmp_path)
    assert sys.path[-1] == str(tmp_path)
    assert sys.path.count(str(tmp_path)) == 1
    import plugin_of_a_test  # type: ignore[import-not-found]  # noqa: PLC0415

    assert plugin_of_a_test.ANSWER == 42
    del sys.modules["plugin_of_a_test"]


def test_plugins_folder_that_is_not_there_is_no_hindrance(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_plugins(tmp_path / "nowhere")
    add_plugins(None)
    assert "is no folder" in caplog.text
    assert str(tmp_path / "nowhere") not in sys.path

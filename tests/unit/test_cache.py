"""What the watches delivered and what was written: the newest counts, and little of it is kept."""

from typing import Any

import pytest

from controller.cache import Cache, kept, resource_index

PLURAL = "flinkdeployments"
KEY = ("shop", "orders")


def version(number: int, uid: str = "u", **fields: Any) -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": "orders", "uid": uid, "resourceVersion": str(number)}
    return {"metadata": metadata, **fields}


def cache_with(watched: dict[str, Any]) -> Cache:
    cache = Cache()
    cache.connect({resource_index(PLURAL): {KEY: [watched]}})
    return cache


@pytest.mark.parametrize(("written", "newest"), [(9, 10), (10, 10), (11, 11)])
def test_newest_of_watched_and_written_counts(written: int, newest: int) -> None:
    cache = cache_with(version(10))
    cache.wrote(PLURAL, version(written))
    assert cache.resource(PLURAL, KEY) == version(newest)


def test_what_was_written_to_a_namesake_that_is_gone_does_not_count() -> None:
    cache = cache_with(version(10, uid="new"))
    cache.wrote(PLURAL, version(11, uid="old"))
    assert cache.resource(PLURAL, KEY) == version(10, uid="new")


@pytest.mark.parametrize(
    ("delivered", "is_news"),
    [(version(9), False), (version(10), False), (version(11), True), (version(9, uid="new"), True)],
    ids=["earlier", "the same", "later", "another of that name"],
)
def test_own_write_is_no_news_when_the_watch_delivers_it(delivered: dict[str, Any], is_news: bool) -> None:
    cache = Cache()
    cache.wrote(PLURAL, version(10))
    assert cache.is_news(PLURAL, KEY, delivered) is is_news


def test_everything_is_news_about_what_was_not_written() -> None:
    assert Cache().is_news(PLURAL, KEY, version(1))


def test_version_is_understood_once() -> None:
    watched, read = [version(10)], list[str]()
    cache = Cache()
    cache.connect({resource_index(PLURAL): {KEY: watched}})

    def understand(body: dict[str, Any]) -> str:
        read.append(body["metadata"]["resourceVersion"])
        return read[-1]

    assert [cache.understood(PLURAL, KEY, understand) for _ in range(3)] == ["10", "10", "10"]
    watched[0] = version(11)
    assert cache.understood(PLURAL, KEY, understand) == "11"
    cache.forget(PLURAL, KEY)
    assert cache.understood(PLURAL, KEY, understand) == "11"
    assert read == ["10", "11", "11"]


def test_nothing_is_understood_of_what_is_not_there() -> None:
    cache = cache_with(version(10))
    assert cache.understood(PLURAL, ("shop", "others"), lambda _: 1) is None


def test_who_wrote_which_field_is_not_kept() -> None:
    body = version(1, spec={"replicas": 1, "template": {"spec": {}}}, status={"replicas": 1})
    body["metadata"]["managedFields"] = [{"manager": "kubectl"}]
    assert kept(body, without={"template"}) == version(1, spec={"replicas": 1}, status={"replicas": 1})
    assert "managedFields" in body["metadata"]

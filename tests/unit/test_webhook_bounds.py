"""What the service takes on: size, number and time of requests, each with an answer of its own beyond it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import orjson
import pytest

from tests.unit.webhook_reviews import (
    ENDPOINTS,
    UNREACHABLE,
    admission_review,
    application,
    post,
    resource,
    reviewer_saying,
)
from webhook.connections import ARRIVED, IN_FLIGHT
from webhook.endpoint import BODY_LIMIT, MOST_PARTIAL_BODIES, Bounds
from webhook.handlers import MOST_VALUES

BOTH = pytest.mark.parametrize("endpoint", ENDPOINTS)
PIECE = b" " * 65536

Receive = Callable[[], Any]


def scope(endpoint: str = "/validate", state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": endpoint,
        "headers": [],
        "query_string": b"",
        "state": dict(state or {}),
    }


async def answer_to(app: Any, asked: dict[str, Any], receive: Receive) -> tuple[int, dict[str, Any]]:
    """Status and document of the response to an ASGI request."""
    sent: list[Mapping[str, Any]] = []

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await app(asked, receive, send)
    start, body = sent
    return start["status"], orjson.loads(body["body"])


def whole(body: object) -> Receive:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": orjson.dumps(body), "more_body": False}

    return receive


def in_pieces(pieces: AsyncIterator[bytes]) -> Receive:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": await anext(pieces), "more_body": True}

    return receive


@BOTH
async def test_a_body_above_the_limit_is_refused(endpoint: str) -> None:
    answer = await post(application(UNREACHABLE), endpoint, b" " * (BODY_LIMIT + 1))
    assert answer.status_code == 413
    assert answer.json()["message"].startswith("the request is larger than 3 MiB")


async def test_a_body_of_no_declared_length_is_read_up_to_the_limit_only() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * BODY_LIMIT:
            sent += len(PIECE)
            yield PIECE

    status, document = await answer_to(application(UNREACHABLE), scope(), in_pieces(endless()))
    assert (status, document["reason"]) == (413, "RequestEntityTooLarge")
    assert sent <= BODY_LIMIT + len(PIECE)


async def test_only_so_many_bodies_are_gathered_at_once() -> None:
    app = application(UNREACHABLE)
    held: dict[int, int] = {}

    def stalling(client: int) -> Receive:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(3):
                held[client] = held.get(client, 0) + len(PIECE)
                yield PIECE
            await asyncio.Event().wait()

        return in_pieces(pieces())

    clients = MOST_PARTIAL_BODIES + 4
    serving = [asyncio.create_task(answer_to(app, scope(), stalling(each))) for each in range(clients)]
    for _ in range(20 * clients):
        await asyncio.sleep(0)  # a turn of the loop
    for task in serving:
        task.cancel()
    assert sorted(held.values()) == [len(PIECE)] * 4 + [3 * len(PIECE)] * MOST_PARTIAL_BODIES


async def test_a_client_that_goes_away_in_its_body_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    await answer_to(application(UNREACHABLE), scope(), receive)
    assert [record.__dict__["fields"]["reason"] for record in caplog.records] == ["the client went away"]


@BOTH
async def test_too_many_requests_at_once_are_refused_for_now(endpoint: str) -> None:
    app = application(UNREACHABLE, bounds=Bounds(in_flight=3))
    status, document = await answer_to(app, scope(endpoint, {IN_FLIGHT: 3}), whole(admission_review()))
    assert (status, document["response"]["allowed"]) == (200, False)
    refusal = document["response"]["status"]
    assert (refusal["code"], refusal["reason"]) == (429, "TooManyRequests")
    assert refusal["details"]["retryAfterSeconds"] == 1
    assert "overloaded: it serves 3 requests already. Nothing is wrong" in refusal["message"]
    assert "try again in 1 s" in refusal["message"]


@BOTH
async def test_a_request_that_waited_too_long_for_its_turn_is_refused_for_now(endpoint: str) -> None:
    app = application(UNREACHABLE, bounds=Bounds(seconds=2))
    asked = scope(endpoint, {ARRIVED: time.perf_counter() - 3})
    _, document = await answer_to(app, asked, whole(admission_review()))
    assert document["response"]["status"]["code"] == 429
    assert "it came to this request after 3.0 s" in document["response"]["status"]["message"]


def holding(values: int) -> dict[str, Any]:
    """A review of a resource with this many values, in lists within a mapping within itself."""
    rest = values - len(["apiVersion", "kind", "metadata", "spec", "a", "b"])
    halves = {"a": [[]] * (rest // 2), "b": [0] * (rest - rest // 2)}
    return admission_review(object={"apiVersion": "v", "kind": "k", "metadata": {}, "spec": halves})


@BOTH
async def test_a_resource_with_more_values_than_are_looked_at_is_refused(endpoint: str) -> None:
    app = application(UNREACHABLE)
    _, document = await answer_to(app, scope(endpoint), whole(holding(MOST_VALUES + 1)))
    refusal = document["response"]["status"]
    assert not document["response"]["allowed"]
    assert (refusal["code"], refusal["reason"]) == (413, "RequestEntityTooLarge")
    assert "holds more than 10,000 values" in refusal["message"]


async def test_a_resource_with_as_many_values_as_are_looked_at_is_reviewed() -> None:
    _, document = await answer_to(application(reviewer_saying()), scope(), whole(holding(MOST_VALUES)))
    assert document["response"]["allowed"]


async def test_a_resource_with_few_but_long_values_is_reviewed() -> None:
    long = admission_review(object=resource(annotations={"long": "x" * 1_000_000}))
    _, document = await answer_to(application(reviewer_saying()), scope(), whole(long))
    assert document["response"]["allowed"]


async def test_within_its_bounds_a_request_is_reviewed() -> None:
    app = application(reviewer_saying(), bounds=Bounds(in_flight=3, seconds=2))
    asked = scope(state={IN_FLIGHT: 2, ARRIVED: time.perf_counter() - 1})
    _, document = await answer_to(app, asked, whole(admission_review()))
    assert document["response"]["allowed"]


@BOTH
async def test_a_deletion_passes_whatever_the_load(endpoint: str) -> None:
    app = application(UNREACHABLE, bounds=Bounds(in_flight=1))
    deletion = whole(admission_review(operation="DELETE", object=None, oldObject=resource()))
    _, document = await answer_to(app, scope(endpoint, {IN_FLIGHT: 99}), deletion)
    assert document["response"]["allowed"]

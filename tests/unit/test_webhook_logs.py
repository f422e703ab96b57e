"""The log: one line a request, one object a line, and nothing that a resource holds."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from shared.model import KINDS
from shared.rules import Finding, Severity, Verdict
from tests.unit.webhook_reviews import (
    ENDPOINTS,
    UNREACHABLE,
    admission_review,
    application,
    ask,
    post,
    reviewer_saying,
)
from webhook.logs import JsonLines, TogetherHandler, fields
from webhook.reviewer import Reviewer, reviewer_with

BOTH = pytest.mark.parametrize("endpoint", ENDPOINTS)
MARKER = "m4rk3r"

FINDING = Finding("FK108", f"spec.flinkConfiguration.{MARKER}", f"{MARKER} is bad", f"Not {MARKER}.")
WARNING = Finding("FK900", f"spec.{MARKER}", MARKER, severity=Severity.WARNING)


class Log(io.StringIO):
    """What was written, and in how many goes."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """Everything that any logger says, at every level, as the service would write it."""
    stream, root = Log(), logging.getLogger()
    handler, level = TogetherHandler(stream), root.level
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def written(log: Log) -> str:
    for handler in logging.getLogger().handlers:
        handler.flush()
    return log.getvalue()


def marked(value: Any) -> Any:
    """The document with the marker in the place of every value and in every key that a user chooses."""
    if isinstance(value, dict):
        return {key: marked(inner) for key, inner in value.items()} | {f"x-{MARKER}": MARKER}
    if isinstance(value, list):
        return [*(marked(inner) for inner in value), MARKER]
    return MARKER


DOCUMENT: dict[str, Any] = {
    "metadata": {
        "labels": {"a": "b"},
        "annotations": {"a": "b"},
        "ownerReferences": [{"name": "n"}],
        "resourceVersion": "1",
    },
    "spec": {
        "image": "i",
        "flinkVersion": "v1_20",
        "serviceAccount": "s",
        "mode": "native",
        "flinkConfiguration": {"s3.secret-key": "k"},
        "logConfiguration": {"log4j-console.properties": "p"},
        "jobManager": {"resource": {"memory": "1g", "cpu": 1}, "replicas": 1, "podTemplate": {"spec": {}}},
        "taskManager": {"resource": {"memory": "1g", "cpu": 1}},
        "podTemplate": {"spec": {"containers": [{"name": "c", "env": [{"name": "e", "value": "v"}]}]}},
        "ingress": {"template": "t", "annotations": {}},
        "job": {"jarURI": "u", "parallelism": 2, "args": ["--password", "p"], "upgradeMode": "savepoint"},
        "deploymentName": "d",
        "jobReference": {"kind": "k", "name": "n"},
        "savepoint": {"path": "p"},
        "template": {"spec": {"job": {"args": ["a"]}}},
    },
    "status": {"reconciliationStatus": {"lastReconciledSpec": "{}"}, "error": "e"},
}


def secretive(kind: str, **changes: Any) -> dict[str, Any]:
    """A review whose object, old object, user and options hold the marker wherever a value can be."""
    head = {"apiVersion": "flink.apache.org/v1beta1", "kind": kind}
    objects = [marked(DOCUMENT) | head, {**DOCUMENT, **head, "spec": marked(DOCUMENT["spec"])}]
    return admission_review(
        **{
            "kind": {"group": "flink.apache.org", "version": "v1beta1", "kind": kind},
            "operation": "UPDATE",
            "object": objects[0],
            "oldObject": objects[1],
            "userInfo": {"username": MARKER, "groups": [MARKER], "extra": {MARKER: [MARKER]}},
            "options": {"fieldManager": MARKER},
            "resource": {"group": MARKER},
        }
        | changes
    )


def broken(_obj: object, _old: object) -> Verdict:
    nothing: dict[str, Verdict] = {}
    try:
        return nothing[MARKER]
    except KeyError as error:
        raise ValueError(f"{MARKER} is no good") from error


@BOTH
@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
@pytest.mark.parametrize("kind", [*KINDS, "Other"])
async def test_the_projects_rules_log_nothing_that_a_resource_holds(
    log: Log, endpoint: str, operation: str, kind: str
) -> None:
    response = await ask(reviewer_with({}), endpoint, secretive(kind, operation=operation))
    assert log.lines
    assert operation == "UPDATE" or not response["allowed"], "there was nothing to tell"
    assert MARKER not in written(log)


@BOTH
@pytest.mark.parametrize(
    "reviewer",
    [
        pytest.param(reviewer_saying(FINDING, warnings=(WARNING,)), id="denial"),
        pytest.param(reviewer_saying(warnings=(WARNING,)), id="warnings"),
        pytest.param(Reviewer(review=broken), id="fault"),
        pytest.param(
            Reviewer(review=lambda _obj, _old: Verdict((FINDING,)), explain=lambda _: str(1 / 0)),
            id="fault in words",
        ),
    ],
)
async def test_findings_and_faults_log_nothing_that_a_resource_holds(
    log: Log, endpoint: str, reviewer: Reviewer
) -> None:
    await ask(reviewer, endpoint, secretive("FlinkDeployment"))
    assert log.lines
    assert MARKER not in written(log)


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'{{"{MARKER}": {MARKER}'.encode(), id="no JSON"),
        pytest.param(MARKER.encode() + b"\xff", id="no text"),
        pytest.param(json.dumps(MARKER).encode(), id="a word"),
        pytest.param({"apiVersion": MARKER, "kind": "AdmissionReview", "request": {}}, id="a version"),
        pytest.param(secretive("FlinkDeployment", operation=MARKER), id="an operation"),
        pytest.param(secretive("FlinkDeployment", object=MARKER), id="an object"),
        pytest.param(secretive("FlinkDeployment", uid=[MARKER]), id="a uid"),
    ],
)
async def test_what_is_no_review_is_not_quoted(log: Log, endpoint: str, body: object) -> None:
    answer = await post(application(UNREACHABLE), endpoint, body)
    assert answer.status_code == 400
    assert log.lines
    assert MARKER not in written(log)


async def test_a_fault_is_logged_with_the_way_to_it_but_without_the_exceptions_texts(log: Log) -> None:
    await ask(Reviewer(review=broken), "/validate", admission_review(uid="the-uid"))
    [line] = [line for line in log.lines if line["level"] == "ERROR"]
    assert line["uid"] == "the-uid"
    cause, fault = line["traceback"].split("builtins.KeyError\n")
    assert "in broken" in cause
    assert fault.endswith("builtins.ValueError")


async def test_a_review_tells_its_uid_and_the_codes_of_its_findings(log: Log) -> None:
    app = application(reviewer_saying(FINDING, warnings=(WARNING,)))
    await ask(app, "/validate", admission_review(uid="the-uid"))
    written(log)
    [line] = [line for line in log.lines if line["message"] == "reviewed"]
    assert (line["uid"], line["verdict"], line["findings"]) == ("the-uid", "denied", ["FK108"])


async def test_no_request_makes_a_long_line(log: Log) -> None:
    long = "x" * 100_000
    kind = {"group": "flink.apache.org", "version": "v1beta1", "kind": long}
    review = admission_review(uid=long, kind=kind, namespace=long, name=long)
    await ask(reviewer_saying(*[FINDING] * 10_000), "/validate", review)
    assert max(len(line) for line in written(log).splitlines()) < 2000


async def test_lines_of_one_turn_of_the_loop_are_written_in_one_go() -> None:
    stream = Log()
    logger = logging.Logger("together")
    logger.addHandler(TogetherHandler(stream))
    for number in range(3):
        logger.info("line %d", number)
    assert stream.writes == 0
    await asyncio.sleep(0)
    assert (stream.writes, stream.getvalue()) == (1, "line 0\nline 1\nline 2\n")
    logger.info("another turn")
    await asyncio.sleep(0)
    assert (stream.writes, stream.getvalue().splitlines()[-1]) == (2, "another turn")


async def test_a_warning_is_written_at_once_and_in_its_place() -> None:
    stream = Log()
    logger = logging.Logger("together")
    logger.addHandler(TogetherHandler(stream))
    logger.info("before")
    logger.warning("now")
    assert stream.getvalue() == "before\nnow\n"


def test_outside_of_a_loop_lines_are_written_at_once() -> None:
    stream = Log()
    logger = logging.Logger("alone")
    handler = TogetherHandler(stream)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    logger.info("hello", extra=fields(port=1))
    [line] = stream.lines
    assert (line["message"], line["port"], line["level"]) == ("hello", 1, "INFO")


@pytest.fixture
def left() -> tuple[Log, logging.Logger]:
    """A log that holds a line of an event loop which ended before it was written."""
    stream, logger = Log(), logging.Logger("left")
    logger.addHandler(TogetherHandler(stream))

    def say() -> None:
        logger.info("last words")
        loop.stop()

    loop = asyncio.new_event_loop()
    loop.call_soon(say)
    loop.run_forever()
    loop.close()
    assert stream.writes == 0
    return stream, logger


def test_a_line_left_by_a_loop_that_ended_is_written_with_the_next(left: tuple[Log, logging.Logger]) -> None:
    stream, logger = left
    logger.info("next")
    assert stream.getvalue() == "last words\nnext\n"


def test_a_line_left_by_a_loop_that_ended_does_not_hold_up_another_loop(
    left: tuple[Log, logging.Logger],
) -> None:
    stream, logger = left

    async def say() -> None:
        logger.info("next")
        await asyncio.sleep(0)

    asyncio.run(say())
    assert stream.getvalue() == "last words\nnext\n"

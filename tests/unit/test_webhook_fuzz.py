"""Whatever is sent: an answer, never a fault, and nothing is let through that the rules refuse."""

import asyncio
import base64
import json
import logging
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.rules import RuleContext, review
from tests.unit.flink_deployments import application as flink_application
from tests.unit.reviewed_resources import job_resource
from tests.unit.webhook_reviews import ENDPOINTS, admission_review, application
from tests.unit.webhook_service import DEADLINE_SECONDS
from webhook.reviewer import reviewer_with

Json = dict[str, Any]

FUZZED = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

APP = application(reviewer_with({}))


def other_resource(kind: str, spec: Json) -> Json:
    metadata = {"name": "it", "namespace": "shop"}
    return {"apiVersion": "flink.apache.org/v1beta1", "kind": kind, "metadata": metadata, "spec": spec}


RESOURCES = [
    flink_application(),
    job_resource(),
    other_resource(
        "FlinkStateSnapshot", {"jobReference": {"name": "job"}, "savepoint": {"path": "s3://b/p"}}
    ),
    other_resource("FlinkBlueGreenDeployment", {"template": {"spec": flink_application()["spec"]}}),
]


DEEP = re.compile(r'"<(\d+) levels>"')


def encoded(document: Any) -> bytes:
    """JSON, in which the text `<N levels>` stands for lists and mappings within each other."""

    def nested(found: re.Match[str]) -> str:
        return (levels := int(found[1]) // 2) * '[{"a":' + "null" + levels * "}]"

    return DEEP.sub(nested, json.dumps(document)).encode()


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, -(2**70), 2**63, 2**64 - 1, -1, 0, 1e308, 5e-324, -0.0, 0.1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        ["", " ", "\0", "a" * 5000, "v1_20", "s3://b/c", "1g", "-1 TB", "1e400", "🦩", "{{x}}", "${a}"]
    ),
)
JUNK = st.one_of(
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    st.integers(2, 1200).map("<{} levels>".format),
)


def locations(document: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within."""
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in inner:
        yield (*above, name)
        if isinstance(value, dict | list):
            yield from locations(value, (*above, name))


@st.composite
def spoiled(draw: st.DrawFn, sound: Json) -> Json:
    """The document with some of its values replaced, removed or added."""
    document = deepcopy(sound)
    for _ in range(draw(st.integers(1, 4))):
        *above, last = draw(st.sampled_from(list(locations(document))))
        holder = document
        for name in above:
            holder = holder[name]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                holder[last] = draw(JUNK)
            case "remove":
                del holder[last]
            case "add" if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = draw(JUNK)
            case _:
                pass
        if not document:
            break
    return document


@st.composite
def reviews(draw: st.DrawFn) -> Json:
    """An AdmissionReview as the API server sends it, about a resource that is none."""
    resource = draw(st.sampled_from(RESOURCES))
    return admission_review(
        kind={"group": "flink.apache.org", "version": "v1beta1", "kind": resource["kind"]},
        operation=draw(st.sampled_from(["CREATE", "UPDATE"])),
        object=draw(spoiled(resource)),
        oldObject=draw(st.none() | st.just(resource) | spoiled(resource)),
    )


@pytest.fixture(scope="module", autouse=True)
def silence() -> Iterator[None]:
    """Thousands of refusals need not be kept."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as it:
        yield it


def answered(
    runner: asyncio.Runner, endpoint: str, body: bytes, headers: Mapping[bytes, bytes] = {}
) -> tuple[int, Json]:
    """Status and document; an exception in the service is raised here."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": endpoint,
        "headers": list(headers.items()),
        "query_string": b"",
    }
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Json:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    runner.run(asyncio.wait_for(APP(scope, receive, send), DEADLINE_SECONDS))
    start, content = sent
    return start["status"], orjson.loads(content["body"])


def passes_unseen(request: Json) -> bool:
    """By the contract: deletions, subresources, objects on their way out, canaries."""
    if request["operation"] in {"DELETE", "CONNECT"}:
        return True
    subresource, metadata = request.get("subResource"), request["object"].get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return (
        (isinstance(subresource, str) and subresource != "")
        or (isinstance(metadata, dict) and bool(metadata.get("deletionTimestamp")))
        or (isinstance(labels, dict) and str(labels.get("flink.apache.org/canary")).lower() == "true")
    )


def is_admissible(request: Json) -> bool:
    """What the rules say, asked directly."""
    if passes_unseen(request):
        return True
    old = request.get("oldObject") if request["operation"] == "UPDATE" else None
    return not review(request["object"], old, RuleContext()).errors


def check(status: int, document: Json, body: bytes) -> None:
    """Either a refusal of what is no review, or a review's answer that agrees with the rules."""
    if status != 200:
        assert status in {400, 413}
        assert (document["kind"], document["status"], document["code"]) == ("Status", "Failure", status)
        return
    request, response = orjson.loads(body)["request"], document["response"]
    assert response["uid"] == request["uid"]
    assert response["allowed"] == is_admissible(request)
    if response["allowed"]:
        patch = json.loads(base64.b64decode(response.get("patch", b"W10=")))
        assert all(step["op"] == "add" and step["path"].startswith("/metadata/labels") for step in patch)
    else:
        assert response["status"]["code"] == 422
        assert response["status"]["details"]["causes"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@FUZZED
@given(asked=reviews())
def test_a_resource_of_any_shape_gets_the_verdict_of_the_rules(
    runner: asyncio.Runner, endpoint: str, asked: Json
) -> None:
    body = encoded(asked)
    check(*answered(runner, endpoint, body), body)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@FUZZED
@given(asked=spoiled(admission_review(object=flink_application(), oldObject=flink_application())))
@example(asked=admission_review(operation="DELETE", object=None, oldObject=None))
@example(asked=admission_review(operation="CONNECT", object={"anything": [1]}))
@example(asked={"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {}})
@example(asked={"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview", "request": None})
def test_an_envelope_of_any_shape_is_answered(runner: asyncio.Runner, endpoint: str, asked: Json) -> None:
    body = encoded(asked)
    check(*answered(runner, endpoint, body), body)


@FUZZED
@given(value=JUNK)
def test_any_json_that_is_no_review_is_refused(runner: asyncio.Runner, value: Any) -> None:
    assert answered(runner, "/validate", encoded(value))[0] == 400


SOUND = json.dumps(admission_review(object=flink_application())).encode()


@FUZZED
@given(
    start=st.integers(0, len(SOUND)),
    length=st.integers(0, 40),
    put=st.binary(max_size=40)
    | st.sampled_from([b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\0", b"null", b"[" * 2000]),
)
@example(start=0, length=0, put=b"\xef\xbb\xbf")
@example(start=0, length=0, put=b"[" * 100_000)
def test_bytes_of_any_kind_are_answered(runner: asyncio.Runner, start: int, length: int, put: bytes) -> None:
    body = SOUND[:start] + put + SOUND[start + length :]
    check(*answered(runner, "/validate", body), body)


@FUZZED
@given(length=st.integers(0, len(SOUND) - 1))
def test_a_body_that_ends_early_is_refused(runner: asyncio.Runner, length: int) -> None:
    assert answered(runner, "/validate", SOUND[:length])[0] == 400


@pytest.mark.parametrize("field", sorted(admission_review()["request"]))
def test_null_in_any_field_of_a_request_is_answered(runner: asyncio.Runner, field: str) -> None:
    body = json.dumps(admission_review(**{"object": flink_application(), field: None})).encode()
    check(*answered(runner, "/validate", body), body)


def test_of_a_field_given_twice_the_last_counts(runner: asyncio.Runner) -> None:
    sound, unsound = json.dumps(flink_application()["spec"]), "{}"
    body = json.dumps(admission_review(object=flink_application() | {"spec": "here"}))
    twice = body.replace('"spec": "here"', f'"spec": {sound}, "spec": {unsound}').encode()
    status, document = answered(runner, "/validate", twice)
    assert (status, document["response"]["allowed"]) == (200, False)
    check(status, document, twice)


@pytest.mark.parametrize(
    "kind",
    [
        b"text/plain",
        b"application/xml",
        b"application/json; charset=utf-16",
        b"",
        b"\xff",
        b"multipart/form-data",
    ],
)
def test_the_declared_type_of_a_body_changes_nothing(runner: asyncio.Runner, kind: bytes) -> None:
    check(*answered(runner, "/validate", SOUND, {b"content-type": kind}), SOUND)

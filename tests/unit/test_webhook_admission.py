"""The webhook's conversation with the API server: AdmissionReview v1 over HTTP, without TLS."""

import base64
import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from shared.rules import Finding, Severity, Verdict
from tests.unit.webhook_reviews import (
    CONFIDENTIAL,
    ENDPOINTS,
    UNREACHABLE,
    admission_review,
    application,
    ask,
    get,
    post,
    resource,
    reviewer_saying,
)
from webhook.admission import MOST_LISTED
from webhook.logs import JsonLines
from webhook.reviewer import Reviewer, reviewer_with

PARALLELISM = Finding("FK108", "spec.job.parallelism", "must be at least 1, not 0", "Raise it.")
ACCOUNT = Finding("FK105", "spec.serviceAccount", "is required", "Name one.")
OLD_OPTION = Finding("FK900", "spec.mode", "is old", "Use\nanother.", Severity.WARNING)
LABEL = {"op": "add", "path": "/metadata/labels", "value": {"target.session": "cluster"}}
BOTH = pytest.mark.parametrize("endpoint", ENDPOINTS)


@BOTH
async def test_a_sound_resource_is_allowed_and_the_answer_carries_the_requests_uid(endpoint: str) -> None:
    response = await ask(reviewer_saying(), endpoint, admission_review(uid="an-uid"))
    assert response == {"uid": "an-uid", "allowed": True}


@BOTH
async def test_a_denial_names_every_error_with_its_field_and_its_fix(endpoint: str) -> None:
    response = await ask(reviewer_saying(PARALLELISM, ACCOUNT), endpoint, admission_review())
    assert not response["allowed"]
    assert response["status"] == {
        "status": "Failure",
        "code": 422,
        "reason": "Invalid",
        "message": "2 problems:\n"
        "  1. spec.job.parallelism: must be at least 1, not 0. Raise it. [FK108]\n"
        "  2. spec.serviceAccount: is required. Name one. [FK105]",
        "details": {
            "name": "basic",
            "group": "flink.apache.org",
            "kind": "FlinkDeployment",
            "causes": [
                {
                    "reason": "FK108",
                    "field": "spec.job.parallelism",
                    "message": "must be at least 1, not 0. Raise it. [FK108]",
                },
                {
                    "reason": "FK105",
                    "field": "spec.serviceAccount",
                    "message": "is required. Name one. [FK105]",
                },
            ],
        },
    }


async def test_a_resource_without_a_name_yet_is_denied_under_its_prefix() -> None:
    unnamed = admission_review(name="", object=resource(generateName="nightly-"))
    response = await ask(reviewer_saying(ACCOUNT), "/validate", unnamed)
    assert response["status"]["details"]["name"] == "nightly-"


@BOTH
async def test_a_denial_with_very_many_errors_tells_the_first_and_counts_the_rest(endpoint: str) -> None:
    errors = [replace(PARALLELISM, path=f"spec.field{number}") for number in range(MOST_LISTED + 5)]
    response = await ask(reviewer_saying(*errors), endpoint, admission_review())
    assert len(response["status"]["details"]["causes"]) == MOST_LISTED
    assert response["status"]["message"].endswith(
        f"spec.field{MOST_LISTED - 1}: must be at least 1, not 0. Raise it. [FK108]\n  and 5 more"
    )


async def test_warnings_come_with_an_admitted_resource_each_on_one_line() -> None:
    response = await ask(reviewer_saying(warnings=(OLD_OPTION,)), "/validate", admission_review())
    assert response["allowed"]
    assert response["warnings"] == ["spec.mode: is old. Use another. [FK900]"]


@BOTH
async def test_warnings_come_with_a_denial(endpoint: str) -> None:
    response = await ask(reviewer_saying(ACCOUNT, warnings=(OLD_OPTION,)), endpoint, admission_review())
    assert response["warnings"] == ["spec.mode: is old. Use another. [FK900]"]


async def test_mutation_leaves_the_warnings_of_an_admitted_resource_to_validation() -> None:
    response = await ask(reviewer_saying(warnings=(OLD_OPTION,)), "/mutate", admission_review())
    assert "warnings" not in response


async def test_defaults_come_as_a_json_patch() -> None:
    patching = replace(reviewer_saying(), default_patch=lambda _obj: [LABEL])
    response = await ask(patching, "/mutate", admission_review())
    assert response["allowed"]
    assert response["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(response["patch"])) == [LABEL]


async def test_validation_never_patches() -> None:
    patching = replace(reviewer_saying(), default_patch=lambda _obj: [LABEL])
    assert "patch" not in await ask(patching, "/validate", admission_review())


async def test_an_update_is_reviewed_against_what_it_replaces() -> None:
    seen: list[object] = []

    def look(obj: object, old: object) -> Verdict:
        seen.append((obj, old))
        return Verdict()

    before, after = resource({"at": "before"}), resource({"at": "after"})
    update = admission_review(operation="UPDATE", object=after, oldObject=before)
    await ask(Reviewer(review=look), "/validate", update)
    assert seen == [(after, before)]


async def test_a_creation_replaces_nothing() -> None:
    seen: list[object] = []

    def look(_obj: object, old: object) -> Verdict:
        seen.append(old)
        return Verdict()

    await ask(Reviewer(review=look), "/validate", admission_review(oldObject=resource()))
    assert seen == [None]


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"operation": "DELETE", "object": None, "oldObject": resource()}, id="delete"),
        pytest.param({"operation": "CONNECT", "object": None}, id="connect"),
        pytest.param({"operation": "UPDATE", "subResource": "status"}, id="subresource"),
        pytest.param({"object": resource(deletionTimestamp="2026-01-01T00:00:00Z")}, id="being deleted"),
        pytest.param({"object": resource({"flink.apache.org/canary": "True"})}, id="canary"),
    ],
)
async def test_what_no_rule_may_stop_is_allowed_untouched(endpoint: str, changes: dict[str, Any]) -> None:
    response = await ask(UNREACHABLE, endpoint, admission_review(**changes))
    assert response == {"uid": admission_review()["request"]["uid"], "allowed": True}


@pytest.mark.parametrize("labels", [{"flink.apache.org/canary": "false"}, {"canary": "true"}])
async def test_only_the_canary_label_set_to_true_passes_unseen(labels: dict[str, str]) -> None:
    response = await ask(reviewer_saying(ACCOUNT), "/validate", admission_review(object=resource(labels)))
    assert not response["allowed"]


@BOTH
@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        pytest.param(b"{", "the body is not JSON", id="no JSON"),
        pytest.param(b"\xff\xfe", "the body is not JSON", id="no text"),
        pytest.param(b"", "the body is not JSON", id="empty"),
        pytest.param(b"[" * 5000, "the body is not JSON", id="deep"),
        pytest.param([], "the body is not an AdmissionReview", id="list"),
        pytest.param({"kind": "Pod"}, "the body is not an AdmissionReview", id="other kind"),
        pytest.param(
            admission_review() | {"apiVersion": "admission.k8s.io/v1beta1"},
            "the AdmissionReview has another apiVersion than admission.k8s.io/v1",
            id="older version",
        ),
        pytest.param(
            admission_review() | {"request": None}, "the AdmissionReview has no request", id="empty review"
        ),
        pytest.param(admission_review(uid=...), "request.uid is missing", id="no uid"),
        pytest.param(admission_review(uid=7), "request.uid is missing", id="odd uid"),
        pytest.param(
            admission_review(operation="BREW"),
            "request.operation is none of CREATE, UPDATE",
            id="odd operation",
        ),
        pytest.param(
            admission_review(operation=["CREATE"]), "request.operation is none of", id="list of operations"
        ),
        pytest.param(admission_review(object=...), "request.object is missing", id="no object"),
        pytest.param(admission_review(object="x"), "request.object is not an object", id="odd object"),
        pytest.param(
            admission_review(operation="UPDATE", oldObject=[1]),
            "request.oldObject is not an object",
            id="odd old object",
        ),
    ],
)
async def test_what_is_no_review_is_refused_in_one_line(endpoint: str, body: object, complaint: str) -> None:
    answer = await post(application(UNREACHABLE), endpoint, body)
    status = answer.json()
    assert answer.status_code == 400
    assert (status["kind"], status["status"], status["code"]) == ("Status", "Failure", 400)
    assert status["message"].startswith(complaint)
    assert "\n" not in status["message"]


async def test_a_fault_in_the_rules_denies_and_says_where_to_look(caplog: pytest.LogCaptureFixture) -> None:
    response = await ask(UNREACHABLE, "/validate", admission_review(uid="the-uid"))
    status = response["status"]
    assert not response["allowed"]
    assert (status["code"], status["reason"]) == (500, "InternalError")
    assert "The fault is the operator's" in status["message"]
    assert "look for uid the-uid in the webhook's log" in status["message"]
    assert CONFIDENTIAL not in status["message"]
    failure = next(record for record in caplog.records if record.levelno == logging.ERROR)
    logged = json.loads(JsonLines().format(failure))
    assert logged["uid"] == "the-uid"
    assert "RuntimeError" in logged["traceback"]


async def test_a_fault_in_the_rules_leaves_the_decision_to_validation() -> None:
    response = await ask(UNREACHABLE, "/mutate", admission_review(uid="the-uid"))
    assert response == {"uid": "the-uid", "allowed": True}


async def test_a_review_is_logged_in_one_line_without_the_object(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await ask(reviewer_saying(PARALLELISM), "/validate", admission_review(uid="the-uid", dryRun=True))
    record = next(record for record in caplog.records if record.getMessage() == "reviewed")
    line = JsonLines().format(record)
    logged = json.loads(line)
    assert logged.pop("ms") >= 0
    assert {key: logged[key] for key in logged if key not in {"time", "level", "logger", "message"}} == {
        "webhook": "validate",
        "uid": "the-uid",
        "kind": "FlinkDeployment",
        "object": "default/basic",
        "operation": "CREATE",
        "dryRun": True,
        "verdict": "denied",
        "findings": ["FK108"],
    }
    assert "\n" not in line
    assert CONFIDENTIAL not in caplog.text


async def test_the_projects_rules_deny_an_empty_deployment_with_several_causes() -> None:
    response = await ask(reviewer_with({}), "/mutate", admission_review())
    fields = {cause["field"] for cause in response["status"]["details"]["causes"]}
    assert {"spec.flinkVersion", "spec.serviceAccount"} <= fields


async def test_the_projects_defaults_label_a_session_job_once() -> None:
    job = {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": "job", "namespace": "default"},
        "spec": {
            "deploymentName": "cluster",
            "job": {"jarURI": "https://host/job.jar", "parallelism": 1, "upgradeMode": "stateless"},
        },
    }
    first = await ask(reviewer_with({}), "/mutate", admission_review(object=job))
    assert json.loads(base64.b64decode(first["patch"])) == [LABEL]
    labelled = job | {"metadata": {"name": "job", "labels": {"target.session": "cluster"}}}
    assert "patch" not in await ask(reviewer_with({}), "/mutate", admission_review(object=labelled))


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/", "/metrics", "/validate/"])
async def test_nothing_but_reviews_and_probes_is_served(path: str) -> None:
    assert (await get(application(UNREACHABLE), path)).status_code == 404


@BOTH
async def test_a_review_can_only_be_posted(endpoint: str) -> None:
    assert (await get(application(UNREACHABLE), endpoint)).status_code == 405


async def test_readiness_gives_the_first_reason_against_it_and_liveness_none() -> None:
    app = application(UNREACHABLE, readiness=[lambda: None, lambda: "too early", lambda: "too late"])
    ready, alive = await get(app, "/readyz"), await get(app, "/healthz")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "reason": "too early"})
    assert alive.status_code == 200


def test_the_projects_rules_pass_the_self_test() -> None:
    assert reviewer_with({}).self_test() is None


def test_the_self_test_finds_rules_that_accept_anything() -> None:
    assert (
        reviewer_saying().self_test() == "the self-test found that the rules accept an empty FlinkDeployment"
    )


def test_the_self_test_finds_rules_that_fail() -> None:
    assert UNREACHABLE.self_test() == "the self-test of the rules failed: the log says why"

"""The table of cases through the webhook, over HTTPS: both endpoints find in every case what it says."""

import contextlib
import http.client
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from shared.rules import RuleContext, Severity, Verdict, review
from tests.rule_cases import CASES, Case, look_up_in
from tests.rule_cases.case import is_of_this_version
from tests.unit.webhook_service import SERVER_NAME, connect, issue, running
from webhook.certificates import ServingCertificate
from webhook.reviewer import Reviewer

_REVIEWABLE = [case for case in CASES if isinstance(case.new, dict)]
"""The API server never sends anything else."""


@dataclass
class Webhook:
    """One service; each case brings what its operator is configured with and what it knows."""

    context: RuleContext = field(default_factory=RuleContext)
    connection: http.client.HTTPSConnection | None = None

    def review(self, obj: Any, old: Any) -> Verdict:
        return review(obj, old, self.context)

    def answer(self, path: str, case: Case) -> dict[str, Any]:
        """The response to the review of a case."""
        assert self.connection is not None
        self.context = RuleContext(case.operator, look_up_in(case.others))
        request = {
            "uid": case.id,
            "operation": "CREATE" if case.old is None else "UPDATE",
            "kind": {"group": "flink.apache.org", "version": "v1beta1", "kind": str(case.new.get("kind"))},
            "object": case.new,
            "oldObject": case.old,
        }
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        self.connection.request("POST", path, orjson.dumps(body))
        response = orjson.loads(self.connection.getresponse().read())["response"]
        assert isinstance(response, dict)
        return response


@pytest.fixture(scope="module")
def webhook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webhook]:
    folder = tmp_path_factory.mktemp("certificate")
    issue(folder)
    it = Webhook()
    with (
        running(ServingCertificate(folder, SERVER_NAME), reviewer=Reviewer(review=it.review)) as server,
        contextlib.closing(connect(server.port)) as it.connection,
    ):
        yield it


def expected(case: Case, severity: Severity) -> list[tuple[str, str]]:
    return sorted((code, path) for code, path, found in case.expected if found is severity)


def errors(response: dict[str, Any]) -> list[tuple[str, str]]:
    if response["allowed"]:
        return []
    causes = {(cause["reason"], cause["field"]) for cause in response["status"]["details"]["causes"]}
    return sorted(cause for cause in causes if not is_of_this_version(cause[0]))


def warning_codes(response: dict[str, Any]) -> set[str]:
    codes = {match for text in response.get("warnings", ()) for match in re.findall(r"\[(FK\d+)\]$", text)}
    return {code for code in codes if not is_of_this_version(code)}


@pytest.mark.parametrize("case", _REVIEWABLE, ids=lambda case: case.id)
def test_validation_denies_and_warns_as_the_case_says(webhook: Webhook, case: Case) -> None:
    response = webhook.answer("/validate", case)
    assert errors(response) == expected(case, Severity.ERROR)
    assert warning_codes(response) == {code for code, _ in expected(case, Severity.WARNING)}


@pytest.mark.parametrize("case", _REVIEWABLE, ids=lambda case: case.id)
def test_mutation_denies_what_validation_would_deny(webhook: Webhook, case: Case) -> None:
    assert errors(webhook.answer("/mutate", case)) == expected(case, Severity.ERROR)

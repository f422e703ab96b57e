"""What may not change is compared with what runs, by the API server alone, as shared.rules compare it."""

import json
from collections.abc import Sequence

import pytest

from tests.api.agreement import answer_to_update, codes_of, collection_of
from tests.api.api_server import Json
from tests.api.crd_files import definition_of, schema_nodes
from tests.api.edits import merged
from tests.api.namespace import Namespace, unique
from tests.api.transition_cases import TRANSITION_CASES, TransitionCase, document_of
from tests.unit.flink_deployments import java_operator_resource

cases = pytest.mark.parametrize("case", TRANSITION_CASES, ids=lambda case: f"{case.code}-{case.name}")


def stored(namespace: Namespace, resource: Json, document: str | None = None) -> Json:
    """The resource as the API server holds it, with that text as its last reconciled spec."""
    created = namespace.store({**resource, "metadata": {"name": unique("subject")}})
    if document is None:
        return created
    status = {"status": {"reconciliationStatus": {"lastReconciledSpec": document}}}
    name = created["metadata"]["name"]
    return namespace.patch(name, status, collection_of(resource), "status")


def deployed(namespace: Namespace, case: TransitionCase, *, first: bool = True) -> Json:
    """The case's resource, once it runs."""
    document = document_of(case.resource["kind"], case.running, first=first)
    return stored(namespace, case.resource, document)


@cases
def test_before_the_first_deployment_everything_may_change(
    shared_namespace: Namespace, case: TransitionCase
) -> None:
    resource = stored(shared_namespace, case.resource)
    assert [answer_to_update(shared_namespace, resource, spec) for spec in case.edits()] == [[]] * len(
        case.refused
    )


@cases
@pytest.mark.parametrize("first", [True, False], ids=["first-deployment", "later-deployment"])
def test_what_runs_may_not_change(shared_namespace: Namespace, case: TransitionCase, first: bool) -> None:
    resource = deployed(shared_namespace, case, first=first)
    for spec in case.edits():
        (cause,) = answer_to_update(shared_namespace, resource, spec)
        assert cause.field == case.at
        assert cause.message.endswith(f"{case.rule.message} [{case.code}]")


@cases
def test_what_does_not_change_what_runs_is_allowed(shared_namespace: Namespace, case: TransitionCase) -> None:
    resource = deployed(shared_namespace, case)
    for patch in case.allowed:
        assert answer_to_update(shared_namespace, resource, merged(resource["spec"], patch)) == [], patch


@cases
def test_an_edit_that_was_let_through_can_be_taken_back(
    shared_namespace: Namespace, case: TransitionCase
) -> None:
    document = document_of(case.resource["kind"], case.running)
    for spec in case.edits():
        resource = stored(shared_namespace, {**case.resource, "spec": spec}, document)
        assert answer_to_update(shared_namespace, resource, case.running) == []


@cases
def test_an_edit_that_was_let_through_holds_up_nothing_else(
    shared_namespace: Namespace, case: TransitionCase
) -> None:
    (edited, *_) = case.edits()
    document = document_of(case.resource["kind"], case.running)
    resource = stored(shared_namespace, {**case.resource, "spec": edited}, document)
    assert answer_to_update(shared_namespace, resource, {**resource["spec"], "restartNonce": 9}) == []
    collection, name = collection_of(resource), resource["metadata"]["name"]
    shared_namespace.patch(name, {"metadata": {"labels": {"a": "b"}}}, collection)
    shared_namespace.patch(name, {"status": {"error": "It failed."}}, collection, "status")


@cases
def test_one_such_edit_after_another_is_refused_only_with_the_rules(
    shared_namespace: Namespace, case: TransitionCase
) -> None:
    document = document_of(case.resource["kind"], case.running)
    for before in case.edits():
        resource = stored(shared_namespace, {**case.resource, "spec": before}, document)
        for after in case.edits():
            answer_to_update(shared_namespace, resource, after)


@cases
def test_the_longest_document_can_be_written_and_still_holds(
    shared_namespace: Namespace, case: TransitionCase
) -> None:
    kind = case.resource["kind"]
    document = dict(schema_nodes(definition_of(kind)))["status.reconciliationStatus.lastReconciledSpec"]
    room = document["maxLength"] - len(document_of(kind, case.running)) - 100
    spec = merged(case.running, {"flinkConfiguration": {"filler": "x" * room}})
    resource = stored(shared_namespace, case.resource, document_of(kind, spec))
    (edited, *_) = case.edits()
    assert codes_of(answer_to_update(shared_namespace, resource, edited)) == [case.code]


def other_forms(case: TransitionCase) -> dict[str, str]:
    """Texts that are not what an operator writes today, though all that the rules look for is in them."""
    document = document_of(case.resource["kind"], case.running)
    spec = json.loads(document)["spec"]
    return {
        "bare-spec": json.dumps(spec, separators=(",", ":")),
        "older": json.dumps({"apiVersion": "flink.apache.org/v1beta1", "spec": spec}, separators=(",", ":")),
        "spaced": json.dumps(json.loads(document), indent=1),
        "quoted": json.dumps(document),
        "cut-off": document[: len(document) // 2],
        "cut-on": document[8:],
        "prefixed": f"x{document}",
        "empty": "",
        "null": "null",
        "list": "[]",
        "words": "no document at all",
    }


@cases
@pytest.mark.parametrize("form", list(other_forms(TRANSITION_CASES[0])))
def test_a_document_of_another_form_forbids_nothing(
    shared_namespace: Namespace, case: TransitionCase, form: str
) -> None:
    resource = stored(shared_namespace, case.resource, other_forms(case)[form])
    assert [answer_to_update(shared_namespace, resource, spec) for spec in case.edits()] == [[]] * len(
        case.refused
    )


_JOB = {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": 1}
_NEW_NONCE = {"job": {"savepointRedeployNonce": 1}}


@pytest.mark.parametrize(
    ("name", "patch", "codes"),
    [
        ("application-running", {"job": None}, ["FK113"]),
        ("application-running", {"mode": "standalone"}, ["FK114"]),
        ("application-running", _NEW_NONCE, ["FK115"]),
        ("application-ha-upgraded-stable", {"job": None}, ["FK113"]),
        ("application-ha-upgraded-stable", {"mode": "standalone"}, ["FK114"]),
        ("application-ha-upgraded-stable", _NEW_NONCE, ["FK115"]),
        ("standalone-application", {"mode": None}, ["FK114"]),
        ("standalone-application", {"mode": "native"}, ["FK114"]),
        ("session-cluster", {"job": _JOB}, ["FK113"]),
        ("session-cluster", {"mode": "standalone"}, ["FK114"]),
        ("session-job", {"deploymentName": "other"}, ["FK204"]),
        ("application-running", {"job": {"parallelism": 9}, "mode": "native"}, []),
        ("application-running", merged(_NEW_NONCE, {"job": {"initialSavepointPath": "s3://b/s"}}), []),
        ("standalone-application", {"job": {"parallelism": 9}}, []),
        ("session-cluster", {"mode": "native", "image": "other"}, []),
        ("session-job", {"job": {"parallelism": 9}}, []),
    ],
)
def test_what_the_java_operator_runs_is_known(
    shared_namespace: Namespace, name: str, patch: Json, codes: Sequence[str]
) -> None:
    written = java_operator_resource(name)
    created = stored(shared_namespace, written)
    path = collection_of(created).path(shared_namespace.name, created["metadata"]["name"], "status")
    resource = shared_namespace.api.call("PUT", path, {**created, "status": written["status"]})
    causes = answer_to_update(shared_namespace, resource, merged(resource["spec"], patch))
    assert codes_of(causes) == codes
    assert len(causes) == len(codes)

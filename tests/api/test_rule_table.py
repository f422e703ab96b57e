"""The table of cases through a real API server: what reaches the webhook is judged as the case says.

Cases that need a configuration of the operator's own, or certain other resources, are not among them.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy

import pytest

from shared.model import KINDS
from shared.rules import Severity
from tests.api.admission import Admission
from tests.api.api_server import ApiServer, Json, RefusedError, flink
from tests.api.namespace import Namespace
from tests.cluster import Cluster
from tests.rule_cases import CASES, Case
from tests.rule_cases.case import is_of_this_version

_PLAIN = [
    case
    for case in CASES
    if isinstance(case.new, dict)
    and case.new.get("kind") in KINDS
    and not case.operator
    and case.others is None
]
_CREATIONS = [case for case in _PLAIN if case.old is None and "status" not in case.new]
_UNSTORABLE = {"other-wrong-value"}
"""The schema has no place for what they update."""
_UPDATES = [
    case
    for case in _PLAIN
    if case.old is not None and "deletionTimestamp" not in case.new["metadata"] and case.id not in _UNSTORABLE
]
"""Objects that are being deleted do not come before the webhook."""

_NEVER_ARRIVES: Mapping[str, str] = {
    "version-of-the-api": "does not match the expected API version",
    "labels-are-a-list": "cannot unmarshal array into Go struct field",
    "time-is-a-word": "parsing time",
}
"""What the API server says of requests that it cannot read itself."""

_ABOUT_ABSENCE = "FK304"
"""Where nothing is known of other resources, their absence is not told; here it is known."""


@pytest.fixture(scope="module")
def place(webhook: Admission, cluster: Cluster, api: ApiServer) -> Iterator[Namespace]:
    """A namespace under the webhook, for requests that store nothing."""
    with Namespace.made(cluster, api, "rules", webhook.label) as namespace:
        yield namespace


@pytest.fixture(scope="module")
def stored(webhook: Admission, cluster: Cluster, api: ApiServer) -> Iterator[Mapping[str, Json]]:
    """What the cases update, by case, stored before the namespace came under the webhook."""
    with Namespace.made(cluster, api, "updates") as namespace:
        found = {}
        for number, case in enumerate(_UPDATES):
            resource = in_namespace(case.old, namespace, f"{case.old['metadata']['name']}-{number}")
            found[case.id] = store(api, resource)
        webhook.guard(namespace)
        yield found


def in_namespace(resource: Json, namespace: Namespace, name: str | None = None) -> Json:
    metadata = {**resource["metadata"], "namespace": namespace.name, **({"name": name} if name else {})}
    return deepcopy({**resource, "metadata": metadata})


def path_of(resource: Json, *, name: str = "", subresource: str = "") -> str:
    return flink(KINDS[resource["kind"]].plural).path(resource["metadata"]["namespace"], name, subresource)


def store(api: ApiServer, resource: Json) -> Json:
    """Store it with its status."""
    there = api.call("POST", path_of(resource), resource)
    if "status" not in resource:
        return there
    there["status"] = resource["status"]
    name = there["metadata"]["name"]
    return api.call("PUT", path_of(there, name=name, subresource="status"), there)


def refusal(api: ApiServer, method: str, path: str, body: Json) -> RefusedError | None:
    try:
        api.call(method, f"{path}?dryRun=All", body)
    except RefusedError as error:
        return error
    return None


def causes(error: RefusedError | None) -> set[tuple[str, str]]:
    """Codes and paths of a refusal; empty when there is none."""
    if error is None:
        return set()
    found = {(each["reason"], each.get("field", "")) for each in error.status["details"]["causes"]}
    return {(code, path) for code, path in found if not is_of_this_version(code) and code != _ABOUT_ABSENCE}


def denied(case: Case) -> set[tuple[str, str]]:
    return {(code, path) for code, path, severity in case.expected if severity is Severity.ERROR}


@pytest.mark.parametrize("case", _CREATIONS, ids=lambda case: case.id)
def test_creation_is_refused_for_what_the_case_says(place: Namespace, api: ApiServer, case: Case) -> None:
    resource = in_namespace(case.new, place)
    error = refusal(api, "POST", path_of(resource), resource)
    if case.id in _NEVER_ARRIVES:
        assert _NEVER_ARRIVES[case.id] in str(error)
    else:
        assert causes(error) == denied(case)


@pytest.mark.parametrize("case", _UPDATES, ids=lambda case: case.id)
def test_update_is_refused_for_what_the_case_says(
    stored: Mapping[str, Json], api: ApiServer, case: Case
) -> None:
    old = stored[case.id]
    new = deepcopy({**case.new, "metadata": {**old["metadata"], **renamed(case.new["metadata"], old)}})
    error = refusal(api, "PUT", path_of(old, name=old["metadata"]["name"]), new)
    assert causes(error) == denied(case)


def renamed(metadata: Json, old: Json) -> Json:
    """The metadata of a case for the object that is stored."""
    return {**metadata, "name": old["metadata"]["name"], "namespace": old["metadata"]["namespace"]}

"""Objects that are older than a rule: they stay editable, and what is mended stays mended.

Among them is what the Java operator's CRDs stored: ours take their place, and it stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from shared import API_VERSION
from shared.model import KINDS
from tests.api.agreement import agreed, codes_of
from tests.api.api_server import ApiServer, Json
from tests.api.crd_copy import CopiedKinds
from tests.api.edits import Cause, below, merged, refusal
from tests.api.full_resources import FULL_RESOURCES
from tests.api.namespace import Namespace, unique
from tests.api.resources import in_namespace
from tests.api.rule_cases import NODES, RULE_CASES, RuleCase, changed
from tests.api.schema_bounds import bounds
from tests.containment import contains
from tests.unit.flink_deployments import JAVA_OPERATOR_DEPLOYMENTS, java_operator_resource

_ELSEWHERE: dict[str, Json] = {
    "FlinkDeployment": {"restartNonce": 9},
    "FlinkSessionJob": {"restartNonce": 9},
    "FlinkStateSnapshot": {"backoffLimit": 8},
    "FlinkBlueGreenDeployment": {
        "configuration": {"kubernetes.operator.bluegreen.abort.grace-period": "1 s"}
    },
}
_CREATED_ONLY = ".metadata.name"
_NEVER_STORED = "FlinkDeployment-spec.taskManager.replicas-maximum"
"""The scale subresource refuses it, whatever the schema says."""


class OldObject(NamedTuple):
    """An object that breaks one thing, and how it could be mended."""

    name: str
    broken: Json
    mended: Json
    beside: Sequence[Json]
    """Edits of the spec, near the fault and far from it."""
    code: str | None
    """Of the rule; what the schema says itself has none."""

    @property
    def kind(self) -> str:
        kind: str = self.broken["kind"]
        return kind


def _of_rule(case: RuleCase) -> Iterator[OldObject]:
    for number, (node, patch) in enumerate(case.faults()):
        broken = changed(node, patch)
        near = () if case.beside is None else (below(node.path, case.beside)["spec"],)
        yield OldObject(
            f"{case.name}-{node.kind}-{node.path}-{number}",
            broken,
            changed(node, case.sound[0]),
            (_ELSEWHERE[node.kind], *near) if "spec" in broken else (),
            case.code,
        )


def _of_bounds(kind: str) -> Iterator[OldObject]:
    elsewhere = {"savepoint": {"path": "s3://other"}} if kind == "FlinkStateSnapshot" else _ELSEWHERE[kind]
    for bound in bounds(kind):
        if bound.path.startswith("spec.") and bound.name != _NEVER_STORED:
            broken = bound.full_resource_with(bound.broken[0])
            yield OldObject(bound.name, broken, FULL_RESOURCES[kind], (elsewhere,), None)


OLD_OBJECTS = [
    *(old for case in RULE_CASES if case.at != _CREATED_ONLY for old in _of_rule(case)),
    # The spec of a FlinkBlueGreenDeployment is that of a FlinkDeployment, by the same generator.
    *(old for kind in KINDS if kind != "FlinkBlueGreenDeployment" for old in _of_bounds(kind)),
]
OLD_NAMES = [
    OldObject(case.name, changed(node, case.broken[0]), {}, (_ELSEWHERE[node.kind],), case.code)
    for case in RULE_CASES
    if case.at == _CREATED_ONLY
    for node in NODES[case.model]
]

LEFT_BEHIND = (*JAVA_OPERATOR_DEPLOYMENTS, "session-job", "state-snapshot")
FREE: Json = {"metadata": {"finalizers": None}}

left_behind = pytest.mark.parametrize("resource", LEFT_BEHIND)
old_objects = pytest.mark.parametrize("old", OLD_OBJECTS, ids=lambda old: old.name)
all_objects = pytest.mark.parametrize("old", [*OLD_OBJECTS, *OLD_NAMES], ids=lambda old: old.name)


@dataclass(frozen=True)
class Store:
    """A namespace with the old objects, now that the rules are in force."""

    copies: CopiedKinds
    namespace: Namespace
    names: dict[str, str]
    left_behind: dict[str, Json]
    """What the Java operator left, as it was stored."""

    def path(self, old: OldObject, subresource: str = "") -> str:
        return self.copies.collection(old.kind).path(self.namespace.name, self.names[old.name], subresource)

    def path_of(self, body: Json, subresource: str = "") -> str:
        collection = self.copies.collection(body["kind"])
        return collection.path(self.namespace.name, body["metadata"]["name"], subresource)

    def get(self, old: OldObject) -> Json:
        return self.namespace.api.call("GET", self.path(old))

    def replaced(self, old: OldObject, body: Json) -> list[Cause]:
        """What the API server has against the change; fails when shared.rules have nothing against it."""
        path = f"{self.path(old)}?dryRun=All"
        before = self.get(old)
        causes = refusal(lambda: self.namespace.api.call("PUT", path, body))
        return agreed(causes, {**body, "apiVersion": API_VERSION}, {**before, "apiVersion": API_VERSION})


@pytest.fixture(scope="module")
def store(api: ApiServer, shared_namespace: Namespace) -> Iterator[Store]:
    """Every old object, written before there were any checks."""
    with CopiedKinds.made(api, f"{unique('copy')}.example.test") as copies:
        store = Store(copies, shared_namespace, {}, {})
        for old in (*OLD_OBJECTS, *OLD_NAMES):
            name = old.broken["metadata"]["name"] if old in OLD_NAMES else unique("old")
            store.names[old.name] = name
            body = merged(copies.renamed(old.broken), {"metadata": {"name": name}})
            api.create(copies.collection(old.kind), in_namespace(body, shared_namespace.name))

        for resource in LEFT_BEHIND:
            body = java_operator_resource(resource)
            kept = {"name": unique("left"), "finalizers": body["metadata"]["finalizers"]}
            first = in_namespace(copies.renamed({**body, "metadata": kept}), shared_namespace.name)
            created = api.create(copies.collection(body["kind"]), first)
            reported = {**created, "status": body["status"]}
            store.left_behind[resource] = api.call("PUT", store.path_of(created, "status"), reported)

        def is_refused(kind: str) -> bool:
            old = next(old for old in OLD_OBJECTS if old.kind == kind)
            body = in_namespace(copies.renamed(old.broken), shared_namespace.name)
            return refusal(lambda: api.create(copies.collection(kind), body, dry_run=True)) != []

        copies.check(is_refused)
        yield store
        for body in store.left_behind.values():
            api.merge(copies.collection(body["kind"]), shared_namespace.name, body["metadata"]["name"], FREE)


@all_objects
def test_an_old_object_can_be_edited_elsewhere(store: Store, old: OldObject) -> None:
    before = store.get(old)
    for edit in old.beside:
        after = {**before, "spec": merged(before["spec"], edit)}
        assert store.replaced(old, after) == [], edit


@all_objects
def test_metadata_and_status_of_an_old_object_can_be_written(store: Store, old: OldObject) -> None:
    labelled = merged(store.get(old), {"metadata": {"labels": {"a": "b"}}})
    assert store.replaced(old, labelled) == []
    reported = {**store.get(old), "status": {"error": "It failed."}}
    path = f"{store.path(old, 'status')}?dryRun=All"
    assert refusal(lambda: store.namespace.api.call("PUT", path, reported)) == []


@old_objects
def test_what_is_mended_cannot_be_broken_again(store: Store, old: OldObject) -> None:
    name = {"metadata": {"name": unique("mended")}}
    body = in_namespace(merged(store.copies.renamed(old.mended), name), store.namespace.name)
    broken = store.get(old)
    mended = with_spec_of(broken, body)
    assert store.replaced(old, mended) == []
    created = store.namespace.api.create(store.copies.collection(old.kind), body)
    causes = refusal(
        lambda: store.namespace.api.call(
            "PUT",
            store.copies.collection(old.kind).path(store.namespace.name, created["metadata"]["name"]),
            with_spec_of(created, broken),
        )
    )
    assert _states(old, causes), causes


@left_behind
def test_what_the_java_operator_left_is_served_as_it_was(store: Store, resource: str) -> None:
    then = store.left_behind[resource]
    now = store.namespace.api.call("GET", store.path_of(then))
    assert now["metadata"] == then["metadata"]
    assert contains(now["spec"], then["spec"])  # beside it there are defaults
    assert now["status"] == then["status"]


@left_behind
def test_defaults_are_no_new_generation_of_what_the_java_operator_left(store: Store, resource: str) -> None:
    then = store.left_behind[resource]
    ready = {"type": "Ready", "status": "False", "reason": "R", "lastTransitionTime": "2026-11-21T10:00:00Z"}
    for subresource, patch in (
        ("status", {"status": {"conditions": [ready]}}),
        ("", {"metadata": {"labels": {"a": "b"}}}),
    ):
        path = f"{store.path_of(then, subresource)}?dryRun=All"
        written = store.namespace.api.call("PATCH", path, patch, "merge-patch+json")
        assert written["metadata"]["generation"] == then["metadata"]["generation"]


def with_spec_of(resource: Json, other: Json) -> Json:
    """The resource with the other's spec, or with none where the other has none."""
    rest = {name: value for name, value in resource.items() if name != "spec"}
    return {**rest, **({"spec": other["spec"]} if "spec" in other else {})}


def _states(old: OldObject, causes: list[Cause]) -> bool:
    """Whether the API server refuses for the fault in question."""
    return old.code in codes_of(causes) if old.code is not None else causes != []

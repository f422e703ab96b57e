"""The CEL rules on a real API server, without webhook and controller, held against shared.rules."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.model import KINDS
from shared.schema.cel_rules import CEL_RULES
from tests.api.agreement import answer_to_creation, is_faultless
from tests.api.api_server import Json
from tests.api.crd_files import custom_resource_definitions, schema_nodes
from tests.api.namespace import Namespace
from tests.api.rule_cases import NODES, RULE_CASES, Node, RuleCase, changed, key_of
from tests.api.transition_cases import TRANSITION_CASES, TransitionCase


def numbered(case: RuleCase, patches: Iterator[tuple[Node, Json]]) -> Iterator[Any]:
    """A parameter for each: the case, the node and the patch."""
    for number, (node, patch) in enumerate(patches):
        yield pytest.param(case, node, patch, id=f"{case.name}-{node.kind}-{node.path or 'root'}-{number}")


def rules_in_definitions() -> Iterator[tuple[str, str, str]]:
    """Kind, node and message of every rule as the API server has it."""
    for definition in custom_resource_definitions():
        kind = definition["spec"]["names"]["kind"]
        for path, node in schema_nodes(definition):
            for entry in node.get("x-kubernetes-validations", ()):
                yield kind, path, entry["message"]


ALL_CASES: list[RuleCase | TransitionCase] = [*RULE_CASES, *TRANSITION_CASES]


def test_every_rule_has_a_case() -> None:
    rules = [key_of(model, rule) for model, rules in CEL_RULES.items() for rule in rules]
    assert len(set(rules)) == len(rules)
    assert {case.key for case in ALL_CASES} == set(rules)


def test_every_node_with_a_rule_has_a_case() -> None:
    cases = {
        (node.kind, f"{node.path}.{case.rule.field}".strip("."), f"{case.rule.message} [{case.code}]")
        for case in ALL_CASES
        for node in NODES[case.model]
    }
    assert cases == set(rules_in_definitions())


@pytest.mark.parametrize(
    ("case", "node", "patch"), [one for case in RULE_CASES for one in numbered(case, case.faults())]
)
def test_what_breaks_a_rule_is_refused(
    shared_namespace: Namespace, case: RuleCase, node: Node, patch: Json
) -> None:
    resource = changed(node, patch)
    causes = answer_to_creation(shared_namespace, resource)
    said = [cause for cause in causes if cause.message.endswith(f"{case.rule.message} [{case.code}]")]
    assert len(said) == 1, causes
    assert said[0].field.startswith(f"{node.path}{case.at}".strip("."))


@pytest.mark.parametrize(
    ("_case", "node", "patch"), [one for case in RULE_CASES for one in numbered(case, case.sound_patches())]
)
def test_what_breaks_no_rule_is_accepted(
    shared_namespace: Namespace, _case: RuleCase, node: Node, patch: Json
) -> None:
    assert is_faultless(shared_namespace, changed(node, patch))
    assert answer_to_creation(shared_namespace, changed(node, patch)) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_valid_resource_is_accepted(shared_namespace: Namespace, kind: str) -> None:
    assert is_faultless(shared_namespace, changed(Node(kind, ""), {}))
    assert answer_to_creation(shared_namespace, changed(Node(kind, ""), {})) == []


@pytest.mark.parametrize(
    ("case", "path"),
    [
        (RULE_CASES[0], "metadata.name"),
        *((case, "") for case in RULE_CASES if case.code in {"FK102", "FK112", "FK116", "FK201", "FK301"}),
    ],
    ids=lambda value: value.name if isinstance(value, RuleCase) else value,
)
def test_a_user_reads_where_and_what_is_wrong(shared_namespace: Namespace, case: RuleCase, path: str) -> None:
    node = NODES[case.model][0]
    message = shared_namespace.apply_is_refused(changed(node, case.broken[0]))
    said = "Required value" if case.rule.is_about_absence else "Invalid value"
    assert f"{path or node.path + case.at}: {said}: " in message
    assert message.count(f"{case.rule.message} [{case.code}]") == 1
    assert message.count("[FK") == 1


def test_all_broken_rules_are_told_at_once(shared_namespace: Namespace) -> None:
    patch = {
        "imagePullPolicy": "Sometimes",
        "flinkVersion": None,
        "job": {"parallelism": 0},
        "jobManager": {"resource": {"memory": "plenty"}},
    }
    message = shared_namespace.apply_is_refused(changed(Node("FlinkDeployment", "spec"), patch))
    for code in ("FK102", "FK108", "FK111", "FK119"):
        assert message.count(f"[{code}]") == 1

"""The CRDs: structural, described, and as checked in."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.model import KINDS
from shared.model.deployment import FlinkVersion
from shared.schema import custom_resource_definition
from shared.schema.cel_rules import CEL_RULES
from tests.health_checks import Kstatus, kstatus

Json = dict[str, Any]
CRDS = Path(__file__).parents[2] / "charts" / "flink-operator" / "crds"

_ALLOWED = {
    "type",
    "format",
    "description",
    "enum",
    "properties",
    "items",
    "additionalProperties",
    "minimum",
    "maximum",
    "pattern",
    "anyOf",
    "default",
    "required",
    "maxLength",
    "maxProperties",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-validations",
}

_AMOUNTS = {"FK111": 18, "FK112": 4}
RULES_OF_KINDS = {
    "FlinkDeployment": {
        **_AMOUNTS,
        **dict.fromkeys(("FK012", "FK101", "FK102", "FK103", "FK108", "FK113", "FK114", "FK115"), 1),
        **dict.fromkeys(("FK116", "FK119", "FK121"), 1),
    },
    "FlinkSessionJob": dict.fromkeys(("FK012", "FK101", "FK108", "FK201", "FK202", "FK204"), 1),
    "FlinkStateSnapshot": {"FK012": 1, "FK301": 1, "FK302": 1},
    "FlinkBlueGreenDeployment": {
        **_AMOUNTS,
        **dict.fromkeys(("FK012", "FK101", "FK102", "FK103", "FK108"), 1),
        **dict.fromkeys(("FK116", "FK119", "FK401"), 1),
        "FK121": 2,
    },
}

kinds = pytest.mark.parametrize("kind", sorted(KINDS))


def schema_of(kind: str) -> Json:
    definition = custom_resource_definition(KINDS[kind])
    schema: Json = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def nodes(path: str, node: Json) -> Iterator[tuple[str, Json]]:
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(f"{path}.{name}", child)
    for inner in ("items", "additionalProperties"):
        if isinstance(node.get(inner), dict):
            yield from nodes(f"{path}.{inner}", node[inner])


def at(kind: str, path: str) -> Json:
    return dict(nodes("", schema_of(kind)))[path]


@kinds
def test_every_node_has_a_type_but_quantities_of_pods(kind: str) -> None:
    untyped = [
        path
        for path, node in nodes("", schema_of(kind))
        if "type" not in node
        and not node.get("x-kubernetes-int-or-string")
        and not ("odTemplate." in path and node == {"x-kubernetes-preserve-unknown-fields": True})
    ]
    assert untyped == []


@kinds
def test_no_node_holds_what_the_api_server_refuses_in_a_structural_schema(kind: str) -> None:
    strange = {
        path: node.keys() - _ALLOWED for path, node in nodes("", schema_of(kind)) if node.keys() - _ALLOWED
    }
    assert strange == {}


@kinds
def test_properties_and_additional_properties_never_stand_together(kind: str) -> None:
    assert all(
        not {"properties", "additionalProperties"} <= node.keys() for _, node in nodes("", schema_of(kind))
    )


@kinds
def test_alternatives_are_only_numbers_or_text(kind: str) -> None:
    for path, node in nodes("", schema_of(kind)):
        if "odTemplate." not in path:
            assert ("anyOf" in node) == bool(node.get("x-kubernetes-int-or-string")), path


@kinds
def test_every_field_of_ours_is_described(kind: str) -> None:
    fields = [
        (path, node)
        for path, node in nodes("", schema_of(kind))
        if path
        and "odTemplate." not in path
        and not path.startswith(".metadata")
        and not path.endswith((".items", ".additionalProperties", ".apiVersion", ".kind"))
    ]
    assert [path for path, node in fields if not node.get("description")] == []


def test_only_what_lists_are_merged_by_is_required() -> None:
    required = {
        path.rpartition(".podTemplate.")[2]: node["required"]
        for path, node in nodes("", schema_of("FlinkDeployment"))
        if "required" in node
    }
    assert required == {
        "spec.containers.items": ["name"],
        "spec.initContainers.items": ["name"],
        "spec.volumes.items": ["name"],
        ".spec.jobManager.resources.claims.items": ["name"],
        ".spec.taskManager.resources.claims.items": ["name"],
        ".status.conditions.items": ["type", "status", "reason", "lastTransitionTime"],
    }


def test_fixed_defaults_of_the_contract_are_stored() -> None:
    defaults = {
        path: node["default"]
        for kind in ("FlinkDeployment", "FlinkStateSnapshot")
        for path, node in nodes("", schema_of(kind))
        if "default" in node and path != ".status"
    }
    assert defaults == {
        ".spec.job.state": "running",
        ".spec.job.upgradeMode": "stateless",
        ".spec.jobManager.replicas": 1,
        ".spec.backoffLimit": -1,
        ".spec.savepoint.alreadyExists": False,
        ".spec.savepoint.disposeOnDelete": True,
        ".spec.savepoint.formatType": "CANONICAL",
    }


@kinds
def test_resource_that_nobody_has_looked_at_is_not_taken_for_ready(kind: str) -> None:
    status = schema_of(kind)["properties"]["status"]["default"]
    seen = {"metadata": {"generation": 1}, "spec": {}, "status": status}
    assert kstatus(seen) is Kstatus.IN_PROGRESS
    assert (
        KINDS[kind].model.model_validate({**seen, "metadata": {}}).status.to_wire().items() >= status.items()
    )


def test_blue_green_deployment_that_nobody_has_looked_at_is_in_the_contracts_first_state() -> None:
    """Its operator takes one without a status into it, and fails on a status without a state."""
    status = schema_of("FlinkBlueGreenDeployment")["properties"]["status"]["default"]
    assert status["blueGreenState"] == "INITIALIZING_BLUE"


POD_TEMPLATES = (".spec.podTemplate", ".spec.jobManager.podTemplate", ".spec.taskManager.podTemplate")


@pytest.mark.parametrize("template", POD_TEMPLATES)
def test_lists_of_a_pod_are_merged_by_name_only_where_names_are_unique(template: str) -> None:
    merged = {
        path.removeprefix(f"{template}.spec."): node["x-kubernetes-list-map-keys"]
        for path, node in nodes("", schema_of("FlinkDeployment"))
        if path.startswith(template) and node.get("x-kubernetes-list-type") == "map"
    }
    assert merged == {"containers": ["name"], "initContainers": ["name"], "volumes": ["name"]}


@pytest.mark.parametrize("template", POD_TEMPLATES)
def test_objects_of_a_pod_keep_what_a_newer_kubernetes_adds(template: str) -> None:
    closed = [
        path
        for path, node in nodes("", schema_of("FlinkDeployment"))
        if path.startswith(f"{template}.")
        and "properties" in node
        and not node.get("x-kubernetes-preserve-unknown-fields")
    ]
    assert closed == []


def test_no_rule_has_the_api_server_parse_a_quantity_of_any_exponent() -> None:
    # It calculates for hours on one of ten digits: only what a pattern has bounded may become a quantity.
    bounded = ("[eE][+-]?[0-9]{1,3}", "[KMGTPE]i$")
    for rules in CEL_RULES.values():
        for rule in rules:
            assert "isQuantity" not in rule.rule
            assert "quantity(" not in rule.rule or any(text in rule.rule for text in bounded)


def test_every_rule_names_its_code_in_its_message() -> None:
    for rules in CEL_RULES.values():
        for rule in rules:
            assert rule.validation()["message"].endswith(f"[{rule.code}]")


@kinds
def test_every_rule_is_on_its_node(kind: str) -> None:
    codes = Counter(
        validation["message"].rpartition("[")[2].rstrip("]")
        for _, node in nodes("", schema_of(kind))
        for validation in node.get("x-kubernetes-validations", ())
    )
    assert codes == RULES_OF_KINDS[kind]


@kinds
def test_definition_can_be_applied_by_a_plain_kubectl_apply(kind: str) -> None:
    # It writes the whole object into an annotation, which may hold 262,144 bytes.
    assert len(json.dumps(custom_resource_definition(KINDS[kind]))) < 240_000


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (".spec.flinkVersion", [version.value for version in FlinkVersion]),
        (".spec.mode", ["native", "standalone"]),
        (".spec.job.state", ["running", "suspended"]),
        (".spec.job.upgradeMode", ["savepoint", "last-state", "stateless"]),
        (
            ".status.jobManagerDeploymentStatus",
            ["READY", "DEPLOYED_NOT_READY", "DEPLOYING", "MISSING", "ERROR"],
        ),
        (".status.reconciliationStatus.state", ["DEPLOYED", "UPGRADING", "ROLLING_BACK", "ROLLED_BACK"]),
    ],
)
def test_enumerated_field_names_its_values(path: str, values: list[str]) -> None:
    assert at("FlinkDeployment", path)["enum"] == values


@pytest.mark.parametrize(
    ("path", "kind_of_number"),
    [
        (".spec.job.parallelism", ("integer", "int32")),
        (".spec.restartNonce", ("integer", "int64")),
        (".spec.jobManager.resource.cpu", ("number", "double")),
        (".status.observedGeneration", ("integer", "int64")),
    ],
)
def test_number_has_its_width(path: str, kind_of_number: tuple[str, str]) -> None:
    node = at("FlinkDeployment", path)
    assert (node["type"], node["format"]) == kind_of_number


@pytest.mark.parametrize(
    "path", [".spec.flinkConfiguration", ".spec.podTemplate.spec", ".spec.jobManager.podTemplate.metadata"]
)
def test_free_form_field_keeps_its_content(path: str) -> None:
    assert at("FlinkDeployment", path)["x-kubernetes-preserve-unknown-fields"] is True


@pytest.mark.parametrize(
    ("kind", "plural", "short_name"),
    [
        ("FlinkDeployment", "flinkdeployments", "flinkdep"),
        ("FlinkSessionJob", "flinksessionjobs", "sessionjob"),
        ("FlinkStateSnapshot", "flinkstatesnapshots", "flinksnp"),
        ("FlinkBlueGreenDeployment", "flinkbluegreendeployments", "flinkbgdep"),
    ],
)
def test_kind_has_the_names_of_the_contract(kind: str, plural: str, short_name: str) -> None:
    names = custom_resource_definition(KINDS[kind])["spec"]["names"]
    assert (names["plural"], names["singular"], names["shortNames"]) == (plural, kind.lower(), [short_name])


@kinds
def test_status_is_a_subresource_and_only_deployments_scale(kind: str) -> None:
    subresources = custom_resource_definition(KINDS[kind])["spec"]["versions"][0]["subresources"]
    assert subresources["status"] == {}
    assert ("scale" in subresources) is (kind == "FlinkDeployment")


@kinds
def test_checked_in_definition_is_the_generated_one(kind: str) -> None:
    file = CRDS / f"{KINDS[kind].plural}.flink.apache.org.yaml"
    assert yaml.safe_load(file.read_text("utf-8")) == custom_resource_definition(KINDS[kind])

"""Which differences between what runs and what is wanted need a new cluster."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.decide.changes import changed_fields
from shared.model.deployment import FlinkDeployment, FlinkDeploymentSpec
from shared.model.reconciled_spec import ReconciledSpec
from tests.unit.flink_deployments import JAVA_OPERATOR_DEPLOYMENTS, Json, java_operator_resource

EXAMPLES = Path(__file__).parents[2] / "examples"
SPEC: Json = {
    "image": "flink:2.3",
    "flinkVersion": "v2_3",
    "serviceAccount": "flink",
    "job": {"jarURI": "local:///job.jar", "parallelism": 2},
    "jobManager": {"resource": {"cpu": 1, "memory": "1g"}},
}
MAIN = "flink-main-container"


def spec(**fields: Any) -> FlinkDeploymentSpec:
    return FlinkDeploymentSpec.model_validate(SPEC | fields)


def template(**container: Any) -> Json:
    return {"spec": {"containers": [{"name": MAIN, **container}]}}


@pytest.mark.parametrize("name", JAVA_OPERATOR_DEPLOYMENTS)
def test_spec_that_another_operator_reconciled_is_not_a_change(name: str) -> None:
    raw = java_operator_resource(name)
    recorded = ReconciledSpec.from_json(raw["status"]["reconciliationStatus"]["lastReconciledSpec"]).spec
    assert changed_fields(recorded, FlinkDeployment.model_validate(raw).spec) == ()


def example_deployments() -> list[Json]:
    files = [file for file in sorted(EXAMPLES.glob("*.yaml")) if file.stem != "invalid"]
    documents = [document for file in files for document in yaml.safe_load_all(file.read_text("utf-8"))]
    return [document for document in documents if document["kind"] == "FlinkDeployment"]


@pytest.mark.parametrize("example", example_deployments(), ids=lambda raw: raw["metadata"]["name"])
def test_example_that_was_recorded_is_not_a_change(example: Json) -> None:
    wanted = FlinkDeployment.model_validate(example).spec
    recorded = ReconciledSpec.from_json(ReconciledSpec(wanted).to_json()).spec
    assert changed_fields(recorded, wanted) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"mode": None}, {"mode": "native"}, id="default mode"),
        pytest.param(
            {"job": SPEC["job"]},
            {"job": {**SPEC["job"], "state": "running", "upgradeMode": "stateless", "args": []}},
            id="defaults of the job",
        ),
        pytest.param(
            {"jobManager": {"resource": {"cpu": 1, "memory": "1g"}}},
            {"jobManager": {"resource": {"memory": "1g", "cpu": 1.0}, "replicas": 1}},
            id="default replicas",
        ),
        pytest.param(
            {"flinkConfiguration": {"a.b": 1, "a.c": True, "l": ["x", "y"]}},
            {"flinkConfiguration": {"l": "x;y", "a": {"c": "true", "b": "1"}}},
            id="nested and flat configuration",
        ),
        pytest.param(
            {"podTemplate": template(resources={"limits": {"cpu": 1, "memory": "1Gi"}})},
            {"podTemplate": template(resources={"limits": {"memory": "1Gi", "cpu": "1"}})},
            id="quantity as a number",
        ),
        pytest.param(
            {"podTemplate": {"metadata": {"creationTimestamp": None, "labels": {}}, **template(env=[])}},
            {"podTemplate": {"metadata": {}, **template()}},
            id="empty fields of a pod",
        ),
        pytest.param(
            {"podTemplate": template()},
            {"podTemplate": {"apiVersion": "v1", "kind": "Pod", **template(), "status": {}}},
            id="a Pod's type and status",
        ),
        pytest.param(
            {"taskManager": {"resources": {"requests": {"cpu": "1000m", "memory": "1Gi"}}}},
            {"taskManager": {"resources": {"requests": {"cpu": 1, "memory": "1024Mi"}, "limits": {}}}},
            id="notation of an amount",
        ),
        pytest.param({"restartNonce": 3}, {}, id="nonce taken away"),
    ],
)
def test_what_only_looks_different_is_not_a_change(before: Json, after: Json) -> None:
    assert changed_fields(spec(**before), spec(**after)) == ()


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ({}, {"image": "flink:2.3.1"}, "spec.image"),
        ({}, {"job": {**SPEC["job"], "parallelism": 3}}, "spec.job.parallelism"),
        ({}, {"restartNonce": 1}, "spec.restartNonce"),
        ({}, {"flinkConfiguration": {"a": {"b": 1}}}, "spec.flinkConfiguration[a.b]"),
        ({"podTemplate": template()}, {"podTemplate": template(image="other")}, "spec.podTemplate"),
        (
            {"podTemplate": {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}},
            {"podTemplate": {"spec": {"volumes": [{"name": "v"}]}}},
            "spec.podTemplate",
        ),
        (
            {"podTemplate": template(aFieldOfANewerKubernetes=[])},
            {"podTemplate": template()},
            "spec.podTemplate",
        ),
        (
            {"taskManager": {"resources": {"requests": {"memory": "1Gi"}}}},
            {"taskManager": {"resources": {"requests": {"memory": "2Gi"}}}},
            "spec.taskManager",
        ),
    ],
)
def test_change_is_named(before: Json, after: Json, path: str) -> None:
    assert changed_fields(spec(**before), spec(**after)) == (path,)

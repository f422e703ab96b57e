"""Mutation at admission: a session job is labelled with its cluster, and nothing else is touched."""

from typing import Any

import pytest

from shared.defaults import default_patch
from tests.unit.flink_deployments import application

Json = dict[str, Any]


def job(metadata: Json | None = None, **spec: Any) -> Json:
    return {
        "kind": "FlinkSessionJob",
        "metadata": metadata or {"name": "job"},
        "spec": {"deploymentName": "c", **spec},
    }


@pytest.mark.parametrize(
    ("raw", "labels"),
    [
        (job(), {"target.session": "c"}),
        (job({"labels": None}), {"target.session": "c"}),
        (job({"labels": {"team": "a"}}), {"team": "a", "target.session": "c"}),
        (job({"labels": {"target.session": "old"}}), {"target.session": "c"}),
    ],
)
def test_session_job_is_labelled_with_its_cluster(raw: Json, labels: Json) -> None:
    assert patched(raw)["metadata"]["labels"] == labels


@pytest.mark.parametrize("raw", [job(), job({"labels": {"team": "a"}})])
def test_labelling_again_changes_nothing(raw: Json) -> None:
    assert default_patch(patched(raw)) == []


@pytest.mark.parametrize(
    "raw",
    [
        application(),
        job(deploymentName=None),
        job(deploymentName=""),
        job(deploymentName=5),
        {"kind": "FlinkSessionJob", "metadata": {}, "spec": None},
        {"kind": "FlinkSessionJob", "metadata": [], "spec": {"deploymentName": "c"}},
        {"kind": "FlinkSessionJob"},
        {},
    ],
)
def test_other_objects_are_left_as_they_are(raw: Json) -> None:
    assert default_patch(raw) == []


def patched(raw: Json) -> Json:
    """The object with its patch, which only ever adds below metadata."""
    metadata = {**raw["metadata"]}
    for operation in default_patch(raw):
        assert operation["op"] == "add"
        match operation["path"].split("/")[1:]:
            case ["metadata", "labels"]:
                metadata["labels"] = operation["value"]
            case ["metadata", "labels", name]:
                metadata["labels"] = {**metadata["labels"], name: operation["value"]}
            case other:
                pytest.fail(f"touches {other}")
    return {**raw, "metadata": metadata}

"""A standalone cluster's objects are those that Apache's operator made on a real cluster, field by field."""

import re
from typing import Any

import pytest

from controller.flink.cluster import cluster_objects, owned_by
from controller.flink.operator_files import OperatorFiles
from shared.config.collections import parse_map
from shared.config.effective import Submission
from tests.originals.comparison import Difference, differences
from tests.unit.flink_deployments import deployment_of, java_operator_resource

Json = dict[str, Any]
CLUSTERS = ("standalone-cluster", "standalone-cluster-ha")
FILES = OperatorFiles(log={"log4j-console.properties": "…"})

DELIBERATE = {
    r"Deployment \w+/spec/paused": "No pod is made before its ConfigMaps are there.",
    r"Deployment \w+-taskmanager/metadata/annotations/flinkdeployment\.flink\.apache\.org/generation": (
        "A Deployment that was made for another generation is known by it."
    ),
    r"ConfigMap [\w-]+/metadata/labels/configmap-type": "It tells them from Flink's own ConfigMaps.",
    r".*/containers\[flink-main-container\]/terminationMessagePolicy": (
        "Why a container crashed is read from its pod's status."
    ),
    r".*/kubernetes\.pod-template-file\.(job|task)manager": (
        "Files on the disk of Apache's operator, which nothing in the cluster reads."
    ),
    r".*/(job|task)manager\.memory\.process\.size": "The same size: 1 gb, 1073741824 bytes.",
    r".*/kubernetes\.jobmanager\.owner\.reference": "The same entries in another order.",
    r".*/application-result-store\.storage-path": (
        "A result that an older deployment left there would keep a newer one from starting its job."
    ),
    r".*/job-result-store\.storage-path": "Both are a folder of their own for each deployment.",
}
"""Paths of fields that differ, and why."""


def compared(name: str) -> list[Difference]:
    original = java_operator_resource(name)
    resource = deployment_of(original["resource"])
    submission = Submission(original["resource"]["metadata"]["generation"], original["job_id"])
    cluster = cluster_objects(resource, submission, {}, FILES)
    theirs = [original["deployment"], original["task_managers"], *original["services"]]
    theirs += original["config_maps"]
    uid = original["services"][0]["metadata"]["ownerReferences"][0]["uid"]
    deployment = {**cluster.deployment, "metadata": {**cluster.deployment["metadata"], "uid": uid}}
    task_managers = cluster.task_manager_deployment
    assert task_managers is not None
    ours = [deployment, task_managers, *(owned_by(deployment, body) for body in cluster.owned)]
    return differences(theirs, ours)


@pytest.mark.parametrize("name", CLUSTERS)
def test_objects_are_those_of_the_contracts_operator(name: str) -> None:
    unexplained = [
        str(one)
        for one in compared(name)
        if not any(re.fullmatch(pattern, one.path) for pattern in DELIBERATE)
    ]
    assert unexplained == []


def test_every_deliberate_difference_is_met() -> None:
    found = {one.path for name in CLUSTERS for one in compared(name)}
    unmet = [pattern for pattern in DELIBERATE if not any(re.fullmatch(pattern, path) for path in found)]
    assert unmet == []


@pytest.mark.parametrize("name", CLUSTERS)
def test_memory_is_the_same_though_written_otherwise(name: str) -> None:
    sizes = {(one.theirs, one.ours) for one in compared(name) if one.path.endswith("memory.process.size")}
    assert sizes == {("1 gb", "1073741824 bytes")}


@pytest.mark.parametrize("name", CLUSTERS)
def test_owner_that_flink_is_told_is_the_same_though_ordered_otherwise(name: str) -> None:
    (one,) = [one for one in compared(name) if one.path.endswith("owner.reference")]
    assert parse_map(one.theirs) == parse_map(one.ours)

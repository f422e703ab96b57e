"""The rules over session jobs, snapshots and blue-green deployments, and over unknown kinds."""

from typing import Any

import pytest

from tests.unit.flink_deployments import application
from tests.unit.reviewed_resources import Json, found, job_resource


def snapshot(**spec: Any) -> Json:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkStateSnapshot",
        "metadata": {"name": "snapshot", "namespace": "shop"},
        "spec": spec,
    }


def blue_green(**template: Any) -> Json:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkBlueGreenDeployment",
        "metadata": {"name": "colours", "namespace": "shop"},
        "spec": {"template": template} if template else {},
    }


JOB_REFERENCE = {"kind": "FlinkDeployment", "name": "orders"}


@pytest.mark.parametrize(
    ("raw", "findings"),
    [
        (job_resource(), set()),
        (job_resource(deploymentName=None), {("FK201", "spec.deploymentName")}),
        (job_resource(deploymentName="Cluster"), {("FK101", "spec.deploymentName")}),
        (job_resource(job=None), {("FK202", "spec.job")}),
        (job_resource(job={"parallelism": 0}), {("FK108", "spec.job.parallelism")}),
        (
            job_resource(job={"parallelism": 1, "upgradeMode": "last-state"}),
            {("FK203", "spec.job.upgradeMode")},
        ),
        (snapshot(savepoint={}, jobReference=JOB_REFERENCE), set()),
        (snapshot(checkpoint={}, jobReference=JOB_REFERENCE), set()),
        (snapshot(savepoint={"alreadyExists": True, "path": "s3://b/sp"}), set()),
        (snapshot(jobReference=JOB_REFERENCE), {("FK301", "spec")}),
        (snapshot(savepoint={}, checkpoint={}, jobReference=JOB_REFERENCE), {("FK301", "spec")}),
        (snapshot(savepoint={}), {("FK302", "spec.jobReference")}),
        (snapshot(savepoint={}, jobReference={"name": "orders"}), {("FK302", "spec.jobReference")}),
        (
            snapshot(savepoint={}, jobReference=JOB_REFERENCE, backoffLimit=-2),
            {("FK303", "spec.backoffLimit")},
        ),
        (blue_green(spec=application()["spec"]), set()),
        (
            {**blue_green(), "spec": {"ingress": {}, "template": {"spec": application()["spec"]}}},
            {("FK121", "spec.ingress.template")},
        ),
        (blue_green(), {("FK401", "spec.template.spec")}),
        (blue_green(metadata={}), {("FK401", "spec.template.spec")}),
        (
            blue_green(spec=application(job={"parallelism": 0})["spec"]),
            {("FK108", "spec.template.spec.job.parallelism")},
        ),
        ({"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkDeploymnt"}, {("FK002", "kind")}),
        ({"apiVersion": "flink.apache.org/v1", "kind": "FlinkDeployment"}, {("FK003", "apiVersion")}),
        ([], {("FK001", "")}),
        (None, {("FK001", "")}),
    ],
)
def test_other_kinds_have_rules_of_their_own(raw: Any, findings: set[tuple[str, str]]) -> None:
    assert found(raw) == findings

"""A job that the Java operator left behind: it runs on when we come, and is upgraded without a loss."""

import json

import pytest

from shared.model import FlinkDeployment
from shared.model.job import UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec
from tests.e2e.conftest import Release
from tests.e2e.continuity import counting, storage
from tests.e2e.flink import Flink, Json, ready
from tests.e2e.installed_controller import stopped_controller

pytestmark = pytest.mark.alone

NAME = "heirloom"
SECONDS = 60.0


def status_of_the_java_operator(resource: Json) -> Json:
    """The status as that operator writes it for the first deployment of a job that runs."""
    spec = FlinkDeployment.model_validate(resource).spec
    assert spec.job is not None
    job = spec.job.model_copy(update={"upgrade_mode": UpgradeMode.STATELESS})
    document = ReconciledSpec(spec.model_copy(update={"job": job}), first_deployment=True).to_json()
    status, since = resource["status"], "2026-11-21T10:28:59.723458573Z"
    return {
        "clusterInfo": {**status["clusterInfo"], "state-size": "8134", "total-cpu": "0.2"},
        "conditions": [
            {
                "lastTransitionTime": since,
                "message": "Job status RUNNING",
                "reason": "Running",
                "status": "True",
                "type": "Running",
            }
        ],
        "jobManagerDeploymentStatus": "READY",
        "jobStatus": {
            "checkpointInfo": {"lastPeriodicCheckpointTimestamp": 0},
            "savepointInfo": {"lastPeriodicSavepointTimestamp": 0, "savepointHistory": []},
            **{name: status["jobStatus"][name] for name in ("jobId", "jobName", "startTime", "updateTime")},
            "state": "RUNNING",
        },
        "lifecycleState": "STABLE",
        "observedGeneration": resource["metadata"]["generation"],
        "reconciliationStatus": {
            "lastReconciledSpec": document,
            "lastStableSpec": document,
            "reconciliationTimestamp": 1795256899318,
            "state": "DEPLOYED",
        },
        "taskManager": status["taskManager"],
    }


def objects(flink: Flink) -> dict[str, str]:
    """The versions of what the cluster is made of."""
    found = flink.items("deployment,service,configmap,pod", f"app={NAME}")
    return {f"{one['kind']} {one['metadata']['name']}": one["metadata"]["resourceVersion"] for one in found}


def test_running_job_of_the_java_operator_is_taken_over_and_upgraded(flink: Flink, release: Release) -> None:
    history = storage(flink.namespace)
    flink.apply(counting(NAME, release, history, upgrade_mode="savepoint"))
    resource = flink.wait_until_running(NAME)
    first = history.wait_for_start(1)
    with stopped_controller(flink.cluster):
        left = {**resource, "status": status_of_the_java_operator(resource)}
        flink.kubectl("replace", "--subresource=status", "-f", "-", stdin=json.dumps(left))
        before = objects(flink)
    taken = flink.wait_for(
        NAME, lambda r: ready(r) != {}, within=SECONDS, what="the controller looks at the resource"
    )

    assert ready(taken)["reason"] == "JobRunning"
    assert {**taken["status"], "conditions": []} == {**left["status"], "conditions": []}
    assert objects(flink) == before
    assert len(history.starts()) == 1

    flink.patch(NAME, {"spec": {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "3"}}})
    second = history.wait_for_start(2)

    assert second.restored
    assert second.count == history.last_count(first.run)
    history.assert_never_two_at_once()

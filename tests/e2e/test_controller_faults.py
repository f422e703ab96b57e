"""The controller may die at any time: no job stops, and nothing is deployed twice."""

import pytest

from tests.e2e.conftest import Release
from tests.e2e.flink import Flink, application
from tests.installation import NAMESPACE
from tests.polling import eventually

pytestmark = pytest.mark.alone

CONTROLLER = "app.kubernetes.io/component=controller"


def kill_controller(flink: Flink) -> None:
    """Kill its pod without grace, as a node failure would."""
    arguments = ("delete", "pod", "-l", CONTROLLER, "--grace-period=0", "--force")
    flink.cluster.kubectl("-n", NAMESPACE, *arguments)


def test_controller_killed_during_a_deployment_deploys_once(flink: Flink, release: Release) -> None:
    flink.apply(application("once", release.image, release.version))
    recorded = flink.wait_for(
        "once",
        lambda r: "jobId" in r.get("status", {}).get("jobStatus", {}),
        within=15,
        what="intention recorded",
    )
    kill_controller(flink)

    status = flink.wait_until_running("once")["status"]

    assert status["jobStatus"]["jobId"] == recorded["status"]["jobStatus"]["jobId"]
    assert len(flink.items("replicaset", "app=once")) == 1
    assert len(flink.items("pod", "app=once,component=jobmanager")) == 1


def test_controller_killed_beside_a_running_job_leaves_it_alone(flink: Flink, release: Release) -> None:
    flink.apply(application("calm", release.image, release.version))
    before = flink.wait_until_running("calm")
    pods = {pod["metadata"]["uid"] for pod in flink.items("pod", "app=calm")}
    holder = _lease_holder(flink)

    kill_controller(flink)
    eventually(lambda: _lease_holder(flink) not in {holder, ""}, within=60, what="another controller leads")
    flink.patch(
        "calm", {"spec": {"flinkConfiguration": {"kubernetes.operator.savepoint.history.max.count": "3"}}}
    )
    flink.wait_for(
        "calm", lambda r: r["status"]["observedGeneration"] == 2, within=30, what="new leader at work"
    )

    after = flink.get("calm")
    assert after["status"]["jobStatus"]["jobId"] == before["status"]["jobStatus"]["jobId"]
    assert after["status"]["jobStatus"]["state"] == "RUNNING"
    assert {pod["metadata"]["uid"] for pod in flink.items("pod", "app=calm")} == pods


def _lease_holder(flink: Flink) -> str:
    path = "jsonpath={.spec.holderIdentity}"
    return flink.cluster.kubectl("-n", NAMESPACE, "get", "lease", "flink-operator-lease", "-o", path).stdout

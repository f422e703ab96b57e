"""A job on a cluster of its own: it starts, is upgraded, and goes, on real Flink."""

from tests.e2e.conftest import Release
from tests.e2e.flink import Flink, application
from tests.polling import eventually

HA = {
    "taskmanager.numberOfTaskSlots": "2",
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": "file:///tmp/flink-ha",
}


def test_job_reaches_running_and_the_status_tells_it(flink: Flink, release: Release) -> None:
    flink.apply(application("basic", release.image, release.version))
    status = flink.wait_until_running("basic")["status"]
    assert status["jobManagerDeploymentStatus"] == "READY"
    assert status["jobStatus"]["state"] == "RUNNING"
    assert status["lifecycleState"] == "STABLE"
    assert status["reconciliationStatus"]["state"] == "DEPLOYED"
    assert (
        status["reconciliationStatus"]["lastStableSpec"]
        == status["reconciliationStatus"]["lastReconciledSpec"]
    )
    columns = flink.kubectl("get", "flinkdeployment", "basic", "--no-headers").split()
    assert columns[:6] == ["basic", "RUNNING", "STABLE", "True", "JobRunning", release.version]


def test_job_runs_with_high_availability_in_kubernetes(flink: Flink, release: Release) -> None:
    flink.apply(application("with-ha", release.image, release.version, flinkConfiguration=HA))
    job_id = flink.wait_until_running("with-ha")["status"]["jobStatus"]["jobId"]
    names = {item["metadata"]["name"] for item in flink.items("configmap", "app=with-ha")}
    assert {"with-ha-cluster-config-map", f"with-ha-{job_id}-config-map"} <= names

    flink.kubectl("delete", "flinkdeployment", "with-ha", "--timeout=60s")

    assert flink.items("configmap", "app=with-ha") == []


def test_stateless_upgrade_replaces_the_cluster(flink: Flink, release: Release) -> None:
    flink.apply(application("upgraded", release.image, release.version))
    before = flink.wait_until_running("upgraded")["status"]["jobStatus"]["jobId"]
    (old,) = flink.items("deployment", "app=upgraded")

    flink.patch("upgraded", {"spec": {"job": {"parallelism": 2}}})
    status = flink.wait_until_running("upgraded")["status"]  # returns only when the new spec runs

    (new,) = flink.items("deployment", "app=upgraded")
    assert new["metadata"]["uid"] != old["metadata"]["uid"]
    assert status["jobStatus"]["jobId"] != before
    assert '"parallelism":2' in status["reconciliationStatus"]["lastStableSpec"]


def test_deletion_removes_everything(flink: Flink, release: Release) -> None:
    flink.apply(application("gone", release.image, release.version))
    flink.wait_until_running("gone")

    flink.kubectl("delete", "flinkdeployment", "gone", "--timeout=60s")

    assert flink.items("deployment,service,configmap,pod", "app=gone") == []


def test_job_runs_on_flink_1_20(flink: Flink, release_1_20: Release) -> None:
    flink.apply(application("older", release_1_20.image, release_1_20.version))
    assert flink.wait_until_running("older")["status"]["clusterInfo"]["flink-version"].startswith("1.20.")


def test_session_cluster_comes_up_and_goes(flink: Flink, release: Release) -> None:
    session = application("session", release.image, release.version)
    del session["spec"]["job"]
    flink.apply(session)
    status = flink.wait_until_running("session")["status"]
    assert (status["jobManagerDeploymentStatus"], status["lifecycleState"]) == ("READY", "STABLE")

    flink.kubectl("delete", "flinkdeployment", "session", "--timeout=60s")

    eventually(
        lambda: flink.items("deployment,service,pod", "app=session") == [],
        within=30,
        what="no object of the session cluster is left",
    )

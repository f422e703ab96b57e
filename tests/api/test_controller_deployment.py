"""A FlinkDeployment on a real API server: what the controller makes of it, and what it writes down when."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.api.api_server import CONFIG_MAPS, DEPLOYMENTS, FLINK_DEPLOYMENTS, SERVICES, Json, version
from tests.api.controller import collect_garbage, condition, forget
from tests.api.namespace import Namespace, unique
from tests.api.resources import flink_deployment
from tests.polling import eventually

FINALIZER = "flinkdeployments.flink.apache.org/finalizer"
_SETTLED_SECONDS = 20.0
_QUIET_SECONDS = 3.0


@dataclass(frozen=True)
class Deployed:
    """A FlinkDeployment whose cluster is made, with all that was written on the way."""

    name: str
    resource: list[Json]
    job_manager: list[Json]


@pytest.fixture(scope="module")
def deployed(operated: Namespace) -> Iterator[Deployed]:
    """A cluster whose pods never come, as nothing here runs any."""
    name, since = unique("deployed"), operated.now()
    operated.apply(flink_deployment(name))
    try:
        wait_until_deployed(operated, name)
        histories = [
            [body for body in operated.history(kind, since) if body["metadata"]["name"] == name]
            for kind in (FLINK_DEPLOYMENTS, DEPLOYMENTS)
        ]
        yield Deployed(name, *histories)
    finally:
        forget(operated, name)


def wait_until_deployed(namespace: Namespace, name: str) -> None:
    eventually(
        lambda: reconciliation(namespace, name)["state"] == "DEPLOYED",
        within=_SETTLED_SECONDS,
        what=f"{name} is deployed",
    )


def reconciliation(namespace: Namespace, name: str) -> Json:
    found: Json = namespace.get(name).get("status", {}).get("reconciliationStatus", {})
    assert found, "nothing is recorded"
    return found


def test_deletion_waits_for_the_controller(operated: Namespace, deployed: Deployed) -> None:
    assert FINALIZER in operated.get(deployed.name)["metadata"]["finalizers"]


def test_the_job_manager_is_released(operated: Namespace, deployed: Deployed) -> None:
    spec = operated.get(deployed.name, DEPLOYMENTS)["spec"]
    assert not spec.get("paused")
    assert spec["replicas"] == 1


def test_the_job_manager_belongs_to_the_resource(operated: Namespace, deployed: Deployed) -> None:
    (owner,) = operated.get(deployed.name, DEPLOYMENTS)["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == (
        "FlinkDeployment",
        operated.get(deployed.name)["metadata"]["uid"],
    )


def test_everything_else_belongs_to_the_job_manager(operated: Namespace, deployed: Deployed) -> None:
    uid = operated.get(deployed.name, DEPLOYMENTS)["metadata"]["uid"]
    owned = [
        body for kind in (SERVICES, CONFIG_MAPS) for body in operated.owned_by_cluster(deployed.name, kind)
    ]
    assert {body["metadata"]["name"]: body["metadata"]["ownerReferences"][0]["uid"] for body in owned} == {
        deployed.name: uid,
        f"{deployed.name}-rest": uid,
        f"flink-config-{deployed.name}": uid,
    }


def test_flink_is_told_the_recorded_job_id(operated: Namespace, deployed: Deployed) -> None:
    configuration = operated.get(f"flink-config-{deployed.name}", CONFIG_MAPS)["data"]["config.yaml"]
    assert operated.get(deployed.name)["status"]["jobStatus"]["jobId"] in configuration


def test_the_intention_is_on_record_before_the_job_manager_exists(deployed: Deployed) -> None:
    made = version(deployed.job_manager[0])
    recorded = [body["status"] for body in deployed.resource if "status" in body and version(body) < made]
    assert recorded[-1]["reconciliationStatus"]["state"] == "UPGRADING"
    assert len(recorded[-1]["jobStatus"]["jobId"]) == 32
    assert recorded[-1]["reconciliationStatus"]["lastReconciledSpec"]


def test_the_job_manager_is_released_after_all_it_needs_exists(
    operated: Namespace, deployed: Deployed
) -> None:
    released = next(body for body in deployed.job_manager if not body["spec"].get("paused"))
    needed = [
        body for kind in (SERVICES, CONFIG_MAPS) for body in operated.owned_by_cluster(deployed.name, kind)
    ]
    assert needed
    assert all(version(body) < version(released) for body in needed)


def test_the_list_tells_that_the_job_does_not_run_yet(operated: Namespace, deployed: Deployed) -> None:
    row = operated.succeeds("get", "flinkdeployment", deployed.name, "--no-headers").split()
    assert row[:5] == [deployed.name, "RECONCILING", "DEPLOYED", "False", "JobManagerNotReady"]


def test_describe_shows_the_submission(operated: Namespace, deployed: Deployed) -> None:
    reasons = {event["reason"] for event in operated.events_of(deployed.name)}
    assert "Submit" in reasons
    assert "Submit" in operated.succeeds("describe", "flinkdeployment", deployed.name)


def test_nothing_is_written_when_nothing_changes(operated: Namespace, deployed: Deployed) -> None:
    def quiet() -> bool:
        before, until = operated.versions(), time.monotonic() + _QUIET_SECONDS
        # The Lease is renewed: that is the one write of the steady state.
        ours = {name: written for name, written in before.items() if deployed.name in name}
        events = {name for name in before if name.startswith("events/")}
        while time.monotonic() < until:
            now = operated.versions()
            assert {name: now.get(name) for name in ours} == ours
            assert {name for name in now if name.startswith("events/")} <= events
            time.sleep(0.25)
        return True

    eventually(quiet, within=_SETTLED_SECONDS, what="the controller stops writing")


def test_a_stateless_change_replaces_the_job_manager(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job))
    first = eventually(lambda: operated.get(job, DEPLOYMENTS), within=_SETTLED_SECONDS, what="the first")
    operated.apply(flink_deployment(job, image="flink:2.3-next"))

    def replaced() -> bool:
        collect_garbage(operated, job)
        return bool(operated.get(job, DEPLOYMENTS)["metadata"]["uid"] != first["metadata"]["uid"])

    eventually(replaced, within=_SETTLED_SECONDS, what="the JobManager of the new spec")
    (container,) = operated.get(job, DEPLOYMENTS)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "flink:2.3-next"
    assert "SpecChanged" in {event["reason"] for event in operated.events_of(job)}


def test_deletion_ends_after_the_cluster_is_gone(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job))
    wait_until_deployed(operated, job)
    operated.succeeds("delete", "flinkdeployment", job, "--wait=false")
    eventually(
        lambda: operated.get(job, DEPLOYMENTS)["metadata"].get("deletionTimestamp"),
        within=_SETTLED_SECONDS,
        what="the controller deletes the JobManager",
    )
    assert operated.get(job)["status"]["lifecycleState"] == "DELETING"
    assert condition(operated.get(job))["reason"] == "Deleting"
    collect_garbage(operated, job)
    eventually(lambda: operated.find(job) is None, within=_SETTLED_SECONDS, what="the resource is gone")


def test_a_suspended_job_is_not_deployed(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job, {"state": "suspended"}))
    eventually(
        lambda: condition(operated.get(job))["reason"] == "Suspended",
        within=_SETTLED_SECONDS,
        what="suspended",
    )
    assert operated.find(job, DEPLOYMENTS) is None


def test_a_session_cluster_has_no_job_id(operated: Namespace, job: str) -> None:
    resource = flink_deployment(job)
    del resource["spec"]["job"]
    operated.apply(resource)
    wait_until_deployed(operated, job)
    assert "jobId" not in operated.get(job)["status"]["jobStatus"]

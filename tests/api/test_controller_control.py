"""What a resource's owner controls: deletions of all sorts, pauses, and one operator at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.control import FORCE_DELETION, PAUSED
from tests.api.api_server import CONFIG_MAPS, DEPLOYMENTS, FLINK_DEPLOYMENTS, SERVICES, Json, version
from tests.api.controller import Controller, collect_garbage, condition
from tests.api.namespace import NAMESPACES, Namespace
from tests.api.resources import flink_deployment
from tests.api.test_controller_deployment import FINALIZER, wait_until_deployed
from tests.polling import eventually

_SECONDS = 20.0
_JAVA = "fabric8-kubernetes-client"
_WITH_SAVEPOINT = {
    "execution.checkpointing.savepoint-dir": "s3://bucket/savepoints",
    "kubernetes.operator.job.savepoint-on-deletion": "true",
}


def told(namespace: Namespace, name: str, reason: str, words: str = "", kind: str = "Ready") -> Json:
    """The resource once a condition says so."""

    def seen() -> Json:
        resource = namespace.get(name)
        found = condition(resource, kind)
        assert found["reason"] == reason, found
        assert words in found["message"], found
        return resource

    return eventually(seen, within=_SECONDS, what=f"{kind} with reason {reason}")


def gone(namespace: Namespace, name: str) -> None:
    eventually(lambda: namespace.find(name) is None, within=_SECONDS, what=f"{name} is gone")


def going(namespace: Namespace, name: str) -> None:
    """Wait until the JobManager is asked to go, and play the garbage collector."""
    eventually(
        lambda: namespace.get(name, DEPLOYMENTS)["metadata"].get("deletionTimestamp"),
        within=_SECONDS,
        what="the controller deletes the JobManager",
    )
    collect_garbage(namespace, name)


# Pauses


def test_paused_resource_is_deployed_when_the_annotation_is_taken_away(operated: Namespace, job: str) -> None:
    resource = flink_deployment(job)
    resource["metadata"]["annotations"] = {PAUSED: "true"}
    operated.store(resource)
    message = condition(told(operated, job, "Paused", kind="Paused"), "Paused")["message"]
    assert operated.find(job, DEPLOYMENTS) is None
    command = message.rsplit("To go on: kubectl ", 1)[1]
    operated.succeeds(*command.split())
    wait_until_deployed(operated, job)
    assert not any(one["type"] == "Paused" for one in operated.get(job)["status"]["conditions"])


def test_pause_holds_a_change_and_the_deletion(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job))
    wait_until_deployed(operated, job)
    operated.succeeds("annotate", "flinkdeployment", job, f"{PAUSED}=true")
    told(operated, job, "Paused", kind="Paused")
    before = version(operated.get(job, DEPLOYMENTS))
    operated.patch(job, {"spec": {"image": "flink:2.3-next"}})
    told(operated, job, "Paused", "The change of the spec waits")
    operated.succeeds("delete", "flinkdeployment", job, "--wait=false")
    told(operated, job, "Paused", "The deletion waits")
    assert version(operated.get(job, DEPLOYMENTS)) == before
    operated.succeeds("annotate", "flinkdeployment", job, f"{PAUSED}-")
    going(operated, job)
    gone(operated, job)


# Deletions


def test_annotation_gives_up_the_savepoint_that_cannot_be_taken(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job, flinkConfiguration=_WITH_SAVEPOINT))
    wait_until_deployed(operated, job)
    operated.succeeds("delete", "flinkdeployment", job, "--wait=false")
    resource = told(operated, job, "Deleting", "the JobManager is not up")
    assert operated.get(job, DEPLOYMENTS)["spec"]["replicas"] == 1
    command = condition(resource)["message"].rsplit("kubectl ", 1)[1]
    assert FORCE_DELETION in command
    operated.succeeds(*command.split())
    going(operated, job)
    gone(operated, job)
    assert "SavepointSkipped" in {event["reason"] for event in operated.events_of(job)}


def test_cluster_is_left_running_where_that_is_asked_for(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job))
    wait_until_deployed(operated, job)
    before = version(operated.get(job, DEPLOYMENTS))
    operated.succeeds("delete", "flinkdeployment", job, "--cascade=orphan", "--wait=false")
    eventually(
        lambda: FINALIZER not in operated.get(job)["metadata"]["finalizers"],
        within=_SECONDS,
        what="the controller lets the resource go",
    )
    assert version(operated.get(job, DEPLOYMENTS)) == before
    operated.patch(job, {"metadata": {"finalizers": None}})  # as the garbage collector does


def test_deletion_in_the_foreground_ends(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job, flinkConfiguration=_WITH_SAVEPOINT))
    wait_until_deployed(operated, job)
    operated.succeeds("delete", "flinkdeployment", job, "--cascade=foreground", "--wait=false")
    operated.succeeds("delete", "deployment", job, "--cascade=foreground", "--wait=false")
    collect_garbage(operated, job)
    eventually(
        lambda: FINALIZER not in operated.get(job)["metadata"]["finalizers"],
        within=_SECONDS,
        what="the controller lets the resource go",
    )


def test_namespace_can_be_deleted(namespace: Namespace, tmp_path: Path) -> None:
    controller = Controller(namespace, "of-a-namespace", tmp_path)
    controller.start()
    try:
        namespace.apply(flink_deployment("job", flinkConfiguration=_WITH_SAVEPOINT))
        wait_until_deployed(namespace, "job")
        namespace.api.call("DELETE", f"{NAMESPACES}/{namespace.name}")
        assert "being terminated" in namespace.apply_is_refused(flink_deployment("another"))
        namespace.api.call("DELETE", FLINK_DEPLOYMENTS.path(namespace.name))
        for collection in (DEPLOYMENTS, SERVICES, CONFIG_MAPS):  # as the namespace controller does
            namespace.api.call("DELETE", collection.path(namespace.name))
        gone(namespace, "job")
        controller.process.assert_running()
    finally:
        controller.process.kill()


# Other operators


def write_like_java(namespace: Namespace, name: str) -> None:
    """A status without conditions of ours, under the name of its client."""
    path = f"{FLINK_DEPLOYMENTS.path(namespace.name, name, 'status')}?fieldManager={_JAVA}"
    status = {"conditions": None, "jobStatus": {"updateTime": str(version(namespace.get(name)))}}
    namespace.api.call("PATCH", path, {"status": status}, "merge-patch+json")


def test_second_operator_is_told_and_nothing_is_done(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job))
    wait_until_deployed(operated, job)
    before = version(operated.get(job, DEPLOYMENTS))
    write_like_java(operated, job)
    told(operated, job, "SecondOperator")
    (event,) = [one for one in operated.events_of(job) if one["reason"] == "SecondOperator"]
    assert _JAVA in event["message"]
    operated.patch(job, {"spec": {"image": "flink:2.3-next"}})
    write_like_java(operated, job)
    told(operated, job, "SecondOperator")
    assert version(operated.get(job, DEPLOYMENTS)) == before
    assert len([one for one in operated.events_of(job) if one["reason"] == "SecondOperator"]) == 1


@pytest.fixture
def installations(namespace: Namespace, tmp_path: Path) -> Iterator[list[Controller]]:
    """Two that act on the same namespace."""
    both = [Controller(namespace, name, tmp_path, lease=f"{name}-lease") for name in ("one", "another")]
    try:
        for controller in both:
            controller.start()
        for controller in both:
            controller.wait_until_leading()
        yield both
    finally:
        for controller in both:
            controller.process.kill()


@pytest.mark.usefixtures("installations")
def test_two_installations_notice_each_other_and_come_to_rest(namespace: Namespace) -> None:
    namespace.apply(flink_deployment("job"))
    told(namespace, "job", "SecondOperator")

    def quiet() -> bool:
        since = namespace.now()
        written = namespace.history(FLINK_DEPLOYMENTS, since) + namespace.history(DEPLOYMENTS, since)
        return written == []

    eventually(quiet, within=_SECONDS, what="both stop writing")
    told(namespace, "job", "SecondOperator")
    made = {body["metadata"]["uid"] for body in namespace.history(DEPLOYMENTS)}
    assert len(made) <= 1

"""What the Java operator left behind is taken over: no job notices that its operator is another one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.api.api_server import FLINK_DEPLOYMENTS, FLINK_KINDS, LEASES, ApiServer, Json
from tests.api.controller import Controller, condition
from tests.api.left_behind import (
    CLUSTERS,
    OTHERS,
    LeftBehind,
    collection_of,
    name_of,
    restore,
    restore_resource,
)
from tests.api.namespace import Namespace, unique
from tests.cluster import Cluster
from tests.polling import eventually
from tests.unit.flink_deployments import java_operator_resource

_SECONDS = 60.0
SESSION_JOB = "FlinkSessionJob"
clusters = pytest.mark.parametrize("left", CLUSTERS, ids=lambda one: one.resource)
others = pytest.mark.parametrize("resource", OTHERS)


@dataclass(frozen=True)
class TakenOver:
    """A namespace whose resources our controller has looked at."""

    namespace: Namespace
    before: Mapping[str, Json]
    """Every object as it was, by its resource's plural and its name."""
    since: str
    """The resourceVersion of that time."""

    def now(self, resource: str) -> Json:
        return self.namespace.get(name_of(resource), collection_of(resource))

    def then(self, resource: str) -> Json:
        return self.before[f"{collection_of(resource).plural}/{name_of(resource)}"]


@pytest.fixture(scope="module")
def taken_over(
    cluster: Cluster, api: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TakenOver]:
    with Namespace.made(cluster, api, "taken-over") as namespace:
        for one in CLUSTERS:
            restore(namespace, one)
        for resource in ("session-job", *OTHERS):
            restore_resource(namespace, resource)
        taken_over = TakenOver(namespace, namespace.contents(), namespace.now())
        controller = Controller(namespace, "heir", tmp_path_factory.mktemp("heir"))
        controller.start()
        try:
            for resource in (*(one.resource for one in CLUSTERS), "session-job", *OTHERS):
                eventually(
                    lambda: condition(taken_over.now(resource)),  # noqa: B023 - called at once
                    within=_SECONDS,
                    what=f"the controller looks at {resource}",  # only ours writes a condition Ready
                )
            controller.process.assert_running()
            yield taken_over
        finally:
            controller.process.kill()


def without_conditions(resource: Json) -> Json:
    status = {name: value for name, value in resource["status"].items() if name != "conditions"}
    metadata = {
        name: value
        for name, value in resource["metadata"].items()
        if name not in {"resourceVersion", "managedFields"}
    }
    return {**resource, "metadata": metadata, "status": status}


@clusters
def test_resource_is_taken_over_as_it_is(taken_over: TakenOver, left: LeftBehind) -> None:
    then, now = taken_over.then(left.resource), taken_over.now(left.resource)
    assert then["metadata"]["generation"] == java_operator_resource(left.resource)["metadata"]["generation"]
    assert without_conditions(now) == without_conditions(then)


def test_every_resource_is_written_once(taken_over: TakenOver) -> None:
    history = taken_over.namespace.history(FLINK_DEPLOYMENTS, taken_over.since)
    assert sorted(one["metadata"]["name"] for one in history) == sorted(
        name_of(left.resource) for left in CLUSTERS
    )


@clusters
def test_condition_of_its_operator_keeps_its_time(taken_over: TakenOver, left: LeftBehind) -> None:
    (then,) = taken_over.then(left.resource)["status"]["conditions"]
    running = condition(taken_over.now(left.resource), "Running")
    if running["status"] == then["status"]:
        assert running["lastTransitionTime"] == then["lastTransitionTime"]


def test_nothing_of_any_cluster_is_written(taken_over: TakenOver) -> None:
    kinds = {collection.plural for collection in (*FLINK_KINDS, LEASES)}

    def of_clusters(versions: Mapping[str, str]) -> dict[str, str]:
        return {path: version for path, version in versions.items() if path.split("/")[0] not in kinds}

    before = {path: body["metadata"]["resourceVersion"] for path, body in taken_over.before.items()}
    assert of_clusters(before) != {}
    contents = taken_over.namespace.contents()
    now = {
        path: body["metadata"]["resourceVersion"]
        for path, body in contents.items()
        if body.get("involvedObject", {}).get("kind") != SESSION_JOB
    }
    assert of_clusters(now) == of_clusters(before)  # events too: there are none of clusters


def test_session_job_whose_jar_cannot_be_fetched_here_runs_on_as_it_is(taken_over: TakenOver) -> None:
    then, now = taken_over.then("session-job"), taken_over.now("session-job")
    ready = condition(now)
    assert ready["reason"] == "ValidationError"
    assert "spec.job.jarURI" in ready["message"]
    assert "The last valid spec stays in force." in ready["message"]
    for part in ("jobId", "savepointInfo", "startTime"):
        assert now["status"]["jobStatus"][part] == then["status"]["jobStatus"][part]
    assert now["status"]["reconciliationStatus"] == then["status"]["reconciliationStatus"]


@others
def test_kind_that_is_not_acted_on_is_left_alone_and_says_so(taken_over: TakenOver, resource: str) -> None:
    now = taken_over.now(resource)
    assert condition(now)["reason"] == "NotSupported"
    then = taken_over.then(resource)
    expected = without_conditions(then)
    expected["status"]["observedGeneration"] = then["metadata"]["generation"]
    assert without_conditions(now) == expected


@others
def test_deletion_that_waits_for_another_operator_says_how_to_go_on(
    taken_over: TakenOver, resource: str
) -> None:
    namespace, name, collection = taken_over.namespace, unique("deleted"), collection_of(resource)
    plural = f"{collection.plural}.flink.apache.org"
    restore_resource(namespace, resource, name)
    namespace.succeeds("delete", plural, name, "--wait=false")

    def says_so() -> Json:
        ready = condition(namespace.get(name, collection))
        assert ready["reason"] == "DeletionBlocked"
        return ready

    told = eventually(says_so, within=_SECONDS, what="what blocks the deletion is told")
    assert f"{plural}/finalizer" in told["message"]
    patch = '[{"op": "remove", "path": "/metadata/finalizers"}]'
    namespace.succeeds("patch", plural, name, "--type=json", "-p", patch)
    eventually(lambda: namespace.find(name, collection) is None, within=_SECONDS, what="the resource is gone")

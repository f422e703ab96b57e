"""Repairs: what is ours is put in place, what is not is left alone, and each can be repeated."""

from copy import deepcopy
from typing import Any, cast

import pytest

from controller.act import ActionRefused, Actor
from controller.drift import DriftObserver
from controller.flink.checksums import Kind, ObjectName, checksum
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest
from controller.kubernetes_api import CONFIG_MAPS, DEPLOYMENTS, SERVICES, ApiError, Conflict
from controller.observation import Cluster, Known
from controller.plan import RepairObjects
from tests.unit.fake_flink import SilentFlink
from tests.unit.fake_kubernetes import Call, Crash
from tests.unit.flink_deployments import NOW, cluster_of
from tests.unit.running_clusters import CONFIGURATION, REST, RunningCluster, WatchedCluster

Json = dict[str, Any]


@pytest.fixture
async def cluster() -> RunningCluster:
    return await RunningCluster.of()


def made(cluster: RunningCluster, name: ObjectName, **changes: Any) -> Json:
    """The object as it was rendered."""
    body = deepcopy(cluster.object(name))
    metadata = {key: body["metadata"][key] for key in ("name", "namespace", "labels")}
    return {**body, "metadata": metadata, **changes}


async def repair(cluster: RunningCluster, *bodies: Json, uid: str | None = None) -> None:
    action = RepairObjects(uid or cluster.deployment["metadata"]["uid"], bodies)
    await Actor(cluster.kubernetes.api, cast(FlinkRest, SilentFlink())).perform(action, cluster.subject)


async def drifted(cluster: RunningCluster) -> Any:
    fact: Known[Cluster] = cluster_of(1, uid=cluster.deployment["metadata"]["uid"])
    observer = DriftObserver(cluster.kubernetes.api, WatchedCluster(cluster))
    return await observer.observe(cluster.subject, fact, NOW)


@pytest.mark.parametrize("name", [REST, CONFIGURATION], ids=str)
async def test_object_that_is_gone_is_made_for_the_deployment(
    cluster: RunningCluster, name: ObjectName
) -> None:
    body, before = made(cluster, name), cluster.object(name)
    cluster.delete(name)
    await repair(cluster, body)
    after = cluster.object(name)
    assert after["metadata"]["ownerReferences"] == before["metadata"]["ownerReferences"]
    assert made(cluster, name) == body
    assert len(cluster.kubernetes.calls) == 1
    assert await drifted(cluster) == Known(())


async def test_edited_config_map_is_put_back(cluster: RunningCluster) -> None:
    body = made(cluster, CONFIGURATION)
    edited = cluster.object(CONFIGURATION)
    edited["data"] = {"config.yaml": "mine", "notes.txt": "mine"}
    edited["binaryData"] = {"picture": "AAAA"}
    edited["metadata"]["annotations"] = {"note": "kept"}
    await repair(cluster, body)
    after = cluster.object(CONFIGURATION)
    assert after["data"] == body["data"]
    assert "binaryData" not in after
    assert after["metadata"]["annotations"] == {"note": "kept"}
    assert cluster.kubernetes.calls == [("replace", "configmaps", CONFIGURATION.name)]


async def test_log_level_is_kept_when_the_configuration_is_put_back() -> None:
    log = {"log4j-console.properties": "rootLogger.level = INFO\n"}
    cluster = await RunningCluster.of(files=OperatorFiles(log=log))
    body = made(cluster, CONFIGURATION)
    cluster.object(CONFIGURATION)["data"]["log4j-console.properties"] = "rootLogger.level = DEBUG\n"
    assert await drifted(cluster) == Known(())
    cluster.edit_configuration()
    await repair(cluster, body)
    after = cluster.object(CONFIGURATION)["data"]
    assert after["config.yaml"] == body["data"]["config.yaml"]
    assert after["log4j-console.properties"] == "rootLogger.level = DEBUG\n"


async def test_log_configuration_that_was_taken_out_is_put_back() -> None:
    """Pods name the file, and could not start without it."""
    log = {"log4j-console.properties": "rootLogger.level = INFO\n"}
    cluster = await RunningCluster.of(files=OperatorFiles(log=log))
    body = made(cluster, CONFIGURATION)
    del cluster.object(CONFIGURATION)["data"]["log4j-console.properties"]
    assert await drifted(cluster) != Known(())
    await repair(cluster, body)
    assert cluster.object(CONFIGURATION)["data"] == body["data"]


async def test_edited_service_keeps_what_the_api_server_allocated(cluster: RunningCluster) -> None:
    body = made(cluster, REST)
    cluster.object(REST)["spec"] |= {
        "type": "NodePort",
        "selector": {"app": "mine"},
        "clusterIP": "10.0.0.7",
        "ipFamilies": ["IPv4"],
    }
    await repair(cluster, body)
    spec = cluster.object(REST)["spec"]
    assert checksum(Kind.SERVICE, cluster.object(REST)) == cluster.checksums()[REST]
    assert (spec["clusterIP"], spec["ipFamilies"]) == ("10.0.0.7", ["IPv4"])


async def test_object_that_is_as_it_should_be_is_not_written(cluster: RunningCluster) -> None:
    await repair(cluster, made(cluster, REST), made(cluster, CONFIGURATION))
    assert cluster.kubernetes.calls == []


async def test_object_of_somebody_else_is_not_touched(cluster: RunningCluster) -> None:
    body = made(cluster, REST)
    cluster.object(REST)["metadata"]["ownerReferences"] = []
    cluster.object(REST)["spec"]["selector"] = {"app": "web"}
    await repair(cluster, body)
    assert cluster.kubernetes.calls == []


async def test_object_on_its_way_out_is_left_to_go(cluster: RunningCluster) -> None:
    body = made(cluster, REST)
    cluster.object(REST)["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    cluster.object(REST)["spec"]["selector"] = {"app": "web"}
    await repair(cluster, body)
    assert cluster.kubernetes.calls == []


async def test_cluster_that_is_another_one_by_now_is_not_repaired(cluster: RunningCluster) -> None:
    body = made(cluster, REST)
    cluster.delete(REST)
    await repair(cluster, body, uid="of-an-older-cluster")
    assert cluster.kubernetes.calls == []


@pytest.mark.parametrize("how", ["gone", "going"])
async def test_cluster_on_its_way_out_is_not_repaired(cluster: RunningCluster, how: str) -> None:
    body, uid = made(cluster, REST), cluster.deployment["metadata"]["uid"]
    cluster.delete(REST)
    if how == "gone":
        cluster.kubernetes.remove(DEPLOYMENTS, "orders")
    else:
        cluster.deployment["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    await repair(cluster, body, uid=uid)
    assert cluster.kubernetes.calls == []


async def test_edit_between_reading_and_writing_is_a_conflict(cluster: RunningCluster) -> None:
    body = made(cluster, CONFIGURATION)
    cluster.edit_configuration()

    def overtake(call: Call) -> None:
        if call[0] == "replace":
            cluster.object(CONFIGURATION)["metadata"]["resourceVersion"] = "overtaken"

    cluster.kubernetes.before = overtake
    with pytest.raises(Conflict):
        await repair(cluster, body)


async def test_what_is_made_otherwise_than_before_is_on_record_from_then_on(cluster: RunningCluster) -> None:
    """A later version of the operator makes it anew: it must not take it for an edit afterwards."""
    body = made(cluster, CONFIGURATION, data={"config.yaml": "of a later version"})
    cluster.delete(CONFIGURATION)
    await repair(cluster, body)
    assert [call[0] for call in cluster.kubernetes.calls] == ["merge", "create"]
    assert await drifted(cluster) == Known(())


@pytest.mark.parametrize("calls_before_the_crash", range(2))
async def test_repair_that_was_cut_short_is_completed(
    cluster: RunningCluster, calls_before_the_crash: int
) -> None:
    body = made(cluster, CONFIGURATION, data={"config.yaml": "of a later version"})
    cluster.delete(CONFIGURATION)

    def crash(call: Call) -> None:
        if call[0] != "get" and len(cluster.kubernetes.calls) == calls_before_the_crash:
            raise Crash

    cluster.kubernetes.before = crash
    with pytest.raises(Crash):
        await repair(cluster, body)
    cluster.kubernetes.before = lambda _: None
    await repair(cluster, body)
    assert cluster.object(CONFIGURATION)["data"] == body["data"]
    assert await drifted(cluster) == Known(())


async def test_what_admission_makes_of_an_object_is_what_it_is_held_against(cluster: RunningCluster) -> None:
    """Else it would be put back, and changed again, for ever."""
    body = made(cluster, REST)
    cluster.delete(REST)
    cluster.kubernetes.admitted = lambda sent: {**sent, "spec": {**sent["spec"], "type": "LoadBalancer"}}
    await repair(cluster, body)
    assert await drifted(cluster) == Known(())


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_refusal_is_a_problem_for_the_owner(cluster: RunningCluster, status: int) -> None:
    body = made(cluster, CONFIGURATION)
    cluster.edit_configuration()

    def refuse(call: Call) -> None:
        if call[0] == "replace":
            raise ApiError(status, "Invalid", "field is immutable when `immutable` is set")

    cluster.kubernetes.before = refuse
    with pytest.raises(ActionRefused) as refusal:
        await repair(cluster, body)
    assert refusal.value.problem.reason == "RepairRefused"
    assert "field is immutable" in refusal.value.problem.message


@pytest.mark.parametrize("status", [0, 500, 503])
async def test_call_without_an_answer_is_no_refusal(cluster: RunningCluster, status: int) -> None:
    body = made(cluster, REST)
    cluster.delete(REST)

    def fail(call: Call) -> None:
        if call[0] == "create":
            raise ApiError(status, "Unavailable", "try again")

    cluster.kubernetes.before = fail
    with pytest.raises(ApiError):
        await repair(cluster, body)


async def test_released_cluster_has_its_objects_on_record(cluster: RunningCluster) -> None:
    objects = [
        (ObjectName(kind, body["metadata"]["name"]), checksum(kind, body))
        for kind, collection in ((Kind.SERVICE, SERVICES), (Kind.CONFIG_MAP, CONFIG_MAPS))
        for body in cluster.kubernetes.bodies(collection)
    ]
    assert cluster.checksums() == dict(objects)
    assert cluster.deployment["spec"]["paused"] is False

"""What drifted of a cluster's Services and ConfigMaps: from caches when all is well, else read live."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.drift import DriftObserver
from controller.flink.checksums import CHECKSUMS_ANNOTATION, ObjectName
from controller.kubernetes_api import ApiError
from controller.observation import NOT_ASKED, Absent, Cluster, Drift, Fact, Known, Unknown
from tests.unit.fake_kubernetes import Call
from tests.unit.flink_deployments import NOW, application, with_metadata
from tests.unit.recorded_deployments import KUBERNETES_HA
from tests.unit.running_clusters import CONFIGURATION, REST, RPC, RunningCluster, WatchedCluster

Json = dict[str, Any]
TEMPLATE = {"spec": {"nodeSelector": {"disk": "ssd"}}}


@pytest.fixture
async def cluster() -> RunningCluster:
    return await RunningCluster.of()


def known(cluster: RunningCluster, **changes: Any) -> Known[Cluster]:
    facts = Cluster(
        uid=cluster.deployment["metadata"]["uid"],
        generation=1,
        replicas=1,
        available=True,
        paused=False,
        being_deleted=False,
        never_available=False,
    )
    return Known(replace(facts, **changes))


async def observed(
    cluster: RunningCluster,
    watched: WatchedCluster,
    fact: Fact[Cluster] | None = None,
    at: datetime = NOW,
    by: DriftObserver | None = None,
) -> Any:
    observer = by or DriftObserver(cluster.kubernetes.api, watched)
    return await observer.observe(cluster.subject, fact or known(cluster), at)


def reads(cluster: RunningCluster) -> list[Call]:
    made: list[Call] = []
    cluster.kubernetes.before = made.append
    return made


def told(fact: Any) -> dict[ObjectName, Drift]:
    assert isinstance(fact, Known)
    return {one.object: one.drift for one in fact.value}


def disowned(body: Json, *owners: Json) -> None:
    body["metadata"]["ownerReferences"] = list(owners)


async def test_cluster_at_rest_costs_no_call(cluster: RunningCluster) -> None:
    made = reads(cluster)
    assert await observed(cluster, WatchedCluster(cluster)) == Known(())
    assert made == []


@pytest.mark.parametrize("name", [REST, RPC, CONFIGURATION], ids=str)
async def test_object_that_was_deleted_is_missing(cluster: RunningCluster, name: ObjectName) -> None:
    cluster.delete(name)
    found = await observed(cluster, WatchedCluster(cluster))
    assert found == Known((cluster.drifted(name, Drift.MISSING),))
    assert found.value[0].checksum is not None


async def test_object_that_was_edited_is_told(cluster: RunningCluster) -> None:
    cluster.edit_configuration()
    cluster.object(REST)["spec"]["ports"][0]["targetPort"] = 9999
    found = await observed(cluster, WatchedCluster(cluster))
    assert told(found) == {CONFIGURATION: Drift.EDITED, REST: Drift.EDITED}


async def test_label_and_annotation_of_a_user_are_no_drift(cluster: RunningCluster) -> None:
    cluster.object(REST)["metadata"] |= {"labels": {"team": "a"}, "annotations": {"note": "b"}}
    assert await observed(cluster, WatchedCluster(cluster)) == Known(())


async def test_object_of_somebody_else_is_foreign(cluster: RunningCluster) -> None:
    disowned(cluster.object(REST))
    disowned(cluster.object(CONFIGURATION), {"kind": "Deployment", "name": "web", "uid": "another"})
    found = await observed(cluster, WatchedCluster(cluster))
    assert told(found) == {CONFIGURATION: Drift.FOREIGN, REST: Drift.FOREIGN}


async def test_object_on_its_way_out_is_waited_for(cluster: RunningCluster) -> None:
    cluster.object(REST)["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    disowned(cluster.object(RPC), {"kind": "Deployment", "name": "orders", "uid": "of-an-older-cluster"})
    assert await observed(cluster, WatchedCluster(cluster)) == Known(())


async def test_watch_that_is_late_is_not_believed(cluster: RunningCluster) -> None:
    watched = WatchedCluster(cluster)
    del watched.seen[REST]
    watched.seen[CONFIGURATION] = replace(watched.seen[CONFIGURATION], checksum="older")
    assert await observed(cluster, watched) == Known(())


async def test_nothing_is_asked_while_the_watches_may_not_have_shown_a_new_cluster(
    cluster: RunningCluster,
) -> None:
    created = datetime.fromisoformat(cluster.deployment["metadata"]["creationTimestamp"])
    watched = WatchedCluster(cluster)
    watched.seen.clear()
    made = reads(cluster)
    assert await observed(cluster, watched, at=created + timedelta(seconds=9)) is NOT_ASKED
    assert made == []
    assert await observed(cluster, watched, at=created + timedelta(seconds=10)) == Known(())


async def test_clock_behind_that_of_the_api_server_does_not_hide_drift(cluster: RunningCluster) -> None:
    cluster.delete(REST)
    found = await observed(cluster, WatchedCluster(cluster), at=datetime(2020, 1, 1, tzinfo=UTC))
    assert told(found) == {REST: Drift.MISSING}


@pytest.mark.parametrize(
    "changes", [{"foreign": True}, {"being_deleted": True}, {"paused": True}, {"replicas": 0}, {"uid": "new"}]
)
async def test_cluster_that_comes_or_goes_is_not_asked_about(cluster: RunningCluster, changes: Json) -> None:
    cluster.delete(REST)
    assert await observed(cluster, WatchedCluster(cluster), known(cluster, **changes)) is NOT_ASKED


@pytest.mark.parametrize("fact", [Absent(), Unknown("timeout")])
async def test_cluster_that_is_not_known_is_not_asked_about(
    cluster: RunningCluster, fact: Fact[Cluster]
) -> None:
    cluster.delete(REST)
    assert await observed(cluster, WatchedCluster(cluster), fact) is NOT_ASKED


async def test_resource_that_is_being_deleted_needs_nothing(cluster: RunningCluster) -> None:
    cluster.delete(REST)
    cluster.raw = with_metadata(cluster.raw, deletionTimestamp="2026-11-21T12:00:00Z")
    assert await observed(cluster, WatchedCluster(cluster)) is NOT_ASKED


async def test_cluster_that_was_deleted_since_the_watch_told_of_it_is_not_repaired(
    cluster: RunningCluster,
) -> None:
    watched = WatchedCluster(cluster)
    for name in (REST, RPC, CONFIGURATION):
        cluster.delete(name)
        del watched.seen[name]
    cluster.deployment["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    assert await observed(cluster, watched) is NOT_ASKED


async def test_record_that_was_renewed_since_the_watch_told_of_it_counts(cluster: RunningCluster) -> None:
    watched = WatchedCluster(cluster)
    old = cluster.checksums()[CONFIGURATION]
    cluster.edit_configuration()
    new = WatchedCluster(cluster).seen[CONFIGURATION].checksum
    annotations = cluster.deployment["metadata"]["annotations"]
    annotations[CHECKSUMS_ANNOTATION] = annotations[CHECKSUMS_ANNOTATION].replace(old, new)
    del watched.seen[CONFIGURATION]
    assert await observed(cluster, watched) == Known(())


@pytest.mark.parametrize("plural", ["services", "configmaps", "deployments"])
async def test_what_cannot_be_read_is_unknown(cluster: RunningCluster, plural: str) -> None:
    watched = WatchedCluster(cluster)
    watched.seen.clear()
    cluster.delete(REST)

    def fail(call: Call) -> None:
        if call[1] == plural:
            raise ApiError(503, "ServiceUnavailable", f"{plural} cannot be read")

    cluster.kubernetes.before = fail
    assert await observed(cluster, watched) == Unknown(f"{plural} cannot be read")


# Clusters of another operator, or of an older version


async def of_another_operator(raw: Json | None = None) -> RunningCluster:
    cluster = await RunningCluster.of(raw)
    del cluster.deployment["metadata"]["annotations"][CHECKSUMS_ANNOTATION]
    return cluster


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (application(), {REST, RPC, CONFIGURATION}),
        (application(flinkConfiguration=KUBERNETES_HA), {REST, CONFIGURATION}),
        (application(flinkConfiguration=KUBERNETES_HA, mode="standalone"), {REST, RPC, CONFIGURATION}),
        (
            application(podTemplate=TEMPLATE),
            {REST, RPC, CONFIGURATION, ObjectName(CONFIGURATION.kind, "pod-template-orders")},
        ),
    ],
    ids=["native", "high availability", "standalone", "pod template"],
)
async def test_everything_that_a_cluster_without_a_record_needs_is_looked_for(
    raw: Json, names: set[ObjectName]
) -> None:
    cluster = await of_another_operator(raw)
    watched = WatchedCluster(cluster)
    watched.seen.clear()
    assert await observed(cluster, watched) == Known(())
    for name in names:
        cluster.delete(name)
    assert told(await observed(cluster, watched)) == dict.fromkeys(names, Drift.MISSING)


async def test_config_maps_that_no_watch_shows_are_read_every_five_minutes() -> None:
    cluster = await of_another_operator()
    watched = WatchedCluster(cluster)
    del watched.seen[CONFIGURATION]
    observer, made = DriftObserver(cluster.kubernetes.api, watched), reads(cluster)
    for seconds in (0, 60, 299):
        assert await observed(cluster, watched, at=NOW + timedelta(seconds=seconds), by=observer) == Known(())
    assert made == [("get", "configmaps", "flink-config-orders")]
    cluster.delete(CONFIGURATION)
    for minutes in (5, 6):  # what is missing is read at every look
        found = await observed(cluster, watched, at=NOW + timedelta(minutes=minutes), by=observer)
        assert told(found) == {CONFIGURATION: Drift.MISSING}


async def test_config_maps_of_another_cluster_are_read_at_once() -> None:
    """What the same resource had before says nothing about what it has now."""
    cluster = await of_another_operator()
    watched = WatchedCluster(cluster)
    del watched.seen[CONFIGURATION]
    observer = DriftObserver(cluster.kubernetes.api, watched)
    assert await observed(cluster, watched, by=observer) == Known(())
    cluster.delete(CONFIGURATION)
    for body in (cluster.deployment, watched.deployment("shop", "orders")):
        assert body is not None
        body["metadata"]["uid"] = "of-a-newer-cluster"
    for name in (REST, RPC):
        cluster.object(name)["metadata"]["ownerReferences"][0]["uid"] = "of-a-newer-cluster"
    assert told(await observed(cluster, watched, by=observer)) == {CONFIGURATION: Drift.MISSING}


async def test_what_its_owner_mounts_is_none_of_ours() -> None:
    volume = {"name": "theirs", "configMap": {"name": "theirs"}}
    raw = application(podTemplate={"spec": {"volumes": [volume]}})
    assert await observed(cluster := await of_another_operator(raw), WatchedCluster(cluster)) == Known(())


async def test_what_an_object_without_a_record_was_is_not_known() -> None:
    cluster = await of_another_operator()
    cluster.edit_configuration()
    assert await observed(cluster, WatchedCluster(cluster)) == Known(())


async def test_object_of_somebody_else_is_foreign_without_a_record_too() -> None:
    cluster = await of_another_operator()
    disowned(cluster.object(CONFIGURATION))
    assert told(await observed(cluster, WatchedCluster(cluster))) == {CONFIGURATION: Drift.FOREIGN}

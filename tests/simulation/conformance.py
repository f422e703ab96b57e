"""What the controller relies on in an API server: checks for the one in memory and the real one."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from controller.kubernetes_api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    FLINK_DEPLOYMENTS,
    ApiError,
    Collection,
    Conflict,
    KubernetesApi,
    Object,
    Propagation,
)
from shared import API_VERSION
from tests.simulation.world import Setup

Check = Callable[[KubernetesApi, str], Coroutine[Any, Any, None]]
_FINALIZER = "flinkdeployments.flink.apache.org/finalizer"


def resource(namespace: str, name: str, *finalizers: str) -> Object:
    """A FlinkDeployment."""
    metadata: Object = {"name": name, "namespace": namespace, "finalizers": list(finalizers)}
    return {
        "apiVersion": API_VERSION,
        "kind": "FlinkDeployment",
        "metadata": metadata,
        "spec": Setup().spec(),
    }


def config_map(namespace: str, name: str, labels: dict[str, str] | None = None, **data: str) -> Object:
    """A ConfigMap."""
    metadata: Object = {"name": name, "namespace": namespace, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(namespace: str, name: str) -> Object:
    """A Deployment that makes no pods."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "none:1"}]}}
    spec = {"replicas": 0, "paused": True, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


async def _existing(api: KubernetesApi, collection: Collection, namespace: str, name: str) -> Object:
    found = await api.get(collection, namespace, name)
    assert found is not None
    return found


async def name_is_taken_once(api: KubernetesApi, namespace: str) -> None:
    await api.create(CONFIG_MAPS, config_map(namespace, "taken"))
    with pytest.raises(Conflict) as conflict:
        await api.create(CONFIG_MAPS, config_map(namespace, "taken"))
    assert conflict.value.reason == "AlreadyExists"


async def created_resource_has_the_status_of_one_that_is_unseen(api: KubernetesApi, namespace: str) -> None:
    body = resource(namespace, "fresh") | {"status": {"error": "mine"}}
    created = await api.create(FLINK_DEPLOYMENTS, body)
    (ready,) = created["status"]["conditions"]
    assert created["status"].keys() == {"conditions"}
    assert (ready["type"], ready["status"], ready["lastTransitionTime"][:4]) == ("Ready", "Unknown", "1970")
    assert created["metadata"]["generation"] == 1
    assert {"uid", "resourceVersion", "creationTimestamp"} <= created["metadata"].keys()


async def created_object_may_not_name_its_version(api: KubernetesApi, namespace: str) -> None:
    body = config_map(namespace, "versioned")
    body["metadata"]["resourceVersion"] = "1"
    with pytest.raises(ApiError):
        await api.create(CONFIG_MAPS, body)


async def older_version_is_not_replaced(api: KubernetesApi, namespace: str) -> None:
    old = await api.create(FLINK_DEPLOYMENTS, resource(namespace, "older"))
    await api.merge(FLINK_DEPLOYMENTS, namespace, "older", {"spec": {"restartNonce": 1}})
    for subresource in ("", "status"):
        with pytest.raises(Conflict):
            await api.replace(
                FLINK_DEPLOYMENTS, {**old, "status": {"error": "late"}}, subresource=subresource
            )


async def older_version_is_not_patched(api: KubernetesApi, namespace: str) -> None:
    old = await api.create(FLINK_DEPLOYMENTS, resource(namespace, "patched"))
    await api.merge(FLINK_DEPLOYMENTS, namespace, "patched", {"spec": {"restartNonce": 1}})
    version = old["metadata"]["resourceVersion"]
    patch = {"metadata": {"resourceVersion": version, "finalizers": [_FINALIZER]}}
    with pytest.raises(Conflict):
        await api.merge(FLINK_DEPLOYMENTS, namespace, "patched", patch)


async def custom_resource_is_replaced_by_version_only(api: KubernetesApi, namespace: str) -> None:
    await api.create(FLINK_DEPLOYMENTS, resource(namespace, "unversioned"))
    with pytest.raises(ApiError) as refusal:
        await api.replace(FLINK_DEPLOYMENTS, resource(namespace, "unversioned"))
    assert refusal.value.was_refused


async def config_map_is_replaced_without_a_version(api: KubernetesApi, namespace: str) -> None:
    await api.create(CONFIG_MAPS, config_map(namespace, "replaced", a="1"))
    replaced = await api.replace(CONFIG_MAPS, config_map(namespace, "replaced", b="2"))
    assert replaced["data"] == {"b": "2"}


async def replacement_keeps_the_uid(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(CONFIG_MAPS, config_map(namespace, "kept", a="1"))
    replaced = await api.replace(CONFIG_MAPS, config_map(namespace, "kept", a="2"))
    assert replaced["metadata"]["uid"] == created["metadata"]["uid"]


async def status_is_written_alone(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(FLINK_DEPLOYMENTS, resource(namespace, "status"))
    body = {**created, "spec": {**created["spec"], "image": "another"}, "status": {"error": "x"}}
    written = await api.replace(FLINK_DEPLOYMENTS, body, subresource="status")
    assert written["spec"] == created["spec"]
    assert written["status"]["error"] == "x"
    assert written["metadata"]["generation"] == 1


async def status_survives_a_change_of_the_spec(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(FLINK_DEPLOYMENTS, resource(namespace, "survives"))
    await api.replace(FLINK_DEPLOYMENTS, {**created, "status": {"error": "x"}}, subresource="status")
    patch = {"spec": {"image": "another"}, "status": {"error": "mine"}}
    changed = await api.merge(FLINK_DEPLOYMENTS, namespace, "survives", patch)
    assert changed["status"]["error"] == "x"


async def spec_counts_generations_and_metadata_does_not(api: KubernetesApi, namespace: str) -> None:
    await api.create(FLINK_DEPLOYMENTS, resource(namespace, "generations"))
    changed = await api.merge(FLINK_DEPLOYMENTS, namespace, "generations", {"spec": {"restartNonce": 1}})
    assert changed["metadata"]["generation"] == 2
    patch = {"metadata": {"labels": {"a": "b"}}}
    labelled = await api.merge(FLINK_DEPLOYMENTS, namespace, "generations", patch)
    assert labelled["metadata"]["generation"] == 2


async def change_that_changes_nothing_is_no_new_version(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(CONFIG_MAPS, config_map(namespace, "same", a="1"))
    merged = await api.merge(CONFIG_MAPS, namespace, "same", {"data": {"a": "1"}})
    assert merged["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]


async def versions_are_numbers_that_grow(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(CONFIG_MAPS, config_map(namespace, "grows", a="1"))
    merged = await api.merge(CONFIG_MAPS, namespace, "grows", {"data": {"a": "2"}})
    assert int(merged["metadata"]["resourceVersion"]) > int(created["metadata"]["resourceVersion"])


async def null_takes_a_key_away(api: KubernetesApi, namespace: str) -> None:
    await api.create(CONFIG_MAPS, config_map(namespace, "nulls", a="1", b="2"))
    merged = await api.merge(CONFIG_MAPS, namespace, "nulls", {"data": {"a": None, "c": None}})
    assert merged["data"] == {"b": "2"}


async def what_is_not_there_is_told(api: KubernetesApi, namespace: str) -> None:
    assert await api.get(CONFIG_MAPS, namespace, "nothing") is None
    for call in (
        api.merge(CONFIG_MAPS, namespace, "nothing", {"data": {}}),
        api.merge(FLINK_DEPLOYMENTS, namespace, "nothing", {"spec": {"restartNonce": 1}}),
        api.merge(DEPLOYMENTS, namespace, "nothing", {"spec": {"replicas": 0}}),
    ):
        with pytest.raises(ApiError) as error:
            await call
        assert error.value.status == 404


async def deletion_is_of_one_uid(api: KubernetesApi, namespace: str) -> None:
    await api.create(CONFIG_MAPS, config_map(namespace, "mine"))
    background = Propagation.BACKGROUND
    await api.delete(CONFIG_MAPS, namespace, "mine", uid="another", propagation=background)
    found = await _existing(api, CONFIG_MAPS, namespace, "mine")
    await api.delete(CONFIG_MAPS, namespace, "mine", uid=found["metadata"]["uid"], propagation=background)
    assert await api.get(CONFIG_MAPS, namespace, "mine") is None
    await api.delete(CONFIG_MAPS, namespace, "mine", uid="another", propagation=background)


async def finalizer_holds_the_resource(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(FLINK_DEPLOYMENTS, resource(namespace, "held", _FINALIZER))
    uid = created["metadata"]["uid"]
    await api.delete(FLINK_DEPLOYMENTS, namespace, "held", uid=uid, propagation=Propagation.BACKGROUND)
    marked = await _existing(api, FLINK_DEPLOYMENTS, namespace, "held")
    assert "deletionTimestamp" in marked["metadata"]
    assert marked["metadata"]["generation"] == 2
    await api.delete(FLINK_DEPLOYMENTS, namespace, "held", uid=uid, propagation=Propagation.BACKGROUND)
    again = await _existing(api, FLINK_DEPLOYMENTS, namespace, "held")
    assert again["metadata"]["resourceVersion"] == marked["metadata"]["resourceVersion"]
    patch = {"metadata": {"finalizers": [_FINALIZER, "example.org/late"]}}
    with pytest.raises(ApiError) as refusal:
        await api.merge(FLINK_DEPLOYMENTS, namespace, "held", patch)
    assert refusal.value.was_refused
    await api.merge(FLINK_DEPLOYMENTS, namespace, "held", {"metadata": {"finalizers": []}})
    assert await api.get(FLINK_DEPLOYMENTS, namespace, "held") is None


async def status_can_be_written_while_the_resource_goes(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(FLINK_DEPLOYMENTS, resource(namespace, "going", _FINALIZER))
    uid = created["metadata"]["uid"]
    await api.delete(FLINK_DEPLOYMENTS, namespace, "going", uid=uid, propagation=Propagation.BACKGROUND)
    marked = await _existing(api, FLINK_DEPLOYMENTS, namespace, "going")
    body = {**marked, "status": {"error": "x"}}
    written = await api.replace(FLINK_DEPLOYMENTS, body, subresource="status")
    assert written["status"]["error"] == "x"
    await api.merge(FLINK_DEPLOYMENTS, namespace, "going", {"metadata": {"finalizers": []}})


async def foreground_deletion_waits_for_the_collector(api: KubernetesApi, namespace: str) -> None:
    created = await api.create(DEPLOYMENTS, deployment(namespace, "cluster"))
    assert created["metadata"]["generation"] == 1
    uid = created["metadata"]["uid"]
    await api.delete(DEPLOYMENTS, namespace, "cluster", uid=uid, propagation=Propagation.FOREGROUND)
    marked = await _existing(api, DEPLOYMENTS, namespace, "cluster")
    assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert "deletionTimestamp" in marked["metadata"]
    with pytest.raises(Conflict):
        await api.create(DEPLOYMENTS, deployment(namespace, "cluster"))
    await api.merge(DEPLOYMENTS, namespace, "cluster", {"metadata": {"finalizers": None}})
    assert await api.get(DEPLOYMENTS, namespace, "cluster") is None


async def deployment_counts_generations_of_its_spec(api: KubernetesApi, namespace: str) -> None:
    await api.create(DEPLOYMENTS, deployment(namespace, "scaled") | {"status": {"replicas": 3}})
    scaled = await api.merge(DEPLOYMENTS, namespace, "scaled", {"spec": {"paused": False, "replicas": 0}})
    assert scaled["metadata"]["generation"] == 2
    assert not scaled.get("status", {}).get("replicas")


async def labels_select(api: KubernetesApi, namespace: str) -> None:
    for name, labels in (("one", {"app": "a", "type": "x"}), ("two", {"app": "a"}), ("three", {"type": "x"})):
        await api.create(CONFIG_MAPS, config_map(namespace, name, labels))
    found = await api.list(CONFIG_MAPS, namespace, labels="app=a,type=x")
    assert [body["metadata"]["name"] for body in found] == ["one"]


async def fields_select_events(api: KubernetesApi, namespace: str) -> None:
    for number in (1, 2):
        involved = {"kind": "Pod", "namespace": namespace, "name": f"pod-{number}", "uid": f"uid-of-{number}"}
        metadata = {"name": f"event-{number}", "namespace": namespace}
        body = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": involved}
        await api.create(EVENTS, {**body, "reason": "Tested", "message": "m", "type": "Normal"})
    found = await api.list(EVENTS, namespace, fields="involvedObject.uid=uid-of-2")
    assert [body["metadata"]["name"] for body in found] == ["event-2"]


CHECKS: tuple[Check, ...] = (
    name_is_taken_once,
    created_resource_has_the_status_of_one_that_is_unseen,
    created_object_may_not_name_its_version,
    older_version_is_not_replaced,
    older_version_is_not_patched,
    custom_resource_is_replaced_by_version_only,
    config_map_is_replaced_without_a_version,
    replacement_keeps_the_uid,
    status_is_written_alone,
    status_survives_a_change_of_the_spec,
    spec_counts_generations_and_metadata_does_not,
    change_that_changes_nothing_is_no_new_version,
    versions_are_numbers_that_grow,
    null_takes_a_key_away,
    what_is_not_there_is_told,
    deletion_is_of_one_uid,
    finalizer_holds_the_resource,
    status_can_be_written_while_the_resource_goes,
    foreground_deletion_waits_for_the_collector,
    deployment_counts_generations_of_its_spec,
    labels_select,
    fields_select_events,
)

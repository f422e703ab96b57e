"""Checksums of Services and ConfigMaps: what is compared of them, and where it is written down."""

from copy import deepcopy
from typing import Any

import pytest

from controller.flink.checksums import (
    CHECKSUMS_ANNOTATION,
    Kind,
    ObjectName,
    as_annotation,
    checksum,
    checksums_of,
    recorded_checksums,
)

Json = dict[str, Any]
CONFIG_MAP: Json = {
    "kind": "ConfigMap",
    "metadata": {"name": "flink-config-orders", "labels": {"app": "orders"}},
    "data": {"config.yaml": '"a": "1"\n', "log4j-console.properties": "rootLogger.level = INFO\n"},
}
SERVICE: Json = {
    "kind": "Service",
    "metadata": {"name": "orders-rest"},
    "spec": {
        "type": "ClusterIP",
        "selector": {"app": "orders", "component": "jobmanager"},
        "ports": [{"name": "rest", "port": 8081, "targetPort": 8081}],
    },
}
HEADLESS: Json = {
    "kind": "Service",
    "metadata": {"name": "orders"},
    "spec": {"clusterIP": "None", "selector": {"app": "orders"}, "ports": [{"name": "rpc", "port": 6123}]},
}


def stored(service: Json, **spec: Any) -> Json:
    """As the API server holds it."""
    result = deepcopy(service)
    result["spec"] = {
        "type": "ClusterIP",
        "clusterIP": "10.0.0.7",
        "sessionAffinity": "None",
        **result["spec"],
    }
    for port in result["spec"]["ports"]:
        port |= {"protocol": "TCP", "targetPort": port["port"], "nodePort": 30123}
    result["spec"] |= spec
    return result


def with_port(**fields: Any) -> Json:
    return {"ports": [{**SERVICE["spec"]["ports"][0], **fields}]}


def test_checksums_never_change() -> None:
    """Those of clusters that run were made by older versions."""
    assert checksum(Kind.CONFIG_MAP, CONFIG_MAP) == "4037c85873ab56331c4f982761363b9a"
    assert checksum(Kind.SERVICE, SERVICE) == "b12c72a68216f5dbbf14bc864836182c"
    assert checksum(Kind.SERVICE, HEADLESS) == "65c373f62ee27f11bd642c07b01ae3b3"


@pytest.mark.parametrize("service", [SERVICE, HEADLESS])
def test_service_is_the_same_to_whoever_sent_it_and_as_it_is_stored(service: Json) -> None:
    assert checksum(Kind.SERVICE, service) == checksum(Kind.SERVICE, stored(service))


@pytest.mark.parametrize(
    "edit",
    [
        {"type": "NodePort"},
        {"clusterIP": "None"},
        {"selector": {"app": "orders"}},
        {"selector": None},
        with_port(port=80),
        with_port(targetPort=8082),
        with_port(name="web"),
        with_port(protocol="UDP"),
        {"ports": []},
    ],
)
def test_edit_of_a_service_is_noticed(edit: Json) -> None:
    edited = {**SERVICE, "spec": {**SERVICE["spec"], **edit}}
    assert checksum(Kind.SERVICE, edited) != checksum(Kind.SERVICE, SERVICE)


@pytest.mark.parametrize(
    "edit",
    [
        {"data": {**CONFIG_MAP["data"], "config.yaml": '"a": "2"\n'}},
        {"data": {"config.yaml": '"a": "1"\n'}},
        {"data": {**CONFIG_MAP["data"], "notes.txt": ""}},
        {"data": None},
        {"binaryData": {"notes": "bm90ZXM="}},
    ],
)
def test_edit_of_a_config_map_is_noticed(edit: Json) -> None:
    assert checksum(Kind.CONFIG_MAP, CONFIG_MAP | edit) != checksum(Kind.CONFIG_MAP, CONFIG_MAP)


@pytest.mark.parametrize(
    ("kind", "body"), [(Kind.SERVICE, SERVICE), (Kind.CONFIG_MAP, CONFIG_MAP)], ids=["service", "config map"]
)
def test_labels_and_annotations_are_their_owners_own(kind: Kind, body: Json) -> None:
    metadata = {**body["metadata"], "labels": {"team": "a"}, "annotations": {"note": "b"}}
    assert checksum(kind, {**body, "metadata": metadata}) == checksum(kind, body)


def test_log_level_may_be_changed_while_the_job_runs() -> None:
    """Flink itself picks it up; that is how levels are changed without a restart."""
    data = {**CONFIG_MAP["data"], "log4j-console.properties": "rootLogger.level = DEBUG\n"}
    assert checksum(Kind.CONFIG_MAP, {"data": data}) == checksum(Kind.CONFIG_MAP, CONFIG_MAP)


def test_order_of_keys_is_no_difference() -> None:
    reversed_data = dict(reversed(CONFIG_MAP["data"].items()))
    assert checksum(Kind.CONFIG_MAP, {"data": reversed_data}) == checksum(Kind.CONFIG_MAP, CONFIG_MAP)


def test_annotation_holds_services_and_config_maps_and_no_secret() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "kerberos-keytab-orders"}, "data": {"a": "b"}}
    checksums = checksums_of([SERVICE, CONFIG_MAP, secret])
    assert sorted(map(str, checksums)) == ["ConfigMap flink-config-orders", "Service orders-rest"]
    deployment = {"metadata": {"annotations": {CHECKSUMS_ANNOTATION: as_annotation(checksums)}}}
    assert recorded_checksums(deployment) == checksums


def test_annotation_of_a_deployment_without_objects_is_not_that_of_another_operators() -> None:
    assert recorded_checksums({"metadata": {"annotations": {CHECKSUMS_ANNOTATION: "{}"}}}) == {}
    assert recorded_checksums({"metadata": {"annotations": {"a": "b"}}}) is None
    assert recorded_checksums({"metadata": {}}) is None


@pytest.mark.parametrize("text", ["", "x", "[]", '"x"', "null", '{"Pod/orders": "x"}'])
def test_annotation_that_somebody_edited_tells_nothing(text: str) -> None:
    assert recorded_checksums({"metadata": {"annotations": {CHECKSUMS_ANNOTATION: text}}}) is None


def test_names_are_told_as_people_name_objects() -> None:
    assert str(ObjectName(Kind.SERVICE, "orders-rest")) == "Service orders-rest"

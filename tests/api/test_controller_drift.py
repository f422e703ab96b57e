"""Services and ConfigMaps changed by hand on a real API server: put back, and nothing else is touched."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.api.api_server import CONFIG_MAPS, DEPLOYMENTS, SERVICES, Collection, Json
from tests.api.controller import condition, forget
from tests.api.namespace import Namespace, unique
from tests.api.resources import flink_deployment
from tests.polling import eventually

_DEPLOYED_SECONDS = 30.0
_REPAIRED_SECONDS = 40.0
"""A new cluster is looked at after ten seconds; here every look comes a second after the one before."""


@dataclass(frozen=True)
class Cluster:
    """A cluster whose objects are changed by hand."""

    namespace: Namespace
    name: str

    @property
    def rest(self) -> str:
        return f"{self.name}-rest"

    @property
    def configuration(self) -> str:
        return f"flink-config-{self.name}"

    def service(self) -> Json:
        return self.namespace.get(self.rest, SERVICES)

    def config_map(self) -> Json:
        return self.namespace.get(self.configuration, CONFIG_MAPS)

    def deployment(self) -> Json:
        return self.namespace.get(self.name, DEPLOYMENTS)

    def delete(self, name: str, collection: Collection) -> None:
        self.namespace.api.delete(collection, self.namespace.name, name)

    def edit_configuration(self, **fields: object) -> None:
        edit = {
            "data": {"config.yaml": "by: hand\n"},
            "metadata": {"annotations": {"note": "kept"}},
            **fields,
        }
        self.namespace.patch(self.configuration, edit, CONFIG_MAPS)

    def messages(self, reason: str) -> list[str]:
        """Of the events with that reason."""
        events = self.namespace.events_of(self.name)
        return [event["message"] for event in events if event["reason"] == reason]


def delete_service(cluster: Cluster) -> None:
    cluster.delete(cluster.rest, SERVICES)


def edit_service(cluster: Cluster) -> None:
    ports = [{"name": "rest", "port": 8081, "targetPort": 9999}]
    edit = {"spec": {"type": "NodePort", "ports": ports, "selector": {"component": "other"}}}
    cluster.namespace.patch(cluster.rest, edit, SERVICES)


def lead_service_outside(cluster: Cluster) -> None:
    edit = {
        "spec": {"type": "ExternalName", "externalName": "example.com", "clusterIP": None, "clusterIPs": None}
    }
    cluster.namespace.patch(cluster.name, edit, SERVICES)


def delete_configuration(cluster: Cluster) -> None:
    cluster.delete(cluster.configuration, CONFIG_MAPS)


def edit_configuration(cluster: Cluster) -> None:
    cluster.edit_configuration()


def freeze_configuration(cluster: Cluster) -> None:
    cluster.edit_configuration(immutable=True)


def take_name_of_service(cluster: Cluster) -> None:
    delete_service(cluster)
    metadata = {"name": cluster.rest, "namespace": cluster.namespace.name}
    body = {"metadata": metadata, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    cluster.namespace.api.create(SERVICES, body)


HANDS: tuple[Callable[[Cluster], None], ...] = (
    delete_service,
    edit_service,
    lead_service_outside,
    delete_configuration,
    edit_configuration,
    freeze_configuration,
    take_name_of_service,
)


@dataclass(frozen=True)
class Before:
    """A cluster, and its objects as they were made."""

    cluster: Cluster
    service: Json
    internal_service: Json
    config_map: Json
    deployment: Json


@pytest.fixture(scope="module")
def clusters(operated: Namespace) -> Iterator[dict[str, Before]]:
    """One for each hand, by its name: all are changed at the same time."""
    found = {hand.__name__: Cluster(operated, unique("drift")) for hand in HANDS}
    for cluster in found.values():
        operated.store(flink_deployment(cluster.name))
    try:
        yield {name: changed(cluster, name) for name, cluster in found.items()}
    finally:
        for cluster in found.values():
            forget(operated, cluster.name)


def changed(cluster: Cluster, hand: str) -> Before:
    def is_deployed() -> bool:
        status = cluster.namespace.get(cluster.name).get("status", {})
        return bool(status.get("reconciliationStatus", {}).get("state") == "DEPLOYED")

    eventually(is_deployed, within=_DEPLOYED_SECONDS, what=f"{cluster.name} is deployed")
    before = Before(
        cluster,
        cluster.service(),
        cluster.namespace.get(cluster.name, SERVICES),
        cluster.config_map(),
        cluster.deployment(),
    )
    next(one for one in HANDS if one.__name__ == hand)(cluster)
    return before


def compared(service: Json) -> Json:
    """What users of a Service depend on."""
    return {field: service["spec"][field] for field in ("type", "selector", "ports")}


def owner(body: Json) -> list[Json]:
    owners: list[Json] = body["metadata"]["ownerReferences"]
    return owners


def assert_job_manager_is_untouched(before: Before) -> None:
    after = before.cluster.deployment()
    for field in ("uid", "generation", "annotations"):
        assert after["metadata"][field] == before.deployment["metadata"][field]


def test_deleted_service_comes_back(clusters: dict[str, Before]) -> None:
    before = clusters["delete_service"]
    after = eventually(before.cluster.service, within=_REPAIRED_SECONDS, what="the Service is back")
    assert after["metadata"]["uid"] != before.service["metadata"]["uid"]
    assert compared(after) == compared(before.service)
    assert owner(after) == owner(before.service)
    assert_job_manager_is_untouched(before)
    (message,) = before.cluster.messages("Repair")
    assert message == f"Service {before.cluster.rest} is gone, it is made again; the job is not touched"


def test_edited_service_is_put_back(clusters: dict[str, Before]) -> None:
    before = clusters["edit_service"]

    def is_put_back() -> Json:
        after = before.cluster.service()
        assert compared(after) == compared(before.service)
        return after

    after = eventually(is_put_back, within=_REPAIRED_SECONDS, what="the Service is as it was")
    assert after["metadata"]["uid"] == before.service["metadata"]["uid"]
    assert after["spec"]["clusterIP"] == before.service["spec"]["clusterIP"]
    assert_job_manager_is_untouched(before)


def test_headless_service_that_was_led_outside_is_headless_again(clusters: dict[str, Before]) -> None:
    before = clusters["lead_service_outside"]

    def is_put_back() -> Json:
        after = before.cluster.namespace.get(before.cluster.name, SERVICES)
        assert compared(after) == compared(before.internal_service)
        return after

    after = eventually(is_put_back, within=_REPAIRED_SECONDS, what="the Service is as it was")
    assert after["spec"]["clusterIP"] == "None"
    assert "externalName" not in after["spec"]


def test_deleted_configuration_comes_back_byte_for_byte(clusters: dict[str, Before]) -> None:
    before = clusters["delete_configuration"]
    after = eventually(before.cluster.config_map, within=_REPAIRED_SECONDS, what="the ConfigMap is back")
    assert after["data"] == before.config_map["data"]
    assert after["metadata"]["labels"] == before.config_map["metadata"]["labels"]
    assert owner(after) == owner(before.config_map)
    assert_job_manager_is_untouched(before)


def test_edited_configuration_is_put_back(clusters: dict[str, Before]) -> None:
    before = clusters["edit_configuration"]

    def is_put_back() -> Json:
        after = before.cluster.config_map()
        assert after["data"] == before.config_map["data"]
        return after

    after = eventually(is_put_back, within=_REPAIRED_SECONDS, what="the ConfigMap is as it was")
    assert after["metadata"]["uid"] == before.config_map["metadata"]["uid"]
    assert after["metadata"]["annotations"] == {"note": "kept"}
    assert_job_manager_is_untouched(before)


def test_what_the_api_server_refuses_is_told(clusters: dict[str, Before]) -> None:
    before = clusters["freeze_configuration"]

    def refusal() -> str:
        ready = condition(before.cluster.namespace.get(before.cluster.name))
        assert ready["reason"] == "RepairRefused"
        message: str = ready["message"]
        return message

    message = eventually(refusal, within=_REPAIRED_SECONDS, what="the refusal is told")
    assert "immutable" in message
    assert before.cluster.config_map()["data"]["config.yaml"] == "by: hand\n"


def test_service_of_somebody_else_is_told_and_left_alone_until_it_is_gone(
    clusters: dict[str, Before],
) -> None:
    before = clusters["take_name_of_service"]
    cluster, foreign = before.cluster, before.cluster.service()

    def ready() -> Json:
        return condition(cluster.namespace.get(cluster.name))

    eventually(
        lambda: ready()["reason"] == "ServiceExists", within=_REPAIRED_SECONDS, what="the stranger is told"
    )
    assert cluster.rest in ready()["message"]
    assert cluster.service() == foreign

    delete_service(cluster)
    after = eventually(cluster.service, within=_REPAIRED_SECONDS, what="the cluster's own Service")
    assert compared(after) == compared(before.service)
    eventually(
        lambda: ready()["reason"] != "ServiceExists", within=_REPAIRED_SECONDS, what="nothing more is told"
    )

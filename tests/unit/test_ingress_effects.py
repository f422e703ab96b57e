"""Putting an Ingress in place and taking it away: repeatable, and nothing of others is touched."""

from typing import Any

import pytest

from controller.flink.ingress import cluster_ingress
from controller.ingress import IngressExists, ensure_ingress, remove_ingress
from controller.kubernetes_api import INGRESSES, ApiError, Conflict
from tests.unit.fake_kubernetes import Call, FakeKubernetes
from tests.unit.flink_deployments import application, deployment_of, subject_of

Json = dict[str, Any]
OWNER = subject_of(application()).metadata


def wanted(template: str = "{{name}}.example.com", **spec: Any) -> Json:
    raw = application(ingress={"template": template, **spec})
    body = cluster_ingress(deployment_of(raw), {})
    assert body is not None
    return body


def stored(body: Json, **metadata: Any) -> tuple[Any, Json]:
    return INGRESSES, {**body, "metadata": {**body["metadata"], **metadata}}


def foreign() -> tuple[Any, Json]:
    return stored(wanted(), ownerReferences=[{"kind": "FlinkDeployment", "name": "orders", "uid": "other"}])


def current(kubernetes: FakeKubernetes) -> Json:
    return kubernetes.object(INGRESSES, "orders")


async def ensure(kubernetes: FakeKubernetes, body: Json) -> None:
    await ensure_ingress(kubernetes.api, body, OWNER)


async def remove(kubernetes: FakeKubernetes) -> None:
    await remove_ingress(kubernetes.api, OWNER)


async def test_ingress_is_created() -> None:
    kubernetes = FakeKubernetes()
    await ensure(kubernetes, wanted())
    assert current(kubernetes)["spec"] == wanted()["spec"]


async def test_ingress_that_is_as_wanted_is_left_alone() -> None:
    kubernetes = FakeKubernetes()
    await ensure(kubernetes, wanted(annotations={"a": "b"}))
    await ensure(kubernetes, wanted(annotations={"a": "b"}))
    assert kubernetes.calls == [("create", "ingresses", "orders")]


@pytest.mark.parametrize(
    "changed",
    [
        wanted("{{name}}.example.org"),
        wanted(className="traefik"),
        wanted(labels={"team": "b"}),
        wanted(annotations={"a": "b"}),
        wanted(tls=[{"hosts": ["orders.example.com"]}]),
    ],
)
async def test_changed_ingress_is_replaced(changed: Json) -> None:
    kubernetes = FakeKubernetes(stored(wanted()))
    await ensure(kubernetes, changed)
    assert current(kubernetes)["spec"] == changed["spec"]
    assert current(kubernetes)["metadata"]["labels"] == changed["metadata"]["labels"]
    assert current(kubernetes)["metadata"].get("annotations", {}) == changed["metadata"]["annotations"]


async def test_what_the_spec_no_longer_holds_goes_away() -> None:
    kubernetes = FakeKubernetes(
        stored(wanted(labels={"team": "a"}, annotations={"a": "b"}, tls=[{"secretName": "t"}]))
    )
    await ensure(kubernetes, wanted())
    assert current(kubernetes)["metadata"]["labels"] == {"component": "ingress"}
    assert "tls" not in current(kubernetes)["spec"]


async def test_default_class_survives_a_change() -> None:
    body = wanted()
    kubernetes = FakeKubernetes(stored({**body, "spec": {**body["spec"], "ingressClassName": "nginx"}}))
    await ensure(kubernetes, wanted("{{name}}.example.org"))
    assert current(kubernetes)["spec"]["ingressClassName"] == "nginx"


async def test_class_in_an_annotation_replaces_the_older_class() -> None:
    kubernetes = FakeKubernetes(stored(wanted(className="nginx")))
    await ensure(kubernetes, wanted(annotations={"kubernetes.io/ingress.class": "haproxy"}))
    assert "ingressClassName" not in current(kubernetes)["spec"]


async def test_ingress_of_somebody_else_is_not_replaced() -> None:
    kubernetes = FakeKubernetes(foreign())
    with pytest.raises(IngressExists, match="Ingress orders exists"):
        await ensure(kubernetes, wanted("{{name}}.example.org"))
    assert kubernetes.calls == []


async def test_ingress_without_owner_is_not_replaced() -> None:
    kubernetes = FakeKubernetes(stored(wanted(), ownerReferences=None))
    with pytest.raises(IngressExists):
        await ensure(kubernetes, wanted("{{name}}.example.org"))


async def test_ingress_that_is_going_away_is_waited_for() -> None:
    kubernetes = FakeKubernetes(stored(wanted(), deletionTimestamp="2026-11-21T12:00:00Z"))
    with pytest.raises(Conflict, match="not gone yet"):
        await ensure(kubernetes, wanted())
    assert kubernetes.calls == []


async def test_change_that_another_writer_overtook_is_a_conflict() -> None:
    kubernetes = FakeKubernetes(stored(wanted()))

    def overtake(call: Call) -> None:
        if call[0] == "replace":
            current(kubernetes)["metadata"]["resourceVersion"] = "overtaken"

    kubernetes.before = overtake
    with pytest.raises(Conflict):
        await ensure(kubernetes, wanted("{{name}}.example.org"))


async def test_refusal_of_the_server_is_told() -> None:
    kubernetes = FakeKubernetes()

    def refuse(call: Call) -> None:
        if call[0] == "create":
            raise ApiError(422, "Invalid", "spec.rules[0].host: Invalid value")

    kubernetes.before = refuse
    with pytest.raises(ApiError, match="Invalid value"):
        await ensure(kubernetes, wanted())


async def test_ingress_is_removed() -> None:
    kubernetes = FakeKubernetes(stored(wanted()))
    await remove(kubernetes)
    assert kubernetes.names(INGRESSES) == []


async def test_removal_of_what_is_not_there_does_nothing() -> None:
    kubernetes = FakeKubernetes()
    await remove(kubernetes)
    assert kubernetes.calls == []


async def test_ingress_of_somebody_else_is_not_removed() -> None:
    kubernetes = FakeKubernetes(foreign())
    await remove(kubernetes)
    assert kubernetes.names(INGRESSES) == ["orders"]


async def test_ingress_that_is_going_away_is_not_removed_again() -> None:
    kubernetes = FakeKubernetes(stored(wanted(), deletionTimestamp="2026-11-21T12:00:00Z"))
    await remove(kubernetes)
    assert kubernetes.calls == []

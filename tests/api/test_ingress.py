"""Ingress objects on a real API server: what it accepts, what it fills in, what a repetition writes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from controller.flink.ingress import cluster_ingress
from controller.ingress import IngressExists, ensure_ingress, remove_ingress
from controller.kubernetes_api import ApiError, KubernetesApi
from shared.model import FlinkDeployment
from tests.api.api_server import Collection, Json
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment
from tests.polling import eventually

INGRESSES = Collection("/apis/networking.k8s.io/v1", "ingresses")
_CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"


@pytest.fixture
def place(namespace: Namespace) -> Iterator[Namespace]:
    """A namespace whose Ingress is gone before it."""
    yield namespace
    for body in namespace.of(INGRESSES):
        namespace.api.delete(INGRESSES, namespace.name, body["metadata"]["name"])


@pytest.fixture
async def calls(namespace: Namespace) -> AsyncIterator[KubernetesApi]:
    """The controller's own calls."""
    configuration = Configuration()
    await config.load_kube_config(str(namespace.cluster.kubeconfig), client_configuration=configuration)
    api = KubernetesApi(ApiClient(configuration))
    try:
        yield api
    finally:
        await api.close()


def resource(place: Namespace, template: str = "{{name}}.{{namespace}}.example.com", **ingress: Any) -> Json:
    """A stored FlinkDeployment that asks for an Ingress; called again, with another Ingress in its spec."""
    wanted = flink_deployment("orders", ingress={"template": template, **ingress})
    if place.find("orders") is None:
        return place.store(wanted)
    return place.patch("orders", {"spec": {"ingress": {**_NO_INGRESS, **wanted["spec"]["ingress"]}}})


_NO_INGRESS = dict.fromkeys(("className", "annotations", "labels", "tls"))


async def ensure(calls: KubernetesApi, raw: Json) -> None:
    parsed = FlinkDeployment.model_validate(raw)
    body = cluster_ingress(parsed, {})
    assert body is not None
    await ensure_ingress(calls, body, parsed.metadata)


def stored(place: Namespace) -> Json:
    return place.get("orders", INGRESSES)


TEMPLATES = {
    "host": "{{name}}.{{namespace}}.example.com",
    "path": "/{{namespace}}/{{name}}(/|$)(.*)",
    "both": "https://example.com:8443/{{namespace}}/{{name}}",
    "wildcard": "*.{{name}}.example.com",
    "root": "example.com/",
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
async def test_server_accepts_the_ingress(place: Namespace, calls: KubernetesApi, template: str) -> None:
    raw = resource(
        place,
        template,
        className="nginx",
        annotations={"nginx.ingress.kubernetes.io/rewrite-target": "/$2"},
        labels={"team": "a"},
        tls=[{"hosts": ["orders.example.com"], "secretName": "orders-tls"}],
    )
    await ensure(calls, raw)
    body = cluster_ingress(FlinkDeployment.model_validate(raw), {})
    assert body is not None
    found = stored(place)
    assert found["spec"] == body["spec"]
    assert found["metadata"]["ownerReferences"] == body["metadata"]["ownerReferences"]


async def test_repetition_writes_nothing(place: Namespace, calls: KubernetesApi) -> None:
    raw = resource(place, annotations={"a": "b"}, tls=[{"hosts": ["a.example.com"]}])
    await ensure(calls, raw)
    before = stored(place)
    await ensure(calls, raw)
    assert stored(place) == before


async def test_changed_spec_changes_the_ingress(place: Namespace, calls: KubernetesApi) -> None:
    await ensure(calls, resource(place, annotations={"a": "b"}, tls=[{"secretName": "t"}]))
    uid = stored(place)["metadata"]["uid"]
    await ensure(calls, resource(place, "/{{name}}", labels={"team": "a"}))
    found = stored(place)
    (rule,) = found["spec"]["rules"]
    assert rule["http"]["paths"][0]["path"] == "/orders"
    assert "tls" not in found["spec"]
    assert "annotations" not in found["metadata"]
    assert found["metadata"]["labels"] == {"team": "a", "component": "ingress"}
    assert found["metadata"]["uid"] == uid


async def test_what_an_ingress_controller_wrote_stays(place: Namespace, calls: KubernetesApi) -> None:
    await ensure(calls, resource(place))
    place.patch("orders", {"metadata": {"finalizers": ["ingress.example.com/resources"]}}, INGRESSES)
    address = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    place.patch("orders", {"status": address}, INGRESSES, "status")
    await ensure(calls, resource(place, "/{{name}}"))
    found = stored(place)
    assert found["metadata"]["finalizers"] == ["ingress.example.com/resources"]
    assert found["status"] == address


async def test_default_class_of_the_cluster_stays(place: Namespace, calls: KubernetesApi) -> None:
    name = f"{place.name}-default"
    default = {"name": name, "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}
    place.api.call("POST", _CLASSES, {"metadata": default, "spec": {"controller": "example.com/none"}})
    try:
        await asyncio.to_thread(
            eventually, lambda: is_given(place, name), within=20, what="the class is given"
        )
        await ensure(calls, resource(place))
        await ensure(calls, resource(place, "/{{name}}"))
        assert stored(place)["spec"]["ingressClassName"] == name
    finally:
        place.api.call("DELETE", f"{_CLASSES}/{name}")


def is_given(place: Namespace, name: str) -> bool:
    """Whether the server's admission has learnt of the default class, which takes it a moment."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    body = {"metadata": {"name": "probe", "namespace": place.name}, "spec": {"defaultBackend": backend}}
    answer = place.api.create(INGRESSES, body, dry_run=True)
    return bool(answer["spec"].get("ingressClassName") == name)


async def test_refusal_is_told_in_the_servers_words(place: Namespace, calls: KubernetesApi) -> None:
    raw = resource(place, className="nginx", annotations={"kubernetes.io/ingress.class": "other"})
    with pytest.raises(ApiError, match=r"kubernetes.io/ingress.class") as refusal:
        await ensure(calls, raw)
    assert refusal.value.was_refused


async def test_ingress_of_somebody_else_stays_as_it_is(place: Namespace, calls: KubernetesApi) -> None:
    raw = resource(place)
    spec = {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}
    body = {"metadata": {"name": "orders", "namespace": place.name}, "spec": spec}
    place.api.create(INGRESSES, body)
    with pytest.raises(IngressExists):
        await ensure(calls, raw)
    await remove_ingress(calls, FlinkDeployment.model_validate(raw).metadata)
    assert stored(place)["spec"] == spec


async def test_ingress_is_removed_and_made_anew(place: Namespace, calls: KubernetesApi) -> None:
    raw = resource(place)
    owner = FlinkDeployment.model_validate(raw).metadata
    await ensure(calls, raw)
    await remove_ingress(calls, owner)
    assert place.find("orders", INGRESSES) is None
    await remove_ingress(calls, owner)
    await ensure(calls, raw)
    assert stored(place)["spec"]["rules"]

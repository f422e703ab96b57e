"""Kubernetes events: one object for each kind of event, counted; named as Apache's operator names them."""

import pytest

from controller.events import EventPoster
from controller.kubernetes_api import EVENTS, ApiError
from controller.plan import Event, EventComponent, EventType
from tests.unit.fake_kubernetes import Call, FakeKubernetes
from tests.unit.flink_deployments import UID, application

SUBMIT = Event(EventType.NORMAL, "Submit", "Starting deployment")


async def posted(kubernetes: FakeKubernetes, *events: Event) -> None:
    poster = EventPoster(kubernetes.api, "controller-0")
    for event in events:
        await poster.post(event, application())


async def test_event_tells_of_the_resource() -> None:
    kubernetes = FakeKubernetes()
    await posted(kubernetes, SUBMIT)
    (event,) = kubernetes.bodies(EVENTS)
    assert event["involvedObject"] == {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "namespace": "shop",
        "name": "orders",
        "uid": UID,
        "resourceVersion": "100",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Normal", "Submit", "Starting deployment")
    assert event["source"]["component"] == event["reportingComponent"] == "JobManagerDeployment"
    assert event["count"] == 1
    assert event["firstTimestamp"] == event["lastTimestamp"]


async def test_name_is_the_component_and_javas_hash_of_what_it_says() -> None:
    kubernetes = FakeKubernetes()
    await posted(kubernetes, SUBMIT)
    text = f"SubmitStarting deploymentNormalFlinkDeploymentorders{UID}"
    number = 0
    for character in text:
        number = (number * 31 + ord(character)) % 2**32
    assert kubernetes.names(EVENTS) == [f"jobmanagerdeployment.{number % 2**31}"]


async def test_repeated_event_is_counted() -> None:
    kubernetes = FakeKubernetes()
    await posted(kubernetes, SUBMIT, SUBMIT, SUBMIT)
    (event,) = kubernetes.bodies(EVENTS)
    assert event["count"] == 3


@pytest.mark.parametrize(
    "other",
    [
        Event(EventType.WARNING, "Submit", "Starting deployment"),
        Event(EventType.NORMAL, "Submit", "Starting another"),
        Event(EventType.NORMAL, "Suspended", "Starting deployment"),
        Event(EventType.NORMAL, "Submit", "Starting deployment", EventComponent.OPERATOR),
    ],
)
async def test_another_event_is_an_object_of_its_own(other: Event) -> None:
    kubernetes = FakeKubernetes()
    await posted(kubernetes, SUBMIT, other)
    assert len(kubernetes.names(EVENTS)) == 2


@pytest.mark.parametrize(("length", "shown"), [(1024, 1024), (1025, 1024), (9000, 1024)])
async def test_long_message_is_cut_to_what_the_server_takes(length: int, shown: int) -> None:
    kubernetes = FakeKubernetes()
    await posted(kubernetes, Event(EventType.WARNING, "Error", "x" * length))
    (event,) = kubernetes.bodies(EVENTS)
    assert len(event["message"]) == shown
    assert event["message"].endswith("…") is (length > 1024)


@pytest.mark.parametrize("status", [0, 403, 404, 500])
async def test_event_that_cannot_be_posted_is_let_go(status: int, caplog: pytest.LogCaptureFixture) -> None:
    kubernetes = FakeKubernetes()

    def before(call: Call) -> None:
        raise ApiError(status, "Forbidden", f"{call[0]} is not allowed")

    kubernetes.before = before
    await posted(kubernetes, SUBMIT)
    assert "create is not allowed" in caplog.text

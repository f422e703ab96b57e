"""One reconciliation: the status is on record before an effect, and only the leader has effects."""

import logging
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from controller.act import Actor
from controller.authorship import Authorship
from controller.deployments import Deployments
from controller.events import EventPoster
from controller.flink.names import NATIVE
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest
from controller.kubernetes_api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    FLINK_DEPLOYMENTS,
    SERVICES,
    ApiError,
    Conflict,
)
from controller.leadership import LeaderElector, NotLeading
from controller.observe import Observer
from controller.reconcile import Reconciler
from tests.unit.fake_flink import SilentFlink
from tests.unit.fake_kubernetes import Call, FakeCache, FakeKubernetes
from tests.unit.flink_deployments import (
    FINALIZER,
    application,
    cluster_of,
    deployment_object,
    edited,
    observed,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, plan_of, submitted

Json = dict[str, Any]
KEY = ("shop", "orders")
WRITE_STATUS = ("replace status", "flinkdeployments", "orders")


class Leader:
    """An elector that leads until told otherwise."""

    def __init__(self) -> None:
        self.term = 1
        self.is_leading = True

    def check(self, term: int | None = None) -> None:
        if not self.is_leading or (term is not None and term != self.term):
            raise NotLeading


class World:
    """A cluster with one FlinkDeployment, and the controller on it."""

    def __init__(
        self,
        raw: Json,
        *others: Any,
        cached: Json | None = None,
        kubernetes: FakeKubernetes | None = None,
    ) -> None:
        self.kubernetes = kubernetes or FakeKubernetes((FLINK_DEPLOYMENTS, raw), *others)
        self.leader = Leader()
        self.seconds = 0.0
        self.cached = cached
        """The Deployment as the watch cache has it."""
        api, cache = self.kubernetes.api, FakeCache(self.kubernetes, lambda: self.cached)
        flink = cast(FlinkRest, SilentFlink())
        self._reconciler = Reconciler(
            lifecycle=Deployments(Observer(api, cache, flink), Actor(api, flink), {}, OperatorFiles()),
            api=api,
            cache=cache,
            events=EventPoster(api, "test"),
            elector=cast(LeaderElector, self.leader),
            authorship=Authorship(api, clock=lambda: self.seconds),
        )

    async def reconcile(self) -> float | None:
        return await self._reconciler.reconcile(KEY)

    @property
    def resource(self) -> Json:
        return self.kubernetes.object(FLINK_DEPLOYMENTS, "orders")

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.kubernetes.calls if call[1] != "events"]

    @property
    def event_reasons(self) -> list[str]:
        return [event["reason"] for event in self.kubernetes.bodies(EVENTS)]

    def on(self, call: Call, effect: Callable[[], None]) -> None:
        def before(made: Call) -> None:
            if made == call:
                effect()

        self.kubernetes.before = before


def fail(error: Exception) -> Callable[[], None]:
    def raise_error() -> None:
        raise error

    return raise_error


async def test_status_is_written_before_the_effect() -> None:
    world = World(application())
    await world.reconcile()
    assert world.writes[:2] == [WRITE_STATUS, ("create", "deployments", "orders")]
    assert world.event_reasons == ["Submit"]


async def test_effect_waits_for_a_status_that_could_not_be_written() -> None:
    world = World(application())
    world.on(WRITE_STATUS, fail(ApiError(0, "Timeout", "no answer")))
    with pytest.raises(ApiError):
        await world.reconcile()
    assert world.writes == []


async def test_replica_that_does_not_lead_does_nothing() -> None:
    world = World(application())
    world.leader.is_leading = False
    assert await world.reconcile() is None
    assert world.kubernetes.calls == []


async def test_leadership_that_is_lost_after_the_status_stops_the_effect() -> None:
    world = World(application())
    world.on(WRITE_STATUS, lambda: setattr(world.leader, "is_leading", False))
    assert await world.reconcile() is None
    assert world.writes == [WRITE_STATUS]


async def test_leadership_that_was_lost_and_won_again_stops_the_effect() -> None:
    world = World(application())
    world.on(WRITE_STATUS, lambda: setattr(world.leader, "term", 2))
    assert await world.reconcile() is None
    assert world.writes == [WRITE_STATUS]


async def test_overtaken_write_is_repeated_soon() -> None:
    world = World(application())
    world.on(WRITE_STATUS, fail(Conflict(409, "Conflict", "modified")))
    again = await world.reconcile()
    assert again is not None
    assert again < 1
    assert world.writes == []


async def test_resource_that_is_gone_is_forgotten() -> None:
    world = World(with_metadata(application(), name="another"))
    assert await world.reconcile() is None
    assert world.kubernetes.calls == []


@pytest.mark.parametrize(
    "status",
    [
        {"reconciliationStatus": {"lastReconciledSpec": "{"}},
        {"reconciliationStatus": {"state": "DANCING"}},
        {"jobStatus": []},
    ],
)
async def test_status_that_cannot_be_read_is_told_and_nothing_done(status: Json) -> None:
    world = World(application() | {"status": status})
    await world.reconcile()
    assert world.writes == []
    assert world.event_reasons == ["StatusUnreadable"]
    (event,) = world.kubernetes.bodies(EVENTS)
    assert "Restore the status" in event["message"]


async def test_resource_with_an_unreadable_status_can_be_deleted() -> None:
    raw = with_metadata(application(), deletionTimestamp="2026-11-21T11:00:00Z")
    world = World(raw | {"status": {"reconciliationStatus": {"lastReconciledSpec": "{"}}})
    for _ in range(3):
        await world.reconcile()
    assert FINALIZER not in world.resource["metadata"]["finalizers"]


async def test_refused_effect_is_in_the_status() -> None:
    world = World(application())
    world.on(("create", "services", "orders-rest"), fail(ApiError(422, "Invalid", "nodePort: too high")))
    again = await world.reconcile()
    assert "nodePort: too high" in world.resource["status"]["error"]
    assert "FailedCreate" in world.event_reasons
    assert again is not None
    assert again >= 10


async def test_effect_that_is_refused_again_is_not_written_again() -> None:
    world = World(application())
    world.on(("create", "deployments", "orders"), fail(ApiError(403, "Forbidden", "exceeded quota")))
    await world.reconcile()
    writes = len(world.kubernetes.calls)
    await world.reconcile()
    assert world.kubernetes.calls[writes:] == []


async def test_overtaken_report_of_a_refusal_is_repeated_soon() -> None:
    world = World(application())
    refuse = fail(ApiError(403, "Forbidden", "exceeded quota"))
    overtake = fail(Conflict(409, "Conflict", "modified"))

    def before(call: Call) -> None:
        if call == ("create", "deployments", "orders"):
            world.kubernetes.before = lambda made: overtake() if made == WRITE_STATUS else None
            refuse()

    world.kubernetes.before = before
    again = await world.reconcile()
    assert again is not None
    assert again < 1


async def test_lost_leadership_before_the_report_of_a_refusal_ends_quietly() -> None:
    world = World(application())

    def refuse() -> None:
        world.leader.is_leading = False
        raise ApiError(403, "Forbidden", "exceeded quota")

    world.on(("create", "deployments", "orders"), refuse)
    assert await world.reconcile() is None


async def test_event_that_cannot_be_posted_does_not_stop_the_effect(caplog: pytest.LogCaptureFixture) -> None:
    world = World(application())

    def before(call: Call) -> None:
        if call[1] == "events":
            raise ApiError(403, "Forbidden", "events are forbidden")

    world.kubernetes.before = before
    with caplog.at_level(logging.WARNING):
        await world.reconcile()
    assert world.kubernetes.names(DEPLOYMENTS) == ["orders"]
    assert "Submit" in caplog.text


@pytest.mark.parametrize("is_there", [True, False])
async def test_effect_that_a_cache_suggests_is_decided_on_what_is_read_live(is_there: bool) -> None:
    before = submitted(application())
    raw = with_status(before, plan_of(before, observed(cluster=cluster_of())))
    raw = edited(raw, image="flink:2.4")
    cluster = deployment_object(raw, availableReplicas=0)
    world = World(raw, *([(DEPLOYMENTS, cluster)] if is_there else []), cached=cluster)
    await world.reconcile()
    assert (("merge", "deployments", "orders") in world.writes) is is_there


async def test_second_reconciliation_at_rest_writes_nothing() -> None:
    world = World(application(serviceAccount=None))
    await world.reconcile()
    writes = len(world.kubernetes.calls)
    await world.reconcile()
    assert len(world.kubernetes.calls) == writes


async def test_first_deployment_takes_these_requests_and_no_others() -> None:
    """With high availability: what of an older cluster of that name is left is read live, each once."""
    raw = application(flinkConfiguration=KUBERNETES_HA | SAVEPOINTS, job={"upgradeMode": "savepoint"})
    world = World(with_metadata(raw, finalizers=[]))
    made: list[Call] = []
    world.kubernetes.before = made.append
    for _ in range(3):
        await world.reconcile()
    assert world.resource["status"]["lifecycleState"] == "DEPLOYED"
    assert [(verb, plural) for verb, plural, _ in made] == [
        ("merge", "flinkdeployments"),
        ("get", "deployments"),
        ("list", "pods"),
        ("replace status", "flinkdeployments"),
        ("create", "events"),
        ("get", "configmaps"),
        ("create", "deployments"),
        ("create", "services"),
        ("create", "configmaps"),
        ("merge", "deployments"),
        ("get", "deployments"),
        ("replace status", "flinkdeployments"),
    ]


async def test_deletion_takes_these_requests_and_no_others() -> None:
    raw = application(flinkConfiguration=KUBERNETES_HA | SAVEPOINTS, job={"upgradeMode": "savepoint"})
    world = World(raw)
    for _ in range(2):
        await world.reconcile()
    world.cached = world.kubernetes.object(DEPLOYMENTS, "orders")
    world.resource["metadata"]["deletionTimestamp"] = datetime.now(UTC).isoformat()
    made: list[Call] = []
    world.kubernetes.before = made.append
    for _ in range(3):
        await world.reconcile()
        names = world.kubernetes.names(DEPLOYMENTS)
        world.cached = world.kubernetes.object(DEPLOYMENTS, "orders") if names else None
    assert FINALIZER not in world.resource["metadata"]["finalizers"]
    assert [(verb, plural) for verb, plural, _ in made] == [
        ("get", "deployments"),
        ("get", "configmaps"),
        ("replace status", "flinkdeployments"),
        ("create", "events"),
        ("merge", "deployments"),
        ("get", "deployments"),
        ("delete", "deployments"),
        ("get", "deployments"),
        ("list", "pods"),
        ("replace status", "flinkdeployments"),
        ("list", "configmaps"),
        ("merge", "flinkdeployments"),
    ]


# What belongs to others


FOREIGN_DEPLOYMENT = (DEPLOYMENTS, deployment_object(application(), owner_uid=None, generation=None))
FOREIGN_HA_DATA = (
    CONFIG_MAPS,
    {
        "metadata": {
            "name": "orders-cluster-config-map",
            "namespace": "shop",
            "labels": {"app": "orders", "type": NATIVE},
        }
    },
)


async def test_foreign_deployment_survives_the_resource_that_was_given_its_name() -> None:
    world = World(application(), FOREIGN_DEPLOYMENT)
    before = deepcopy(world.kubernetes.object(DEPLOYMENTS, "orders"))
    await world.reconcile()
    assert "DeploymentExists" in world.resource["status"]["error"]
    world.resource["metadata"]["deletionTimestamp"] = "2026-11-21T11:00:00Z"
    for _ in range(4):
        await world.reconcile()
    assert world.kubernetes.object(DEPLOYMENTS, "orders") == before
    assert FINALIZER not in world.resource["metadata"]["finalizers"]


async def test_foreign_deployment_survives_though_a_submission_is_on_record() -> None:
    world = World(application())
    world.on(("create", "deployments", "orders"), fail(ApiError(0, "Timeout", "no answer")))
    with pytest.raises(ApiError):
        await world.reconcile()
    world.kubernetes.before = lambda _: None
    await world.kubernetes.create(*FOREIGN_DEPLOYMENT)
    before = deepcopy(world.kubernetes.object(DEPLOYMENTS, "orders"))
    for _ in range(4):
        await world.reconcile()
    assert world.kubernetes.object(DEPLOYMENTS, "orders") == before


async def test_high_availability_data_of_others_survives_a_resource_that_was_never_deployed() -> None:
    raw = with_metadata(application(serviceAccount=None), deletionTimestamp="2026-11-21T11:00:00Z")
    world = World(raw, FOREIGN_HA_DATA)
    await world.reconcile()
    assert world.kubernetes.names(CONFIG_MAPS) == ["orders-cluster-config-map"]


async def test_deployed_resource_is_deleted_with_its_cluster() -> None:
    world = World(application())
    await world.reconcile()
    assert world.kubernetes.names(SERVICES) == ["orders", "orders-rest"]
    world.resource["metadata"]["deletionTimestamp"] = "2026-11-21T11:00:00Z"
    for _ in range(4):
        await world.reconcile()
    assert world.kubernetes.names(DEPLOYMENTS) == []
    assert FINALIZER not in world.resource["metadata"]["finalizers"]


async def test_fault_of_the_operator_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(application())

    def fault(*_: object) -> None:
        raise RuntimeError("kaboom")

    monkeypatch.setattr("controller.deployments.decide", fault)
    with pytest.raises(RuntimeError):
        await world.reconcile()
    assert [event["reason"] for event in world.kubernetes.bodies(EVENTS)] == ["InternalError"]
    assert "kaboom" not in world.kubernetes.bodies(EVENTS)[0]["message"]


async def test_object_that_is_deleted_again_is_not_repaired_again_at_once() -> None:
    """Something else may delete it: two that never give way keep the API server busy."""
    world = World(application())
    await world.reconcile()
    await world.reconcile()
    for _ in range(2):
        world.kubernetes.remove(SERVICES, "orders-rest")
        world.kubernetes.calls.clear()
        pause = await world.reconcile()
    assert world.writes == []
    assert "orders-rest" not in world.kubernetes.names(SERVICES)
    assert pause is not None
    assert pause <= 30
    assert "Repair" in world.event_reasons

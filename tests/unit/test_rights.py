"""Whether a service account may do what Flink does: asked when a cluster does not come up, and not always."""

from datetime import timedelta
from typing import Any

import pytest

from controller.kubernetes_api import DEPLOYMENTS, ApiError
from controller.observation import NOT_ASKED, Fact, Known, Unknown
from controller.rights import HIGH_AVAILABILITY, TASK_MANAGERS, RightsReader
from shared.model.status import JobState
from tests.unit.fake_kubernetes import Call, FakeKubernetes
from tests.unit.flink_deployments import NOW, application, deployment_object, job_of, subject_of
from tests.unit.recorded_deployments import KUBERNETES_HA, submitted
from tests.unit.test_observe import JobManagers, StaleCache, observer

Json = dict[str, Any]
CRASHED = {
    "name": "flink-main-container",
    "image": "flink:2.3",
    "ready": False,
    "state": {"terminated": {"exitCode": 239}},
}


def pod(component: str = "jobmanager", *containers: Json) -> Json:
    labels = {"app": "orders", "component": component}
    return {
        "metadata": {"name": f"orders-{component}", "namespace": "shop", "labels": labels},
        "status": {"phase": "Running", "containerStatuses": list(containers)},
    }


def deployment(raw: Json) -> Json:
    body = deployment_object(raw)
    body["spec"]["template"] = {"spec": {"serviceAccountName": "flink"}}
    return body


async def missing(
    kubernetes: FakeKubernetes, *pods: Json, state: JobState = JobState.RUNNING, **spec: Any
) -> Fact[tuple[str, ...]]:
    raw = submitted(application(**spec))
    await kubernetes.api.create(DEPLOYMENTS, deployment(raw))
    job = job_of(raw["status"]["jobStatus"]["jobId"], state).value
    looking = observer(kubernetes, StaleCache(deployment(raw), *pods), JobManagers([job]))
    return (await looking.observe(subject_of(raw))).missing_rights


@pytest.mark.parametrize(
    ("pods", "state"),
    [((pod("jobmanager", CRASHED),), JobState.RUNNING), ((pod(),), JobState.CREATED)],
    ids=["crashed", "no-task-managers"],
)
async def test_rights_of_a_cluster_that_does_not_come_up_are_asked(
    pods: tuple[Json, ...], state: JobState
) -> None:
    kubernetes = FakeKubernetes()
    kubernetes.denied = {("create", "pods"), ("watch", "pods")}
    assert await missing(kubernetes, *pods, state=state) == Known(("create pods", "watch pods"))
    assert {account for account, _, _ in kubernetes.reviews} == {"flink"}


@pytest.mark.parametrize(
    ("pods", "state"),
    [((pod(), pod("taskmanager")), JobState.RUNNING), ((pod(), pod("taskmanager")), JobState.CREATED)],
)
async def test_rights_of_a_cluster_that_comes_up_are_not_asked(
    pods: tuple[Json, ...], state: JobState
) -> None:
    kubernetes = FakeKubernetes()
    assert await missing(kubernetes, *pods, state=state) == NOT_ASKED
    assert kubernetes.reviews == []


async def test_high_availability_needs_rights_of_its_own() -> None:
    crashed = pod("jobmanager", CRASHED)
    found = []
    for options in ({}, KUBERNETES_HA):
        kubernetes = FakeKubernetes()
        kubernetes.denied = {("list", "configmaps")}
        found.append(await missing(kubernetes, crashed, flinkConfiguration=options))
    assert found == [Known(()), Known(("list configmaps",))]


async def test_standalone_cluster_makes_no_pods() -> None:
    kubernetes = FakeKubernetes()
    kubernetes.denied = {("create", "pods")}
    assert await missing(kubernetes, pod("jobmanager", CRASHED), mode="standalone") == Known(())


async def test_account_is_not_asked_about_again_at_once() -> None:
    kubernetes = FakeKubernetes()
    rights = RightsReader(kubernetes.api)
    for seconds in (0, 5, 9):
        await rights.missing("shop", "flink", TASK_MANAGERS, NOW + timedelta(seconds=seconds))
    assert len(kubernetes.reviews) == len(TASK_MANAGERS)
    await rights.missing("shop", "flink", TASK_MANAGERS, NOW + timedelta(seconds=11))
    assert len(kubernetes.reviews) == 2 * len(TASK_MANAGERS)


async def test_other_account_or_other_rights_are_another_question() -> None:
    kubernetes = FakeKubernetes()
    rights = RightsReader(kubernetes.api)
    for account, needed in (("a", TASK_MANAGERS), ("b", TASK_MANAGERS), ("a", HIGH_AVAILABILITY)):
        await rights.missing("shop", account, needed, NOW)
    assert len(kubernetes.reviews) == 2 * len(TASK_MANAGERS) + len(HIGH_AVAILABILITY)


async def test_what_the_operator_may_not_ask_is_unknown() -> None:
    kubernetes = FakeKubernetes()

    def before(_: Call) -> None:
        raise ApiError(403, "Forbidden", "localsubjectaccessreviews is forbidden")

    kubernetes.before = before
    found = await RightsReader(kubernetes.api).missing("shop", "flink", TASK_MANAGERS, NOW)
    assert isinstance(found, Unknown)

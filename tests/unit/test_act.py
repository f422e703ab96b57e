"""Effects: each can be repeated after a crash anywhere, and none touches what is not ours."""

from typing import Any, cast

import pytest

from controller.act import ActionRefused, Actor
from controller.decide.subject import Subject
from controller.flink.names import NATIVE
from controller.flink.rest import FlinkRest
from controller.kubernetes_api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    FLINK_DEPLOYMENTS,
    FLINK_SESSION_JOBS,
    SERVICES,
    ApiError,
    Collection,
    Conflict,
)
from controller.plan import (
    AddFinalizer,
    CreateCluster,
    DeleteCluster,
    DeleteHighAvailabilityData,
    DeleteSessionJobs,
    ForgetJobPlans,
    GiveUpCluster,
    RemoveFinalizer,
    StopJobManager,
)
from shared.config.effective import Submission
from tests.unit.fake_flink import SilentFlink
from tests.unit.fake_kubernetes import Call, Crash, FakeKubernetes
from tests.unit.flink_deployments import (
    FINALIZER,
    application,
    deployment_object,
    subject_of,
    with_metadata,
)

Json = dict[str, Any]
CLUSTER = {
    "deployments": ["orders"],
    "services": ["orders", "orders-rest"],
    "configmaps": ["flink-config-orders", "pod-template-orders"],
}
RAW = application(podTemplate={"metadata": {"labels": {"team": "a"}}})


def create(raw: Json = RAW, generation: int = 1) -> tuple[CreateCluster, Subject]:
    subject = subject_of(raw)
    return CreateCluster(subject.spec, Submission(generation, "0" * 32)), subject


def actor(kubernetes: FakeKubernetes) -> Actor:
    return Actor(kubernetes.api, cast(FlinkRest, SilentFlink()))


def refusing(call: Call, status: int = 422) -> Any:
    def before(made: Call) -> None:
        if made == call:
            raise ApiError(status, "Invalid", "spec.x: must be less")

    return before


def assert_complete(kubernetes: FakeKubernetes) -> None:
    for collection in (DEPLOYMENTS, SERVICES, CONFIG_MAPS):
        assert kubernetes.names(collection) == CLUSTER[collection.plural]
    deployment = kubernetes.object(DEPLOYMENTS, "orders")
    assert deployment["spec"]["paused"] is False
    for collection in (SERVICES, CONFIG_MAPS):
        for body in kubernetes.bodies(collection):
            assert body["metadata"]["ownerReferences"][0]["uid"] == deployment["metadata"]["uid"]


async def test_cluster_is_released_when_all_of_it_is_there() -> None:
    kubernetes = FakeKubernetes()
    await actor(kubernetes).perform(*create())
    assert_complete(kubernetes)
    assert kubernetes.calls[0] == ("create", "deployments", "orders")
    assert kubernetes.calls[-1] == ("merge", "deployments", "orders")
    assert len(kubernetes.calls) == 6


@pytest.mark.parametrize("calls_before_the_crash", range(6))
async def test_creation_that_was_cut_short_is_completed(calls_before_the_crash: int) -> None:
    kubernetes = FakeKubernetes()

    def crash(call: Call) -> None:
        if call[0] != "get" and len(kubernetes.calls) == calls_before_the_crash:
            raise Crash

    kubernetes.before = crash
    with pytest.raises((Crash, BaseExceptionGroup)):
        await actor(kubernetes).perform(*create())
    kubernetes.before = lambda _: None
    await actor(kubernetes).perform(*create())
    assert_complete(kubernetes)
    assert kubernetes.calls.count(("merge", "deployments", "orders")) == 1


async def test_creation_that_is_repeated_changes_nothing() -> None:
    kubernetes = FakeKubernetes()
    await actor(kubernetes).perform(*create())
    before = [kubernetes.bodies(one) for one in (DEPLOYMENTS, SERVICES, CONFIG_MAPS)]
    await actor(kubernetes).perform(*create())
    assert [kubernetes.bodies(one) for one in (DEPLOYMENTS, SERVICES, CONFIG_MAPS)] == before


@pytest.mark.parametrize(
    ("owner_uid", "generation"), [(None, 1), ("another-resource", 1), (subject_of(RAW).metadata.uid, 7)]
)
async def test_deployment_that_was_not_made_for_this_submission_is_not_touched(
    owner_uid: str | None, generation: int
) -> None:
    foreign = deployment_object(RAW, owner_uid=owner_uid, generation=generation)
    kubernetes = FakeKubernetes((DEPLOYMENTS, foreign))
    before = kubernetes.object(DEPLOYMENTS, "orders")
    with pytest.raises(ActionRefused) as refusal:
        await actor(kubernetes).perform(*create())
    assert refusal.value.problem.reason == "DeploymentExists"
    assert kubernetes.object(DEPLOYMENTS, "orders") == before
    assert kubernetes.names(SERVICES) == []


def owned(name: str, uid: str | None) -> Json:
    owners = [] if uid is None else [{"kind": "Deployment", "name": "orders", "uid": uid}]
    return {"metadata": {"name": name, "namespace": "shop", "ownerReferences": owners}, "data": {"own": "x"}}


@pytest.mark.parametrize(
    ("collection", "name"), [(SERVICES, "orders-rest"), (CONFIG_MAPS, "flink-config-orders")]
)
@pytest.mark.parametrize("owner_uid", [None, "an-older-deployment"])
async def test_object_of_another_owner_is_neither_overwritten_nor_relied_on(
    collection: Collection, name: str, owner_uid: str | None
) -> None:
    """What an older Deployment owned is about to be collected; what nobody of ours owns is a stranger's."""
    kubernetes = FakeKubernetes((collection, owned(name, owner_uid)))
    before = kubernetes.object(collection, name)
    with pytest.raises((ActionRefused, Conflict)):
        await actor(kubernetes).perform(*create())
    assert kubernetes.object(collection, name) == before
    assert kubernetes.object(DEPLOYMENTS, "orders")["spec"]["paused"] is True


@pytest.mark.parametrize(
    "call",
    [
        ("create", "deployments", "orders"),
        ("create", "services", "orders-rest"),
        ("create", "configmaps", "flink-config-orders"),
        ("merge", "deployments", "orders"),
    ],
)
@pytest.mark.parametrize("status", [400, 403, 422])
async def test_creation_that_the_server_refuses_is_a_problem_for_the_owner(call: Call, status: int) -> None:
    kubernetes = FakeKubernetes()
    kubernetes.before = refusing(call, status)
    with pytest.raises(ActionRefused) as refusal:
        await actor(kubernetes).perform(*create())
    assert refusal.value.problem.reason == "FailedCreate"
    assert "spec.x: must be less" in refusal.value.problem.message


@pytest.mark.parametrize("call", [("create", "deployments", "orders"), ("create", "services", "orders-rest")])
@pytest.mark.parametrize("status", [0, 500, 503])
async def test_creation_without_an_answer_is_no_refusal(call: Call, status: int) -> None:
    kubernetes = FakeKubernetes()
    kubernetes.before = refusing(call, status)
    with pytest.raises(ApiError):
        await actor(kubernetes).perform(*create())


@pytest.mark.parametrize(
    "spec",
    [
        {"flinkConfiguration": {"rest.port": "http"}},
        {"flinkConfiguration": {"high-availability": "kubernetes"}},
    ],
)
async def test_spec_that_no_cluster_can_be_made_of_is_a_problem_for_the_owner(spec: Json) -> None:
    kubernetes = FakeKubernetes()
    with pytest.raises(ActionRefused) as refusal:
        await actor(kubernetes).perform(*create(application(**spec)))
    assert refusal.value.problem.reason == "InvalidConfiguration"
    assert kubernetes.calls == []


async def test_job_manager_is_stopped_by_scaling_to_zero() -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    await actor(kubernetes).perform(StopJobManager(), subject_of(RAW))
    assert kubernetes.object(DEPLOYMENTS, "orders")["spec"]["replicas"] == 0


@pytest.mark.parametrize(("uid", "left"), [("deployment-uid", []), ("another", ["orders"])])
async def test_only_the_deployment_that_was_seen_is_deleted(uid: str, left: list[str]) -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    await actor(kubernetes).perform(DeleteCluster(uid), subject_of(RAW))
    assert kubernetes.names(DEPLOYMENTS) == left


async def test_job_manager_that_vanished_need_not_be_stopped() -> None:
    await actor(FakeKubernetes()).perform(StopJobManager("7"), subject_of(RAW))


def both_deployments() -> FakeKubernetes:
    job_manager = deployment_object(RAW)
    task_managers = {"metadata": {**job_manager["metadata"], "name": "orders-taskmanager", "uid": "workers"}}
    return FakeKubernetes((DEPLOYMENTS, job_manager), (DEPLOYMENTS, task_managers))


async def test_all_that_is_known_of_a_cluster_is_given_up() -> None:
    kubernetes = both_deployments()
    await actor(kubernetes).perform(GiveUpCluster("deployment-uid", "workers"), subject_of(RAW))
    assert kubernetes.names(DEPLOYMENTS) == []


async def test_cluster_of_which_nothing_is_known_is_given_up_without_a_call() -> None:
    kubernetes = both_deployments()
    await actor(kubernetes).perform(GiveUpCluster(None, None), subject_of(RAW))
    assert kubernetes.calls == []


async def test_refused_deletion_keeps_nothing_else_from_being_given_up() -> None:
    kubernetes = both_deployments()
    kubernetes.before = refusing(("delete", "deployments", "orders"), 403)
    await actor(kubernetes).perform(GiveUpCluster("deployment-uid", "workers"), subject_of(RAW))
    assert kubernetes.names(DEPLOYMENTS) == ["orders"]


async def test_giving_up_is_repeated_when_no_answer_came() -> None:
    kubernetes = both_deployments()
    kubernetes.before = refusing(("delete", "deployments", "orders"), 503)
    with pytest.raises(ApiError):
        await actor(kubernetes).perform(GiveUpCluster("deployment-uid", "workers"), subject_of(RAW))


def config_map(name: str, *, cluster: str = "orders", **fields: Any) -> tuple[Collection, Json]:
    labels = {"app": cluster, "type": NATIVE, **fields.pop("labels", {})}
    data = fields.pop("data", {})
    metadata = {"name": name, "namespace": "shop", "labels": labels, **fields}
    return CONFIG_MAPS, {"metadata": metadata, "data": data}


async def test_only_what_flink_itself_wrote_is_given_up() -> None:
    kubernetes = FakeKubernetes(
        config_map("orders-cluster-config-map"),
        config_map(f"orders-{'0' * 32}-config-map", labels={"configmap-type": "high-availability"}),
        config_map("flink-config-orders", ownerReferences=[{"kind": "Deployment", "uid": "d"}]),
        config_map("autoscaler-orders", labels={"component": "autoscaler"}),
        config_map("other-cluster-config-map", cluster="other"),
    )
    await actor(kubernetes).perform(DeleteHighAvailabilityData(), subject_of(RAW))
    assert kubernetes.names(CONFIG_MAPS) == [
        "autoscaler-orders",
        "flink-config-orders",
        "other-cluster-config-map",
    ]


async def test_plans_of_older_jobs_are_taken_out_of_what_flink_keeps() -> None:
    kept = {"checkpointID-0000000000000000007": "y", "org.apache.flink.k8s.leader.dispatcher": "z"}
    plans = {f"jobGraph-{'0' * 32}": "x", f"executionPlan-{'1' * 32}": "x"}
    kubernetes = FakeKubernetes(
        config_map("orders-cluster-config-map", data={**plans, **kept}),
        config_map("other-cluster-config-map", cluster="other", data=plans),
    )
    await actor(kubernetes).perform(ForgetJobPlans(), subject_of(RAW))
    assert kubernetes.object(CONFIG_MAPS, "orders-cluster-config-map")["data"] == kept
    assert kubernetes.object(CONFIG_MAPS, "other-cluster-config-map")["data"] == plans


async def test_finalizer_joins_and_leaves_those_of_others() -> None:
    raw = with_metadata(RAW, finalizers=["example.org/other"])
    kubernetes = FakeKubernetes((FLINK_DEPLOYMENTS, raw))
    stored = kubernetes.object(FLINK_DEPLOYMENTS, "orders")
    added = await actor(kubernetes).perform(AddFinalizer(), subject_of(stored))
    assert added is not None
    assert added["metadata"]["finalizers"] == ["example.org/other", FINALIZER]
    removed = await actor(kubernetes).perform(RemoveFinalizer(), subject_of(added))
    assert removed is not None
    assert removed["metadata"]["finalizers"] == ["example.org/other"]


async def test_finalizer_is_not_set_on_a_version_that_was_not_read() -> None:
    kubernetes = FakeKubernetes((FLINK_DEPLOYMENTS, RAW))
    with pytest.raises(Conflict):
        await actor(kubernetes).perform(AddFinalizer(), subject_of(RAW))


# Session jobs of a cluster that goes with them


def with_session_jobs(*names: str, **metadata: Any) -> FakeKubernetes:
    jobs = ({"metadata": {"name": name, "namespace": "shop", "uid": name, **metadata}} for name in names)
    return FakeKubernetes(*((FLINK_SESSION_JOBS, job) for job in jobs))


async def test_session_jobs_are_deleted_and_those_that_are_gone_or_going_left_alone() -> None:
    kubernetes = with_session_jobs("one", "two")
    action = DeleteSessionJobs(("one", "two", "gone"))
    for _ in range(2):
        await actor(kubernetes).perform(action, subject_of(RAW))
    assert kubernetes.names(FLINK_SESSION_JOBS) == []


async def test_session_job_that_may_not_be_deleted_is_a_problem_for_the_owner() -> None:
    kubernetes = with_session_jobs("one")
    kubernetes.before = refusing(("delete", "flinksessionjobs", "one"), 403)
    with pytest.raises(ActionRefused) as refusal:
        await actor(kubernetes).perform(DeleteSessionJobs(("one",)), subject_of(RAW))
    assert refusal.value.problem.reason == "SessionJobsStay"
    assert "rbac.deleteSessionJobs" in refusal.value.problem.message

"""Facts about a cluster: from caches at rest, live before an effect; silence makes a fact unknown."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from controller.cache import Cache
from controller.decide import decide
from controller.decide.conditions import milliseconds
from controller.decide.subject import Subject
from controller.flink.names import NATIVE
from controller.flink.rest import FlinkRest, RestError
from controller.kubernetes_api import CONFIG_MAPS, DEPLOYMENTS, EVENTS, PODS, ApiError, Object
from controller.observation import (
    Absent,
    Checkpoints,
    Component,
    FlinkInfo,
    HighAvailability,
    Job,
    JobException,
    Known,
    Problem,
    StopOperation,
    Unknown,
)
from controller.observe import Observer
from shared.model.status import JobState
from tests.unit.fake_kubernetes import Call, FakeKubernetes
from tests.unit.flink_deployments import (
    UID,
    application,
    deployment_object,
    edited,
    job_of,
    observed,
    observed_up,
    subject_of,
    with_metadata,
    with_status,
)

Json = dict[str, Any]
RAW = application()


class StaleCache(Cache):
    """A cache that holds what it is given, whatever the API server holds."""

    def __init__(self, deployment: Object | None = None, *pods: Object) -> None:
        super().__init__()
        self._deployment, self._pods = deployment, pods

    def deployment(self, namespace: str, name: str) -> Object | None:
        del namespace, name
        return self._deployment

    def pods(self, namespace: str, cluster: str) -> Iterator[Object]:
        del namespace, cluster
        yield from self._pods


class JobManagers:
    """The REST of the JobManagers: answers, or errors, by method."""

    def __init__(self, jobs: list[Job] | Exception, thrown: Any = ()) -> None:
        self._jobs, self._thrown = jobs, thrown
        self.known_checkpoints: Checkpoints | Exception | None = None
        self.known_stop: StopOperation | Exception | None = None
        self.since_end: float | Exception | None = None
        self.asked: list[str] = []

    async def info(self, base: str) -> FlinkInfo:
        self.asked.append(base)
        answer(self._jobs)
        return FlinkInfo("2.3.0", "x")

    async def jobs(self, base: str) -> Any:
        self.asked.append(base)
        return answer(self._jobs)

    async def exceptions(self, base: str, job_id: str) -> Any:
        self.asked.append(f"{base}/{job_id}")
        return answer(self._thrown)

    async def checkpoints(self, base: str, job_id: str) -> Any:
        self.asked.append(f"{base}/{job_id}/checkpoints")
        return answer(self.known_checkpoints)

    async def seconds_since_end(self, base: str, job_id: str) -> Any:
        self.asked.append(f"{base}/{job_id}")
        return answer(self.since_end)

    async def stop_operation(self, base: str, job_id: str, trigger_id: str) -> Any:
        self.asked.append(f"{base}/{job_id}/{trigger_id}")
        return answer(self.known_stop)


def answer(prepared: Any) -> Any:
    if isinstance(prepared, Exception):
        raise prepared
    return prepared


NOBODY = JobManagers(RestError("no answer"))


def observer(kubernetes: FakeKubernetes, cache: Cache | None = None, rest: JobManagers = NOBODY) -> Observer:
    return Observer(kubernetes.api, cache or StaleCache(), cast(FlinkRest, rest))


def settled(first: Json = RAW) -> Json:
    """A resource whose job runs."""
    raw = with_status(first, decide(subject_of(first), observed()))
    job = job_of(raw["status"]["jobStatus"]["jobId"])
    return with_status(raw, decide(subject_of(raw), observed_up(job)))


def job_of_resource(subject: Subject, state: JobState = JobState.RUNNING) -> Job:
    return job_of(subject.status.job_status.job_id or "", state).value


def pod_object(name: str, component: str, **fields: Any) -> Object:
    labels = {"app": "orders", "type": NATIVE, "component": component}
    return {"metadata": {"name": name, "namespace": "shop", "labels": labels, "uid": f"{name}-uid"}, **fields}


def failing(collection: str) -> Any:
    def before(call: Call) -> None:
        if call[1] == collection:
            raise ApiError(503, "ServiceUnavailable", f"{collection} cannot be read")

    return before


def reads(kubernetes: FakeKubernetes) -> list[Call]:
    made: list[Call] = []
    kubernetes.before = made.append
    return made


def without_recorded_job_id() -> Subject:
    """As older versions of the Java operator left it."""
    raw = settled()
    del raw["status"]["jobStatus"]["jobId"]
    return subject_of(raw)


async def test_only_job_of_a_cluster_is_its_own_where_no_id_is_on_record() -> None:
    subject = without_recorded_job_id()
    job = job_of("a" * 32).value
    seen = await observer(FakeKubernetes(), StaleCache(deployment_object(RAW)), JobManagers([job])).observe(
        subject
    )
    assert seen.job == Known(job)


async def test_which_of_several_jobs_is_its_own_is_not_guessed() -> None:
    subject = without_recorded_job_id()
    rest = JobManagers([job_of("a" * 32).value, job_of("b" * 32).value])
    seen = await observer(FakeKubernetes(), StaleCache(deployment_object(RAW)), rest).observe(subject)
    assert isinstance(seen.job, Unknown)


# Deployments


async def test_cluster_at_rest_is_read_from_the_cache() -> None:
    kubernetes = FakeKubernetes()
    made, subject = reads(kubernetes), subject_of(settled())
    rest = JobManagers([job_of_resource(subject)])
    found = await observer(kubernetes, StaleCache(deployment_object(RAW)), rest).observe(subject)
    assert isinstance(found.cluster, Known)
    assert found.flink == Known(FlinkInfo("2.3.0", "x"))
    assert found.job == Known(job_of_resource(subject))
    assert made == []
    assert {url[:28] for url in rest.asked} == {"http://orders-rest.shop:8081"}


async def test_stale_cache_is_not_believed_when_an_effect_may_follow() -> None:
    raw = edited(settled(), image="flink:2.4")
    found = await observer(FakeKubernetes(), StaleCache(deployment_object(RAW))).observe(subject_of(raw))
    assert found.cluster == Absent()


async def test_cluster_that_the_cache_does_not_hold_is_looked_for() -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    found = await observer(kubernetes).observe(subject_of(settled()))
    assert isinstance(found.cluster, Known)


async def test_cluster_at_rest_that_does_not_answer_is_looked_for() -> None:
    found = await observer(FakeKubernetes(), StaleCache(deployment_object(RAW))).observe(
        subject_of(settled())
    )
    assert found.cluster == Absent()


async def test_cluster_at_rest_that_is_down_comes_up_or_goes_by_watch() -> None:
    kubernetes = FakeKubernetes()
    made, down = reads(kubernetes), deployment_object(RAW, availableReplicas=0)
    found = await observer(kubernetes, StaleCache(down)).observe(subject_of(settled()))
    assert isinstance(found.cluster, Known)
    assert found.from_caches
    assert made == []


async def test_cluster_at_rest_is_read_live_when_asked_for() -> None:
    cache = StaleCache(deployment_object(RAW))
    found = await observer(FakeKubernetes(), cache).observe(subject_of(settled()), live=True)
    assert found.cluster == Absent()
    assert not found.from_caches


async def test_deployment_that_cannot_be_read_is_unknown() -> None:
    kubernetes = FakeKubernetes()
    kubernetes.before = failing("deployments")
    found = await observer(kubernetes).observe(subject_of(RAW))
    assert found.cluster == Unknown("deployments cannot be read")


@pytest.mark.parametrize(
    ("annotation", "generation"), [("7", 7), ("seven", None), ("", None)], ids=["number", "word", "empty"]
)
async def test_generation_is_that_of_the_annotation(annotation: str, generation: int | None) -> None:
    body = deployment_object(RAW)
    body["metadata"]["annotations"] = dict.fromkeys(body["metadata"]["annotations"], annotation)
    found = await observer(FakeKubernetes((DEPLOYMENTS, body))).observe(subject_of(RAW))
    assert isinstance(found.cluster, Known)
    assert found.cluster.value.generation == generation


@pytest.mark.parametrize(("owner_uid", "foreign"), [(UID, False), ("another", True), (None, True)])
async def test_deployment_that_was_not_made_for_the_resource_is_foreign(
    owner_uid: str | None, foreign: bool
) -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW, owner_uid=owner_uid)))
    found = await observer(kubernetes).observe(subject_of(RAW))
    assert isinstance(found.cluster, Known)
    assert found.cluster.value.foreign is foreign


async def test_refused_pods_of_a_deployment_are_its_problem() -> None:
    condition = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": "over quota",
    }
    body = deployment_object(RAW, availableReplicas=0, conditions=[condition])
    found = await observer(FakeKubernetes((DEPLOYMENTS, body))).observe(subject_of(RAW))
    assert isinstance(found.cluster, Known)
    assert found.cluster.value.problem is not None
    assert "over quota" in found.cluster.value.problem.message


# Pods


async def test_pods_are_read_live_when_there_is_no_deployment() -> None:
    kubernetes = FakeKubernetes((PODS, pod_object("orders-taskmanager-1-1", "taskmanager")))
    found = await observer(kubernetes, StaleCache()).observe(subject_of(RAW))
    assert isinstance(found.pods, Known)
    assert [pod.component for pod in found.pods.value] == [Component.TASK_MANAGER]


async def test_pods_that_cannot_be_read_are_unknown() -> None:
    kubernetes = FakeKubernetes()
    kubernetes.before = failing("pods")
    found = await observer(kubernetes).observe(subject_of(RAW))
    assert found.pods == Unknown("pods cannot be read")


@pytest.mark.parametrize("component", ["sidecar", ""])
async def test_pods_with_flinks_labels_that_are_no_part_of_flink_do_not_count(component: str) -> None:
    kubernetes = FakeKubernetes((PODS, pod_object("import-1", component)))
    found = await observer(kubernetes).observe(subject_of(RAW))
    assert found.pods == Known(())


async def test_silent_pod_is_explained_by_its_events() -> None:
    started = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    pod = pod_object("orders-1", "jobmanager", status={"phase": "Pending", "startTime": started})
    event = {
        "metadata": {"name": "e"},
        "reason": "FailedMount",
        "message": "no volume",
        "lastTimestamp": started,
    }
    found = await observer(FakeKubernetes((PODS, pod), (EVENTS, event))).observe(subject_of(RAW))
    assert isinstance(found.pods, Known)
    (read,) = found.pods.value
    assert read.problem is not None
    assert read.problem.reason == "FailedMount"


# JobManagers


async def observed_job(rest: JobManagers, subject: Subject) -> Any:
    cache = StaleCache(deployment_object(RAW))
    return await observer(FakeKubernetes((DEPLOYMENTS, deployment_object(RAW))), cache, rest).observe(subject)


async def test_job_manager_that_does_not_answer_leaves_everything_unknown() -> None:
    found = await observed_job(NOBODY, subject_of(settled()))
    assert isinstance(found.flink, Unknown)
    assert isinstance(found.job, Unknown)


async def test_job_is_absent_only_when_the_job_manager_does_not_know_it() -> None:
    found = await observed_job(JobManagers([job_of("f" * 32).value]), subject_of(settled()))
    assert found.job == Absent()


async def test_failed_job_comes_with_its_cause() -> None:
    subject = subject_of(settled())
    thrown = (JobException(1, "java.io.IOException: disk full"),)
    found = await observed_job(JobManagers([job_of_resource(subject, JobState.FAILED)], thrown), subject)
    assert found.job.value.failure == "java.io.IOException: disk full"


async def test_job_manager_of_a_job_at_rest_is_asked_for_exceptions_once() -> None:
    subject = subject_of(settled())
    rest = JobManagers([job_of_resource(subject)])
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    looking = observer(kubernetes, StaleCache(deployment_object(RAW)), rest)
    for _ in range(3):
        await looking.observe(subject)
    assert len([url for url in rest.asked if url.endswith(job_of_resource(subject).job_id)]) == 1


async def test_failed_job_is_known_though_its_cause_is_not() -> None:
    subject = subject_of(settled())
    rest = JobManagers([job_of_resource(subject, JobState.FAILED)], RestError("HTTP 404"))
    found = await observed_job(rest, subject)
    assert found.job == Known(job_of_resource(subject, JobState.FAILED))


async def test_job_manager_that_is_not_up_is_not_asked() -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW, availableReplicas=0)))
    rest = JobManagers([])
    found = await observer(kubernetes, rest=rest).observe(subject_of(RAW))
    assert isinstance(found.flink, Unknown)
    assert rest.asked == []


async def test_job_manager_is_asked_on_the_port_that_its_cluster_was_made_with() -> None:
    raw = application(flinkConfiguration={"rest.port": 9999})
    raw = with_status(raw, decide(subject_of(raw), observed()))
    raw = edited(raw, flinkConfiguration={"rest.port": 7777})
    rest = JobManagers([])
    await observed_job(rest, subject_of(raw))
    assert set(rest.asked) == {"http://orders-rest.shop:9999"}


ON, OFF = {"security.ssl.rest.enabled": "true"}, {"security.ssl.rest.enabled": "false"}
ALL_ON = {"security.ssl.enabled": "true"}
KEYSTORE = {
    "security.ssl.rest.keystore": "/opt/flink/tls/keystore.p12",
    "security.ssl.rest.keystore-password": "x",
    "security.ssl.rest.key-password": "x",
}


@pytest.mark.parametrize(
    ("options", "version", "scheme"),
    [
        ({}, "v2_3", "http"),
        (ON, "v2_3", "https"),
        (ON, "v1_17", "https"),
        (OFF, "v2_3", "http"),
        ({"security.ssl.rest.enabled": "TRUE"}, "v2_3", "https"),
        (ALL_ON, "v1_20", "https"),
        (ALL_ON, "v2_0", "http"),
        (ALL_ON | OFF, "v1_20", "http"),
        ({"security.ssl.enabled": "false"} | ON, "v1_20", "https"),
        ({"security.ssl.internal.enabled": "true"}, "v1_20", "http"),
    ],
    ids=str,
)
async def test_job_manager_is_asked_as_its_options_say(options: Json, version: str, scheme: str) -> None:
    raw = application(flinkConfiguration=options | KEYSTORE, flinkVersion=version)
    raw = with_status(raw, decide(subject_of(raw), observed()))
    raw = edited(raw, flinkConfiguration=ON if scheme == "http" else OFF)
    rest = JobManagers([])
    await observed_job(rest, subject_of(raw))
    assert set(rest.asked) == {f"{scheme}://orders-rest.shop:8081"}


async def test_job_manager_is_asked_over_tls_where_the_operators_defaults_say_so() -> None:
    rest = JobManagers([])
    await observed_job(rest, subject_of(with_status(RAW, decide(subject_of(RAW), observed())), ON))
    assert set(rest.asked) == {"https://orders-rest.shop:8081"}


async def test_what_must_be_mended_before_a_job_manager_can_be_asked_is_handed_on() -> None:
    problem = Problem("TlsFailed", "The certificate has expired.")
    found = await observed_job(JobManagers(RestError("no", problem=problem)), subject_of(settled()))
    assert found.flink == found.job == Unknown("no", problem)


def torn_down(since: timedelta) -> Json:
    """Its job is over since then, and the rest of it is being deleted."""
    raw = with_metadata(deepcopy(settled()), deletionTimestamp=(datetime.now(UTC) - since).isoformat())
    raw["status"] |= {"lifecycleState": "DELETING"}
    raw["status"]["jobStatus"] |= {"state": "FINISHED"}
    at = milliseconds(datetime.now(UTC) - since)
    raw["status"]["reconciliationStatus"] |= {"reconciliationTimestamp": at}
    return raw


async def test_resource_whose_deletion_begins_is_read_live() -> None:
    raw = with_metadata(deepcopy(settled()), deletionTimestamp=datetime.now(UTC).isoformat())
    found = await observer(FakeKubernetes(), StaleCache(deployment_object(RAW))).observe(subject_of(raw))
    assert found.cluster == Absent()


async def test_cluster_that_is_torn_down_goes_by_the_cache_and_nobody_is_asked() -> None:
    kubernetes, rest = FakeKubernetes(), JobManagers([])
    made = reads(kubernetes)
    subject = subject_of(torn_down(timedelta(seconds=1)))
    found = await observer(kubernetes, StaleCache(deployment_object(RAW)), rest).observe(subject)
    assert isinstance(found.cluster, Known)
    assert found.from_caches
    assert (made, rest.asked) == ([], [])


async def test_job_manager_is_asked_while_the_place_of_the_last_savepoint_is_not_known() -> None:
    raw, rest = torn_down(timedelta(seconds=1)), JobManagers([])
    info = {"triggerId": "a" * 32, "triggerTimestamp": 7, "triggerType": "UPGRADE", "formatType": "CANONICAL"}
    raw["status"]["jobStatus"]["savepointInfo"] = info
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    await observer(kubernetes, StaleCache(deployment_object(RAW)), rest).observe(subject_of(raw))
    assert rest.asked != []


async def test_cluster_whose_end_takes_long_is_read_live() -> None:
    subject = subject_of(torn_down(timedelta(seconds=31)))
    found = await observer(FakeKubernetes(), StaleCache(deployment_object(RAW))).observe(subject)
    assert found.cluster == Absent()


async def test_torn_down_cluster_that_the_cache_does_not_hold_is_looked_for_with_its_pods() -> None:
    kubernetes = FakeKubernetes((PODS, pod_object("orders-taskmanager-1-1", "taskmanager")))
    found = await observer(kubernetes).observe(subject_of(torn_down(timedelta(seconds=1))))
    assert found.cluster == Absent()
    assert isinstance(found.pods, Known)
    assert found.pods.value != ()
    assert not found.from_caches


# What a change needs to know


def changing(**spec: Any) -> Json:
    """A resource whose spec was changed while its job runs."""
    return edited(settled(), image="flink:2.4", **spec)


async def in_motion(raw: Json, rest: JobManagers, *objects: Any) -> Any:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)), *objects)
    return await observer(kubernetes, rest=rest).observe(subject_of(raw))


def job_manager_of(raw: Json) -> JobManagers:
    return JobManagers([job_of_resource(subject_of(raw))])


async def test_checkpoints_are_asked_for_when_a_change_is_due() -> None:
    raw = changing()
    rest = job_manager_of(raw)
    rest.known_checkpoints = Checkpoints(newest="s3://b/chk-7")
    assert (await in_motion(raw, rest)).checkpoints == Known(rest.known_checkpoints)


async def test_job_that_takes_no_checkpoints_has_none() -> None:
    raw = changing()
    assert (await in_motion(raw, job_manager_of(raw))).checkpoints == Absent()


@pytest.mark.parametrize("since_end", [None, 0.0, 2.9, 3.0, RestError("HTTP 500")])
async def test_checkpoints_are_unknown_while_the_job_manager_may_remember_the_time_before_the_end(
    since_end: float | Exception | None,
) -> None:
    raw = changing()
    rest = JobManagers([job_of_resource(subject_of(raw), JobState.CANCELED)])
    rest.known_checkpoints, rest.since_end = Checkpoints(newest="s3://b/chk-7"), since_end
    found = await in_motion(raw, rest)
    assert isinstance(found.checkpoints, Unknown)
    assert isinstance(found.job, Known)


@pytest.mark.parametrize("since_end", [3.1, -600.0], ids=["long ago", "clock set back"])
async def test_checkpoints_of_a_job_that_ended_some_time_ago_are_known(since_end: float) -> None:
    raw = changing()
    rest = JobManagers([job_of_resource(subject_of(raw), JobState.CANCELED)])
    rest.known_checkpoints, rest.since_end = Checkpoints(newest="s3://b/chk-7"), since_end
    assert (await in_motion(raw, rest)).checkpoints == Known(rest.known_checkpoints)


@pytest.mark.parametrize("option", ["rest.cache.checkpoint-statistics.timeout", "web.refresh-interval"])
async def test_memory_of_the_job_manager_is_as_long_as_configured(option: str) -> None:
    raw = edited(settled(application(flinkConfiguration={option: "10 s"})), image="flink:2.4")
    rest = JobManagers([job_of_resource(subject_of(raw), JobState.CANCELED)])
    rest.known_checkpoints, rest.since_end = Checkpoints(newest="s3://b/chk-7"), 9.0
    assert isinstance((await in_motion(raw, rest)).checkpoints, Unknown)


async def test_checkpoints_that_cannot_be_asked_for_are_unknown() -> None:
    raw = changing()
    rest = job_manager_of(raw)
    rest.known_checkpoints = RestError("HTTP 500")
    found = await in_motion(raw, rest)
    assert found.checkpoints == Unknown("HTTP 500")
    assert isinstance(found.job, Known)


def with_trigger(raw: Json, trigger_type: str) -> Json:
    info = {"triggerId": "a" * 32, "triggerType": trigger_type, "triggerTimestamp": 1}
    job_status = {**raw["status"]["jobStatus"], "savepointInfo": info}
    return {**raw, "status": {**raw["status"], "jobStatus": job_status}}


@pytest.mark.parametrize(
    ("answered", "fact"),
    [
        (StopOperation(location="s3://b/sp-1"), Known(StopOperation(location="s3://b/sp-1"))),
        (None, Absent()),
        (RestError("HTTP 500"), Unknown("HTTP 500")),
    ],
    ids=["known", "not known", "no answer"],
)
async def test_stop_of_an_upgrade_is_asked_for_by_its_id(answered: Any, fact: Any) -> None:
    raw = with_trigger(changing(), "UPGRADE")
    rest = job_manager_of(raw)
    rest.known_stop = answered
    assert (await in_motion(raw, rest)).stop == fact


async def test_savepoint_that_no_upgrade_waits_for_is_not_asked_for() -> None:
    raw = with_trigger(changing(), "PERIODIC")
    rest = job_manager_of(raw)
    await in_motion(raw, rest)
    assert not [url for url in rest.asked if url.endswith("a" * 32)]


HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://b/ha"}


def metadata_object(name: str, **data: str) -> Any:
    labels = {"app": "orders", "type": NATIVE}
    return CONFIG_MAPS, {"metadata": {"name": name, "namespace": "shop", "labels": labels}, "data": data}


@pytest.mark.parametrize(
    ("data", "has_checkpoint"),
    [({"counter": "8", "checkpointID-0000000000000000007": "x"}, True), ({"counter": "1"}, False)],
)
async def test_metadata_of_the_recorded_job_is_found(data: Json, has_checkpoint: bool) -> None:
    raw = changing(flinkConfiguration=HA)
    job_id = raw["status"]["jobStatus"]["jobId"]
    found = await in_motion(raw, job_manager_of(raw), metadata_object(f"orders-{job_id}-config-map", **data))
    assert found.high_availability == Known(HighAvailability(job_id, has_checkpoint))


async def test_metadata_that_is_being_deleted_is_none() -> None:
    raw = changing(flinkConfiguration=HA)
    collection, body = metadata_object(
        f"orders-{raw['status']['jobStatus']['jobId']}-config-map", counter="8"
    )
    going = with_metadata(body, deletionTimestamp="2026-11-21T11:00:00Z")
    found = await in_motion(raw, job_manager_of(raw), (collection, going))
    assert found.high_availability == Absent()


@pytest.mark.parametrize("name", ["orders-cluster-config-map", f"orders-{'f' * 32}-config-map"])
async def test_metadata_of_the_cluster_or_of_another_job_is_none(name: str) -> None:
    raw = changing(flinkConfiguration=HA)
    found = await in_motion(raw, job_manager_of(raw), metadata_object(name, counter="8"))
    assert found.high_availability == Absent()


async def test_metadata_that_cannot_be_read_is_unknown() -> None:
    raw = changing(flinkConfiguration=HA)
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    kubernetes.before = failing("configmaps")
    found = await observer(kubernetes, rest=job_manager_of(raw)).observe(subject_of(raw))
    assert found.high_availability == Unknown("configmaps cannot be read")


async def test_metadata_is_not_looked_for_when_a_submission_is_on_record_and_its_cluster_there() -> None:
    raw = application(flinkConfiguration=HA, job={"upgradeMode": "last-state"})
    raw = with_status(raw, decide(subject_of(raw), observed()))
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(raw)))
    made = reads(kubernetes)
    await observer(kubernetes).observe(subject_of(raw))
    assert made == [("get", "deployments", "orders")]


async def test_metadata_is_not_looked_for_where_none_is_kept() -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    made = reads(kubernetes)
    raw = changing()
    found = await observer(kubernetes, rest=job_manager_of(raw)).observe(subject_of(raw))
    assert found.high_availability == Absent()
    assert not [call for call in made if call[1] == "configmaps"]


def unavailable(since: str) -> Object:
    """A Deployment of 11:00:00 whose JobManager is not available since then."""
    condition = {"type": "Available", "status": "False", "lastTransitionTime": f"2026-11-21T{since}Z"}
    return deployment_object(RAW, availableReplicas=0, conditions=[condition])


async def test_change_of_availability_has_its_time() -> None:
    found = await observer(FakeKubernetes((DEPLOYMENTS, unavailable("11:00:09")))).observe(subject_of(RAW))
    assert isinstance(found.cluster, Known)
    assert found.cluster.value.since == datetime(2026, 11, 21, 11, 0, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "never"),
    [("11:00:00", True), ("11:00:02", True), ("11:00:09", False), ("10:50:00", False)],
    ids=["at once", "a moment late", "later", "a clock that was set back"],
)
async def test_job_manager_that_was_never_up_is_told_by_its_first_status(since: str, never: bool) -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, unavailable(since)))
    found = await observer(kubernetes).observe(subject_of(RAW))
    assert isinstance(found.cluster, Known)
    assert found.cluster.value.never_available is never


# Deletions


def with_a_lost_job_id(raw: Json) -> Json:
    return with_metadata(raw, deletionTimestamp="2026-11-21T11:00:00Z") | {
        "status": {**raw["status"], "jobStatus": []}
    }


async def test_job_whose_record_is_damaged_is_the_one_that_lives() -> None:
    kubernetes = FakeKubernetes((DEPLOYMENTS, deployment_object(RAW)))
    lives = job_of("b" * 32).value
    rest = JobManagers([job_of("a" * 32, JobState.CANCELED).value, lives])
    found = await observer(kubernetes, rest=rest).observe(subject_of(with_a_lost_job_id(settled())))
    assert found.job == Known(lives)


async def test_mode_of_a_cluster_that_is_being_deleted_is_that_of_the_record() -> None:
    memory = {"resources": {"requests": {"memory": "1024m"}}}
    raw = application(mode="standalone", taskManager={"replicas": 1, **memory})
    raw = with_status(raw, decide(subject_of(raw), observed()))
    raw = with_metadata(raw, deletionTimestamp="2026-11-21T11:00:00Z")
    raw["spec"] = {**raw["spec"], "mode": "dancing"}
    workers = deployment_object(RAW)
    workers["metadata"] |= {"name": "orders-taskmanager"}
    found = await observer(FakeKubernetes((DEPLOYMENTS, workers))).observe(subject_of(raw))
    assert isinstance(found.task_managers, Known)

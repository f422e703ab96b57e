"""Jobs on session clusters: beside one another, and through what happens to them and to their cluster."""

import json
from collections.abc import Iterable

import pytest

from tests.e2e.conftest import Release
from tests.e2e.continuity import (
    HIGH_AVAILABILITY,
    IN_POD,
    History,
    counting_session_job,
    session_cluster,
    storage,
)
from tests.e2e.flink import SESSION_JOB, Flink, Json, ready
from tests.e2e.jar_server import ELSEWHERE, JarServer
from tests.installation import NAMESPACE
from tests.polling import eventually

pytestmark = pytest.mark.both_modes

SECONDS = 150.0
FASTER = {"spec": {"flinkConfiguration": {"pipeline.object-reuse": "true"}}}
"""A change of a job that needs another run of it."""
GOES_WITH_ITS_JOBS = {"kubernetes.operator.session.deletion.delete-session-jobs": "true"}


def job_id(resource: Json) -> str:
    return str(resource["status"]["jobStatus"]["jobId"])


def restore_point(resource: Json) -> str:
    return str(resource["status"]["jobStatus"]["upgradeSavepointPath"])


def last_savepoint(resource: Json) -> Json | None:
    found: Json | None = resource["status"]["jobStatus"].get("savepointInfo", {}).get("lastSavepoint")
    return found


def is_suspended(resource: Json) -> bool:
    return bool(resource["status"].get("lifecycleState") == "SUSPENDED")


def asked(flink: Flink, cluster: str, path: str) -> Json:
    """What the JobManager answers, by way of the API server."""
    service = f"/api/v1/namespaces/{flink.namespace}/services/{cluster}-rest:8081/proxy"
    answer: Json = json.loads(flink.kubectl("get", "--raw", f"{service}{path}"))
    return answer


def alive(flink: Flink, cluster: str) -> set[str]:
    """Ids of the jobs that have not ended."""
    over = {"FINISHED", "CANCELED", "FAILED"}
    return {job["jid"] for job in asked(flink, cluster, "/jobs/overview")["jobs"] if job["state"] not in over}


def deploy(flink: Flink, cluster: Json, jobs: Iterable[Json]) -> None:
    for resource in (cluster, *jobs):  # in any order: jobs wait for their cluster
        flink.apply(resource)


def test_jobs_of_a_cluster_go_their_own_ways(
    flink: Flink, release: Release, history: History, jars: JarServer
) -> None:
    jobs = [counting_session_job(name, "shared", jars.url("testjob.jar"), history) for name in ("one", "two")]
    deploy(flink, session_cluster("shared", release, history), jobs)
    one, two = history.of("one"), history.of("two")
    first, other = one.wait_for_start(1), two.wait_for_start(1)
    before = flink.wait_until_running("one", SESSION_JOB)
    flink.wait_until_running("two", SESSION_JOB)
    assert alive(flink, "shared") == {job_id(before), job_id(flink.get("two", SESSION_JOB))}
    eventually(
        lambda: asked(flink, "shared", "/jars")["files"] == [] or None, within=SECONDS, what="the jar is gone"
    )

    flink.patch("two", {"spec": {"job": {"savepointTriggerNonce": 1}}}, SESSION_JOB)
    saved = flink.wait_for(
        "two", lambda r: last_savepoint(r) is not None, within=SECONDS, what="a savepoint", kind=SESSION_JOB
    )
    savepoint = last_savepoint(saved) or {}
    assert (savepoint["triggerType"], savepoint["triggerNonce"]) == ("MANUAL", 1)
    assert (history.folder / savepoint["location"].removeprefix(f"file:{IN_POD}/") / "_metadata").exists()

    flink.patch("one", FASTER, SESSION_JOB)
    second = one.wait_for_start(2)
    assert second.restored
    assert second.count == one.last_count(first.run)
    flink.patch("one", {"spec": {"job": {"state": "suspended"}}}, SESSION_JOB)
    flink.wait_for("one", is_suspended, within=SECONDS, what="suspended", kind=SESSION_JOB)
    assert alive(flink, "shared") == {job_id(flink.get("two", SESSION_JOB))}
    flink.patch("one", {"spec": {"job": {"state": "running"}}}, SESSION_JOB)
    third = one.wait_for_start(3)
    assert third.restored
    assert third.count == one.last_count(second.run)
    one.assert_never_two_at_once()
    assert [start.run for start in two.starts()] == [other.run]

    flink.kubectl("delete", "flinkdeployment", "shared", "--wait=false")
    blocked = flink.wait_for(
        "shared", lambda r: ready(r)["reason"] == "DeletionBlocked", within=SECONDS, what="blocked"
    )
    assert "one, two" in ready(blocked)["message"]
    flink.kubectl("delete", SESSION_JOB, "one", "two", "--timeout=60s", timeout=70)
    flink.kubectl("wait", "--for=delete", "flinkdeployment/shared", "--timeout=60s", timeout=70)


def test_jobs_survive_their_job_manager(
    flink: Flink, release: Release, history: History, jars: JarServer
) -> None:
    jar, names = jars.url("testjob.jar"), ("one", "two")
    jobs = [counting_session_job(name, "lasting", jar, history) for name in names]
    deploy(flink, session_cluster("lasting", release, history, options=HIGH_AVAILABILITY), jobs)
    histories = [history.of(name) for name in names]
    firsts = [one.wait_for_start(1) for one in histories]
    ids = [job_id(flink.wait_until_running(name, SESSION_JOB)) for name in names]

    (pod,) = flink.items("pod", "app=lasting,component=jobmanager")
    flink.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")

    for one, first, name, known in zip(histories, firsts, names, ids, strict=True):
        second = one.wait_for_start(2)
        assert second.restored
        assert first.count < second.count <= one.last_count(first.run)
        assert job_id(flink.wait_until_running(name, SESSION_JOB)) == known
    assert alive(flink, "lasting") == set(ids)


def test_jobs_are_parked_with_their_state_while_their_cluster_is_replaced(
    flink: Flink, release: Release, history: History, jars: JarServer
) -> None:
    stateful = counting_session_job("stateful", "changed", jars.url("testjob.jar"), history)
    stateless = counting_session_job(
        "stateless", "changed", jars.url("testjob.jar"), history, upgrade_mode="stateless"
    )
    deploy(flink, session_cluster("changed", release, history), [stateful, stateless])
    one, two = history.of("stateful"), history.of("stateless")
    first = one.wait_for_start(1)
    two.wait_for_start(1)

    flink.patch("changed", {"spec": {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "3"}}})
    second = one.wait_for_start(2)
    assert second.restored
    assert second.count == one.last_count(first.run)
    assert not two.wait_for_start(2).restored
    for name in ("stateful", "stateless"):
        flink.wait_until_running(name, SESSION_JOB)
    assert len(alive(flink, "changed")) == 2


def test_jar_that_is_refused_is_told_of_until_that_is_mended(
    flink: Flink, release: Release, history: History, jars: JarServer
) -> None:
    job = counting_session_job("led-away", "patient", jars.url("leads-away/testjob.jar"), history)
    deploy(flink, session_cluster("patient", release, history), [job])

    refused = flink.wait_for(
        "led-away",
        lambda r: ready(r).get("reason") == "ArtifactFailed",
        within=SECONDS,
        what="refused",
        kind=SESSION_JOB,
    )
    told = ready(refused)["message"]
    assert f"is redirected to {ELSEWHERE}, which is not followed" in told
    assert json.loads(refused["status"]["error"])["message"] == told
    assert told in {event["message"] for event in flink.events("led-away") if event["type"] == "Warning"}
    assert alive(flink, "patient") == set()
    assert asked(flink, "patient", "/jars")["files"] == []

    flink.patch("led-away", {"spec": {"job": {"jarURI": jars.url("testjob.jar")}}}, SESSION_JOB)
    history.of("led-away").wait_for_start(1)
    assert not flink.wait_until_running("led-away", SESSION_JOB)["status"].get("error")


def test_jobs_of_the_same_names_in_two_namespaces_go_in_their_own_order(
    flink: Flink, neighbour: Flink, release: Release, history: History, jars: JarServer
) -> None:
    its_history, jar = storage(neighbour.namespace), jars.url("testjob.jar")
    for space, record in ((flink, history), (neighbour, its_history)):
        cluster = session_cluster("shop", release, record, options=GOES_WITH_ITS_JOBS)
        deploy(space, cluster, [counting_session_job("orders", "shop", jar, record)])
    history.of("orders").wait_for_start(1)
    first = its_history.of("orders").wait_for_start(1)
    ids = [job_id(space.wait_until_running("orders", SESSION_JOB)) for space in (flink, neighbour)]
    assert [alive(flink, "shop"), alive(neighbour, "shop")] == [{one} for one in ids]

    flink.kubectl("delete", "flinkdeployment", "shop", "--timeout=90s", timeout=100)
    assert flink.items("flinksessionjob,deployment,configmap", "app=shop") == []
    assert flink.items("flinksessionjob") == []
    assert alive(neighbour, "shop") == {ids[1]}
    assert [start.run for start in its_history.of("orders").starts()] == [first.run]

    neighbour.cluster.kubectl("delete", "namespace", neighbour.namespace, "--timeout=90s", timeout=100)


@pytest.mark.alone
def test_controller_that_dies_while_it_submits_runs_the_job_once(
    flink: Flink, release: Release, history: History, jars: JarServer
) -> None:
    job = counting_session_job("once", "steady", jars.url("stalls/testjob.jar"), history)
    deploy(flink, session_cluster("steady", release, history), [job])
    eventually(lambda: jars.downloads or None, within=SECONDS, what="the jar is being fetched")
    recorded = job_id(flink.get("once", SESSION_JOB))

    controller = ("-n", NAMESPACE, "-l", "app.kubernetes.io/component=controller")
    flink.cluster.kubectl("delete", "pod", *controller, "--grace-period=0", "--force")
    eventually(lambda: len(jars.downloads) > 1 or None, within=SECONDS, what="the next one fetches it, too")
    jars.goes_on.set()

    history.of("once").wait_for_start(1)
    assert job_id(flink.wait_until_running("once", SESSION_JOB)) == recorded
    assert alive(flink, "steady") == {recorded}
    assert len(history.of("once").starts()) == 1

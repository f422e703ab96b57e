"""Session clusters and their jobs find each other in the watch caches, in their own namespace only."""

import pytest

from controller.cache import SESSION_JOB_INDEX, Cache, named_cluster, resource_index
from controller.decide.subject import SessionCluster
from controller.kubernetes_api import FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS
from controller.observation import Absent, SessionJob
from controller.session_clusters import session_job_subject, session_jobs_of
from controller.subjects import StatusUnreadable
from shared.model.deployment import FlinkVersion
from shared.model.status import JobState
from tests.unit.flink_deployments import (
    Json,
    application,
    edited,
    session,
    subject_of,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import SAVEPOINTS, deployed
from tests.unit.session_jobs import CLUSTER, listed, plan_of_job, running_job, session_job, submitted_job

ADDRESS = "http://orders-rest.shop:8081"


def cache_of(*resources: Json) -> Cache:
    """Caches that hold these FlinkDeployments and FlinkSessionJobs."""
    kinds = {"FlinkDeployment": FLINK_DEPLOYMENTS, "FlinkSessionJob": FLINK_SESSION_JOBS}
    indices: dict[str, dict[tuple[str, str], list[object]]] = {SESSION_JOB_INDEX: {}}
    for raw in resources:
        namespace, name = raw["metadata"]["namespace"], raw["metadata"]["name"]
        index = indices.setdefault(resource_index(kinds[raw["kind"]].plural), {})
        index[namespace, name] = [raw]
        if raw["kind"] == "FlinkSessionJob":
            indices[SESSION_JOB_INDEX].setdefault((namespace, named_cluster(raw)), []).append(name)
    cache = Cache()
    cache.connect(indices)
    return cache


def cluster_of_job(raw_job: Json, *clusters: Json) -> SessionCluster | None:
    return session_job_subject(raw_job, cache_of(*clusters), {}).cluster


def unreadable(raw: Json) -> Json:
    """Somebody spoilt what was recorded."""
    status = {"reconciliationStatus": {"lastReconciledSpec": "{", "state": "DEPLOYED"}}
    return {**raw, "status": status}


def test_cluster_that_a_job_names_is_known_with_its_address() -> None:
    found = cluster_of_job(session_job(), CLUSTER)
    assert found is not None
    assert (found.name, found.address, found.takes_jobs) == ("orders", ADDRESS, True)
    assert found.version is FlinkVersion.V2_3
    assert found.options.items() >= SAVEPOINTS.items()


def test_nothing_is_known_of_a_cluster_that_is_not_there() -> None:
    assert cluster_of_job(session_job(deploymentName="others"), CLUSTER) is None


@pytest.mark.parametrize("spec", [{}, {"deploymentName": None}, None])
def test_job_that_names_no_cluster_has_none(spec: Json | None) -> None:
    raw = {**session_job(), "spec": spec}
    assert named_cluster(raw) == ""
    assert cache_of(CLUSTER).resource(FLINK_DEPLOYMENTS.plural, ("shop", named_cluster(raw))) is None


def test_namesake_in_another_namespace_is_another_cluster() -> None:
    elsewhere = with_metadata(CLUSTER, namespace="kiosk", uid="other-uid")
    here = cluster_of_job(session_job(), elsewhere, CLUSTER)
    there = cluster_of_job(with_metadata(session_job(), namespace="kiosk"), elsewhere, CLUSTER)
    assert here is not None
    assert there is not None
    assert (here.uid, here.address) == (CLUSTER["metadata"]["uid"], ADDRESS)
    assert (there.uid, there.address) == ("other-uid", "http://orders-rest.kiosk:8081")
    assert cluster_of_job(session_job(), elsewhere) is None


def test_nothing_is_known_of_a_cluster_whose_record_cannot_be_read() -> None:
    assert cluster_of_job(session_job(), unreadable(CLUSTER)) is None


def test_job_whose_record_cannot_be_read_is_left_alone() -> None:
    with pytest.raises(StatusUnreadable):
        session_job_subject(unreadable(session_job()), cache_of(CLUSTER), {})


def test_cluster_that_is_not_deployed_takes_no_jobs_yet() -> None:
    found = cluster_of_job(session_job(), session())
    assert found is not None
    assert not found.takes_jobs


def test_application_takes_no_jobs() -> None:
    found = cluster_of_job(session_job(), deployed(application()))
    assert found is not None
    assert (found.is_application, found.takes_jobs) == (True, False)


def test_cluster_that_is_changed_goes() -> None:
    found = cluster_of_job(session_job(), edited(CLUSTER, flinkConfiguration={"a": "b"}))
    assert found is not None
    assert (found.goes, found.takes_jobs) == (True, False)


def test_cluster_speaks_for_its_version_and_options_as_they_are_deployed() -> None:
    found = cluster_of_job(
        session_job(), edited(CLUSTER, flinkVersion="v1_20", flinkConfiguration={"a": "b"})
    )
    assert found is not None
    assert found.version is FlinkVersion.V2_3
    assert "a" not in found.options


def jobs_of_cluster(*jobs: Json) -> list[SessionJob]:
    return list(session_jobs_of(cache_of(CLUSTER, *jobs), subject_of(CLUSTER)))


def test_cluster_sees_the_jobs_that_name_it_and_no_others() -> None:
    running = running_job(session_job())
    others = [
        with_metadata(running, namespace="kiosk"),
        with_metadata(session_job(deploymentName="others"), name="elsewhere"),
    ]
    assert jobs_of_cluster(running, *others) == [SessionJob("report", has_state_to_lose=True, may_run=True)]


@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
def test_running_job_that_keeps_state_has_some_to_lose(mode: str) -> None:
    raw = running_job(session_job(job={"upgradeMode": "savepoint"}))
    raw["spec"]["job"]["upgradeMode"] = mode
    assert jobs_of_cluster(raw) == [SessionJob("report", has_state_to_lose=True, may_run=True)]


def test_job_without_state_has_none_to_lose() -> None:
    raw = running_job(session_job(job={"upgradeMode": "stateless"}))
    assert jobs_of_cluster(raw) == [SessionJob("report", has_state_to_lose=False, may_run=True)]


def test_job_that_never_ran_or_has_ended_has_none_to_lose() -> None:
    running = running_job(session_job())
    ended = with_status(
        running, plan_of_job(running, listed(running, JobState.FINISHED, checkpoints=Absent()))
    )
    assert jobs_of_cluster(session_job()) == [SessionJob("report", has_state_to_lose=False)]
    assert jobs_of_cluster(ended) == [SessionJob("report", has_state_to_lose=False)]


def test_job_that_is_being_submitted_has_state_to_lose() -> None:
    assert jobs_of_cluster(submitted_job(session_job())) == [
        SessionJob("report", has_state_to_lose=True, may_run=True)
    ]


def test_job_that_cannot_be_read_may_have_state_to_lose() -> None:
    assert jobs_of_cluster(unreadable(session_job())) == [
        SessionJob("report", has_state_to_lose=True, may_run=True)
    ]


def test_job_that_is_gone_since_is_no_job() -> None:
    cache = cache_of(CLUSTER)
    cache.connect({SESSION_JOB_INDEX: {("shop", "orders"): ["report"]}})
    assert list(session_jobs_of(cache, subject_of(CLUSTER))) == []

"""Session jobs and their clusters as the API server sees them, before any JobManager is up."""

from copy import deepcopy

from shared.control import FORCE_DELETION, PAUSED
from tests.api.api_server import DEPLOYMENTS, FLINK_DEPLOYMENTS, SESSION_JOBS, Collection, Json
from tests.api.controller import collect_garbage, condition
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment, session_job
from tests.polling import eventually

_SECONDS = 20.0
_WAITING = "WaitingForCluster"


def session_cluster(name: str) -> Json:
    resource = deepcopy(flink_deployment(name))
    del resource["spec"]["job"]
    return resource


def job_on(cluster: str) -> Json:
    """Named as the cluster: the two kinds have nothing to do with each other's names."""
    return session_job(cluster, deploymentName=cluster)


def told(namespace: Namespace, name: str, reason: str, collection: Collection) -> Json:
    """The condition Ready, once it has that reason."""

    def seen() -> Json:
        ready = condition(namespace.get(name, collection))
        assert ready["reason"] == reason, ready
        return ready

    return eventually(seen, within=_SECONDS, what=f"Ready has reason {reason}")


def gone(namespace: Namespace, name: str, collection: Collection) -> None:
    eventually(lambda: namespace.find(name, collection) is None, within=_SECONDS, what=f"{name} is gone")


def delete(namespace: Namespace, name: str, kind: str) -> None:
    namespace.succeeds("delete", kind, name, "--wait=false")


def let_the_cluster_go(namespace: Namespace, name: str) -> None:
    """Play the garbage collector, and wait."""
    eventually(
        lambda: namespace.get(name, DEPLOYMENTS)["metadata"].get("deletionTimestamp"),
        within=_SECONDS,
        what="the controller deletes the JobManager",
    )
    collect_garbage(namespace, name)
    gone(namespace, name, FLINK_DEPLOYMENTS)


def test_job_waits_for_a_cluster_that_is_missing_and_then_for_its_job_manager(
    operated: Namespace, job: str
) -> None:
    operated.store(job_on(job))
    missing = told(operated, job, _WAITING, SESSION_JOBS)
    assert f"There is no FlinkDeployment {job}" in missing["message"]
    operated.store(session_cluster(job))

    def waits() -> bool:
        return "takes no jobs yet" in condition(operated.get(job, SESSION_JOBS))["message"]

    eventually(lambda: waits() or None, within=_SECONDS, what="the job waits for the JobManager")
    resource = operated.get(job, SESSION_JOBS)
    assert condition(resource, "Degraded")["status"] == "False"
    assert "error" not in resource["status"]
    assert "lastReconciledSpec" not in resource["status"].get("reconciliationStatus", {})


def test_job_does_not_run_on_an_application_cluster(operated: Namespace, job: str) -> None:
    operated.store(flink_deployment(job))
    operated.store(job_on(job))
    ready = told(operated, job, "ValidationError", SESSION_JOBS)
    assert "spec.deploymentName" in ready["message"]


def test_job_that_never_ran_is_deleted_at_once(operated: Namespace, job: str) -> None:
    operated.store(job_on(job))
    told(operated, job, _WAITING, SESSION_JOBS)
    delete(operated, job, "flinksessionjob")
    gone(operated, job, SESSION_JOBS)


def test_cluster_is_kept_by_its_session_job_until_that_is_deleted(operated: Namespace, job: str) -> None:
    operated.store(session_cluster(job))
    operated.store(job_on(job))
    told(operated, job, _WAITING, SESSION_JOBS)
    delete(operated, job, "flinkdeployment")
    blocked = told(operated, job, "DeletionBlocked", FLINK_DEPLOYMENTS)
    assert f"delete them first: {job}" in blocked["message"]
    assert FORCE_DELETION in blocked["message"]
    delete(operated, job, "flinksessionjob")
    gone(operated, job, SESSION_JOBS)
    let_the_cluster_go(operated, job)


def test_annotation_lets_a_cluster_go_that_session_jobs_keep(operated: Namespace, job: str) -> None:
    operated.store(session_cluster(job))
    operated.store(job_on(job))
    told(operated, job, _WAITING, SESSION_JOBS)
    delete(operated, job, "flinkdeployment")
    told(operated, job, "DeletionBlocked", FLINK_DEPLOYMENTS)
    operated.succeeds("annotate", "flinkdeployment", job, f"{FORCE_DELETION}=true")
    let_the_cluster_go(operated, job)
    assert f"There is no FlinkDeployment {job}" in told(operated, job, _WAITING, SESSION_JOBS)["message"]


def test_session_jobs_are_deleted_with_their_cluster_where_it_says_so(operated: Namespace, job: str) -> None:
    cluster = session_cluster(job)
    option = "kubernetes.operator.session.deletion.delete-session-jobs"
    cluster["spec"]["flinkConfiguration"] = {option: "true"}
    operated.store(cluster)
    operated.store(job_on(job))
    told(operated, job, _WAITING, SESSION_JOBS)
    delete(operated, job, "flinkdeployment")
    gone(operated, job, SESSION_JOBS)
    let_the_cluster_go(operated, job)


def test_paused_job_is_left_alone(operated: Namespace, job: str) -> None:
    resource = job_on(job)
    resource["metadata"]["annotations"] = {PAUSED: "true"}
    operated.store(resource)

    def paused() -> bool:
        return condition(operated.get(job, SESSION_JOBS), "Paused").get("status") == "True"

    eventually(lambda: paused() or None, within=_SECONDS, what="it says that it is paused")
    assert operated.get(job, SESSION_JOBS)["metadata"].get("finalizers") is None

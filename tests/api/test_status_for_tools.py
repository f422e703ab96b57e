"""What `kubectl wait` and kstatus make of a resource, on a real API server, from before the first look on."""

import pytest
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from controller.decide import decide
from controller.kubernetes_api import KubernetesApi
from controller.observation import Absent, Observation
from shared.model.status import JobState
from tests.api.api_server import FLINK_DEPLOYMENTS, Collection, Json
from tests.api.controller import condition
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment
from tests.health_checks import Kstatus, kstatus
from tests.polling import eventually
from tests.unit.flink_deployments import cluster_of, job_of, observed, observed_up, subject_of

ROLES = Collection("/apis/rbac.authorization.k8s.io/v1", "roles")
ROLE_BINDINGS = Collection("/apis/rbac.authorization.k8s.io/v1", "rolebindings")
_SOON = 15.0


def waits(namespace: Namespace, name: str, seconds: float = 1) -> bool:
    """Whether `kubectl wait` for Ready still waits after that time."""
    arguments = ("--for=condition=Ready", f"flinkdeployment/{name}", f"--timeout={seconds:g}s")
    result = namespace.kubectl("wait", *arguments)
    assert result.returncode == 0 or "timed out" in result.stderr, result.stderr
    return result.returncode != 0


def look(namespace: Namespace, name: str, observation: Observation) -> Json:
    """What a controller would write that observes this; the answer is the resource then."""
    raw = namespace.get(name)
    raw["metadata"]["finalizers"] = ["flinkdeployments.flink.apache.org/finalizer"]
    status = decide(subject_of(raw), observation).status.to_wire()
    body = {**namespace.get(name), "status": status}
    return namespace.api.call("PUT", FLINK_DEPLOYMENTS.path(namespace.name, name, "status"), body)


def job(resource: Json, state: JobState = JobState.RUNNING) -> Observation:
    generation = resource["metadata"]["generation"]
    return observed_up(job_of(resource["status"]["jobStatus"]["jobId"], state), generation=generation)


def test_wait_returns_when_the_first_spec_runs(namespace: Namespace) -> None:
    namespace.apply(flink_deployment("job"))
    assert waits(namespace, "job")
    resource = look(namespace, "job", observed())
    assert kstatus(resource) is Kstatus.IN_PROGRESS
    assert waits(namespace, "job")
    resource = look(namespace, "job", job(resource))
    assert kstatus(resource) is Kstatus.CURRENT
    assert not waits(namespace, "job")


def test_wait_that_follows_an_edit_returns_only_when_the_new_spec_runs(namespace: Namespace) -> None:
    namespace.apply(flink_deployment("job"))
    look(namespace, "job", job(look(namespace, "job", observed())))
    running = look(namespace, "job", job(namespace.get("job")))

    namespace.patch("job", {"spec": {"image": "flink:other"}})
    assert kstatus(namespace.get("job")) is Kstatus.IN_PROGRESS  # nobody has looked at it yet
    assert waits(namespace, "job")
    for observation in (job({**running, "metadata": {"generation": 1}}), observed()):
        assert kstatus(look(namespace, "job", observation)) is Kstatus.IN_PROGRESS
        assert waits(namespace, "job", 0.2)
    look(namespace, "job", job(namespace.get("job")))
    assert not waits(namespace, "job")


def test_job_that_failed_has_failed_for_those_that_wait(namespace: Namespace) -> None:
    namespace.apply(flink_deployment("job"))
    resource = look(namespace, "job", observed())
    resource = look(namespace, "job", job(resource, JobState.FAILED))
    assert kstatus(resource) is Kstatus.FAILED
    namespace.succeeds("wait", "--for=condition=Stalled", "flinkdeployment/job", "--timeout=1s")


def test_session_cluster_is_waited_for_too(namespace: Namespace) -> None:
    session = flink_deployment("cluster")
    del session["spec"]["job"]
    namespace.apply(session)
    assert kstatus(look(namespace, "cluster", observed())) is Kstatus.IN_PROGRESS
    look(namespace, "cluster", observed(cluster=cluster_of(available=False)))
    assert kstatus(look(namespace, "cluster", observed_up(Absent()))) is Kstatus.CURRENT
    assert not waits(namespace, "cluster")


# With the controller


def test_job_that_is_suspended_as_asked_is_current(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job, {"state": "suspended"}))
    assert not waits(operated, job, _SOON)
    assert kstatus(operated.get(job)) is Kstatus.CURRENT
    operated.patch(job, {"spec": {"job": {"state": "running"}}})
    assert waits(operated, job)


def test_spec_that_is_not_valid_has_failed(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job))
    eventually(
        lambda: condition(operated.get(job))["reason"] == "JobManagerNotReady", within=_SOON, what="deployed"
    )
    assert kstatus(operated.get(job)) is Kstatus.IN_PROGRESS
    operated.patch(job, {"spec": {"serviceAccount": None}})
    assert kstatus(operated.get(job)) is not Kstatus.CURRENT

    def failed() -> Json:
        resource = operated.get(job)
        assert kstatus(resource) is Kstatus.FAILED, resource["status"]
        return resource

    status = eventually(failed, within=_SOON, what="the mistake is told")["status"]
    assert status["observedGeneration"] == 2
    assert status["reconciliationStatus"]["lastReconciledGeneration"] == 1


# Rights


@pytest.mark.parametrize("granted", [False, True])
async def test_rights_of_a_service_account_are_those_that_its_roles_grant(
    namespace: Namespace, granted: bool
) -> None:
    if granted:
        metadata = {"name": "flink", "namespace": namespace.name}
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]
        namespace.api.create(ROLES, {"metadata": metadata, "rules": rules})
        subject = {"kind": "ServiceAccount", "name": "flink", "namespace": namespace.name}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "flink"}
        namespace.api.create(ROLE_BINDINGS, {"metadata": metadata, "subjects": [subject], "roleRef": role})
    configuration = Configuration()
    kubeconfig = str(namespace.cluster.kubeconfig)
    await config.load_kube_config(config_file=kubeconfig, client_configuration=configuration)
    api = KubernetesApi(ApiClient(configuration))
    try:
        assert await api.is_allowed(namespace.name, "flink", "create", "pods", "") is granted
        assert not await api.is_allowed(namespace.name, "flink", "delete", "pods", "")
        assert not await api.is_allowed(namespace.name, "other", "create", "pods", "")
    finally:
        await api.close()

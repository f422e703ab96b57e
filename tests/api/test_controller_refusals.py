"""What cannot be done: said in the status and as an event, and nothing is broken on the way."""

import json

import pytest

from tests.api.api_server import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    FLINK_DEPLOYMENTS,
    SERVICES,
    Collection,
    Json,
    flink,
    version,
)
from tests.api.controller import condition
from tests.api.namespace import Namespace
from tests.api.program_text import PROGRAM_TEXT
from tests.api.resources import (
    blue_green_deployment,
    flink_deployment,
    in_namespace,
    state_snapshot,
)
from tests.health_checks import Kstatus, kstatus
from tests.polling import eventually

_PROMISE_SECONDS = 15.0
"""Within this time a user sees why something cannot start."""
_AT_ONCE_SECONDS = 5.0
"""Enough for what the controller finds out by itself."""


def ready_reason(
    namespace: Namespace, name: str, reason: str, collection: Collection = FLINK_DEPLOYMENTS
) -> Json:
    """Wait for the condition Ready with that reason."""

    def stated() -> Json:
        ready = condition(namespace.get(name, collection))
        assert ready["reason"] == reason, ready
        return ready

    return eventually(stated, within=_PROMISE_SECONDS, what=f"Ready has reason {reason}")


def warning(namespace: Namespace, name: str, reason: str) -> str:
    """Wait for a Warning event with that reason; its message."""

    def posted() -> str:
        found = [event for event in namespace.events_of(name) if event["reason"] == reason]
        assert found, f"no event {reason}"
        assert found[0]["type"] == "Warning"
        return str(found[0]["message"])

    return eventually(posted, within=_PROMISE_SECONDS, what=f"an event {reason}")


def invalid(name: str) -> Json:
    """Three mistakes that the API server alone lets through."""
    configuration = {"kubernetes.cluster-id": "mine"}
    return flink_deployment(name, serviceAccount=None, jobManager={}, flinkConfiguration=configuration)


PATHS = (
    "spec.serviceAccount",
    "spec.jobManager.resources.requests.memory",
    "spec.flinkConfiguration[kubernetes.cluster-id]",
)


def test_an_invalid_resource_is_told_all_its_mistakes(operated: Namespace, job: str) -> None:
    operated.apply(invalid(job))
    ready = ready_reason(operated, job, "ValidationError")
    assert ready["status"] == "False"
    error = json.loads(operated.get(job)["status"]["error"])
    event = warning(operated, job, "ValidationError")
    for path in PATHS:
        assert path in ready["message"]
        assert path in error["message"]
        assert path in event


def test_nothing_is_deployed_for_an_invalid_resource(operated: Namespace, job: str) -> None:
    operated.apply(invalid(job))
    ready_reason(operated, job, "ValidationError")
    made = [
        body for kind in (DEPLOYMENTS, SERVICES, CONFIG_MAPS) for body in operated.owned_by_cluster(job, kind)
    ]
    assert made == []
    # Nothing has to be cleaned up either, so nothing holds a deletion up.
    operated.succeeds("delete", "flinkdeployment", job, "--timeout=10s")


def test_a_mended_resource_is_deployed(operated: Namespace, job: str) -> None:
    operated.apply(invalid(job))
    ready_reason(operated, job, "ValidationError")
    operated.apply(flink_deployment(job))
    eventually(
        lambda: not operated.get(job, DEPLOYMENTS)["spec"].get("paused"),
        within=_PROMISE_SECONDS,
        what="the cluster is deployed",
    )
    eventually(
        lambda: "error" not in operated.get(job)["status"], within=_PROMISE_SECONDS, what="the error is gone"
    )


def test_an_invalid_edit_leaves_the_cluster_as_it_is(operated: Namespace, job: str) -> None:
    operated.apply(flink_deployment(job))
    ready_reason(operated, job, "JobManagerNotReady")
    before = version(operated.get(job, DEPLOYMENTS))
    operated.apply(invalid(job))
    ready = ready_reason(operated, job, "ValidationError")
    assert "The last valid spec stays in force." in ready["message"]
    assert "spec.serviceAccount" in warning(operated, job, "ValidationError")
    assert version(operated.get(job, DEPLOYMENTS)) == before


@pytest.mark.parametrize(
    ("plural", "make"),
    [
        ("flinkstatesnapshots", state_snapshot),
        ("flinkbluegreendeployments", blue_green_deployment),
    ],
)
def test_a_kind_that_is_not_acted_on_says_so(
    operated: Namespace, job: str, plural: str, make: object
) -> None:
    assert callable(make)
    operated.store(make(job))
    ready = ready_reason(operated, job, "NotSupported", flink(plural))
    assert ready["status"] == "False"
    assert "nothing is done for it yet" in ready["message"]
    resource = operated.get(job, flink(plural))
    assert kstatus(resource) is Kstatus.FAILED
    assert resource["status"]["observedGeneration"] == resource["metadata"]["generation"]


def test_a_foreign_deployment_of_the_name_is_not_touched(operated: Namespace, job: str) -> None:
    foreign = operated.api.create(DEPLOYMENTS, in_namespace(foreign_deployment(job), operated.name))
    operated.apply(flink_deployment(job))
    try:
        message = ready_reason(operated, job, "DeploymentExists")["message"]
        assert job in message
        assert "Delete it if nothing needs it" in message
        assert job in warning(operated, job, "DeploymentExists")
        assert version(operated.get(job, DEPLOYMENTS)) == version(foreign)
        assert operated.owned_by_cluster(job, SERVICES) == []
    finally:
        operated.api.delete(DEPLOYMENTS, operated.name, job)


def test_the_cluster_is_made_when_the_foreign_deployment_is_gone(operated: Namespace, job: str) -> None:
    operated.api.create(DEPLOYMENTS, in_namespace(foreign_deployment(job), operated.name))
    operated.apply(flink_deployment(job))
    ready_reason(operated, job, "DeploymentExists")
    operated.api.delete(DEPLOYMENTS, operated.name, job)
    ready_reason(operated, job, "JobManagerNotReady")
    assert operated.owned_by_cluster(job, SERVICES)


def with_refused_template(name: str) -> Json:
    """The API server refuses the Deployment: its pod mounts a volume that it does not have."""
    container = {"name": "flink-main-container", "volumeMounts": [{"name": "nowhere", "mountPath": "/data"}]}
    return flink_deployment(name, podTemplate={"spec": {"containers": [container]}})


def test_a_pod_template_that_kubernetes_refuses_is_told(operated: Namespace, job: str) -> None:
    operated.apply(with_refused_template(job))
    message = ready_reason(operated, job, "FailedCreate")["message"]
    assert 'volumeMounts[0].name: Not found: "nowhere"' in message
    assert "nowhere" in json.loads(operated.get(job)["status"]["error"])["message"]
    assert "nowhere" in warning(operated, job, "FailedCreate")


def test_a_mended_pod_template_is_deployed(operated: Namespace, job: str) -> None:
    operated.apply(with_refused_template(job))
    ready_reason(operated, job, "FailedCreate")
    operated.apply(flink_deployment(job))
    ready_reason(operated, job, "JobManagerNotReady")
    assert not operated.get(job, DEPLOYMENTS)["spec"].get("paused")


@pytest.mark.parametrize("session", [False, True], ids=["application", "session"])
def test_a_refusal_that_stands_is_not_written_again(operated: Namespace, job: str, session: bool) -> None:
    resource = with_refused_template(job)
    if session:
        del resource["spec"]["job"]
    operated.apply(resource)
    warning(operated, job, "FailedCreate")
    settled = operated.get(job)["metadata"]["resourceVersion"]
    # The history goes on for a second: a controller that runs in a circle writes a dozen times in it.
    written = [body["metadata"]["name"] for body in operated.history(FLINK_DEPLOYMENTS, settled)]
    assert job not in written


def with_cpu(amount: object) -> Json:
    """A pod template with this amount, whose type the API server leaves open."""
    resources = {"limits": {"cpu": amount}}
    return {"podTemplate": {"spec": {"containers": [{"name": "sidecar", "resources": resources}]}}}


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (with_cpu({"a": "mapping"}), "spec.podTemplate.spec.containers[0].resources.limits.cpu"),
        (with_cpu(["a list"]), "spec.podTemplate.spec.containers[0].resources.limits.cpu"),
        *(
            ({"flinkConfiguration": {option: value}}, option)
            for option, value in (
                ("taskmanager.numberOfTaskSlots", "two"),
                ("taskmanager.numberOfTaskSlots", 0),
                ("rest.port", "http"),
                ("kubernetes.jobmanager.cpu.limit-factor", "much"),
                ("kubernetes.jobmanager.tolerations", "::"),
                ("kubernetes.env.secretKeyRef", "env:A"),
            )
        ),
    ],
    ids=[
        "quantity-is-a-mapping",
        "quantity-is-a-list",
        "slots-are-a-word",
        "no-slots",
        "port-is-a-word",
        "factor-is-a-word",
        "tolerations-without-keys",
        "secret-without-name",
    ],
)
def test_what_no_cluster_can_be_made_of_is_told(
    operated: Namespace, job: str, spec: Json, named: str
) -> None:
    operated.store(flink_deployment(job, **spec))

    def told() -> str:
        resource = operated.get(job)
        message: str = condition(resource)["message"]
        assert named in message, message
        assert named in json.loads(resource["status"]["error"])["message"]
        return message

    message = eventually(told, within=_AT_ONCE_SECONDS, what=f"Ready names {named}")
    assert not PROGRAM_TEXT.search(message), message


def foreign_deployment(name: str) -> Json:
    """Somebody's Deployment."""
    labels = {"example.com/app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }

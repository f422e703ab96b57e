"""Pod templates: typed as Kubernetes types them, and what the types leave open."""

from typing import Any

import pytest

from shared.model.pod_template import pod_template_document
from tests.unit.flink_deployments import application
from tests.unit.reviewed_resources import Json, found, verdict

MAIN = "spec.podTemplate.spec.containers[0]"
KUBERNETES = pod_template_document()["kubernetes"]


def pod(**spec: Any) -> Json:
    return application(podTemplate={"spec": spec})


def container(**fields: Any) -> Json:
    return pod(containers=[{"name": "flink-main-container", **fields}])


@pytest.mark.parametrize(
    "raw",
    [
        application(podTemplate={}),
        application(podTemplate={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "status": {}}),
        application(podTemplate={"metadata": {"creationTimestamp": None}, "spec": {"containers": None}}),
        pod(nodeSelector=None, tolerations=[], volumes=[{"name": "v"}, {"name": "w", "emptyDir": {}}]),
        container(resources={"requests": {"cpu": 0.5, "memory": "1Gi"}, "limits": {"cpu": 1}}),
        container(livenessProbe={"httpGet": {"port": "rest"}}, readinessProbe={"httpGet": {"port": 8081}}),
        container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        container(imagePullPolicy=""),
    ],
)
def test_what_kubernetes_accepts_is_accepted_without_a_word(raw: Json) -> None:
    result = verdict(raw)
    assert (result.errors, result.warnings) == ((), ())


@pytest.mark.parametrize(
    ("raw", "code", "path"),
    [
        (container(image=7), "FK016", f"{MAIN}.image"),
        (container(env=[{"name": "A", "value": 1}]), "FK016", f"{MAIN}.env[0].value"),
        (container(tty="yes"), "FK015", f"{MAIN}.tty"),
        (container(ports=[{"containerPort": "web"}]), "FK013", f"{MAIN}.ports[0].containerPort"),
        (container(ports={"containerPort": 1}), "FK017", f"{MAIN}.ports"),
        (container(livenessProbe={"httpGet": {"port": 1.5}}), "FK016", f"{MAIN}.livenessProbe.httpGet.port"),
        (pod(containers=[{}]), "FK012", f"{MAIN}.name"),
        (pod(volumes=[{"emptyDir": {}}]), "FK012", "spec.podTemplate.spec.volumes[0].name"),
        (pod(volumes=[{"name": "v"}, {"name": "v"}]), "FK120", "spec.podTemplate.spec.volumes[1].name"),
        (
            application(podTemplate={"metadata": {"labels": {"app.kubernetes.io/name": 1}}}),
            "FK016",
            "spec.podTemplate.metadata.labels[app.kubernetes.io/name]",
        ),
    ],
)
def test_what_kubernetes_would_refuse_is_refused_where_it_is_wrong(raw: Json, code: str, path: str) -> None:
    assert found(raw) == {(code, path)}


@pytest.mark.parametrize(
    ("raw", "path", "text"),
    [
        (
            container(imagePulPolicy="Always"),
            f"{MAIN}.imagePulPolicy",
            f"is not a field that Kubernetes {KUBERNETES} knows. Did you mean imagePullPolicy?",
        ),
        (
            container(imagePullPolicy="Allways"),
            f"{MAIN}.imagePullPolicy",
            f"is not a value that Kubernetes {KUBERNETES} knows. "
            "Known are 'Always', 'IfNotPresent' or 'Never'.",
        ),
        (
            pod(aFieldOfANewerKubernetes=[1]),
            "spec.podTemplate.spec.aFieldOfANewerKubernetes",
            f"is not a field that Kubernetes {KUBERNETES} knows.",
        ),
    ],
)
def test_what_only_a_newer_kubernetes_may_know_is_a_warning(raw: Json, path: str, text: str) -> None:
    result = verdict(raw)
    assert result.errors == ()
    (warning,) = result.warnings
    assert (warning.code, warning.path) == ("FK118", path)
    assert str(warning) == f"{path}: {text} [FK118]"


def test_text_that_yaml_reads_as_a_number_is_told_to_be_quoted() -> None:
    (finding,) = verdict(container(env=[{"name": "PORT", "value": 8081}])).errors
    assert (finding.message, finding.hint) == ("must be text, not 8081", "Put it in quotes.")


@pytest.mark.parametrize("component", ["jobManager", "taskManager"])
def test_templates_of_the_components_are_checked_too(component: str) -> None:
    raw = application()
    raw["spec"][component] = {
        "resource": {"memory": "1g"},
        "podTemplate": {"spec": {"containers": [{"name": "a"}] * 2}},
    }
    assert found(raw) == {("FK120", f"spec.{component}.podTemplate.spec.containers[1].name")}

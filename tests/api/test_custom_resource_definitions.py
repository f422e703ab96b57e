"""The CRDs on a real API server: what kubectl makes of them, without webhook and controller."""

from pathlib import Path

import pytest
import yaml

from tests.api.admission import CHART
from tests.api.api_server import FLINK_DEPLOYMENTS, Json, version
from tests.api.namespace import Namespace
from tests.api.resources import blue_green_deployment, flink_deployment, session_job, state_snapshot

CRDS = sorted((CHART / "crds").glob("*.yaml"))
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.mark.parametrize("crd", CRDS, ids=lambda path: path.stem)
@pytest.mark.parametrize("way", ["--server-side=true", "--server-side=false"])
def test_kubectl_applies_the_definition(namespace: Namespace, crd: Path, way: str) -> None:
    # Conflicts are only about who wrote the definition before: here that was another kubectl.
    force = ["--force-conflicts"] if way == "--server-side=true" else []
    output = namespace.succeeds("apply", way, *force, "--dry-run=server", "-f", str(crd))
    assert "(server dry run)" in output


@pytest.mark.parametrize("crd", CRDS, ids=lambda path: path.stem)
def test_the_definition_is_established(namespace: Namespace, crd: Path) -> None:
    name = yaml.safe_load(crd.read_text())["metadata"]["name"]
    conditions = namespace.api.call("GET", f"{_DEFINITIONS}/{name}")["status"]["conditions"]
    stated = {condition["type"]: condition["status"] for condition in conditions}
    assert stated["Established"] == "True"
    # The API server says so when a schema is not structural: then it prunes and defaults nothing.
    assert "NonStructuralSchema" not in stated, conditions


def test_one_word_lists_all_kinds(namespace: Namespace) -> None:
    for resource in (
        flink_deployment("job"),
        session_job("session-job"),
        state_snapshot("savepoint"),
        blue_green_deployment("pair"),
    ):
        namespace.store(resource)
    listed = namespace.succeeds("get", "flink", "-o", "name").splitlines()
    assert set(listed) == {
        "flinkdeployment.flink.apache.org/job",
        "flinksessionjob.flink.apache.org/session-job",
        "flinkstatesnapshot.flink.apache.org/savepoint",
        "flinkbluegreendeployment.flink.apache.org/pair",
    }


@pytest.mark.parametrize(
    ("short_name", "resource", "columns"),
    [
        (
            "flinkdep",
            flink_deployment("x"),
            ["NAME", "JOB STATUS", "LIFECYCLE STATE", "READY", "REASON", "VERSION", "AGE"],
        ),
        (
            "sessionjob",
            session_job("x"),
            ["NAME", "JOB STATUS", "LIFECYCLE STATE", "READY", "REASON", "CLUSTER", "AGE"],
        ),
        (
            "flinksnp",
            state_snapshot("x"),
            ["NAME", "PATH", "RESULT TIMESTAMP", "SNAPSHOT STATE", "READY", "AGE"],
        ),
        ("flinkbgdep", blue_green_deployment("x"), ["NAME", "JOB STATUS", "STATE", "READY", "REASON", "AGE"]),
    ],
    ids=["deployment", "session-job", "snapshot", "blue-green"],
)
def test_a_list_shows_how_things_are(
    namespace: Namespace, short_name: str, resource: Json, columns: list[str]
) -> None:
    namespace.store(resource)
    header = namespace.succeeds("get", short_name).splitlines()[0]
    assert [column.strip() for column in header.split("   ") if column.strip()] == columns


def test_the_list_takes_its_columns_from_the_status(namespace: Namespace) -> None:
    namespace.store(flink_deployment("job"))
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "JobRunning",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    status = {"jobStatus": {"state": "RUNNING"}, "lifecycleState": "STABLE", "conditions": [condition]}
    namespace.patch("job", {"status": status}, subresource="status")
    row = namespace.succeeds("get", "flinkdep", "job", "--no-headers").split()
    assert row[:6] == ["job", "RUNNING", "STABLE", "True", "JobRunning", "v2_3"]


@pytest.mark.parametrize(
    "field",
    [
        "flinkdeployment.spec.job.upgradeMode",
        "flinkdeployment.spec.flinkConfiguration",
        "flinkdeployment.status.jobManagerDeploymentStatus",
        "flinksessionjob.spec.deploymentName",
        "flinkstatesnapshot.spec.savepoint.disposeOnDelete",
        "flinkbluegreendeployment.spec.template.spec.image",
    ],
)
def test_explain_describes_the_field(namespace: Namespace, field: str) -> None:
    _, _, description = namespace.succeeds("explain", field).partition("DESCRIPTION:")
    assert description.split(), f"{field} has no description"
    assert "<empty>" not in description


def test_scaling_sets_the_task_managers(namespace: Namespace) -> None:
    namespace.store(flink_deployment("job", taskManager={"resource": {"memory": "1g"}, "replicas": 1}))
    namespace.succeeds("scale", "flinkdeployment/job", "--replicas=3")
    assert namespace.get("job")["spec"]["taskManager"]["replicas"] == 3


def test_scale_reports_the_task_managers_of_the_status(namespace: Namespace) -> None:
    namespace.store(flink_deployment("job", taskManager={"resource": {"memory": "1g"}, "replicas": 2}))
    reported = {"labelSelector": "component=taskmanager,app=job", "replicas": 2}
    namespace.patch("job", {"status": {"taskManager": reported}}, subresource="status")
    scale = namespace.api.call("GET", FLINK_DEPLOYMENTS.path(namespace.name, "job", "scale"))
    assert scale["spec"]["replicas"] == 2
    assert scale["status"] == {"replicas": 2, "selector": "component=taskmanager,app=job"}


def test_applying_a_resource_leaves_its_status_alone(namespace: Namespace) -> None:
    resource = flink_deployment("job")
    namespace.apply(resource)
    namespace.patch("job", {"status": {"jobStatus": {"state": "RUNNING"}}}, subresource="status")
    namespace.apply({**resource, "status": {"jobStatus": {"state": "FAILED"}}})
    assert namespace.get("job")["status"]["jobStatus"]["state"] == "RUNNING"


def test_writing_the_status_leaves_spec_and_generation_alone(namespace: Namespace) -> None:
    namespace.store(flink_deployment("job"))
    before = namespace.get("job")
    patch = {"spec": {"image": "other"}, "status": {"lifecycleState": "STABLE"}}
    after = namespace.patch("job", patch, subresource="status")
    assert after["status"]["lifecycleState"] == "STABLE"
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


def test_an_unknown_field_is_named(namespace: Namespace) -> None:
    message = namespace.apply_is_refused(flink_deployment("job", {"paralelism": 2}))
    assert 'unknown field "spec.job.paralelism"' in message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"upgradeMode": "savepiont"}, "spec.job.upgradeMode"),
        ({"state": "stopped"}, "spec.job.state"),
        ({"parallelism": "two"}, "spec.job.parallelism"),
    ],
)
def test_the_schema_alone_refuses_a_wrong_value(namespace: Namespace, change: Json, field: str) -> None:
    assert field in namespace.apply_is_refused(flink_deployment("job", change))


def test_free_form_parts_come_back_as_they_were_written(namespace: Namespace) -> None:
    configuration = {
        "taskmanager.numberOfTaskSlots": 2,
        "execution.checkpointing.interval": "5 s",
        "state": {"backend": {"type": "rocksdb", "incremental": True}, "latency-track.history-size": 128},
        "pipeline.jars": ["a.jar", "b.jar"],
    }
    template = {
        "metadata": {"annotations": {"example.com/owner": "team"}},
        "spec": {
            "containers": [
                {
                    "name": "flink-main-container",
                    "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
                },
                {"name": "sidecar", "image": "sidecar:1", "resources": {"limits": {"example.com/gpu": 1}}},
            ],
            "aFieldOfANewerKubernetes": {"deep": [1, "two", None, 3.5]},
        },
    }
    resource = flink_deployment(
        "job",
        flinkConfiguration=configuration,
        podTemplate=template,
        taskManager={"resource": {"memory": "1g"}, "podTemplate": template},
    )
    namespace.apply(resource)
    spec = namespace.get("job")["spec"]
    assert spec["flinkConfiguration"] == configuration
    assert spec["podTemplate"] == template
    assert spec["taskManager"]["podTemplate"] == template


def test_applying_the_same_again_changes_nothing(namespace: Namespace) -> None:
    resource = flink_deployment("job")
    namespace.succeeds("apply", "--server-side", "-f", "-", stdin=resource)
    before = version(namespace.get("job"))
    namespace.succeeds("apply", "--server-side", "-f", "-", stdin=resource)
    assert version(namespace.get("job")) == before

"""The CRDs on a real API server: what kubectl makes of them, without webhook and controller."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.api.api_server import FLINK_DEPLOYMENTS, Json, flink
from tests.api.crd_copy import DEFINITIONS, copy_of, repeated_as_entries, repeated_in_rules
from tests.api.crd_files import CRD_FILES, custom_resource_definitions
from tests.api.edits import below, merged
from tests.api.namespace import Namespace, unique
from tests.api.resources import blue_green_deployment, flink_deployment, session_job, state_snapshot
from tests.health_checks import Kstatus, kstatus

_CLIENT_SIDE_LIMIT = 262_144
"""Bytes of an object that kubectl can put into the annotation of a client-side apply."""
_ALL_FILES_LIMIT = 1_000_000
_MARGIN = 3
"""So many times over, the rules have to fit into the cost that the API server allows."""

RESOURCES = (
    flink_deployment("job"),
    session_job("session-job"),
    state_snapshot("savepoint"),
    blue_green_deployment("pair"),
)


files = pytest.mark.parametrize("crd", CRD_FILES, ids=lambda path: path.stem)


@files
@pytest.mark.parametrize("way", ["--server-side=true", "--server-side=false"])
def test_kubectl_applies_the_definition(namespace: Namespace, crd: Path, way: str) -> None:
    # Conflicts are only about who wrote the definition before: here that was another kubectl.
    force = ["--force-conflicts"] if way == "--server-side=true" else []
    output = namespace.succeeds("apply", way, *force, "--dry-run=server", "-f", str(crd))
    assert "(server dry run)" in output


@files
def test_the_definition_is_established(namespace: Namespace, crd: Path) -> None:
    name = yaml.safe_load(crd.read_text())["metadata"]["name"]
    conditions = namespace.api.call("GET", f"{DEFINITIONS}/{name}")["status"]["conditions"]
    stated = {condition["type"]: condition["status"] for condition in conditions}
    assert stated["Established"] == "True"
    # The API server says so when a schema is not structural: then it prunes and defaults nothing.
    assert "NonStructuralSchema" not in stated, conditions


@files
def test_the_definition_fits_into_a_client_side_apply(crd: Path) -> None:
    assert len(json.dumps(yaml.safe_load(crd.read_text()))) < _CLIENT_SIDE_LIMIT


def test_all_definitions_together_fit_into_a_release_of_the_chart() -> None:
    assert sum(crd.stat().st_size for crd in CRD_FILES) < _ALL_FILES_LIMIT


@pytest.mark.parametrize(
    "repeated", [repeated_as_entries(_MARGIN), repeated_in_rules(_MARGIN)], ids=["entries", "rules"]
)
@pytest.mark.parametrize(
    "definition", custom_resource_definitions(), ids=lambda definition: definition["spec"]["names"]["kind"]
)
def test_the_rules_cost_far_less_than_they_may(
    shared_namespace: Namespace, definition: Json, repeated: Callable[[Json], None]
) -> None:
    copy = copy_of(definition, f"{unique('cost')}.example.test", repeated)
    created = shared_namespace.api.call("POST", f"{DEFINITIONS}?dryRun=All", copy)
    assert created["metadata"]["name"] == copy["metadata"]["name"]


def test_one_word_lists_all_kinds(namespace: Namespace) -> None:
    for resource in RESOURCES:
        namespace.store(resource)
    listed = namespace.succeeds("get", "flink", "-o", "name").splitlines()
    assert set(listed) == {
        "flinkdeployment.flink.apache.org/job",
        "flinksessionjob.flink.apache.org/session-job",
        "flinkstatesnapshot.flink.apache.org/savepoint",
        "flinkbluegreendeployment.flink.apache.org/pair",
    }


_COLUMNS: dict[str, tuple[list[str], list[str]]] = {
    "flinkdep": (
        ["JOB STATUS", "LIFECYCLE STATE", "READY", "REASON", "VERSION", "PARALLELISM", "AGE"],
        ["UPGRADE MODE", "TASK MANAGERS", "IMAGE", "JOB ID", "MESSAGE"],
    ),
    "sessionjob": (
        ["JOB STATUS", "LIFECYCLE STATE", "READY", "REASON", "CLUSTER", "PARALLELISM", "AGE"],
        ["UPGRADE MODE", "JOB ID", "MESSAGE"],
    ),
    "flinksnp": (
        ["PATH", "RESULT TIMESTAMP", "SNAPSHOT STATE", "JOB", "READY", "AGE"],
        ["FAILURES", "ERROR", "MESSAGE"],
    ),
    "flinkbgdep": (
        ["JOB STATUS", "STATE", "READY", "REASON", "VERSION", "PARALLELISM", "AGE"],
        ["IMAGE", "MESSAGE"],
    ),
}
"""By short name: what is always shown, and what `-o wide` adds."""


def columns(table: str) -> list[str]:
    """The names in the first line; they hold single spaces themselves."""
    header = table.splitlines()[0]
    return [name.strip() for name in header.split("   ") if name.strip()]


@pytest.mark.parametrize("short_name", list(_COLUMNS))
def test_a_list_shows_how_things_are(namespace: Namespace, short_name: str) -> None:
    for resource in RESOURCES:
        namespace.store(resource)
    shown, more = _COLUMNS[short_name]
    assert columns(namespace.succeeds("get", short_name)) == ["NAME", *shown]
    assert columns(namespace.succeeds("get", short_name, "-o", "wide")) == ["NAME", *shown, *more]


def test_the_list_takes_its_columns_from_the_status(namespace: Namespace) -> None:
    namespace.store(flink_deployment("job"))
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "JobRunning",
        "message": "Well.",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    status = {
        "jobStatus": {"state": "RUNNING", "jobId": "0123456789abcdef"},
        "lifecycleState": "STABLE",
        "conditions": [condition],
        "taskManager": {"replicas": 2},
    }
    namespace.patch("job", {"status": status}, subresource="status")
    row = namespace.succeeds("get", "flinkdep", "job", "--no-headers", "-o", "wide").split()
    assert row[:7] == ["job", "RUNNING", "STABLE", "True", "JobRunning", "v2_3", "1"]
    assert row[8:] == ["stateless", "2", "flink:2.3", "0123456789abcdef", "Well."]


_SELECTABLE: dict[str, Json] = {
    "flinkdeployments": {
        "spec": {"flinkVersion": "v1_20", "image": "other:1"},
        "spec.job": {"state": "suspended", "upgradeMode": "savepoint"},
        "status": {"jobManagerDeploymentStatus": "READY", "lifecycleState": "STABLE"},
        "status.jobStatus": {"state": "RUNNING"},
    },
    "flinksessionjobs": {
        "spec": {"deploymentName": "other"},
        "spec.job": {"state": "suspended", "upgradeMode": "savepoint"},
        "status": {"lifecycleState": "STABLE"},
        "status.jobStatus": {"state": "RUNNING"},
    },
    "flinkstatesnapshots": {
        "spec.jobReference": {"kind": "FlinkSessionJob", "name": "other"},
        "status": {"state": "COMPLETED"},
    },
    "flinkbluegreendeployments": {
        "status": {"blueGreenState": "ACTIVE_BLUE"},
        "status.jobStatus": {"state": "RUNNING"},
    },
}
"""By plural: fields that can be asked for, with values that only one of two resources has."""


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource["kind"])
def test_a_list_can_be_narrowed_by_fields(namespace: Namespace, resource: Json) -> None:
    plural = f"{resource['kind'].lower()}s"
    selectable = _SELECTABLE[plural]
    other: Json = {}
    for path, values in selectable.items():
        other = merged(other, below(path, values))
    namespace.store(resource)
    namespace.store(merged(resource, {**other, "metadata": {"name": "other"}}))
    namespace.patch("other", {"status": other["status"]}, flink(plural), "status")
    fields = {
        f"{path}.{field}": value for path, values in selectable.items() for field, value in values.items()
    }
    for field, value in fields.items():
        path = f"{flink(plural).path(namespace.name)}?fieldSelector={field}%3D{value}"
        found = [item["metadata"]["name"] for item in namespace.api.call("GET", path)["items"]]
        assert found == ["other"], field
    together = ",".join(f"{field}={value}" for field, value in fields.items())
    listed = namespace.succeeds("get", plural, "--field-selector", together, "-o", "name")
    assert listed.splitlines() == [f"{resource['kind'].lower()}.flink.apache.org/other"]


def test_every_selectable_field_is_asked_for() -> None:
    stated = {
        (definition["spec"]["names"]["plural"], field["jsonPath"].removeprefix("."))
        for definition in custom_resource_definitions()
        for field in definition["spec"]["versions"][0]["selectableFields"]
    }
    asked = {
        (plural, f"{path}.{field}")
        for plural, paths in _SELECTABLE.items()
        for path, values in paths.items()
        for field in values
    }
    assert asked == stated


_JOB_DEFAULTS = {"state": "running", "upgradeMode": "stateless"}
_SNAPSHOT_DEFAULTS = {"formatType": "CANONICAL", "disposeOnDelete": True, "alreadyExists": False}


@pytest.mark.parametrize(
    ("base", "said", "stored"),
    [
        (
            flink_deployment("x"),
            {
                "job": {"upgradeMode": None, "parallelism": None},
                "jobManager": {},
                "taskManager": {"replicas": 2},
                "ingress": {"template": "x"},
            },
            {"job": _JOB_DEFAULTS, "jobManager": {"replicas": 1}},
        ),
        (flink_deployment("x"), {"job": None, "jobManager": None}, {}),
        (session_job("x"), {"job": {"upgradeMode": None}}, {"job": _JOB_DEFAULTS}),
        (state_snapshot("x"), {}, {"backoffLimit": -1, "savepoint": _SNAPSHOT_DEFAULTS}),
        (
            blue_green_deployment("x"),
            {"template": {"spec": {"job": {"upgradeMode": None}}}},
            {"template": {"spec": {"job": _JOB_DEFAULTS, "jobManager": {"replicas": 1}}}},
        ),
    ],
    ids=["application", "session", "session-job", "snapshot", "blue-green"],
)
def test_defaults_are_stored_where_they_hold_without_a_webhook(
    namespace: Namespace, base: Json, said: Json, stored: Json
) -> None:
    sparse = merged(base, {"spec": said})
    assert namespace.store(sparse)["spec"] == merged(sparse["spec"], stored)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource["kind"])
def test_a_resource_that_nobody_has_looked_at_says_so(namespace: Namespace, resource: Json) -> None:
    collection = flink(f"{resource['kind'].lower()}s")
    namespace.apply({**resource, "metadata": {"name": "unseen"}})

    def assert_unseen(body: Json) -> None:
        (ready,) = body["status"]["conditions"]
        assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "Unknown", "Pending")
        assert kstatus(body) is Kstatus.IN_PROGRESS

    assert_unseen(namespace.get("unseen", collection))
    assert_unseen(namespace.patch("unseen", {"metadata": {"labels": {"edited": "yes"}}}, collection))
    (listed,) = namespace.of(collection)
    assert_unseen(listed)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource["kind"])
def test_a_status_that_is_written_gets_nothing_added(namespace: Namespace, resource: Json) -> None:
    collection = flink(f"{resource['kind'].lower()}s")
    stored = namespace.store(resource)
    name = stored["metadata"]["name"]
    body = {**namespace.get(name, collection), "status": {"error": "It failed."}}
    written = namespace.api.call("PUT", collection.path(namespace.name, name, "status"), body)
    assert written["status"] == {"error": "It failed."}
    assert namespace.get(name, collection)["status"] == {"error": "It failed."}


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

"""The options that the fields of a FlinkDeployment stand for."""

from typing import Any

import pytest

from shared.config.effective import Submission, Value, deployment_configuration, effective_parallelism
from shared.model.deployment import FlinkDeployment
from tests.unit.flink_deployments import application, session

Json = dict[str, Any]


def configuration(raw: Json) -> dict[str, Value]:
    job_id = "0" * 32 if raw["spec"].get("job") else None
    return deployment_configuration(FlinkDeployment.model_validate(raw), {}, Submission(1, job_id))


def told(raw: Json, *keys: str) -> dict[str, Value]:
    """Those of the options that are set."""
    options = configuration(raw)
    return {key: options[key] for key in keys if key in options}


JAR = {"jarURI": "local:///opt/flink/usrlib/job.jar"}


def test_native_application_has_its_jar_and_its_target() -> None:
    assert told(
        application(job=JAR), "execution.target", "pipeline.jars", "kubernetes.internal.cluster-mode"
    ) == {"execution.target": "kubernetes-application", "pipeline.jars": (JAR["jarURI"],)}


def test_standalone_application_has_its_jar_on_the_class_path() -> None:
    raw = application(mode="standalone", job=JAR)
    assert told(
        raw, "execution.target", "pipeline.jars", "pipeline.classpaths", "kubernetes.internal.cluster-mode"
    ) == {
        "execution.target": "remote",
        "pipeline.classpaths": ("file:///opt/flink/usrlib/job.jar",),
        "kubernetes.internal.cluster-mode": "APPLICATION",
    }


def test_standalone_session_says_so() -> None:
    assert told(session(mode="standalone"), "execution.target", "kubernetes.internal.cluster-mode") == {
        "execution.target": "remote",
        "kubernetes.internal.cluster-mode": "SESSION",
    }


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"mode": "standalone"}, "3"),
        ({"mode": "standalone", "taskManager": {"replicas": 4}}, "4"),
        ({"taskManager": {"replicas": 4}}, "4"),
        ({}, None),
    ],
    ids=["by parallelism", "standalone replicas", "native replicas", "native"],
)
def test_number_of_task_managers_is_given_or_follows_the_parallelism(spec: Json, count: str | None) -> None:
    raw = application(job={"parallelism": 5}, flinkConfiguration={"taskmanager.numberOfTaskSlots": 2}, **spec)
    assert configuration(raw).get("kubernetes.internal.taskmanager.replicas") == count


@pytest.mark.parametrize(
    ("mode", "overrides", "parallelism"),
    [
        ("standalone", "a:3,b:7", 7),
        ("standalone", "a:0", 2),
        ("standalone", "", 2),
        ("native", "a:3,b:7", 2),
    ],
)
def test_overrides_of_vertices_count_in_standalone_clusters(
    mode: str, overrides: str, parallelism: int
) -> None:
    raw = application(mode=mode, job={"parallelism": 2})
    spec = FlinkDeployment.model_validate(raw).spec
    options = {"pipeline.jobvertex-parallelism-overrides": overrides}
    assert effective_parallelism(spec, options) == parallelism


@pytest.mark.parametrize(
    ("requests", "limits", "factors"),
    [
        ({"cpu": "2"}, {"cpu": "3"}, {"kubernetes.jobmanager.cpu.limit-factor": "1.5"}),
        ({"memory": "1Gi"}, {"memory": "2Gi"}, {"kubernetes.jobmanager.memory.limit-factor": "2.0"}),
        ({"cpu": "0"}, {"cpu": "1"}, {}),
        ({"cpu": "1"}, {"memory": "1Gi"}, {}),
    ],
    ids=["cpu", "memory", "nothing requested", "different ones"],
)
def test_limit_is_a_factor_of_what_is_requested(requests: Json, limits: Json, factors: Json) -> None:
    raw = application(jobManager={"resources": {"requests": requests, "limits": limits}})
    options = configuration(raw)
    assert {key: options[key] for key in options if key.endswith("limit-factor")} == factors


@pytest.mark.parametrize("image", ["", " "])
def test_image_of_blanks_is_none(image: str) -> None:
    assert "kubernetes.container.image.ref" not in configuration(application(image=image))


def test_options_below_the_annotations_become_entries_beside_the_generation() -> None:
    raw = application(
        flinkConfiguration={
            "kubernetes.jobmanager.annotations": "a:1",
            "kubernetes.jobmanager.annotations.b,c": "it's",
        }
    )
    options = configuration(raw)
    assert [key for key in options if key.startswith("kubernetes.jobmanager.annotations")] == [
        "kubernetes.jobmanager.annotations"
    ]
    assert options["kubernetes.jobmanager.annotations"] == (
        "a:1,'b,c:it''s',flinkdeployment.flink.apache.org/generation:1"
    )


def test_slots_that_cannot_be_are_an_error() -> None:
    raw = application(mode="standalone", flinkConfiguration={"taskmanager.numberOfTaskSlots": 0})
    with pytest.raises(ValueError, match="at least one slot"):
        configuration(raw)

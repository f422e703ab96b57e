"""Each rule over a FlinkDeployment admits what is sound and rejects what is not, at its path."""

from typing import Any

import pytest

from tests.unit.flink_deployments import application, session, with_metadata
from tests.unit.reviewed_resources import CHECKPOINTS, Json, found

HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://bucket/ha"}
SAVEPOINTS = {"execution.checkpointing.savepoint-dir": "s3://bucket/sp"}


def resources(**fields: Any) -> Json:
    return {"jobManager": {"resource": {"memory": "1g"} | fields}}


def requirements(requests: Json | None = None, limits: Json | None = None) -> Json:
    return {"taskManager": {"resources": {"requests": requests or {}, "limits": limits or {}}}}


@pytest.mark.parametrize(
    "raw",
    [
        application(),
        session(),
        application(job={"parallelism": 0}, taskManager={"resource": {"memory": "1g"}, "replicas": 2}),
        application(job={"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
        application(
            job={"upgradeMode": "last-state"},
            flinkConfiguration={"state": {"checkpoints": {"dir": "s3://b"}}},
        ),
        application(job={"upgradeMode": "savepoint"}, flinkConfiguration=CHECKPOINTS | SAVEPOINTS),
        application(jobManager={"resource": {"memory": "1g"}, "replicas": 2}, flinkConfiguration=HA),
        application(jobManager=None, flinkConfiguration={"jobmanager.memory.flink.size": "1g"}),
        application(jobManager=None, flinkConfiguration={"jobmanager.memory.heap.size": "1g"}),
        application(
            taskManager=None,
            flinkConfiguration={
                "taskmanager.memory.task.heap.size": "512m",
                "taskmanager.memory.managed.size": "0",
            },
        ),
        application(**requirements({"memory": "2Gi", "cpu": "500m"}, {"memory": "2g", "cpu": "1"})),
        application(**requirements(limits={"memory": "2Gi"})),
        application(logConfiguration={"log4j-console.properties": "x", "logback-console.xml": "y"}),
        application(podTemplate={"metadata": None, "spec": {"containers": None, "volumes": [{"name": "v"}]}}),
        with_metadata(application(), name="a" * 45),
    ],
)
def test_sound_deployment_is_admitted(raw: Json) -> None:
    assert found(raw) == set()


@pytest.mark.parametrize(
    ("raw", "code", "path"),
    [
        (with_metadata(application(), name="a" * 46), "FK101", "metadata.name"),
        (with_metadata(application(), name="Orders"), "FK101", "metadata.name"),
        (with_metadata(application(), name="1orders"), "FK101", "metadata.name"),
        (with_metadata(application(), name="orders-"), "FK101", "metadata.name"),
        (with_metadata(application(), name="or.ders"), "FK101", "metadata.name"),
        (application(flinkVersion=None), "FK102", "spec.flinkVersion"),
        (application(flinkVersion="v1_14"), "FK103", "spec.flinkVersion"),
        (
            application(flinkConfiguration={"kubernetes.namespace": "x"}),
            "FK104",
            "spec.flinkConfiguration[kubernetes.namespace]",
        ),
        (
            application(flinkConfiguration={"kubernetes": {"cluster-id": "x"}}),
            "FK104",
            "spec.flinkConfiguration[kubernetes.cluster-id]",
        ),
        (
            application(flinkConfiguration={"high-availability.cluster-id": "x"}),
            "FK104",
            "spec.flinkConfiguration[high-availability.cluster-id]",
        ),
        (application(serviceAccount=None), "FK105", "spec.serviceAccount"),
        (application(serviceAccount=""), "FK105", "spec.serviceAccount"),
        (
            application(job={"upgradeMode": "last-state"}),
            "FK106",
            "spec.flinkConfiguration[execution.checkpointing.dir]",
        ),
        (
            application(
                job={"upgradeMode": "last-state"}, flinkConfiguration={"execution.checkpointing.dir": " "}
            ),
            "FK106",
            "spec.flinkConfiguration[execution.checkpointing.dir]",
        ),
        (
            application(job={"upgradeMode": "savepoint"}, flinkConfiguration=CHECKPOINTS),
            "FK107",
            "spec.flinkConfiguration[execution.checkpointing.savepoint-dir]",
        ),
        (application(job={"parallelism": 0}), "FK108", "spec.job.parallelism"),
        (application(job={"parallelism": -1}), "FK108", "spec.job.parallelism"),
        (
            application(job={"parallelism": -1}, taskManager={"resource": {"memory": "1g"}, "replicas": 2}),
            "FK108",
            "spec.job.parallelism",
        ),
        (application(imagePullPolicy="Allways"), "FK119", "spec.imagePullPolicy"),
        (application(ingress={"className": "nginx"}), "FK121", "spec.ingress.template"),
        (application(job={"parallelism": 2**31}), "FK020", "spec.job.parallelism"),
        (application(job={"parallelism": "2"}), "FK013", "spec.job.parallelism"),
        (application(job={"parallelism": True}), "FK013", "spec.job.parallelism"),
        (application(job={"allowNonRestoredState": "yes"}), "FK015", "spec.job.allowNonRestoredState"),
        (application(job={"initialSavepointPath": "s" * 5000}), "FK020", "spec.job.initialSavepointPath"),
        (application(job={"args": ["--port", 8081]}), "FK016", "spec.job.args[1]"),
        (
            application(jobManager={"resources": {"requests": {"cpu": 0.5, "memory": "1Gi"}}}),
            "FK016",
            "spec.jobManager.resources.requests.cpu",
        ),
        (
            application(jobManager={"resource": {"memory": "1g"}, "replicas": 0}),
            "FK109",
            "spec.jobManager.replicas",
        ),
        (
            application(jobManager={"resource": {"memory": "1g"}, "replicas": 2}),
            "FK109",
            "spec.jobManager.replicas",
        ),
        (
            application(taskManager={"resource": {"memory": "1g"}, "replicas": 0}),
            "FK109",
            "spec.taskManager.replicas",
        ),
        (application(jobManager=None), "FK110", "spec.jobManager.resource.memory"),
        (application(taskManager={}), "FK110", "spec.taskManager.resource.memory"),
        (
            application(taskManager=None, flinkConfiguration={"taskmanager.memory.task.heap.size": "1g"}),
            "FK110",
            "spec.taskManager.resource.memory",
        ),
        (application(**resources(memory="much")), "FK111", "spec.jobManager.resource.memory"),
        (application(**resources(memory="0")), "FK111", "spec.jobManager.resource.memory"),
        (application(**resources(cpu=0)), "FK111", "spec.jobManager.resource.cpu"),
        (application(**resources(cpu=-1)), "FK111", "spec.jobManager.resource.cpu"),
        (
            application(**resources(ephemeralStorage="lots")),
            "FK111",
            "spec.jobManager.resource.ephemeralStorage",
        ),
        (
            application(**requirements({"memory": "1g", "cpu": "half"})),
            "FK111",
            "spec.taskManager.resources.requests.cpu",
        ),
        (
            application(**requirements({"memory": "1g"}, {"nvidia.com/gpu": "-1"})),
            "FK111",
            "spec.taskManager.resources.limits.nvidia.com/gpu",
        ),
        (
            application(**requirements({"memory": "2Gi"}, {"memory": "1Gi"})),
            "FK112",
            "spec.taskManager.resources.requests.memory",
        ),
        (
            application(**requirements({"memory": "1Gi", "cpu": "2"}, {"cpu": "1500m"})),
            "FK112",
            "spec.taskManager.resources.requests.cpu",
        ),
        (
            application(logConfiguration={"log4j.properties": ""}),
            "FK116",
            "spec.logConfiguration[log4j.properties]",
        ),
        (application(podTemplate={"spec": []}), "FK018", "spec.podTemplate.spec"),
        (application(podTemplate={"metadata": "x"}), "FK018", "spec.podTemplate.metadata"),
        (application(podTemplate={"metadata": {"labels": 1}}), "FK018", "spec.podTemplate.metadata.labels"),
        (
            application(podTemplate={"spec": {"containers": {"name": "x"}}}),
            "FK017",
            "spec.podTemplate.spec.containers",
        ),
        (
            application(podTemplate={"spec": {"containers": [{"name": "x"}, "y"]}}),
            "FK018",
            "spec.podTemplate.spec.containers[1]",
        ),
        (
            application(taskManager={"resource": {"memory": "1g"}, "podTemplate": {"spec": 1}}),
            "FK018",
            "spec.taskManager.podTemplate.spec",
        ),
        (
            application(flinkConfiguration={"taskmanager.numberOfTaskSlots": 0}),
            "FK117",
            "spec.flinkConfiguration[taskmanager.numberOfTaskSlots]",
        ),
        (
            application(flinkConfiguration={"taskmanager.numberOfTaskSlots": "two"}),
            "FK117",
            "spec.flinkConfiguration[taskmanager.numberOfTaskSlots]",
        ),
    ],
)
def test_unsound_deployment_is_rejected_where_it_is_wrong(raw: Json, code: str, path: str) -> None:
    assert found(raw) == {(code, path)}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rest.port", "http"),
        ("rest.bind-port", "8081-8090"),
        ("kubernetes.jobmanager.cpu.amount", "half"),
        ("kubernetes.jobmanager.memory.limit-factor", "twice"),
        ("kubernetes.env.secretKeyRef", "env:A,secret:b"),
        ("kubernetes.jobmanager.labels", "team"),
        ("kubernetes.jobmanager.labels", "'team:a"),
        ("kubernetes.jobmanager.tolerations", "key:a,tolerationSeconds:long"),
        ("jobmanager.memory.jvm-overhead.fraction", "1.0"),
    ],
)
def test_option_that_no_object_can_be_made_of_is_rejected(key: str, value: str) -> None:
    assert found(application(flinkConfiguration={key: value})) == {
        ("FK117", f"spec.flinkConfiguration[{key}]")
    }


def test_operator_defaults_count_as_if_the_resource_set_them() -> None:
    raw = application(jobManager=None)
    key = "kubernetes.operator.default-configuration.namespace.shop.jobmanager.memory.process.size"
    assert found(raw, **{key: "1g"}) == set()

"""Clusters in every mode, with what a spec can say about them, on real Flink and a real node."""

import json

from tests.e2e.conftest import Release
from tests.e2e.flink import JAR, Flink, Json, application
from tests.polling import eventually

LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = FROM-THE-SPEC %-5p %c %x - %m%n
"""
HIGH_AVAILABILITY = {
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": "file:///tmp/flink-ha",
}
REACTIVE = {"scheduler-mode": "reactive", "taskmanager.numberOfTaskSlots": "1"}
SECONDS = 120.0
ENDS_WHEN_ASKED = "trap 'exit 0' TERM; sleep infinity & wait"


def pods(flink: Flink, name: str, component: str) -> list[Json]:
    """Pods of the cluster that are not going away."""
    found = flink.items("pod", f"app={name},component={component}")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def session(name: str, release: Release, **spec: object) -> Json:
    resource = application(name, release.image, release.version, **spec)
    del resource["spec"]["job"]
    return resource


def container_of(pod: Json, name: str = "flink-main-container") -> Json:
    (found,) = (one for one in pod["spec"]["containers"] if one["name"] == name)
    assert isinstance(found, dict)
    return found


def test_pods_are_what_template_and_log_configuration_say(flink: Flink, release: Release) -> None:
    sidecar = {"name": "sidecar", "image": release.image, "command": ["sh", "-c", ENDS_WHEN_ASKED]}
    main = {"name": "flink-main-container", "env": [{"name": "SAID", "value": "for all"}]}
    common = {"metadata": {"labels": {"team": "a"}}, "spec": {"containers": [main, sidecar]}}
    own = {"metadata": {"annotations": {"own": "jobmanager"}}}
    resource = application(
        "shaped",
        release.image,
        release.version,
        podTemplate=common,
        logConfiguration={"log4j-console.properties": LOG4J},
    )
    resource["spec"]["jobManager"]["podTemplate"] = own
    flink.apply(resource)
    flink.wait_until_running("shaped")

    (job_manager,) = pods(flink, "shaped", "jobmanager")
    (task_manager,) = pods(flink, "shaped", "taskmanager")
    assert job_manager["metadata"]["annotations"]["own"] == "jobmanager"
    assert "own" not in task_manager["metadata"].get("annotations", {})
    for pod in (job_manager, task_manager):
        assert pod["metadata"]["labels"]["team"] == "a"
        assert {"name": "SAID", "value": "for all"} in container_of(pod)["env"]
        assert container_of(pod, "sidecar")["image"] == release.image
        log = flink.kubectl("logs", pod["metadata"]["name"], "-c", "flink-main-container")
        assert "FROM-THE-SPEC INFO" in log


def test_standalone_application_runs_is_upgraded_and_goes(flink: Flink, release: Release) -> None:
    with_metadata = {**HIGH_AVAILABILITY, "taskmanager.numberOfTaskSlots": "2"}
    flink.apply(
        application(
            "alone", release.image, release.version, mode="standalone", flinkConfiguration=with_metadata
        )
    )
    before = flink.wait_until_running("alone")["status"]
    assert before["taskManager"]["replicas"] == 1
    assert len(pods(flink, "alone", "taskmanager")) == 1

    flink.patch("alone", {"spec": {"job": {"parallelism": 4}}})
    flink.wait_for("alone", lambda r: r["status"]["observedGeneration"] == 2, within=30, what="change seen")
    after = flink.wait_until_running("alone")["status"]

    assert after["jobStatus"]["jobId"] != before["jobStatus"]["jobId"]
    assert len(pods(flink, "alone", "taskmanager")) == 2  # of two slots each
    flink.kubectl("delete", "flinkdeployment", "alone", "--timeout=90s")
    assert flink.items("deployment,service,configmap,pod", "app=alone") == []


def test_standalone_session_cluster_has_as_many_task_managers_as_its_spec_says(
    flink: Flink, release: Release
) -> None:
    resource = session("several", release, mode="standalone")
    resource["spec"]["taskManager"]["replicas"] = 2
    flink.apply(resource)
    flink.wait_until_running("several")
    eventually(
        lambda: len(pods(flink, "several", "taskmanager")) == 2, within=SECONDS, what="two TaskManagers"
    )

    flink.kubectl("scale", "deployment", "several-taskmanager", "--replicas=1")
    eventually(
        lambda: flink.items("deployment", "app=several,component=taskmanager")[0]["spec"]["replicas"] == 2,
        within=SECONDS,
        what="the number that the spec says",
    )


def test_reactive_cluster_is_scaled_through_the_scale_subresource(flink: Flink, release: Release) -> None:
    resource = application(
        "elastic", release.image, release.version, mode="standalone", flinkConfiguration=REACTIVE
    )
    resource["spec"]["taskManager"]["replicas"] = 1
    flink.apply(resource)
    before = flink.wait_until_running("elastic")["status"]["jobStatus"]["jobId"]

    flink.kubectl("scale", "flinkdeployment", "elastic", "--replicas=2")

    def vertices() -> list[int]:
        service = f"/api/v1/namespaces/{flink.namespace}/services/elastic-rest:8081/proxy/jobs/{before}"
        job: Json = json.loads(flink.cluster.kubectl("get", "--raw", service).stdout)
        return [vertex["parallelism"] for vertex in job["vertices"]]

    eventually(lambda: 2 in vertices(), within=SECONDS, what="the job runs on two TaskManagers")
    after = flink.get("elastic")["status"]
    assert after["jobStatus"]["jobId"] == before
    assert after["taskManager"]["replicas"] == 2
    assert len(flink.items("replicaset", "app=elastic,component=jobmanager")) == 1


def test_ingress_and_service_are_put_in_place_beside_a_running_job(flink: Flink, release: Release) -> None:
    ingress = {"template": "{{name}}.{{namespace}}.example.com", "className": "nginx"}
    flink.apply(application("shown", release.image, release.version, ingress=ingress))
    before = flink.wait_until_running("shown")["status"]["jobStatus"]

    def service() -> Json:
        found = [one for one in flink.items("service") if one["metadata"]["name"] == "shown-rest"]
        assert found
        return found[0]

    made = service()
    flink.kubectl("delete", "service", "shown-rest")
    again = eventually(service, within=15, what="the REST Service is back")
    assert again["metadata"]["uid"] != made["metadata"]["uid"]
    assert again["spec"]["selector"] == made["spec"]["selector"]

    def host() -> str | None:
        found = flink.items("ingress")
        return found[0]["spec"]["rules"][0].get("host") if found else None

    assert host() == f"shown.{flink.namespace}.example.com"
    flink.kubectl("delete", "ingress", "shown")
    eventually(host, within=30, what="the Ingress is back")

    flink.patch("shown", {"spec": {"ingress": {"template": "/{{namespace}}/{{name}}(/|$)(.*)"}}})
    eventually(lambda: host() is None and flink.items("ingress"), within=30, what="another template")
    flink.patch("shown", {"spec": {"ingress": None}})
    eventually(lambda: flink.items("ingress") == [], within=30, what="no Ingress")

    after = flink.get("shown")["status"]
    assert after["jobStatus"]["state"] == "RUNNING"
    for fact in ("jobId", "startTime"):
        assert after["jobStatus"][fact] == before[fact]
    assert JAR in after["reconciliationStatus"]["lastReconciledSpec"]

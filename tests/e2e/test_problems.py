"""What cannot start is told within 15 seconds, where its owner looks: condition, error and event."""

import json
from dataclasses import dataclass
from typing import Any

from tests.e2e.conftest import Release
from tests.e2e.flink import JAR, SETTLED, Flink, Json, application, ready
from tests.health_checks import Kstatus, kstatus
from tests.polling import eventually

SECONDS_TO_TELL = 15.0
_GIANT = {"resources": {"requests": {"cpu": "1", "memory": "500Gi"}}}
_JOB = {"jarURI": JAR, "parallelism": 1, "upgradeMode": "stateless"}
_CRITICAL = {"spec": {"priorityClassName": "system-cluster-critical"}}
"""Pods of this class have no room in the namespace: a quota of none."""
_QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "no-room"},
    "spec": {
        "hard": {"pods": "0"},
        "scopeSelector": {
            "matchExpressions": [
                {"scopeName": "PriorityClass", "operator": "In", "values": ["system-cluster-critical"]}
            ]
        },
    },
}


def _mounting(**volume: Any) -> dict[str, Any]:
    """A pod template whose main container mounts that volume, or one that is not there."""
    container = {"name": "flink-main-container", "volumeMounts": [{"name": "v", "mountPath": "/x"}]}
    volumes = [{"name": "v", **volume}] if volume else []
    return {"podTemplate": {"spec": {"containers": [container], "volumes": volumes}}}


_UNKNOWN_VOLUME = _mounting()["podTemplate"]
_FROM_SECRET = {"name": "flink-main-container", "envFrom": [{"secretRef": {"name": "no-such-secret"}}]}


@dataclass(frozen=True)
class Stuck:
    """A cluster that cannot come up, and what its owner reads."""

    name: str
    spec: dict[str, Any]
    reason: str
    words: tuple[str, ...]
    at_once: bool = True
    """Nothing of Flink has to start before it is known."""


_SPECS = (
    Stuck("no-image", {"image": "flink:none"}, "ImagePullBackOff", ("flink:none", "imagePullSecrets")),
    Stuck("no-node", {"jobManager": _GIANT}, "Unschedulable", ("memory", "add nodes")),
    Stuck("no-volume", _mounting(), "FailedCreate", ("volumeMounts", "Correct the pod template")),
    Stuck(
        "no-config-map",
        _mounting(configMap={"name": "no-such-map"}),
        "FailedMount",
        ("no-such-map", "Create it in the namespace"),
    ),
    Stuck(
        "no-secret",
        {"podTemplate": {"spec": {"containers": [_FROM_SECRET]}}},
        "CreateContainerConfigError",
        ("no-such-secret", "flink-main-container", "Create it in the namespace"),
    ),
    Stuck(
        "no-account",
        {"serviceAccount": "nobody"},
        "FailedCreate",
        ("Service account nobody does not exist", "Deployment no-account", "spec.serviceAccount"),
    ),
    Stuck(
        "no-room", {"podTemplate": _CRITICAL}, "FailedCreate", ("Quota no-room", "pods=0", "Raise the quota")
    ),
    Stuck(
        "no-rights",
        {"serviceAccount": "powerless"},
        "MissingRights",
        ("Service account powerless may not create pods, list pods", "jobServiceAccount.namespaces"),
        at_once=False,
    ),
    Stuck(
        "no-class",
        {"job": {**_JOB, "entryClass": "com.example.Missing"}},
        "CrashLoopBackOff",
        ("main class com.example.Missing is not in the jar", "spec.job.entryClass", "pod no-class-"),
        at_once=False,
    ),
    Stuck(
        "no-jar",
        {"job": {**_JOB, "jarURI": "local:///opt/flink/usrlib/none.jar"}},
        "CrashLoopBackOff",
        ("/opt/flink/usrlib/none.jar is not in image", "spec.job.jarURI"),
        at_once=False,
    ),
    Stuck(
        "throws",
        {"job": {**_JOB, "args": ["--rate", "fast"]}},
        "JobFailed",
        ("java.lang.NumberFormatException", "fast", "spec.restartNonce"),
        at_once=False,
    ),
)


def test_clusters_that_cannot_start_say_why(flink: Flink, release: Release) -> None:
    """Side by side: those that nothing of Flink has to start for come first, and are timed."""
    flink.kubectl("create", "serviceaccount", "powerless")
    flink.kubectl("apply", "-f", "-", stdin=json.dumps(_QUOTA))
    for at_once in (True, False):
        cases = [case for case in _SPECS if case.at_once is at_once]
        for case in cases:
            spec = {"image": release.image, "version": release.version, **case.spec}
            flink.apply(application(case.name, **spec))
        for case in cases:
            _assert_told(flink, case, SECONDS_TO_TELL if at_once else SETTLED)
            flink.kubectl("delete", "flinkdeployment", case.name, "--wait=false")


def _assert_told(flink: Flink, case: Stuck, within: float) -> None:
    resource = flink.wait_for(
        case.name,
        lambda r: ready(r).get("reason") == case.reason,
        within=within,
        what=f"condition of {case.name} with {case.reason}",
    )
    error, message = json.loads(resource["status"]["error"]), ready(resource)["message"]
    assert [word for word in case.words if word not in message] == [], message
    assert error["message"] == message
    assert error["additionalMetadata"]["reason"] == case.reason
    told = "Error" if case.reason == "JobFailed" else case.reason
    assert told in {event["reason"] for event in flink.events(case.name)}
    expected = Kstatus.FAILED if case.reason == "JobFailed" else Kstatus.IN_PROGRESS
    assert kstatus(resource) is expected


def test_task_managers_that_a_quota_refuses_are_told_beside_a_good_job_manager(
    flink: Flink, release: Release
) -> None:
    flink.kubectl("apply", "-f", "-", stdin=json.dumps(_QUOTA))
    resource = application("half", release.image, release.version)
    resource["spec"]["taskManager"]["podTemplate"] = _CRITICAL
    flink.apply(resource)

    resource = flink.wait_for(
        "half", lambda r: ready(r).get("reason") == "NoTaskManagers", within=SETTLED, what="it is told"
    )
    assert "kubectl logs deployment/half" in ready(resource)["message"]
    flink.kubectl("delete", "resourcequota", "no-room")

    assert "error" not in flink.wait_until_running("half")["status"]


def test_what_a_job_throws_is_told_as_events(flink: Flink, release: Release) -> None:
    options = {"restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.attempts": "1000"}
    job = {**_JOB, "args": ["--fail-at", "200", "--rate", "100"]}
    flink.apply(application("thrower", release.image, release.version, job=job, flinkConfiguration=options))

    def told() -> Json:
        found = [event for event in flink.events("thrower") if event["reason"] == "JobException"]
        assert found, flink.get("thrower")["status"]
        return found[0]

    event = eventually(told, within=SETTLED, what="the exception is told")
    assert (event["type"], event["source"]["component"]) == ("Warning", "Job")
    assert "more lines)" in event["message"]
    annotations = event["metadata"]["annotations"]
    assert annotations["exception-timestamp"].endswith("Z")
    assert "count" in annotations["task-name"]
    assert flink.get("thrower")["status"]["jobStatus"]["lastExceptionTime"]


def test_task_manager_that_finds_no_node_is_told_beside_a_good_job_manager(
    flink: Flink, release: Release
) -> None:
    flink.apply(application("half", release.image, release.version, taskManager=_GIANT))

    resource = flink.wait_for(
        "half", lambda r: ready(r).get("reason") == "Unschedulable", within=SETTLED, what="Unschedulable told"
    )

    assert "half-taskmanager-1-1" in ready(resource)["message"]
    assert resource["status"]["jobManagerDeploymentStatus"] == "READY"


def test_mended_spec_comes_up_though_state_would_have_to_be_kept(flink: Flink, release: Release) -> None:
    options = {
        "execution.checkpointing.dir": "file:///tmp/c",
        "execution.checkpointing.savepoint-dir": "file:///tmp/s",
    }
    job = {"jarURI": JAR, "parallelism": 1, "upgradeMode": "savepoint"}
    resource = application("mended", "flink:none", release.version, job=job, flinkConfiguration=options)
    flink.apply(resource)
    flink.wait_for(
        "mended", lambda r: "error" in r.get("status", {}), within=SECONDS_TO_TELL, what="error told"
    )

    flink.patch("mended", {"spec": {"image": release.image}})

    resource = flink.wait_until_running("mended")
    assert "error" not in resource["status"]


def test_refused_spec_can_be_mended(flink: Flink, release: Release) -> None:
    resource = application("refused", release.image, release.version, podTemplate=_UNKNOWN_VOLUME)
    flink.apply(resource)
    flink.wait_for(
        "refused", lambda r: "error" in r.get("status", {}), within=SECONDS_TO_TELL, what="error told"
    )

    flink.patch("refused", {"spec": {"podTemplate": None}})

    resource = flink.wait_until_running("refused")
    assert "error" not in resource["status"]

"""What cannot start is told within 15 seconds, where its owner looks: condition, error and event."""

from typing import Any

import pytest

from tests.e2e.conftest import Release
from tests.e2e.flink import JAR, SETTLED, Flink, application, ready

SECONDS_TO_TELL = 15.0
_GIANT = {"resources": {"requests": {"cpu": "1", "memory": "500Gi"}}}
_UNKNOWN_VOLUME = {
    "spec": {
        "containers": [{"name": "flink-main-container", "volumeMounts": [{"name": "no", "mountPath": "/x"}]}]
    }
}
_MISSING_CONFIG_MAP = {
    "spec": {
        "containers": [{"name": "flink-main-container", "volumeMounts": [{"name": "v", "mountPath": "/x"}]}],
        "volumes": [{"name": "v", "configMap": {"name": "does-not-exist"}}],
    }
}


@pytest.mark.parametrize(
    ("spec", "reason", "words"),
    [
        pytest.param({"image": "flink:none"}, "ImagePullBackOff", "flink:none", id="wrong-image"),
        pytest.param({"jobManager": _GIANT}, "Unschedulable", "memory", id="no-node-fits"),
        pytest.param({"podTemplate": _UNKNOWN_VOLUME}, "FailedCreate", "volumeMounts", id="refused-template"),
        pytest.param(
            {"podTemplate": _MISSING_CONFIG_MAP}, "FailedMount", "does-not-exist", id="missing-volume"
        ),
    ],
)
def test_cluster_that_cannot_start_says_why(
    flink: Flink, release: Release, spec: dict[str, Any], reason: str, words: str
) -> None:
    flink.apply(application("stuck", **{"image": release.image, "version": release.version, **spec}))

    resource = flink.wait_for(
        "stuck",
        lambda r: ready(r).get("reason") == reason,
        within=SECONDS_TO_TELL,
        what=f"condition with {reason}",
    )

    assert words in ready(resource)["message"]
    assert words in resource["status"]["error"]
    assert reason in {event["reason"] for event in flink.events("stuck")}


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

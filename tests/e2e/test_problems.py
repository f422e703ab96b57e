"""What cannot start is told within 15 seconds, where its owner looks: condition, error and event."""

from typing import Any

import pytest

from tests.e2e.conftest import Release
from tests.e2e.flink import Flink, application, ready

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
    flink.apply(application("stuck", release.image, release.version, **spec))

    resource = flink.wait_for(
        "stuck",
        lambda r: ready(r).get("reason") == reason,
        within=SECONDS_TO_TELL,
        what=f"condition with {reason}",
    )

    assert words in ready(resource)["message"]
    assert words in resource["status"]["error"]
    assert reason in {event["reason"] for event in flink.events("stuck")}


def test_mended_spec_comes_up_after_a_failed_start(flink: Flink, release: Release) -> None:
    flink.apply(application("mended", "flink:none", release.version))
    flink.wait_for("mended", lambda r: "error" in r["status"], within=SECONDS_TO_TELL, what="error told")

    flink.patch("mended", {"spec": {"image": release.image}})

    resource = flink.wait_until_running("mended")
    assert "error" not in resource["status"]

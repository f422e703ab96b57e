"""The options that a session job is run with: its own, with defaults where nobody says anything."""

from typing import Any

import pytest

from shared.config.session_job import run_configuration
from shared.model.job import UpgradeMode
from shared.model.session_job import FlinkSessionJobSpec

RETENTION = "execution.checkpointing.externalized-checkpoint-retention"
INTERVAL = "execution.checkpointing.interval"


def options_of(
    flink_configuration: dict[str, Any] | None = None,
    mode: UpgradeMode | None = UpgradeMode.SAVEPOINT,
    cluster: dict[str, str] | None = None,
) -> dict[str, str]:
    """What is sent with the job `report`."""
    job = None if mode is None else {"jarURI": "https://example.com/a.jar", "upgradeMode": mode.value}
    raw = {"deploymentName": "orders", "job": job, "flinkConfiguration": flink_configuration}
    return run_configuration("report", FlinkSessionJobSpec.model_validate(raw), cluster or {})


def test_job_has_the_name_of_its_resource_and_keeps_its_checkpoints() -> None:
    assert options_of() == {"pipeline.name": "report", RETENTION: "RETAIN_ON_CANCELLATION"}


def test_own_options_win() -> None:
    own = {"pipeline.name": "mine", RETENTION: "DELETE_ON_CANCELLATION", "a": "b"}
    assert options_of(own) == own


def test_nested_options_are_the_same_as_flat_ones() -> None:
    assert options_of({"pipeline": {"name": "mine", "max-parallelism": 12}}) == {
        "pipeline.name": "mine",
        "pipeline.max-parallelism": "12",
        RETENTION: "RETAIN_ON_CANCELLATION",
    }


def test_what_the_cluster_says_is_left_to_it() -> None:
    cluster = {RETENTION: "DELETE_ON_CANCELLATION", INTERVAL: "1 min", "state.backend.type": "rocksdb"}
    assert options_of(mode=UpgradeMode.LAST_STATE, cluster=cluster) == {"pipeline.name": "report"}


def test_name_of_the_clusters_jobs_is_no_name_of_this_one() -> None:
    assert options_of(cluster={"pipeline.name": "theirs"})["pipeline.name"] == "report"


@pytest.mark.parametrize(
    ("mode", "interval"),
    [
        (UpgradeMode.LAST_STATE, "5 min"),
        (UpgradeMode.SAVEPOINT, None),
        (UpgradeMode.STATELESS, None),
        (None, None),
    ],
)
def test_job_that_goes_on_from_checkpoints_takes_some(mode: UpgradeMode | None, interval: str | None) -> None:
    assert options_of(mode=mode).get(INTERVAL) == interval


def test_own_interval_of_checkpoints_wins() -> None:
    assert options_of({INTERVAL: "10 s"}, UpgradeMode.LAST_STATE)[INTERVAL] == "10 s"


def test_options_of_the_operator_are_not_flinks() -> None:
    own = {
        "kubernetes.operator.savepoint.format.type": "NATIVE",
        "job.autoscaler.enabled": "true",
        "kubernetes.cluster-id": "kept",
    }
    assert options_of(own).keys() == {"pipeline.name", RETENTION, "kubernetes.cluster-id"}

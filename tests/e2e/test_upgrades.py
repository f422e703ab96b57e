"""A job's state survives what its owner does to it: nothing is lost and nothing runs twice, on real Flink."""

import pytest

from tests.e2e.conftest import Release
from tests.e2e.continuity import HIGH_AVAILABILITY, History, counting
from tests.e2e.flink import Flink, Json

pytestmark = pytest.mark.both_modes

RATE_CHANGED = {"spec": {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "3"}}}
SUSPEND = {"spec": {"job": {"state": "suspended"}}}
RESUME = {"spec": {"job": {"state": "running"}}}
SECONDS = 120.0


def is_suspended(resource: Json) -> bool:
    return bool(resource["status"].get("lifecycleState") == "SUSPENDED")


def job_id(resource: Json) -> str:
    found = resource["status"]["jobStatus"]["jobId"]
    assert isinstance(found, str)
    return found


def test_job_goes_on_from_its_savepoint_after_upgrade_and_suspension(
    flink: Flink, release: Release, history: History
) -> None:
    flink.apply(counting("exact", release, history, upgrade_mode="savepoint"))
    before = flink.wait_until_running("exact")
    first = history.wait_for_start(1)

    flink.patch("exact", RATE_CHANGED)
    second = history.wait_for_start(2)

    assert second.restored
    assert second.count == history.last_count(first.run)
    after = flink.wait_for(
        "exact", lambda r: r["status"]["lifecycleState"] == "STABLE", within=SECONDS, what="STABLE"
    )
    assert job_id(after) != job_id(before)
    savepoint = after["status"]["jobStatus"]["savepointInfo"]["lastSavepoint"]
    assert savepoint["triggerType"] == "UPGRADE"
    assert savepoint["location"] == after["status"]["jobStatus"]["upgradeSavepointPath"]

    flink.patch("exact", SUSPEND)
    flink.wait_for("exact", is_suspended, within=SECONDS, what="suspended")
    assert flink.items("pod", "app=exact") == []
    flink.patch("exact", RESUME)
    third = history.wait_for_start(3)

    assert third.restored
    assert third.count == history.last_count(second.run)
    history.assert_never_two_at_once()


def test_job_goes_on_by_flinks_metadata_after_upgrade_suspension_and_loss(
    flink: Flink, release: Release, history: History
) -> None:
    flink.apply(counting("metadata", release, history, upgrade_mode="last-state", options=HIGH_AVAILABILITY))
    before = flink.wait_until_running("metadata")
    runs = [history.wait_for_start(1)]

    for number, change in enumerate(("upgrade", "suspension", "loss"), start=2):
        match change:
            case "upgrade":
                flink.patch("metadata", RATE_CHANGED)
            case "suspension":
                flink.patch("metadata", SUSPEND)
                flink.wait_for("metadata", is_suspended, within=SECONDS, what="suspended")
                flink.patch("metadata", RESUME)
            case _:
                flink.kubectl("delete", "deployment", "metadata", "--wait=false")
        start = history.wait_for_start(number)
        assert start.restored, change
        assert runs[-1].count < start.count <= history.last_count(runs[-1].run), change
        assert start.job == job_id(before), change
        runs.append(start)

    history.assert_never_two_at_once()


def test_job_without_metadata_goes_on_from_its_newest_checkpoint(
    flink: Flink, release: Release, history: History
) -> None:
    flink.apply(counting("cancelled", release, history, upgrade_mode="last-state"))
    flink.wait_until_running("cancelled")
    first = history.wait_for_start(1)

    flink.patch("cancelled", RATE_CHANGED)
    second = history.wait_for_start(2)

    assert second.restored
    assert 0 < second.count <= history.last_count(first.run)
    history.assert_never_two_at_once()


def test_job_goes_on_with_another_flink_version(
    flink: Flink, release_2_3: Release, release_1_20: Release, history: History
) -> None:
    resource = counting(
        "newer",
        release_1_20,
        history,
        upgrade_mode="last-state",
        options=HIGH_AVAILABILITY,
    )
    flink.apply(resource)
    flink.wait_until_running("newer")
    first = history.wait_for_start(1)

    flink.patch("newer", {"spec": {"image": release_2_3.image, "flinkVersion": release_2_3.version}})
    second = history.wait_for_start(2)

    assert second.restored
    assert second.count == history.last_count(first.run)
    status = flink.wait_until_running("newer")["status"]
    assert status["clusterInfo"]["flink-version"].startswith("2.3")
    history.assert_never_two_at_once()


def test_spec_that_cannot_start_is_corrected_without_losing_the_savepoint(
    flink: Flink, release: Release, history: History
) -> None:
    flink.apply(counting("mended", release, history, upgrade_mode="savepoint"))
    flink.wait_until_running("mended")
    first = history.wait_for_start(1)

    flink.patch("mended", {"spec": {"image": "flink:does-not-exist"}})
    flink.wait_for(
        "mended",
        lambda r: any(c["reason"] in {"ImagePullBackOff", "ErrImagePull"} for c in r["status"]["conditions"]),
        within=SECONDS,
        what="the missing image is told",
    )
    flink.patch("mended", {"spec": {"image": release.image}})
    second = history.wait_for_start(2)

    assert second.restored
    assert second.count == history.last_count(first.run)
    history.assert_never_two_at_once()

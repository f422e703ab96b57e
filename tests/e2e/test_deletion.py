"""A deleted job's state is safe, and a JobManager that never answers keeps no resource, on real Flink."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from shared.control import FORCE_DELETION
from tests.e2e.conftest import Release
from tests.e2e.continuity import HIGH_AVAILABILITY, IN_POD, History, counting
from tests.e2e.disturbances import halt, pod_of
from tests.e2e.flink import Flink, Json, ready

pytestmark = pytest.mark.both_modes

SAVEPOINT_ON_DELETION = {"kubernetes.operator.job.savepoint-on-deletion": "true"}
MISSING_IMAGE = "flink:does-not-exist"
IMAGE_REASONS = {"ImagePullBackOff", "ErrImagePull"}
NAME = "kept"
GRACE_SECONDS = 2
SECONDS = 300.0  # seven clusters start on two cores
CLUSTERS_AT_ONCE = 2  # each start takes a core for a while


def test_deletion_keeps_the_state_and_can_be_forced_where_nobody_answers(
    flink: Flink, release: Release, history: History
) -> None:
    resource = counting(NAME, release, history, upgrade_mode="savepoint", options=SAVEPOINT_ON_DELETION)
    resource["spec"]["podTemplate"]["spec"]["terminationGracePeriodSeconds"] = GRACE_SECONDS
    flink.apply(resource)
    first = history.wait_for_start(1)

    flink.kubectl("delete", "flinkdeployment", NAME, "--timeout=150s", timeout=160)

    (message,) = [event["message"] for event in flink.events(NAME) if event["reason"] == "SavepointTaken"]
    location = message.rsplit(" ", 1)[1]
    assert (history.folder / location.split(IN_POD, 1)[1].lstrip("/") / "_metadata").exists()
    assert_nothing_is_left(flink, NAME)

    resource["spec"]["job"]["initialSavepointPath"] = location
    flink.apply(resource)
    second = history.wait_for_start(2)
    assert second.restored
    assert second.count == history.last_count(first.run)

    halt(pod_of(flink, NAME, "jobmanager"))
    flink.kubectl("delete", "flinkdeployment", NAME, "--wait=false")
    blocked = flink.wait_for(
        NAME,
        lambda r: "the JobManager does not answer" in ready(r).get("message", ""),
        within=45,
        what="what blocks the deletion is told",
    )
    command = ready(blocked)["message"].rsplit("kubectl ", 1)[1]
    assert FORCE_DELETION in command
    flink.kubectl(*command.split())
    flink.kubectl("wait", "--for=delete", f"flinkdeployment/{NAME}", "--timeout=45s", timeout=50)
    assert "SavepointSkipped" in {event["reason"] for event in flink.events(NAME)}
    assert_nothing_is_left(flink, NAME)


def test_resource_goes_from_every_state(
    flink: Flink, release: Release, history: History, subtests: pytest.Subtests
) -> None:
    lives = _lives(release, history)
    for start in range(0, len(lives), CLUSTERS_AT_ONCE):
        few = lives[start : start + CLUSTERS_AT_ONCE]
        for life in few:
            flink.apply(life.resource)
        for life in few:
            life.reach(flink)
    flink.kubectl("delete", "flinkdeployment", "--all", "--wait=false")
    for life in lives:
        with subtests.test(life.name):
            flink.kubectl(
                "wait", "--for=delete", f"flinkdeployment/{life.name}", "--timeout=150s", timeout=160
            )
            assert_nothing_is_left(flink, life.name)


@dataclass(frozen=True)
class Life:
    """A resource, and how it comes into the state that it is named for."""

    resource: Json
    reach: Callable[[Flink], object]

    @property
    def name(self) -> str:
        return str(self.resource["metadata"]["name"])


def _lives(release: Release, history: History) -> list[Life]:
    def counter(name: str, upgrade_mode: str, options: Json | None = None) -> Json:
        resource = counting(name, release, history, upgrade_mode=upgrade_mode, options=options)
        resource["spec"]["podTemplate"]["spec"]["terminationGracePeriodSeconds"] = GRACE_SECONDS
        return resource

    def in_state(name: str, state: str) -> Callable[[Flink], object]:
        return lambda flink: flink.wait_for(
            name,
            lambda r: r["status"]["jobStatus"].get("state") == state,
            within=SECONDS,
            what=f"the job is {state}",
        )

    finished, failed = counter("finished", "stateless"), counter("failed", "stateless")
    finished["spec"]["job"]["args"] += ["--bounded", "200"]
    failed["spec"]["job"]["args"] += ["--fail-at", "200"]
    failed["spec"]["flinkConfiguration"]["restart-strategy.type"] = "none"
    never_up = counter("never-up", "stateless")
    never_up["spec"]["image"] = MISSING_IMAGE
    return [
        Life(finished, in_state("finished", "FINISHED")),
        Life(failed, in_state("failed", "FAILED")),
        Life(counter("suspended", "last-state", HIGH_AVAILABILITY), _suspend),
        Life(counter("broken", "last-state", HIGH_AVAILABILITY), _upgrade_to_an_image_that_is_missing),
        Life(counter("saving", "savepoint"), _begin_an_upgrade_that_waits_for_its_savepoint),
        Life(never_up, lambda flink: _wait_for_reason(flink, "never-up", IMAGE_REASONS)),
        Life(counter("young", "stateless"), lambda flink: flink.get("young")),
    ]


def _suspend(flink: Flink) -> None:
    flink.wait_until_running("suspended")
    flink.patch("suspended", {"spec": {"job": {"state": "suspended"}}})
    flink.wait_for(
        "suspended",
        lambda r: r["status"]["lifecycleState"] == "SUSPENDED",
        within=SECONDS,
        what="the job is suspended",
    )


def _begin_an_upgrade_that_waits_for_its_savepoint(flink: Flink) -> None:
    flink.wait_until_running("saving")
    halt(pod_of(flink, "saving", "taskmanager"))
    flink.patch("saving", {"spec": {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "3"}}})
    flink.wait_for(
        "saving",
        lambda r: r["status"]["jobStatus"].get("savepointInfo", {}).get("triggerId"),
        within=SECONDS,
        what="a savepoint is asked for",
    )


def _upgrade_to_an_image_that_is_missing(flink: Flink) -> None:
    flink.wait_until_running("broken")
    flink.patch("broken", {"spec": {"image": MISSING_IMAGE}})
    _wait_for_reason(flink, "broken", IMAGE_REASONS)


def _wait_for_reason(flink: Flink, name: str, reasons: set[str]) -> None:
    flink.wait_for(
        name,
        lambda r: any(one["reason"] in reasons for one in r["status"]["conditions"]),
        within=SECONDS,
        what=f"one of {reasons} is told",
    )


def assert_nothing_is_left(flink: Flink, name: str) -> None:
    assert flink.items("deployment,service,configmap,pod", f"app={name}") == []

"""A deleted job's state is safe, and a JobManager that never answers keeps no resource, on real Flink."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.control import FORCE_DELETION
from tests.e2e.conftest import Release
from tests.e2e.continuity import IN_POD, History, counting, storage
from tests.e2e.flink import Flink, Json, ready

SAVEPOINT_ON_DELETION = {"kubernetes.operator.job.savepoint-on-deletion": "true"}
NAME = "kept"
GRACE_SECONDS = 2


@pytest.fixture
def history(flink: Flink) -> Iterator[History]:
    if flink.cluster.external:
        pytest.skip("the job's record lies on the node, which is not this machine")
    with storage(flink.namespace) as history:
        yield history


def test_deletion_keeps_the_state_and_can_be_forced_where_nobody_answers(
    flink: Flink, release: Release, history: History
) -> None:
    resource = counting(
        NAME, release.image, release.version, history, mode="savepoint", options=SAVEPOINT_ON_DELETION
    )
    resource["spec"]["podTemplate"]["spec"]["terminationGracePeriodSeconds"] = GRACE_SECONDS
    flink.apply(resource)
    first = history.wait_for_start(1)

    flink.kubectl("delete", "flinkdeployment", NAME, "--timeout=60s", timeout=70)

    (message,) = [event["message"] for event in flink.events(NAME) if event["reason"] == "SavepointTaken"]
    location = message.rsplit(" ", 1)[1]
    assert (history.folder / location.split(IN_POD, 1)[1].lstrip("/") / "_metadata").exists()
    assert_nothing_is_left(flink)

    resource["spec"]["job"]["initialSavepointPath"] = location
    flink.apply(resource)
    second = history.wait_for_start(2)
    assert second.restored
    assert second.count == history.last_count(first.run)

    stop_process_of_job_manager(flink)
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
    assert_nothing_is_left(flink)


def assert_nothing_is_left(flink: Flink) -> None:
    assert flink.items("deployment,service,configmap,pod", f"app={NAME}") == []


def stop_process_of_job_manager(flink: Flink) -> None:
    """It is there, and answers nobody."""
    (pod,) = flink.items("pod", f"app={NAME},component=jobmanager")
    for process in processes_of(pod):
        os.kill(process, signal.SIGSTOP)


def processes_of(pod: Json) -> list[int]:
    """The JVMs in its containers, by their control groups."""
    uid = pod["metadata"]["uid"]
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            groups, name = (folder / "cgroup").read_text(), (folder / "comm").read_text().strip()
        except OSError:
            continue  # it has ended
        if name == "java" and (uid in groups or uid.replace("-", "_") in groups):
            found.append(int(folder.name))
    assert found, f"no process of {pod['metadata']['name']} is found on this machine"
    return found

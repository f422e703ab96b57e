"""The controller killed and started again: it goes on where it was, and does nothing twice."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.api_server import CONFIG_MAPS, DEPLOYMENTS, SERVICES, Json
from tests.api.controller import Controller
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment
from tests.polling import eventually

_MOMENT_SECONDS = 30.0


@pytest.fixture
def controller(namespace: Namespace, tmp_path: Path) -> Iterator[Controller]:
    """A controller of the test's own, not started yet."""
    controller = Controller(namespace, "killed-controller", tmp_path)
    try:
        yield controller
    finally:
        controller.process.kill()


def has_finalizer(resource: Json, _job_manager: Json | None) -> bool:
    return bool(resource["metadata"].get("finalizers"))


def is_recorded(resource: Json, _job_manager: Json | None) -> bool:
    return "jobId" in resource.get("status", {}).get("jobStatus", {})


def has_job_manager(_resource: Json, job_manager: Json | None) -> bool:
    return job_manager is not None


@pytest.mark.parametrize("moment", [has_finalizer, is_recorded, has_job_manager])
def test_a_controller_killed_while_it_deploys_finishes_after_its_restart(
    namespace: Namespace, controller: Controller, moment: Callable[[Json, Json | None], bool]
) -> None:
    namespace.apply(flink_deployment("job"))
    controller.start()
    wait_for(namespace, moment)
    controller.process.kill()

    recorded = namespace.get("job").get("status", {}).get("jobStatus", {}).get("jobId")
    controller.start()
    eventually(lambda: is_deployed(namespace), within=_MOMENT_SECONDS, what="the cluster is deployed")

    made = {body["metadata"]["uid"] for body in namespace.history(DEPLOYMENTS)}
    assert len(made) == 1, "the JobManager was made twice"
    names = {body["metadata"]["name"] for kind in (SERVICES, CONFIG_MAPS) for body in namespace.of(kind)}
    assert names == {"job", "job-rest", "flink-config-job"}
    job_id = namespace.get("job")["status"]["jobStatus"]["jobId"]
    assert job_id in namespace.get("flink-config-job", CONFIG_MAPS)["data"]["config.yaml"]
    assert recorded in {None, job_id}


def test_a_restart_after_the_deployment_writes_nothing(namespace: Namespace, controller: Controller) -> None:
    namespace.apply(flink_deployment("job"))
    controller.start()
    eventually(lambda: is_deployed(namespace), within=_MOMENT_SECONDS, what="the cluster is deployed")
    controller.process.stop()
    before = without_lease(namespace.versions())
    controller.start()
    controller.wait_until_ready()
    controller.wait_until_leading()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        assert without_lease(namespace.versions()) == before
        time.sleep(0.25)


def wait_for(namespace: Namespace, moment: Callable[[Json, Json | None], bool]) -> None:
    """As fast as it can be seen: the kill should come in the middle of things."""
    deadline = time.monotonic() + _MOMENT_SECONDS
    while not moment(namespace.get("job"), namespace.find("job", DEPLOYMENTS)):
        assert time.monotonic() < deadline, f"{moment.__name__} did not come true"


def is_deployed(namespace: Namespace) -> bool:
    status = namespace.get("job").get("status", {})
    released = not namespace.get("job", DEPLOYMENTS)["spec"].get("paused")
    return released and status.get("reconciliationStatus", {}).get("state") == "DEPLOYED"


def without_lease(versions: dict[str, str]) -> dict[str, str]:
    return {name: written for name, written in versions.items() if not name.startswith("leases/")}

"""What the Java operator left behind is taken over: no job notices that its operator is another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.api.api_server import DEPLOYMENTS, Json
from tests.api.controller import Controller, condition
from tests.api.namespace import Namespace
from tests.polling import eventually

_LEFT_BEHIND = Path(__file__).parent / "data" / "java_operator_application.yaml"
_NAME = "taken-over"
_SECONDS = 30.0


@pytest.fixture
def before(namespace: Namespace) -> Json:
    """The resource as it was before our controller came."""
    resource, job_manager = yaml.safe_load_all(_LEFT_BEHIND.read_text())
    owner = {
        "apiVersion": resource["apiVersion"],
        "kind": resource["kind"],
        "name": _NAME,
        "uid": namespace.store(resource)["metadata"]["uid"],
    }
    job_manager["metadata"] |= {"namespace": namespace.name, "ownerReferences": [owner]}
    namespace.api.create(DEPLOYMENTS, job_manager)
    namespace.patch(_NAME, {"status": job_manager["status"]}, DEPLOYMENTS, "status")
    return namespace.patch(_NAME, {"status": resource["status"]}, subresource="status")


@pytest.fixture
def job_manager(namespace: Namespace, before: Json) -> Json:
    """Its JobManager at that time."""
    assert before["metadata"]["name"] == _NAME
    return namespace.get(_NAME, DEPLOYMENTS)


@pytest.fixture
def after(namespace: Namespace, job_manager: Json, tmp_path: Path) -> Iterator[Json]:
    """The resource after our controller has looked at it: only ours writes a condition Ready."""
    controller = Controller(namespace, f"heir-of-{job_manager['metadata']['name']}", tmp_path)
    controller.start()
    try:

        def looked_at() -> Json:
            controller.process.assert_running()
            resource = namespace.get(_NAME)
            condition(resource)
            return resource

        yield eventually(looked_at, within=_SECONDS, what="the controller looks at the resource")
    finally:
        controller.process.kill()


def test_a_running_job_is_taken_over_as_it_is(
    namespace: Namespace, before: Json, job_manager: Json, after: Json
) -> None:
    for part in (
        "reconciliationStatus",
        "observedGeneration",
        "lifecycleState",
        "jobManagerDeploymentStatus",
    ):
        assert after["status"][part] == before["status"][part]
    # The JobManager cannot be asked here: what is not known is not changed.
    for fact in ("jobId", "state", "startTime"):
        assert after["status"]["jobStatus"][fact] == before["status"]["jobStatus"][fact]
    assert (
        namespace.get(_NAME, DEPLOYMENTS)["metadata"]["resourceVersion"]
        == (job_manager["metadata"]["resourceVersion"])
    )
    assert "SpecChanged" not in {event["reason"] for event in namespace.events_of(_NAME)}

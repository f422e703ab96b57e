"""Resources that name others: the webhook watches these, and looks again before it refuses."""

import pytest

from tests.api.api_server import Json
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment, session_job, state_snapshot
from tests.polling import eventually

SECONDS = 15.0


def session_cluster(name: str) -> Json:
    resource = flink_deployment(name)
    del resource["spec"]["job"]
    return resource


def test_job_on_an_application_cluster_is_refused(guarded: Namespace) -> None:
    guarded.apply(flink_deployment("application"))

    def refused() -> bool:  # the watch of the webhook can be a moment behind
        resource = session_job("job", deploymentName="application")
        return "[FK205]" in guarded.kubectl("create", "--dry-run=server", "-f", "-", stdin=resource).stderr

    eventually(refused, within=SECONDS, what="the job is refused")


def test_job_whose_cluster_is_not_there_yet_is_admitted_with_a_warning(guarded: Namespace) -> None:
    said = guarded.apply(session_job("early", deploymentName="later"))
    assert "Warning: spec.deploymentName: there is no FlinkDeployment later in this namespace yet" in said
    assert "[FK206]" in said


def test_job_on_a_session_cluster_is_admitted_without_a_word(guarded: Namespace) -> None:
    guarded.apply(session_cluster("session"))

    def accepted() -> bool:
        result = guarded.kubectl("create", "--dry-run=server", "-f", "-", stdin=session_job("job"))
        return result.returncode == 0 and "FK206" not in result.stderr

    eventually(accepted, within=SECONDS, what="the job is admitted without a warning")


def test_snapshot_of_a_job_that_is_not_there_is_refused(guarded: Namespace) -> None:
    said = guarded.refuses("create", "-f", "-", stdin=state_snapshot("savepoint"))
    assert "there is no FlinkDeployment job in this namespace" in said


@pytest.mark.parametrize("number", range(5))
def test_snapshot_right_after_its_job_is_admitted(guarded: Namespace, number: int) -> None:
    job, snapshot = f"job-{number}", state_snapshot(f"savepoint-{number}")
    snapshot["spec"]["jobReference"]["name"] = job
    guarded.apply(flink_deployment(job))
    guarded.apply(snapshot)

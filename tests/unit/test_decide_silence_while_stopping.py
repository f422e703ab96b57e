"""A JobManager that was asked to stop its job and answers no more: nothing is done, and its owner is told."""

from datetime import timedelta
from typing import Any

import pytest

from controller.observation import Observation, Unknown
from controller.plan import Plan
from tests.unit.flink_deployments import NOW, application, cluster_of, edited, observed, with_status
from tests.unit.recorded_deployments import SAVEPOINTS, Json, deployed, error_of, plan_of, up

SILENT = Unknown("no answer")


def stopping(mode: str) -> Json:
    """A job that is being stopped for a change."""
    raw = deployed(application(job={"upgradeMode": mode}, flinkConfiguration=SAVEPOINTS))
    raw = edited(raw, image="flink:2.4")
    raw = with_status(raw, plan_of(raw, up(raw)))
    assert raw["status"]["lifecycleState"] == "UPGRADING"
    return raw


def silence(raw: Json, seconds: float, **facts: Any) -> Observation:
    cluster = cluster_of(raw["status"]["observedGeneration"])
    at = NOW + timedelta(seconds=seconds)
    return observed(**{"cluster": cluster, "flink": SILENT, "job": SILENT, "at": at, **facts})


def ready(plan: Plan) -> tuple[str, str]:
    condition = plan.status.condition("Ready")
    assert condition is not None
    return condition.reason, condition.message


@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
def test_long_silence_is_told_and_nothing_is_done(mode: str) -> None:
    raw = stopping(mode)
    plan = plan_of(raw, silence(raw, 21))
    reason, message = ready(plan)
    assert plan.actions == ()
    assert reason == "WaitingForJob"
    assert "does not answer" in message
    assert "savepointRedeployNonce" in message
    assert reason in error_of(plan)


def test_short_silence_is_nobodys_business() -> None:
    raw = stopping("savepoint")
    assert ready(plan_of(raw, silence(raw, 19)))[0] == "Suspending"


def test_answer_ends_the_complaint() -> None:
    raw = stopping("savepoint")
    raw = with_status(raw, plan_of(raw, silence(raw, 30)))
    assert ready(plan_of(raw, up(raw)))[0] == "Suspending"


def test_cluster_that_nobody_can_see_is_no_silent_job_manager() -> None:
    raw = stopping("savepoint")
    unseen = silence(raw, 60, cluster=Unknown("timeout"), pods=Unknown("timeout"))
    assert ready(plan_of(raw, unseen))[0] == "Suspending"


def test_owner_names_a_way_out_of_the_silence() -> None:
    raw = stopping("savepoint")
    raw = edited(raw, job={"initialSavepointPath": "s3://b/chosen", "savepointRedeployNonce": 1})
    plan = plan_of(raw, silence(raw, 60))
    assert plan.actions
    assert ready(plan)[0] != "WaitingForJob"

"""What keeps a cluster from coming up: of all that is seen, what explains most."""

from datetime import timedelta
from typing import Any

import pytest

from controller.observation import NOT_ASKED, Component, Fact, Known, Pod, Problem, TaskManagers, Unknown
from controller.plan import Plan
from shared.model.status import JobState
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    job_of,
    observed,
    observed_up,
    pod_of,
    pods_of,
    with_status,
)
from tests.unit.recorded_deployments import deployed, plan_of, submitted

Json = dict[str, Any]
CRASH = Problem("CrashLoopBackOff", "Container c ended with exit code 1.")
QUOTA = Problem("FailedCreate", "Quota small leaves no room.")
LATER = NOW + timedelta(seconds=20)


def crashed(restarts: int = 0, problem: Problem | None = None) -> Pod:
    return Pod("orders-1", Component.JOB_MANAGER, problem, CRASH, restarts)


def reason_of(plan: Plan) -> str:
    ready = plan.status.condition("Ready")
    assert ready is not None
    return ready.reason


def look(raw: Json, *pods: Pod, missing: Fact[tuple[str, ...]] = NOT_ASKED) -> Plan:
    observation = observed(
        cluster=cluster_of(available=False, service_account="flink"),
        pods=pods_of(*pods),
        missing_rights=missing,
    )
    return plan_of(raw, observation)


def test_crash_of_a_spec_that_never_ran_is_told_at_once() -> None:
    plan = look(submitted(application()), crashed())
    assert reason_of(plan) == "CrashLoopBackOff"
    assert "exit code 1" in (plan.status.error or "")


def test_crash_of_a_spec_that_ran_is_told_when_it_comes_again() -> None:
    raw = deployed(application())
    assert reason_of(look(raw, crashed(restarts=1))) == "JobManagerNotReady"
    assert reason_of(look(raw, crashed(restarts=2))) == "CrashLoopBackOff"


def test_crash_is_told_once_though_its_container_comes_and_goes() -> None:
    raw = submitted(application())
    raw = with_status(raw, look(raw, crashed(problem=CRASH)))
    assert look(raw, crashed(restarts=1)).events == ()


def test_rights_that_are_missing_explain_a_crash() -> None:
    plan = look(submitted(application()), crashed(problem=CRASH), missing=Known(("create pods", "list pods")))
    assert reason_of(plan) == "MissingRights"
    error = plan.status.error or ""
    assert "Service account flink may not create pods, list pods in namespace shop" in error
    assert [event.reason for event in plan.events] == ["MissingRights"]


def test_rights_that_nobody_could_tell_explain_nothing() -> None:
    plan = look(submitted(application()), crashed(problem=CRASH), missing=Unknown("forbidden"))
    assert reason_of(plan) == "CrashLoopBackOff"


def test_pods_that_a_standalone_cluster_cannot_make_are_told() -> None:
    raw = submitted(application(mode="standalone"))
    task_managers = TaskManagers("uid", 1, being_deleted=False, problem=QUOTA)
    job = job_of(raw["status"]["jobStatus"]["jobId"], JobState.CREATED)
    plan = plan_of(raw, observed_up(job, task_managers=Known(task_managers)))
    assert reason_of(plan) == "FailedCreate"


# Jobs without TaskManagers


def waiting(
    *pods: Pod, at: Any = LATER, state: JobState = JobState.CREATED, moved: int = 0, **more: Any
) -> Plan:
    raw = submitted(application())
    start = int(NOW.timestamp() * 1000)
    job = job_of(raw["status"]["jobStatus"]["jobId"], state).value
    job = type(job)(job.job_id, job.name, state, start, last_modified=start + moved)
    facts = {"cluster": cluster_of(), "flink": observed_up(Known(job)).flink, **more}
    return plan_of(raw, observed(pods=pods_of(pod_of(), *pods), job=Known(job), at=at, **facts))


def test_job_without_a_pod_to_run_on_is_told_after_a_while() -> None:
    plan = waiting()
    assert reason_of(plan) == "NoTaskManagers"
    assert "kubectl logs deployment/orders" in (plan.status.error or "")


@pytest.mark.parametrize(
    "plan",
    [
        waiting(at=NOW + timedelta(seconds=7)),
        waiting(moved=15_000),
        waiting(pod_of(Component.TASK_MANAGER)),
        waiting(state=JobState.RUNNING),
        waiting(state=JobState.CANCELLING),
    ],
    ids=["early", "moves", "has-a-pod", "runs", "is-being-cancelled"],
)
def test_job_that_need_not_wait_longer_is_not_told_of(plan: Plan) -> None:
    assert reason_of(plan) != "NoTaskManagers"


def test_rights_that_are_missing_explain_why_there_are_no_task_managers() -> None:
    assert reason_of(waiting(missing_rights=Known(("create pods",)))) == "MissingRights"

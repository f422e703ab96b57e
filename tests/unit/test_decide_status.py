"""What the status says: conditions, error document, times; and that it is not written without need."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.decide import decide, decide_failure
from controller.observation import (
    Absent,
    Component,
    Fact,
    FlinkInfo,
    Known,
    Observation,
    Problem,
    Unknown,
)
from controller.plan import AddFinalizer, CreateCluster, DeleteCluster, Plan, RemoveFinalizer
from shared.model.status import ConditionStatus, JobManagerDeploymentStatus, JobState
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    job_of,
    observed,
    observed_up,
    pod_of,
    pods_of,
    session,
    subject_of,
    with_metadata,
    with_status,
)

Json = dict[str, Any]
LATER = NOW + timedelta(hours=1)
SOON = NOW + timedelta(minutes=4)
"""Before what does not come up is taken for stalled."""
NO_IMAGE = Problem("ImagePullBackOff", "Image flink:typo cannot be pulled")


def plan_of(raw: Json, observation: Observation) -> Plan:
    return decide(subject_of(raw), observation)


def running(raw: Json | None = None) -> Json:
    raw = raw or application()
    raw = with_status(raw, plan_of(raw, observed()))
    return with_status(raw, plan_of(raw, observed_up(job(raw))))


def job(raw: Json, state: JobState = JobState.RUNNING) -> Any:
    job_id = raw["status"]["jobStatus"].get("jobId")
    return Absent() if job_id is None else job_of(job_id, state)


def stuck(
    problem: Problem = NO_IMAGE, *, at: Any = NOW, component: Component = Component.JOB_MANAGER
) -> Observation:
    pods = pods_of(pod_of(component, problem))
    return observed(cluster=cluster_of(available=False), pods=pods, at=at)


# Conditions


def condition(plan: Plan, name: str) -> tuple[ConditionStatus, str]:
    found = plan.status.condition(name)
    assert found is not None
    return found.status, found.reason


@pytest.mark.parametrize(
    ("state", "ready", "running_reason"),
    [
        (JobState.RUNNING, (ConditionStatus.TRUE, "JobRunning"), "Running"),
        (JobState.CREATED, (ConditionStatus.FALSE, "JobCreated"), "Created"),
        (JobState.RESTARTING, (ConditionStatus.FALSE, "JobRestarting"), "Restarting"),
        (JobState.FINISHED, (ConditionStatus.TRUE, "JobFinished"), "Finished"),
        (JobState.FAILED, (ConditionStatus.FALSE, "JobFailed"), "Failed"),
    ],
)
def test_conditions_speak_of_the_job(
    state: JobState, ready: tuple[ConditionStatus, str], running_reason: str
) -> None:
    raw = running()
    plan = plan_of(raw, observed_up(job(raw, state)))
    assert condition(plan, "Ready") == ready
    expected = ConditionStatus.TRUE if state is JobState.RUNNING else ConditionStatus.FALSE
    assert condition(plan, "Running") == (expected, running_reason)


def test_job_manager_that_does_not_list_the_job_is_not_called_silent() -> None:
    raw = running()
    plan = plan_of(raw, observed_up(Absent()))
    assert condition(plan, "Ready") == (ConditionStatus.FALSE, "JobNotListed")


def test_conditions_speak_of_the_session_cluster() -> None:
    raw = running(session())
    plan = plan_of(raw, observed_up(Absent()))
    assert condition(plan, "Ready") == (ConditionStatus.TRUE, "SessionReady")
    assert condition(plan, "Running") == (ConditionStatus.TRUE, "JobManagerReady")


def test_transition_time_stays_while_the_value_stays() -> None:
    raw = running()
    plan = plan_of(raw, observed_up(job(raw), at=LATER))
    times = {one["type"]: one["lastTransitionTime"] for one in raw["status"]["conditions"]}
    assert {one.type: one.last_transition_time for one in plan.status.conditions} == times


def test_transition_time_moves_with_the_value() -> None:
    raw = running()
    plan = plan_of(raw, observed_up(job(raw, JobState.RESTARTING), at=LATER))
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert ready.last_transition_time == "2026-11-21T13:00:00Z"


def test_conditions_of_others_are_kept() -> None:
    raw = running()
    other = {"type": "Zoo", "status": "True", "reason": "R", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    raw["status"]["conditions"].append(other)
    plan = plan_of(raw, observed_up(job(raw)))
    assert "Zoo" in [one.type for one in plan.status.conditions]


def test_condition_names_the_generation_that_it_speaks_of() -> None:
    raw = edited(running(), serviceAccount=None)
    plan = plan_of(raw, observed_up(job(raw)))
    assert {one.observed_generation for one in plan.status.conditions} == {2}


# Errors


@pytest.mark.parametrize(
    ("component", "status"),
    [
        (Component.JOB_MANAGER, JobManagerDeploymentStatus.ERROR),
        (Component.TASK_MANAGER, JobManagerDeploymentStatus.DEPLOYING),
    ],
)
def test_pod_that_cannot_start_is_told_in_status_and_event(
    component: Component, status: JobManagerDeploymentStatus
) -> None:
    raw = with_status(application(), plan_of(application(), observed()))
    plan = plan_of(raw, stuck(component=component))
    assert orjson.loads(plan.status.error or "{}")["type"] == "ImagePullBackOff"
    assert condition(plan, "Ready") == (ConditionStatus.FALSE, "ImagePullBackOff")
    assert plan.status.job_manager_deployment_status is status
    assert "ImagePullBackOff" in [event.reason for event in plan.events]


def not_supported() -> Json:
    return application(
        job={"checkpointTriggerNonce": 1},
        flinkConfiguration={"execution.checkpointing.savepoint-dir": "s3://bucket/sp"},
    )


def test_pod_that_cannot_start_is_told_though_something_is_not_supported() -> None:
    raw = with_status(not_supported(), plan_of(not_supported(), observed()))
    plan = plan_of(raw, stuck())
    assert orjson.loads(plan.status.error or "{}").get("type") == "ImagePullBackOff"


def test_what_is_not_supported_keeps_a_running_resource_from_being_ready() -> None:
    raw = running(not_supported())
    plan = plan_of(raw, observed_up(job(raw)))
    assert condition(plan, "Ready") == (ConditionStatus.FALSE, "NotSupported")
    assert condition(plan, "Running") == (ConditionStatus.TRUE, "Running")


def test_problem_is_told_once() -> None:
    raw = with_status(application(), plan_of(application(), observed()))
    raw = with_status(raw, plan_of(raw, stuck()))
    assert plan_of(raw, stuck(at=LATER)).events == ()


def test_another_problem_is_told_again() -> None:
    raw = with_status(application(), plan_of(application(), observed()))
    raw = with_status(raw, plan_of(raw, stuck()))
    plan = plan_of(raw, stuck(Problem("FailedMount", "no volume")))
    assert [event.reason for event in plan.events] == ["FailedMount"]


def test_error_goes_when_its_cause_is_gone() -> None:
    raw = with_status(application(), plan_of(application(), observed()))
    raw = with_status(raw, plan_of(raw, stuck()))
    assert plan_of(raw, observed_up(job(raw))).status.error is None


# Refused effects


def test_refused_effect_is_told_and_tried_again_slowly() -> None:
    raw = with_status(application(), plan_of(application(), observed()))
    plan = decide_failure(subject_of(raw), Problem("FailedCreate", "quota"), NOW)
    assert condition(plan, "Ready") == (ConditionStatus.FALSE, "FailedCreate")
    assert [event.reason for event in plan.events] == ["FailedCreate"]
    assert plan.actions == ()
    assert plan.again_after is not None
    assert plan.again_after >= 10


@pytest.mark.parametrize("raw", [application(), session()])
@pytest.mark.parametrize("cluster", [Absent(), cluster_of(1, paused=True, available=False)])
def test_effect_that_is_refused_again_writes_and_tells_nothing_new(raw: Json, cluster: Any) -> None:
    """Every write wakes the controller: two writes at each attempt would make it try without a pause."""
    problem = Problem("FailedCreate", "quota")
    raw = with_status(raw, plan_of(raw, observed()))
    raw = with_status(raw, decide_failure(subject_of(raw), problem, NOW))
    attempt = plan_of(raw, observed(cluster=cluster, at=SOON))
    assert any(isinstance(action, CreateCluster) for action in attempt.actions)
    assert attempt.status.to_wire() == raw["status"]
    assert attempt.events == ()
    again = decide_failure(subject_of(with_status(raw, attempt)), problem, SOON)
    assert again.status.to_wire() == raw["status"]
    assert again.events == ()


# At rest


def suspended() -> Json:
    raw = running()
    raw = edited(raw, job={"state": "suspended"})
    raw = with_status(raw, plan_of(raw, observed_up(job(raw))))
    return with_status(raw, plan_of(raw, observed()))


def blocked() -> Json:
    options = {
        "execution.checkpointing.dir": "s3://b",
        "execution.checkpointing.savepoint-dir": "s3://b",
        "kubernetes.operator.job.upgrade.last-state-fallback.enabled": "false",
    }
    raw = running(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=options))
    return edited(raw, image="flink:2.4")


@pytest.mark.parametrize(
    ("make", "observe"),
    [
        (running, lambda raw, at: observed_up(job(raw), at=at)),
        (lambda: running(session()), lambda _, at: observed_up(Absent(), at=at)),
        (suspended, lambda _, at: observed(at=at)),
        (blocked, lambda raw, at: observed_up(job(raw, JobState.RESTARTING), at=at)),
        (lambda: edited(running(), serviceAccount=None), lambda raw, at: observed_up(job(raw), at=at)),
        (lambda: application(serviceAccount=None), lambda _, at: observed(at=at)),
        (lambda: application(job={"state": "suspended"}), lambda _, at: observed(at=at)),
        (running, lambda raw, at: observed_up(job(raw, JobState.FAILED), at=at)),
        (running, lambda raw, at: observed_up(job(raw, JobState.CANCELED), at=at)),
        (running, lambda _, at: stuck(at=at)),
        (blocked, lambda _, at: observed(at=at)),
    ],
    ids=[
        "running",
        "session",
        "suspended",
        "change-that-waits",
        "invalid-edit",
        "invalid-from-the-start",
        "suspended-from-the-start",
        "failed",
        "cancelled",
        "stuck",
        "lost",
    ],
)
def test_second_look_at_the_same_facts_writes_and_tells_nothing(
    make: Callable[[], Json], observe: Callable[[Json, Any], Observation]
) -> None:
    raw = make()
    raw = with_status(raw, plan_of(raw, observe(raw, NOW)))
    again = plan_of(raw, observe(raw, SOON))
    assert again.status.to_wire() == raw["status"]
    assert again.events == ()
    assert again.actions == ()


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.FINISHED, JobState.CANCELED])
def test_job_that_does_not_move_is_looked_at_in_the_configured_interval(state: JobState) -> None:
    raw = running()
    again = decide(
        subject_of(raw, {"kubernetes.operator.reconcile.interval": "15 s"}), observed_up(job(raw, state))
    )
    assert again.again_after == 15


def test_suspended_job_is_looked_at_in_the_configured_interval() -> None:
    assert plan_of(suspended(), observed()).again_after == 60


def test_older_name_of_the_interval_counts() -> None:
    raw = running()
    operator = {"kubernetes.operator.reconciler.reschedule.interval": "15 s"}
    assert decide(subject_of(raw, operator), observed_up(job(raw))).again_after == 15


def test_job_that_is_coming_up_is_looked_at_often() -> None:
    raw = with_status(application(), plan_of(application(), observed()))
    again = plan_of(raw, observed_up(job(raw, JobState.CREATED))).again_after
    assert again is not None
    assert again <= 2


# Whatever is known

_UNKNOWN = st.builds(Unknown, st.just("no answer"))
_PODS: st.SearchStrategy[Fact[Any]] = _UNKNOWN | st.lists(
    st.builds(pod_of, st.sampled_from(Component), st.sampled_from([None, NO_IMAGE])), max_size=3
).map(lambda pods: Known(tuple(pods)))
_FLINK: st.SearchStrategy[Fact[Any]] = _UNKNOWN | st.just(Known(FlinkInfo("2.3.0", "x")))
_JOB: st.SearchStrategy[Fact[Any]] = (
    _UNKNOWN | st.just(Absent()) | st.builds(job_of, st.just("a" * 32), st.sampled_from(JobState))
)
_CLUSTER: st.SearchStrategy[Fact[Any]] = (
    st.just(Absent())
    | _UNKNOWN
    | st.builds(
        cluster_of,
        st.sampled_from([None, 1, 2, 3]),
        replicas=st.sampled_from([0, 1]),
        available=st.booleans(),
        paused=st.booleans(),
        being_deleted=st.booleans(),
        never_available=st.booleans(),
        problem=st.sampled_from([None, NO_IMAGE]),
    )
)


def resources() -> list[Json]:
    """Resources in all stages of their life."""
    fresh = application()
    recorded = with_status(fresh, plan_of(fresh, observed()))
    up = running()
    changed = edited(up, image="flink:2.4")
    changing = with_status(changed, plan_of(changed, observed_up(job(up))))
    stages = [fresh, recorded, up, changed, changing, suspended(), blocked(), running(session())]
    invalid = [edited(raw, serviceAccount=None) for raw in stages]
    deleted = [with_metadata(raw, deletionTimestamp=NOW.isoformat()) for raw in [*stages, *invalid]]
    return [*stages, *invalid, *deleted]


RESOURCES = resources()


@settings(max_examples=80, deadline=None)
@example(
    raw=RESOURCES[3],
    cluster=Unknown("no answer"),
    pods=Unknown("no answer"),
    flink=Unknown("no answer"),
    job=job_of("a" * 32, JobState.RUNNING),
)
@given(raw=st.sampled_from(RESOURCES), cluster=_CLUSTER, pods=_PODS, flink=_FLINK, job=_JOB)
def test_what_cannot_be_known_leads_to_no_effect(
    raw: Json, cluster: Fact[Any], pods: Fact[Any], flink: Fact[Any], job: Fact[Any]
) -> None:
    plan = plan_of(raw, observed(cluster=cluster, pods=pods, flink=flink, job=job))
    if isinstance(cluster, Unknown):
        nothing_was_ever_made = "reconciliationStatus" not in raw.get("status", {})
        allowed = {AddFinalizer, RemoveFinalizer} if nothing_was_ever_made else {AddFinalizer}
        assert {type(action) for action in plan.actions} <= allowed
    if isinstance(pods, Unknown):
        created = [action for action in plan.actions if isinstance(action, CreateCluster)]
        assert not any(isinstance(action, DeleteCluster) for action in plan.actions)
        assert not created or isinstance(cluster, Known)


@settings(max_examples=80, deadline=None)
@given(raw=st.sampled_from(RESOURCES), cluster=_CLUSTER, pods=_PODS, flink=_FLINK, job=_JOB)
def test_nothing_is_submitted_beside_what_may_still_run(
    raw: Json, cluster: Fact[Any], pods: Fact[Any], flink: Fact[Any], job: Fact[Any]
) -> None:
    plan = plan_of(raw, observed(cluster=cluster, pods=pods, flink=flink, job=job))
    for action in plan.actions:
        if isinstance(action, CreateCluster):
            unreleased = isinstance(cluster, Known) and cluster.value.paused
            assert unreleased or (isinstance(cluster, Absent) and pods == Known(()))
            assert action.submission.job_id == plan.status.job_status.job_id
            assert action.submission.generation == plan.status.recorded_generation

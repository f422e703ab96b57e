"""How a resource stands, in conditions, and what kubectl, kstatus and Argo CD make of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import controller
from controller.decide import decide, decide_failure
from controller.observation import Absent, Component, Observation, Problem, Unknown
from controller.plan import Plan
from shared.control import PAUSED
from shared.model import KINDS
from shared.model.status import JobState
from shared.schema import custom_resource_definition
from tests.health_checks import Health, Kstatus, argo_cd, kstatus
from tests.unit.flink_deployments import (
    NOW,
    application,
    cluster_of,
    edited,
    java_operator_resource,
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
from tests.unit.recorded_deployments import SAVEPOINTS, changing, deployed, recorded, submitted, up

Json = dict[str, Any]
LATER = NOW + timedelta(minutes=6)
"""After the time in which a spec should have become stable."""
RESTART = {"kubernetes.operator.job.restart.failed": "true"}
NO_IMAGE = Problem("ImagePullBackOff", "Image flink:typo cannot be pulled")


def seen(raw: Json, observation: Observation) -> Json:
    """The resource after a look at it."""
    return with_status(raw, decide(subject_of(raw), observation))


def unseen() -> Json:
    """As the API server shows it before any look."""
    schema = custom_resource_definition(KINDS["FlinkDeployment"])["spec"]["versions"][0]["schema"]
    status = schema["openAPIV3Schema"]["properties"]["status"]["default"]
    return {**application(), "status": status}


def coming_up() -> Json:
    raw = submitted(application())
    return seen(raw, observed(cluster=cluster_of(available=False)))


def without_image(at: Any = NOW) -> Json:
    raw = submitted(application())
    pods = pods_of(pod_of(Component.JOB_MANAGER, NO_IMAGE))
    return seen(raw, observed(cluster=cluster_of(available=False), pods=pods, at=at))


def in_state(state: JobState, at: Any = NOW) -> Json:
    raw = deployed(application())
    return seen(raw, observed_up(job_of(raw["status"]["jobStatus"]["jobId"], state), at=at))


def failed(**options: str) -> Json:
    raw = deployed(application(flinkConfiguration=options))
    return seen(raw, observed_up(job_of(raw["status"]["jobStatus"]["jobId"], JobState.FAILED)))


def mended() -> Json:
    """A job that failed, and was given another spec."""
    raw = failed()
    return seen(edited(raw, image="flink:2.4"), up(raw, JobState.FAILED))


def paused_change() -> Json:
    raw = with_metadata(deployed(application()), annotations={PAUSED: "true"})
    return seen(edited(raw, image="flink:2.4"), up(raw))


def restarting_for_long() -> Json:
    raw = in_state(JobState.RESTARTING)
    return seen(raw, observed_up(job_of(raw["status"]["jobStatus"]["jobId"], JobState.RESTARTING), at=LATER))


def waiting_for_its_job() -> Json:
    """A change that needs a savepoint of a job that does not run."""
    options = {**SAVEPOINTS, "kubernetes.operator.job.upgrade.last-state-fallback.enabled": "false"}
    raw = deployed(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=options))
    return seen(edited(raw, image="flink:2.4"), up(raw, JobState.RESTARTING))


def waiting_for_an_answer() -> Json:
    """A change whose way depends on what the API server did not tell."""
    ha = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://b/ha", **SAVEPOINTS}
    raw = deployed(application(job={"upgradeMode": "last-state"}, flinkConfiguration=ha))
    observation = observed_up(
        job_of(raw["status"]["jobStatus"]["jobId"]), high_availability=Unknown("timeout")
    )
    return seen(edited(raw, image="flink:2.4"), observation)


def lost() -> Json:
    """The JobManager's Deployment is gone, and with it what tells where the job was."""
    raw = deployed(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS))
    return seen(raw, observed())


def suspended() -> Json:
    raw = changing(application(), job={"state": "suspended"})
    return seen(raw, observed())


def refused() -> Json:
    raw = submitted(application())
    return with_status(raw, decide_failure(subject_of(raw), Problem("FailedCreate", "quota"), NOW))


@dataclass(frozen=True)
class Case:
    """A resource, its conditions (Degraded and Stalled only when true), and what others read."""

    name: str
    make: Callable[[], Json]
    ready: str
    kstatus: Kstatus
    argo_cd: Health
    reason: str
    degraded: bool = False


_CURRENT, _IN_PROGRESS, _FAILED = Kstatus.CURRENT, Kstatus.IN_PROGRESS, Kstatus.FAILED
_HEALTHY, _PROGRESSING, _DEGRADED = Health.HEALTHY, Health.PROGRESSING, Health.DEGRADED

CASES = (
    Case("nobody-looked", unseen, "Unknown", _IN_PROGRESS, _PROGRESSING, "Pending"),
    Case("submitted", lambda: submitted(application()), "False", _IN_PROGRESS, _PROGRESSING, "Upgrading"),
    Case("coming-up", coming_up, "False", _IN_PROGRESS, _HEALTHY, "JobManagerNotReady"),
    Case("no-image", without_image, "False", _IN_PROGRESS, _HEALTHY, "ImagePullBackOff", degraded=True),
    Case("refused", refused, "False", _IN_PROGRESS, _DEGRADED, "FailedCreate", degraded=True),
    Case("running", lambda: deployed(application()), "True", _CURRENT, _HEALTHY, "JobRunning"),
    Case("session", lambda: seen(submitted(session()), observed_up(Absent())), "True", _CURRENT, _HEALTHY,
         "SessionReady"),
    Case("restarting", lambda: in_state(JobState.RESTARTING), "False", _IN_PROGRESS, _HEALTHY,
         "JobRestarting", degraded=True),
    Case("restarting-for-long", restarting_for_long, "False", _FAILED, _HEALTHY, "JobRestarting",
         degraded=True),
    Case("finished", lambda: in_state(JobState.FINISHED), "True", _CURRENT, _HEALTHY, "JobFinished"),
    Case("failed", lambda: in_state(JobState.FAILED), "False", _FAILED, _HEALTHY, "JobFailed", degraded=True),
    Case("failed-and-comes-back", lambda: failed(**RESTART), "False", _IN_PROGRESS, _HEALTHY, "JobFailed",
         degraded=True),
    Case("failed-and-mended", mended, "False", _IN_PROGRESS, _PROGRESSING, "Upgrading"),
    Case("paused-change", paused_change, "False", _IN_PROGRESS, _HEALTHY, "Paused"),
    Case("cancelled", lambda: in_state(JobState.CANCELED), "False", _FAILED, _HEALTHY, "JobCanceled",
         degraded=True),
    Case("upgrading", lambda: changing(application(), image="flink:2.4"), "False", _IN_PROGRESS,
         _PROGRESSING, "Upgrading"),
    Case("change-waits-for-job", waiting_for_its_job, "False", _IN_PROGRESS, _HEALTHY, "WaitingForJob",
         degraded=True),
    Case("change-waits-for-answer", waiting_for_an_answer, "False", _IN_PROGRESS, _HEALTHY, "Pending"),
    Case("suspended", suspended, "True", _CURRENT, _HEALTHY, "Suspended"),
    Case("suspended-at-creation", lambda: seen(application(job={"state": "suspended"}), observed()),
         "True", _CURRENT, _HEALTHY, "Suspended"),
    Case("invalid-at-creation", lambda: seen(application(serviceAccount=None), observed()), "False",
         _FAILED, _PROGRESSING, "ValidationError", degraded=True),
    Case("invalid-edit", lambda: seen(edited(raw := deployed(application()), serviceAccount=None), up(raw)),
         "False", _FAILED, _HEALTHY, "ValidationError", degraded=True),
    Case("lost", lost, "False", _FAILED, _HEALTHY, "Missing", degraded=True),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_conditions_agree_with_each_other_and_with_what_others_read(case: Case) -> None:
    resource = case.make()
    conditions = {one["type"]: one for one in resource["status"]["conditions"]}
    assert (conditions["Ready"]["status"], conditions["Ready"]["reason"]) == (case.ready, case.reason)
    assert kstatus(resource) is case.kstatus
    assert argo_cd(resource) is case.argo_cd
    if case.ready == "Unknown":
        return
    assert conditions["Degraded"]["status"] == str(case.degraded)
    moves = case.kstatus is _IN_PROGRESS and case.reason != "Paused"
    assert conditions["Progressing"]["status"] == str(moves)
    assert ("Stalled" in conditions) is (case.kstatus is Kstatus.FAILED)
    assert all(one["reason"] and one["message"] and one["lastTransitionTime"] for one in conditions.values())
    assert {one["observedGeneration"] for one in conditions.values()} == {resource["metadata"]["generation"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_edit_that_nobody_has_looked_at_is_in_progress(case: Case) -> None:
    resource = edited(case.make(), image="flink:2.5")
    assert kstatus(resource) is Kstatus.IN_PROGRESS
    ready = next(one for one in resource["status"]["conditions"] if one["type"] == "Ready")
    assert ready.get("observedGeneration", 0) < resource["metadata"]["generation"]


def test_resource_that_is_being_deleted_is_terminating() -> None:
    raw = with_metadata(deployed(application()), deletionTimestamp=NOW.isoformat(), generation=2)
    resource = seen(raw, observed(cluster=cluster_of()))
    conditions = {one["type"]: one for one in resource["status"]["conditions"]}
    assert (kstatus(resource), argo_cd(resource)) == (Kstatus.TERMINATING, Health.PROGRESSING)
    assert conditions["Ready"]["reason"] == conditions["Progressing"]["reason"] == "Deleting"
    assert conditions["Progressing"]["status"] == "True"


def test_deletion_that_is_blocked_is_stalled() -> None:
    raw = with_metadata(deployed(application()), deletionTimestamp=NOW.isoformat(), generation=2)
    going = seen(raw, observed(cluster=cluster_of()))
    resource = seen(going, observed(cluster=cluster_of(), at=LATER))
    assert "Stalled" in {one["type"] for one in resource["status"]["conditions"]}


def test_failed_job_that_the_operator_starts_again_is_not_left_to_its_owner() -> None:
    assert "change the spec" in failed()["status"]["error"]
    assert "change the spec" not in failed(**RESTART)["status"]["error"]


# Time


def test_problem_that_may_come_right_is_stalled_after_a_while_and_no_more_when_it_is_over() -> None:
    raw = without_image()
    assert kstatus(raw) is Kstatus.IN_PROGRESS
    pods = pods_of(pod_of(Component.JOB_MANAGER, NO_IMAGE))
    raw = seen(raw, observed(cluster=cluster_of(available=False), pods=pods, at=LATER))
    assert kstatus(raw) is Kstatus.FAILED
    raw = seen(raw, observed_up(job_of(raw["status"]["jobStatus"]["jobId"]), at=LATER))
    assert kstatus(raw) is Kstatus.CURRENT
    assert "Stalled" not in {one["type"] for one in raw["status"]["conditions"]}


def test_time_until_something_is_stalled_is_the_resources_own() -> None:
    options = {"kubernetes.operator.deployment.readiness.timeout": "10 min"}
    raw = submitted(application(flinkConfiguration=options))
    waiting = observed(cluster=cluster_of(available=False))
    raw = seen(seen(raw, waiting), observed(cluster=cluster_of(available=False), at=LATER))
    assert kstatus(raw) is Kstatus.IN_PROGRESS


def test_savepoint_may_take_as_long_as_it_takes() -> None:
    raw = deployed(application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS))
    changed = edited(raw, image="flink:2.4")
    stopping = seen(changed, up(raw))
    job = job_of(raw["status"]["jobStatus"]["jobId"])
    stopping = seen(stopping, observed_up(job, at=LATER))
    conditions = {one["type"]: one for one in stopping["status"]["conditions"]}
    assert conditions["Ready"]["reason"] == "Suspending"
    assert kstatus(stopping) is Kstatus.IN_PROGRESS


def test_job_that_its_job_manager_does_not_know_is_told() -> None:
    raw = deployed(application())
    plan = decide(subject_of(raw), observed_up(Absent()))
    assert [event.reason for event in plan.events] == ["Missing"]
    again = decide(subject_of(with_status(raw, plan)), observed_up(Absent()))
    assert again.events == ()
    ready = again.status.condition("Ready")
    assert ready is not None
    assert ready.reason == "JobNotListed"


def test_failure_stands_though_its_job_manager_is_gone() -> None:
    raw = deployed(application())
    job = job_of(raw["status"]["jobStatus"]["jobId"], JobState.FAILED, "a.B: outer\nCaused by: a.C: inner")
    raw = seen(raw, observed_up(job))
    plan = decide(subject_of(raw), observed(cluster=cluster_of(available=False)))
    assert plan.status.error == raw["status"]["error"]
    assert "a.C: inner" in (plan.status.error or "")
    assert plan.events == ()
    assert kstatus(with_status(raw, plan)) is Kstatus.FAILED


# The lifecycle state


def without_metadata() -> Json:
    """Kubernetes lost the JobManager, and somebody deleted what Flink kept of its job."""
    ha = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://b/ha", **SAVEPOINTS}
    raw = deployed(application(job={"upgradeMode": "last-state"}, flinkConfiguration=ha))
    return seen(edited(raw, image="flink:2.4"), observed())


@pytest.mark.parametrize("make", [lost, without_metadata])
def test_job_whose_state_is_not_to_be_found_has_failed(make: Callable[[], Json]) -> None:
    resource = make()
    assert resource["status"]["jobManagerDeploymentStatus"] == "MISSING"
    assert resource["status"]["lifecycleState"] == "FAILED"


def test_job_that_runs_has_not_failed_though_its_change_cannot_be_made() -> None:
    raw = deployed(
        application(
            job={"upgradeMode": "last-state"},
            flinkConfiguration={
                **SAVEPOINTS,
                "execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION",
            },
        )
    )
    resource = seen(edited(raw, image="flink:2.4"), up(raw))
    ready = next(one for one in resource["status"]["conditions"] if one["type"] == "Ready")
    assert ready["reason"] == "UpgradeFailed"
    assert resource["status"]["lifecycleState"] == "STABLE"


# Generations


def test_generation_of_the_record_is_kept_while_a_newer_one_waits() -> None:
    resource = waiting_for_its_job()
    reconciliation = resource["status"]["reconciliationStatus"]
    assert resource["status"]["observedGeneration"] == 2
    assert reconciliation["lastReconciledGeneration"] == 1
    assert recorded(resource).spec.image == "flink:2.3"


def test_nothing_rests_on_the_generation_that_was_only_looked_at() -> None:
    """It may be newer than what runs: decisions read `recorded_generation`."""
    found = {
        path.name
        for path in Path(controller.__file__).parent.rglob("*.py")
        if re.search(r"\bstatus\.observed_generation\b", path.read_text("utf-8"))
    }
    assert found == {"recording.py", "unsupported.py"}  # which write it


def test_status_at_rest_is_the_contracts() -> None:
    assert "lastReconciledGeneration" not in deployed(application())["status"]["reconciliationStatus"]


def test_generation_of_another_operators_record_is_the_one_that_it_observed() -> None:
    raw = java_operator_resource("application-running")
    generation = raw["status"]["observedGeneration"]
    assert subject_of(edited(raw, image="flink:2.4")).status.recorded_generation == generation


# The job


@pytest.mark.parametrize(
    ("state", "value", "reason"),
    [
        (JobState.RUNNING, "True", "Running"),
        (JobState.CREATED, "False", "Created"),
        (JobState.RESTARTING, "False", "Restarting"),
        (JobState.FINISHED, "False", "Finished"),
    ],
)
def test_condition_tells_whether_the_job_runs(state: JobState, value: str, reason: str) -> None:
    assert job_running(in_state(state)) == (value, reason)


def test_whether_a_job_runs_whose_job_manager_is_silent_is_unknown() -> None:
    assert job_running(coming_up()) == ("Unknown", "JobManagerNotReady")


def test_suspended_job_does_not_run() -> None:
    assert job_running(suspended()) == ("False", "Suspended")


def test_session_cluster_says_nothing_of_jobs() -> None:
    resource = seen(submitted(session()), observed_up(Absent()))
    assert "JobRunning" not in {one["type"] for one in resource["status"]["conditions"]}


def job_running(resource: Json) -> tuple[str, str]:
    condition = next(one for one in resource["status"]["conditions"] if one["type"] == "JobRunning")
    return condition["status"], condition["reason"]


# The next look


def plan_for(raw: Json, observation: Observation) -> Plan:
    return decide(subject_of(raw), observation)


def test_job_that_failed_is_looked_at_in_the_configured_interval() -> None:
    raw = deployed(application())
    assert plan_for(raw, up(raw, JobState.FAILED)).again_after == 60


def test_job_that_is_suspended_from_the_start_is_looked_at_in_the_configured_interval() -> None:
    assert plan_for(application(job={"state": "suspended"}), observed()).again_after == 60

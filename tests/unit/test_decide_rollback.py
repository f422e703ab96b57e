"""A spec that does not prove itself in time gives way to the last stable one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.observation import (
    Checkpoints,
    Fact,
    HighAvailability,
    Known,
    Observation,
    Problem,
    Unknown,
)
from controller.plan import CreateCluster, StopJobManager
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import JobState, LifecycleState, ReconciliationState
from tests.health_checks import Kstatus, kstatus
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
    with_status,
)
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, Json, plan_of, submitted

ROLLBACK = {
    "kubernetes.operator.deployment.rollback.enabled": "true",
    "kubernetes.operator.deployment.readiness.timeout": "2 min",
}
CHECKPOINTING = {"execution.checkpointing.interval": "10 s"}
SAVEPOINT = "s3://b/sp/savepoint-1"
SOON, LATE = NOW + timedelta(minutes=1), NOW + timedelta(minutes=3)
DONE = Known(Checkpoints(newest="s3://b/cp/chk-1", completed_at=1_795_256_915_000))
NONE_YET = Known(Checkpoints())


def stable(**options: str) -> Json:
    """A job that runs and has proved itself."""
    options = SAVEPOINTS | KUBERNETES_HA | ROLLBACK | CHECKPOINTING | options
    raw = submitted(application(job={"upgradeMode": "last-state"}, flinkConfiguration=options))
    return with_status(raw, plan_of(raw, seen(raw, checkpoints=DONE)))


def metadata(raw: Json, *, has_checkpoint: bool = True) -> Known[HighAvailability]:
    return Known(HighAvailability(raw["status"]["jobStatus"]["jobId"], has_checkpoint))


def seen(
    raw: Json,
    state: JobState = JobState.RUNNING,
    at: datetime = NOW,
    checkpoints: Fact[Checkpoints] = NONE_YET,
    **cluster: object,
) -> Observation:
    """The recorded cluster is up."""
    job = job_of(raw["status"]["jobStatus"]["jobId"], state)
    up = observed_up(job, at=at, checkpoints=checkpoints, high_availability=metadata(raw))
    return replace_cluster(up, raw, **cluster)


def replace_cluster(observation: Observation, raw: Json, **facts: object) -> Observation:
    return replace(observation, cluster=cluster_of(raw["status"]["observedGeneration"], **facts))


def redeployed(raw: Json) -> Json:
    """The changed spec is deployed, and nothing is known of it yet."""
    raw = edited(raw, image="flink:bad")
    raw = with_status(raw, plan_of(raw, seen(raw, checkpoints=DONE)))
    raw = with_status(raw, plan_of(raw, observed(high_availability=metadata(raw))))
    raw = with_status(raw, plan_of(raw, seen(raw, JobState.CREATED)))
    assert raw["status"]["reconciliationStatus"]["state"] == "DEPLOYED"
    return raw


def rolling_back(raw: Json) -> Json:
    return with_status(raw, plan_of(raw, seen(raw, JobState.RESTARTING, LATE)))


def rolled_back() -> Json:
    raw = rolling_back(redeployed(stable()))
    raw = with_status(raw, plan_of(raw, observed(high_availability=metadata(raw), at=LATE)))
    raw = with_status(raw, plan_of(raw, seen(raw, at=LATE, is_rollback=True)))
    assert raw["status"]["reconciliationStatus"]["state"] == "ROLLED_BACK"
    return raw


def image_of(document: str) -> str | None:
    return ReconciledSpec.from_json(document).spec.image


def test_spec_that_did_not_prove_itself_in_time_is_rolled_back_by_flinks_metadata() -> None:
    raw = redeployed(stable())
    plan = plan_of(raw, seen(raw, JobState.RESTARTING, LATE))
    assert plan.actions == (StopJobManager(),)
    assert plan.status.lifecycle_state is LifecycleState.ROLLING_BACK
    assert "Rollback" in {event.reason for event in plan.events}
    raw = with_status(raw, plan)
    assert kstatus(raw) is Kstatus.IN_PROGRESS
    (action,) = plan_of(raw, observed(high_availability=metadata(raw), at=LATE)).actions[1:]
    assert isinstance(action, CreateCluster)
    assert action.spec.image == "flink:2.3"
    assert action.submission.is_rollback
    assert action.submission.job_id == raw["status"]["jobStatus"]["jobId"]


def test_record_of_the_bad_spec_stays_so_that_an_edit_is_told_from_it() -> None:
    status = rolled_back()["status"]["reconciliationStatus"]
    assert image_of(status["lastReconciledSpec"]) == "flink:bad"
    assert image_of(status["lastStableSpec"]) == "flink:2.3"


def test_rolled_back_resource_rests_and_says_so() -> None:
    raw = rolled_back()
    assert kstatus(raw) is Kstatus.FAILED
    plan = plan_of(raw, seen(raw, at=LATE, is_rollback=True))
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.ROLLED_BACK
    ready = plan.status.condition("Ready")
    assert ready is not None
    assert ready.reason == "RolledBack"
    assert plan.again_after == 60.0
    assert plan_of(with_status(raw, plan), seen(raw, at=LATE, is_rollback=True)).status == plan.status


@pytest.mark.parametrize(
    ("state", "at", "checkpoints"),
    [
        (JobState.RESTARTING, SOON, NONE_YET),
        (JobState.RUNNING, LATE, DONE),
        (JobState.RUNNING, LATE, Unknown("timeout")),
    ],
    ids=["in time", "completed a checkpoint", "checkpoints unknown"],
)
def test_spec_that_may_yet_prove_itself_stays(
    state: JobState, at: datetime, checkpoints: Fact[Checkpoints]
) -> None:
    raw = redeployed(stable())
    plan = plan_of(raw, seen(raw, state, at, checkpoints))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED


def test_running_is_not_enough_where_checkpoints_are_on() -> None:
    raw = redeployed(stable())
    plan = plan_of(raw, seen(raw, at=SOON))
    assert plan.status.lifecycle_state is LifecycleState.DEPLOYED
    assert plan_of(raw, seen(raw, at=LATE)).status.lifecycle_state is LifecycleState.ROLLING_BACK


def test_nothing_is_rolled_back_where_that_is_not_wanted() -> None:
    key = "kubernetes.operator.deployment.rollback.enabled"
    raw = redeployed(stable(**{key: "false"}))
    assert plan_of(raw, seen(raw, JobState.RESTARTING, LATE)).actions == ()


def redeployed_by_nonce() -> Json:
    """The bad spec was to start from a path that its owner chose."""
    chosen = {"initialSavepointPath": SAVEPOINT, "savepointRedeployNonce": 7}
    before = stable()
    raw = edited(before, image="flink:bad", job=chosen)
    raw = with_status(raw, plan_of(raw, seen(before, checkpoints=DONE)))
    raw = with_status(raw, plan_of(raw, observed()))
    return with_status(raw, plan_of(raw, seen(raw, JobState.CREATED)))


def test_spec_that_never_came_up_is_rolled_back_from_what_it_was_to_start_from() -> None:
    raw = redeployed_by_nonce()
    dead = observed(
        cluster=cluster_of(2, available=False, never_available=True), pods=pods_of(pod_of()), at=LATE
    )
    plan = plan_of(raw, dead)
    assert plan.status.lifecycle_state is LifecycleState.ROLLING_BACK
    raw = with_status(raw, plan)
    again = plan_of(raw, dead)
    assert again.actions == (StopJobManager(),), "a cluster of the same generation is not the stable one"
    create = plan_of(raw, observed(at=LATE)).actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.submission.restore_path == SAVEPOINT
    assert create.spec.image == "flink:2.3"


def test_redeployment_by_a_nonce_is_rolled_back_without_going_back_to_an_older_savepoint() -> None:
    raw = redeployed_by_nonce()
    raw = rolling_back(raw)
    assert raw["status"]["reconciliationStatus"]["state"] == "ROLLING_BACK"
    create = plan_of(raw, observed(high_availability=metadata(raw), at=LATE)).actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.spec.image == "flink:2.3"
    assert create.submission.job_id == raw["status"]["jobStatus"]["jobId"]


def test_edit_while_rolling_back_is_deployed_instead() -> None:
    raw = edited(rolling_back(redeployed(stable())), image="flink:better")
    plan = plan_of(raw, observed(high_availability=metadata(raw), at=LATE))
    create = plan.actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.spec.image == "flink:better"
    assert not create.submission.is_rollback
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING


def test_edit_after_a_rollback_is_deployed() -> None:
    raw = edited(rolled_back(), image="flink:better")
    plan = plan_of(raw, seen(raw, at=LATE, checkpoints=DONE, is_rollback=True))
    assert plan.actions == (StopJobManager(),)
    assert plan.status.reconciliation_status.state is ReconciliationState.UPGRADING
    create = plan_of(with_status(raw, plan), observed(high_availability=metadata(raw), at=LATE)).actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.spec.image == "flink:better"


def test_return_to_the_stable_spec_after_a_rollback_restarts_nothing() -> None:
    raw = edited(rolled_back(), image="flink:2.3")
    plan = plan_of(raw, seen(raw, at=LATE, checkpoints=DONE, is_rollback=True))
    assert plan.actions == ()
    assert plan.status.lifecycle_state is LifecycleState.STABLE
    assert plan.status.observed_generation == 3
    assert image_of(plan.status.reconciliation_status.last_reconciled_spec or "") == "flink:2.3"


def test_lost_job_manager_of_a_rolled_back_resource_comes_back_with_the_stable_spec() -> None:
    raw = rolled_back()
    plan = plan_of(raw, observed(high_availability=metadata(raw), at=LATE))
    assert plan.status.reconciliation_status.state is ReconciliationState.ROLLING_BACK
    raw = with_status(raw, plan)
    create = plan_of(raw, observed(high_availability=metadata(raw), at=LATE)).actions[-1]
    assert isinstance(create, CreateCluster)
    assert create.spec.image == "flink:2.3"


def test_stable_spec_of_another_flink_version_does_not_come_back() -> None:
    raw = redeployed(stable())
    reconciliation = raw["status"]["reconciliationStatus"]
    reconciliation["lastStableSpec"] = reconciliation["lastStableSpec"].replace('"v2_3"', '"v1_20"')
    assert plan_of(raw, seen(raw, JobState.RESTARTING, LATE)).actions == ()


def unasked(raw: Json) -> Observation:
    """The JobManager runs and cannot be asked until somebody mends something."""
    nothing = Unknown("no answer", Problem("TlsFailed", "The certificate is for other names."))
    return replace(seen(raw, at=LATE), flink=nothing, job=nothing, checkpoints=nothing)


def test_spec_whose_job_manager_cannot_be_asked_is_not_rolled_back() -> None:
    """How its job is, nobody knows."""
    raw = redeployed(stable())
    plan = plan_of(raw, unasked(raw))
    assert plan.actions == ()
    assert plan.status.reconciliation_status.state is ReconciliationState.DEPLOYED
    assert "for other names" in (plan.status.error or "")


def test_bad_spec_on_its_way_out_is_not_complained_about() -> None:
    raw = rolling_back(redeployed(stable()))
    before = raw["status"].get("error")
    assert plan_of(raw, unasked(raw)).status.error == before

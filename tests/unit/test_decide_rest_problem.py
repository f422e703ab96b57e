"""A JobManager that cannot be asked until somebody mends something: it is told, and nothing is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from controller.observation import HighAvailability, Known, Observation, Problem, Unknown
from controller.plan import Plan, StopJobManager
from shared.config.rest_tls import missing_options
from shared.model.deployment import FlinkVersion
from shared.model.status import ConditionStatus, JobManagerDeploymentStatus
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
    with_status,
)
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, Json, deployed, error_of, plan_of

LATER = NOW + timedelta(hours=1)
NO_TLS = Problem("TlsNotConfigured", "The operator was given no certificates to trust.")
NO_IMAGE = Problem("ImagePullBackOff", "Image flink:typo cannot be pulled")
NOTHING = Unknown("no answer", NO_TLS)


def unasked(raw: Json, **facts: Any) -> Observation:
    """It runs, as far as Kubernetes knows."""
    cluster = cluster_of(raw["metadata"]["generation"])
    known: Json = {"cluster": cluster, "pods": pods_of(pod_of()), **facts}
    return observed(flink=NOTHING, job=NOTHING, **known)


def job_id(raw: Json) -> str:
    found = raw["status"]["jobStatus"]["jobId"]
    assert isinstance(found, str)
    return found


def ready(plan: Plan) -> tuple[ConditionStatus, str]:
    found = plan.status.condition("Ready")
    assert found is not None
    return found.status, found.reason


def stateful(mode: str, options: Json | None = None) -> Json:
    """A running job whose state counts, with a change that is due."""
    configuration = {**SAVEPOINTS, **(options or {})}
    raw = deployed(application(job={"upgradeMode": mode}, flinkConfiguration=configuration))
    return edited(raw, image="flink:2.4")


@pytest.mark.parametrize("make", [application, session])
def test_why_a_job_manager_cannot_be_asked_is_told(make: Callable[[], Json]) -> None:
    raw = deployed(make())
    plan = plan_of(raw, unasked(raw))
    assert ready(plan) == (ConditionStatus.FALSE, "TlsNotConfigured")
    assert NO_TLS.message in error_of(plan)
    assert [event.reason for event in plan.events] == ["TlsNotConfigured"]
    assert plan.actions == ()


def test_job_whose_job_manager_cannot_be_asked_is_not_taken_for_gone() -> None:
    raw = deployed(application())
    before = subject_of(raw).status
    plan = plan_of(raw, unasked(raw))
    assert plan.status.job_status == before.job_status
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.READY
    assert plan.status.reconciliation_status == before.reconciliation_status


def test_what_is_told_of_it_is_written_once() -> None:
    raw = deployed(application())
    raw = with_status(raw, plan_of(raw, unasked(raw)))
    again = plan_of(raw, unasked(raw, at=LATER))
    assert again.status.to_wire() == raw["status"]
    assert again.events == ()


def test_job_manager_that_can_be_asked_again_is_ready() -> None:
    raw = deployed(application())
    raw = with_status(raw, plan_of(raw, unasked(raw)))
    plan = plan_of(raw, observed_up(job_of(job_id(raw))))
    assert ready(plan) == (ConditionStatus.TRUE, "JobRunning")
    assert plan.status.error is None


def test_pod_that_cannot_start_is_told_before_it() -> None:
    raw = deployed(application())
    plan = plan_of(raw, unasked(raw, pods=pods_of(pod_of(problem=NO_IMAGE))))
    assert ready(plan) == (ConditionStatus.FALSE, NO_IMAGE.reason)


def test_old_job_manager_on_its_way_out_is_not_complained_about() -> None:
    """What the new spec says of how to ask does not hold for it."""
    stores = dict.fromkeys(missing_options({"security.ssl.rest.enabled": "true"}, FlinkVersion.V2_3), "x")
    tls = {"security.ssl.rest.enabled": "true", **stores}
    raw = edited(deployed(application()), flinkConfiguration=tls)
    raw = with_status(raw, plan_of(raw, observed_up(job_of(job_id(raw)))))
    plan = plan_of(raw, unasked(raw, cluster=cluster_of(1)))
    assert ready(plan) == (ConditionStatus.FALSE, "Upgrading")
    assert plan.status.error is None


def test_change_that_waits_for_a_savepoint_says_why_there_is_none() -> None:
    raw = stateful("savepoint", KUBERNETES_HA)
    plan = plan_of(raw, unasked(raw, cluster=cluster_of(1)))
    assert plan.actions == ()
    assert ready(plan) == (ConditionStatus.FALSE, "WaitingForJob")
    assert NO_TLS.message in error_of(plan)
    assert "set upgradeMode to last-state" in error_of(plan)


def test_change_that_only_the_job_manager_can_tell_the_state_for_says_why_it_does_not() -> None:
    raw = stateful("last-state")
    plan = plan_of(raw, unasked(raw, cluster=cluster_of(1)))
    assert plan.actions == ()
    assert NO_TLS.message in error_of(plan)
    assert "job.initialSavepointPath" in error_of(plan)


def test_change_goes_on_where_the_state_is_known_without_asking() -> None:
    raw = stateful("last-state", KUBERNETES_HA)
    known = Known(HighAvailability(job_id(raw), has_checkpoint=True))
    plan = plan_of(raw, unasked(raw, cluster=cluster_of(1), high_availability=known))
    assert isinstance(plan.actions[0], StopJobManager)


def test_job_that_is_being_stopped_waits_and_says_why() -> None:
    raw = stateful("savepoint")
    raw = with_status(raw, plan_of(raw, observed_up(job_of(job_id(raw)))))
    plan = plan_of(raw, unasked(raw, cluster=cluster_of(1), stop=NOTHING))
    assert plan.actions == ()
    assert ready(plan) == (ConditionStatus.FALSE, "TlsNotConfigured")
    assert plan.status.job_status.savepoint_info is not None
    assert plan.status.job_status.savepoint_info.trigger_id is not None

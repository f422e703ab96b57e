"""What the rules make of a change: older mistakes, deletions, and what may not change."""

import pytest

from shared.model.reconciled_spec import ReconciledSpec
from tests.unit.flink_deployments import application, session, subject_of, with_metadata
from tests.unit.reviewed_resources import Json, found, job_resource, verdict


def test_older_mistake_becomes_a_warning() -> None:
    old = application(serviceAccount=None)
    result = verdict(application(serviceAccount=None, image="flink:2.4"), old)
    assert result.errors == ()
    assert [warning.code for warning in result.warnings] == ["FK105"]


def test_new_mistake_beside_an_older_one_is_denied_alone() -> None:
    old = application(serviceAccount=None)
    result = verdict(application(serviceAccount=None, job={"parallelism": 0}), old)
    assert [error.code for error in result.errors] == ["FK108"]
    assert [warning.code for warning in result.warnings] == ["FK105"]


def test_wrong_value_changed_to_another_wrong_value_is_a_new_mistake() -> None:
    old = application(job={"parallelism": 0})
    assert [e.code for e in verdict(application(job={"parallelism": -3}), old).errors] == ["FK108"]


@pytest.mark.parametrize("raw", [application(serviceAccount=None), application(job={"state": 5})])
def test_object_that_is_being_deleted_is_admitted(raw: Json) -> None:
    deleting = with_metadata(raw, deletionTimestamp="2026-11-21T12:00:00Z")
    assert verdict(deleting).errors == ()


REDEPLOY = {"savepointRedeployNonce": 2}
REDEPLOYED = application(job=REDEPLOY)


def reconciled(spec: Json, *, of: Json) -> Json:
    """The resource, running with that spec."""
    document = ReconciledSpec(subject_of(application() | {"spec": spec}).spec).to_json()
    return of | {"status": {"reconciliationStatus": {"lastReconciledSpec": document, "state": "DEPLOYED"}}}


@pytest.mark.parametrize(
    ("running", "wanted", "findings"),
    [
        (application(), application(), set()),
        (application(), session(), {("FK113", "spec.job")}),
        (session(), application(), {("FK113", "spec.job")}),
        (application(), application(mode="native"), set()),
        (application(), application(mode="standalone"), {("FK114", "spec.mode")}),
        (application(mode="standalone"), application(), {("FK114", "spec.mode")}),
        (application(), REDEPLOYED, {("FK115", "spec.job.initialSavepointPath")}),
        (application(), application(job=REDEPLOY | {"initialSavepointPath": "s3://b/sp"}), set()),
        (REDEPLOYED, REDEPLOYED, set()),
        (REDEPLOYED, application(), set()),
    ],
)
def test_what_may_not_change_is_compared_with_what_runs(
    running: Json, wanted: Json, findings: set[tuple[str, str]]
) -> None:
    assert found(reconciled(running["spec"], of=wanted)) == findings


def test_what_may_not_change_is_not_compared_with_an_edit_in_between() -> None:
    old = reconciled(application()["spec"], of=session())
    assert verdict(reconciled(application()["spec"], of=application()), old).errors == ()


def test_session_job_stays_on_its_cluster() -> None:
    recorded = '{"spec":{"deploymentName":"%s"},"resource_metadata":{}}'
    for cluster, findings in (("cluster", set()), ("other", {("FK204", "spec.deploymentName")})):
        status = {"reconciliationStatus": {"lastReconciledSpec": recorded % cluster}}
        assert found(job_resource() | {"status": status}) == findings


def test_before_the_first_deployment_everything_may_change() -> None:
    assert verdict(session(), application()).errors == ()


def test_record_of_what_runs_that_cannot_be_read_denies_nothing() -> None:
    raw = application() | {"status": {"reconciliationStatus": {"lastReconciledSpec": "{"}}}
    assert verdict(raw).errors == ()

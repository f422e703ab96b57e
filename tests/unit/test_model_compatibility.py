"""What Apache's operator left on resources is read, kept and written back as it was."""

from typing import Any

import orjson
import pytest

from shared.model import FlinkBlueGreenDeployment, FlinkDeployment, FlinkSessionJob, FlinkStateSnapshot
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec, read_document
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.status import FlinkDeploymentStatus
from tests.containment import contains
from tests.unit.flink_deployments import JAVA_OPERATOR_DEPLOYMENTS, application, java_operator_resource


@pytest.mark.parametrize("name", JAVA_OPERATOR_DEPLOYMENTS)
@pytest.mark.parametrize("field", ["lastReconciledSpec", "lastStableSpec"])
def test_recorded_spec_is_written_back_byte_for_byte(name: str, field: str) -> None:
    document = java_operator_resource(name)["status"]["reconciliationStatus"].get(field)
    if document is None:
        pytest.skip(f"{name} has no {field}")
    assert ReconciledSpec.from_json(document).to_json() == document


@pytest.mark.parametrize("name", JAVA_OPERATOR_DEPLOYMENTS)
def test_status_is_written_back_as_it_was(name: str) -> None:
    status = java_operator_resource(name)["status"]
    assert FlinkDeploymentStatus.model_validate(status).to_wire() == without_nulls(status)


@pytest.mark.parametrize("name", JAVA_OPERATOR_DEPLOYMENTS)
def test_spec_is_written_back_with_all_that_its_owner_wrote(name: str) -> None:
    raw = java_operator_resource(name)
    written = FlinkDeployment.model_validate(raw).spec.to_wire()
    assert contains(written, raw["spec"])


def test_session_job_is_written_back_as_it_was() -> None:
    raw = java_operator_resource("session-job")
    job = FlinkSessionJob.model_validate(raw)
    assert job.status.to_wire() == {"conditions": [], **raw["status"]}
    assert job.spec.to_wire() == raw["spec"]


def test_recorded_session_job_is_the_one_that_runs() -> None:
    raw = java_operator_resource("session-job")
    wanted = FlinkSessionJob.model_validate(raw).spec
    recorded = read_document(
        raw["status"]["reconciliationStatus"]["lastReconciledSpec"], FlinkSessionJobSpec
    ).spec
    assert wanted.job is not None
    # The recorded mode is the one of the last stop, not the one that is wanted.
    job = wanted.job.model_copy(update={"upgrade_mode": UpgradeMode.STATELESS})
    assert recorded == wanted.model_copy(update={"job": job})


def test_snapshot_is_written_back_as_it_was() -> None:
    raw = java_operator_resource("state-snapshot")
    snapshot = FlinkStateSnapshot.model_validate(raw)
    assert snapshot.status.to_wire() == {"conditions": [], **raw["status"]}
    assert snapshot.spec.to_wire() == raw["spec"]


def test_document_of_the_older_form_is_the_bare_spec() -> None:
    bare = {"apiVersion": "flink.apache.org/v1beta1", "image": "flink:1.17", "job": {"parallelism": 3}}
    read = ReconciledSpec.from_json(orjson.dumps(bare).decode())
    assert read.spec.image == "flink:1.17"
    assert read.spec.job is not None
    assert read.spec.job.parallelism == 3
    assert not read.first_deployment
    assert "apiVersion" not in read.spec.to_wire()


def test_null_in_a_document_is_an_absent_field() -> None:
    job = {"jarURI": "local:///job.jar", "args": None, "state": None}
    ingress = {"template": "h", "tls": [{"hosts": None, "secretName": None}], "labels": None}
    options = {"a": None}
    document = {"spec": {"job": job, "ingress": ingress, "flinkConfiguration": options, "jobManager": None}}
    read = ReconciledSpec.from_json(orjson.dumps(document).decode()).spec
    assert read.job is not None
    assert (read.job.args, read.job.state) == ([], DesiredJobState.RUNNING)
    assert read.ingress is not None
    assert read.ingress.tls is not None
    assert read.ingress.tls[0].hosts == []
    assert read.flink_configuration == options  # there a null is the word


@pytest.mark.parametrize("text", ["", "null", "[]", "7", '"text"', "{", '{"job": 5}', '{"spec": [], "x": 1}'])
def test_document_that_is_neither_form_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ReconciledSpec.from_json(text)


@pytest.mark.parametrize(("state", "suspended"), [("running", False), ("suspended", True)])
def test_recorded_job_tells_whether_it_is_suspended(state: str, suspended: bool) -> None:
    document = orjson.dumps({"spec": {"job": {"state": state}}, "resource_metadata": {}}).decode()
    read = ReconciledSpec.from_json(document)
    assert read.is_suspended is suspended
    assert read.spec.job is not None
    assert read.spec.job.state is DesiredJobState(state)


def test_session_cluster_is_never_suspended() -> None:
    assert not ReconciledSpec.from_json('{"spec": {}, "resource_metadata": {}}').is_suspended


def test_absent_fields_have_the_contract_defaults() -> None:
    job = FlinkDeployment.model_validate(application()).spec.job
    assert job is not None
    assert (job.args, job.state, job.upgrade_mode) == ([], DesiredJobState.RUNNING, UpgradeMode.STATELESS)
    assert job.allow_non_restored_state is None


def test_fields_of_newer_versions_survive() -> None:
    raw = application(novelty={"a": [1]}, job={"novelty": 1})
    raw["status"] = {"novelty": "x", "jobStatus": {"novelty": 2}, "reconciliationStatus": {"novelty": 3}}
    written = FlinkDeployment.model_validate(raw).to_wire()
    assert contains(written, raw)


@pytest.mark.parametrize(
    ("model", "kind", "spec"),
    [
        (FlinkSessionJob, "FlinkSessionJob", {"deploymentName": "c", "job": {"parallelism": 1}}),
        (
            FlinkStateSnapshot,
            "FlinkStateSnapshot",
            {"savepoint": {}, "jobReference": {"kind": "FlinkDeployment"}},
        ),
        (FlinkBlueGreenDeployment, "FlinkBlueGreenDeployment", {"template": {"spec": {"image": "f"}}}),
    ],
)
def test_other_kinds_are_read_without_loss(model: Any, kind: str, spec: dict[str, Any]) -> None:
    raw = {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": kind,
        "metadata": {"name": "a", "namespace": "b", "creationTimestamp": "2026-11-21T10:28:18Z"},
        "spec": spec,
    }
    assert contains(model.model_validate(raw).to_wire(), raw)


def without_nulls(node: Any) -> Any:
    """The node without fields that are null."""
    if isinstance(node, dict):
        return {key: without_nulls(value) for key, value in node.items() if value is not None}
    return node

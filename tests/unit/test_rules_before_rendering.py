"""What the rules find nothing wrong with can be made: no cluster is refused later that was let in before."""

import pytest

from controller.flink.cluster import cluster_objects
from controller.flink.operator_files import OperatorFiles
from shared.config.effective import Submission
from shared.model import FlinkDeployment
from shared.rules import Severity
from tests.rule_cases import CASES, Case

_FILES = OperatorFiles(kerberos={"flink.keytab": b"k", "krb5.conf": b"[libdefaults]"}, folder="/etc/flink")
_SUBMISSION = Submission(generation=1, job_id="0" * 32)


def is_accepted(case: Case) -> bool:
    return (
        isinstance(case.new, dict)
        and case.new.get("kind") == "FlinkDeployment"
        and all(severity is Severity.WARNING for _, _, severity in case.expected)
        and case.old is None
        and "status" not in case.new
        and "deletionTimestamp" not in case.new["metadata"]
    )


_ACCEPTED = [case for case in CASES if is_accepted(case)]


@pytest.mark.parametrize("case", _ACCEPTED, ids=lambda case: case.id)
def test_objects_can_be_made_of_what_is_accepted(case: Case) -> None:
    resource = FlinkDeployment.model_validate(case.new)
    objects = cluster_objects(resource, _SUBMISSION, case.operator, _FILES)
    assert objects.deployment["metadata"]["name"] == resource.metadata.name

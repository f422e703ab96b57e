"""The document of `status.error`: what is wrong, the exceptions behind it, and labels for both."""

from typing import Any

import orjson
import pytest

from controller.decide.error_document import error_document, recorded_problem
from controller.observation import Problem
from shared.model.status import FlinkDeploymentStatus
from tests.unit.test_stack_trace import TRACE

Json = dict[str, Any]
FAILED = Problem("JobFailed", "The job failed.", TRACE)
_PREFIX = "kubernetes.operator.exception."


def document(problem: Problem, **options: str) -> Json:
    configuration = {_PREFIX + key.replace("_", "."): value for key, value in options.items()}
    read: Json = orjson.loads(error_document(problem, configuration))
    return read


def test_error_is_a_document_with_type_and_message() -> None:
    assert document(Problem("FailedMount", "no such volume")) == {
        "type": "FailedMount",
        "message": "no such volume",
        "additionalMetadata": {"reason": "FailedMount"},
        "throwableList": [],
    }


def test_exception_behind_it_gives_the_type_and_its_causes() -> None:
    found = document(FAILED)
    assert found["type"] == "org.apache.flink.runtime.JobException"
    assert found["message"] == "The job failed."
    assert found["additionalMetadata"] == {"reason": "JobFailed"}
    assert found["throwableList"] == [
        {"type": "java.lang.RuntimeException", "message": "first line\nsecond line"},
        {"type": "java.lang.NullPointerException", "message": ""},
    ]


def test_stack_trace_is_told_only_where_it_is_wanted() -> None:
    assert "stackTrace" not in document(FAILED)
    assert document(FAILED, stacktrace_enabled="true")["stackTrace"] == TRACE


def test_number_of_causes_is_configured() -> None:
    assert len(document(FAILED, throwable_list_max_count="1")["throwableList"]) == 1
    assert document(FAILED, throwable_list_max_count="0")["throwableList"] == []


def test_long_fields_are_cut() -> None:
    long = Problem("Error", "x" * 5000, f"a.B: {'y' * 5000}\nCaused by: a.C: {'z' * 5000}")
    assert len(document(long)["message"]) == 2048
    short = document(long, field_max_length="20", stacktrace_enabled="true", stacktrace_max_length="30")
    assert (len(short["message"]), len(short["stackTrace"])) == (20, 30)
    assert len(short["throwableList"][0]["message"]) == 20


@pytest.mark.parametrize(
    ("mapper", "labels"),
    [
        ("first.*:user code", ["user code"]),
        ("The job:job,Recovery:restart,nowhere:no", ["job", "restart"]),
        ("nowhere:no", None),
    ],
)
def test_labels_are_those_whose_expression_is_found_in_the_chain(
    mapper: str, labels: list[str] | None
) -> None:
    assert document(FAILED, label_mapper=mapper)["additionalMetadata"].get("labels") == labels


@pytest.mark.parametrize("problem", [FAILED, Problem("FailedMount", "no such volume")])
def test_problem_is_read_again(problem: Problem) -> None:
    status = FlinkDeploymentStatus(error=error_document(problem, {}))
    assert recorded_problem(status) == Problem(problem.reason, problem.message)


@pytest.mark.parametrize("error", [None, "Job Not Found", "[]", "{}", '{"message": "x"}', "7"])
def test_what_another_operator_wrote_may_be_no_problem_of_ours(error: str | None) -> None:
    assert recorded_problem(FlinkDeploymentStatus(error=error)) is None


def test_java_class_of_another_operator_is_its_reason() -> None:
    theirs = '{"type": "a.ReconciliationException", "message": "m", "additionalMetadata": {}}'
    assert recorded_problem(FlinkDeploymentStatus(error=theirs)) == Problem("a.ReconciliationException", "m")

"""Java's stack traces: the chain of causes, and the line that a person wants to read."""

import pytest

from controller.flink.stack_trace import root_cause, throwables

TRACE = """org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy
\tat org.apache.flink.X.y(X.java:1)
\tSuppressed: java.lang.Error: aside
\t\tat a.b(c)
\tCaused by: java.lang.Error: of what was aside
Caused by: java.lang.RuntimeException: first line
second line
\tat my.Job.main(Job.java:3)
\t... 5 more
Caused by: java.lang.NullPointerException
\tat my.Job.main(Job.java:4)
"""


def test_chain_begins_with_the_outermost() -> None:
    assert [(one.type, one.message) for one in throwables(TRACE)] == [
        ("org.apache.flink.runtime.JobException", "Recovery is suppressed by NoRestartBackoffTimeStrategy"),
        ("java.lang.RuntimeException", "first line\nsecond line"),
        ("java.lang.NullPointerException", ""),
    ]


def test_each_of_the_chain_has_its_own_trace() -> None:
    first, second, third = (one.trace for one in throwables(TRACE))
    assert first.startswith("org.apache.flink.runtime.JobException")
    assert first.endswith("of what was aside")
    assert second.splitlines()[-1] == "\t... 5 more"
    assert third == "java.lang.NullPointerException\n\tat my.Job.main(Job.java:4)"


def test_text_that_is_no_exception_is_a_message() -> None:
    (only,) = throwables("The JobManager went away: nobody knows why")
    assert (only.type, only.message) == ("", "The JobManager went away: nobody knows why")


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (TRACE, "java.lang.NullPointerException"),
        ("a.B: x\nCaused by: java.io.IOException: disk\nfull", "java.io.IOException: disk full"),
        ("java.lang.Error: x\n\tat a.b(c)", "java.lang.Error: x"),
        ("it failed", "it failed"),
        ("", "unknown"),
        ("\n \n", "unknown"),
    ],
)
def test_root_cause_is_one_line(trace: str, cause: str) -> None:
    assert root_cause(trace) == cause

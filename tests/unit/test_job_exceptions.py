"""What a job throws becomes events, each once; and JobManagers are asked for it only when something moved."""

from dataclasses import replace
from typing import Any, cast

import pytest

from controller.decide import decide
from controller.decide.conditions import milliseconds
from controller.flink.rest import FlinkRest, RestError
from controller.job_exceptions import JobExceptionReader
from controller.observation import NOT_ASKED, JobException, Known, Unknown
from controller.plan import Event, EventType, Plan
from shared.model.status import JobState
from tests.unit.flink_deployments import NOW, application, job_of, observed_up, subject_of, with_status
from tests.unit.recorded_deployments import deployed
from tests.unit.test_stack_trace import TRACE

Json = dict[str, Any]
KEY = ("shop", "orders")
BASE = "http://orders-rest.shop:8081"
AT = milliseconds(NOW)
FACTS = (("task-name", "count\n(1/2)"), ("tm-id", "tm-1"), ("failure-label-type", "USER"), ("bad key", "x"))


def thrown(seconds_ago: int, trace: str = "java.lang.Error: x", facts: Any = ()) -> JobException:
    return JobException(AT - 1000 * seconds_ago, trace, facts)


def told(plan: Plan) -> list[Event]:
    return [event for event in plan.events if event.reason == "JobException"]


def look(raw: Json, *exceptions: JobException, at: Any = NOW, **options: str) -> Plan:
    operator = {
        f"kubernetes.operator.events.exceptions.{key.replace('_', '-')}": value
        for key, value in options.items()
    }
    job = job_of(raw["status"]["jobStatus"]["jobId"])
    return decide(subject_of(raw, operator), observed_up(job, at=at, exceptions=Known(exceptions)))


# Events


def test_exception_is_a_warning_with_its_first_lines_and_where_it_was_thrown() -> None:
    (event,) = told(look(deployed(application()), thrown(5, TRACE, FACTS)))
    assert (event.type, event.component.value) == (EventType.WARNING, "Job")
    lines = event.message.splitlines()
    assert lines[:5] == TRACE.splitlines()[:5]
    assert lines[5:] == ["... (6 more lines)"]
    assert dict(event.annotations) == {
        "exception-timestamp": "2026-11-21T11:59:55.000Z",
        "task-name": "count (1/2)",
        "tm-id": "tm-1",
        "failure-label-type": "USER",
    }


def test_short_exception_is_told_whole() -> None:
    (event,) = told(look(deployed(application()), thrown(5)))
    assert event.message == "java.lang.Error: x"


def test_number_of_lines_is_configured() -> None:
    (event,) = told(look(deployed(application()), thrown(5, TRACE), stacktrace_lines="1"))
    assert len(event.message.splitlines()) == 2


def test_oldest_is_told_first_and_the_newest_so_many_at_all() -> None:
    exceptions = [thrown(seconds, f"java.lang.Error: {seconds}") for seconds in (1, 2, 3)]
    plan = look(deployed(application()), *exceptions, limit_per_reconciliation="2")
    assert [event.message for event in told(plan)] == ["java.lang.Error: 2", "java.lang.Error: 1"]


def test_exception_is_told_once_by_whoever_looks() -> None:
    raw = deployed(application())
    plan = look(raw, thrown(5))
    assert told(plan)
    assert told(look(with_status(raw, plan), thrown(5))) == []


def test_newer_exception_is_told_again() -> None:
    raw = deployed(application())
    plan = look(with_status(raw, look(raw, thrown(5))), thrown(2), thrown(5))
    assert len(told(plan)) == 1


def test_what_was_thrown_long_ago_is_no_news() -> None:
    raw = deployed(application())
    plan = look(raw, thrown(31 * 60))
    assert told(plan) == []
    assert plan.status.job_status.last_exception_time is None


# Asking


class JobManager:
    """Answers, or errors, and how often it was asked."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def exceptions(self, base: str, job_id: str) -> Any:
        assert (base, job_id) == (BASE, "a" * 32)
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def reader(manager: JobManager) -> JobExceptionReader:
    return JobExceptionReader(cast(FlinkRest, manager))


JOB = replace(job_of("a" * 32).value, last_modified=1)
OLD, NEW = thrown(9), thrown(1, "java.lang.Error: new")


async def test_job_that_does_not_move_is_asked_once() -> None:
    manager = JobManager((OLD,))
    read = reader(manager)
    for _ in range(3):
        await read.read(KEY, BASE, JOB, 0)
    assert manager.asked == 1


@pytest.mark.parametrize("change", [{"last_modified": 2}, {"state": JobState.RESTARTING, "last_modified": 2}])
async def test_job_that_moved_is_asked_again(change: Json) -> None:
    manager = JobManager((OLD,), (NEW, OLD))
    read = reader(manager)
    await read.read(KEY, BASE, JOB, 0)
    _, found = await read.read(KEY, BASE, replace(JOB, **change), OLD.timestamp)
    assert found == Known((NEW,))


async def test_exception_stays_known_until_it_is_on_record() -> None:
    read = reader(JobManager((NEW, OLD)))
    for _ in range(2):
        assert (await read.read(KEY, BASE, JOB, 0))[1] == Known((NEW, OLD))
    assert (await read.read(KEY, BASE, JOB, NEW.timestamp))[1] == NOT_ASKED


async def test_job_manager_that_did_not_answer_is_asked_again() -> None:
    manager = JobManager(RestError("no answer"), (NEW,))
    read = reader(manager)
    assert isinstance((await read.read(KEY, BASE, JOB, 0))[1], Unknown)
    assert (await read.read(KEY, BASE, JOB, 0))[1] == Known((NEW,))


async def test_failed_job_keeps_its_failure_without_being_asked_again() -> None:
    manager = JobManager((NEW, OLD))
    read = reader(manager)
    failed = replace(JOB, state=JobState.FAILED)
    for _ in range(2):
        job, _ = await read.read(KEY, BASE, failed, NEW.timestamp)
        assert job.failure == "java.lang.Error: new"
    assert manager.asked == 1


async def test_resource_that_is_gone_is_forgotten() -> None:
    manager = JobManager((OLD,))
    read = reader(manager)
    await read.read(KEY, BASE, JOB, 0)
    read.forget(KEY)
    await read.read(KEY, BASE, JOB, 0)
    assert manager.asked == 2

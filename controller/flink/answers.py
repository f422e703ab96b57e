"""What the JobManager's REST answers mean (Flink's /v1, Flink 1.17 to 2.3)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from controller.flink.stack_trace import root_cause
from controller.observation import Checkpoints, Job, JobException, StopOperation
from shared.model.status import JobState

_FACTS = {"task-name": "taskName", "endpoint": "endpoint", "tm-id": "taskManagerId"}
"""Contract part 5.4.4: annotations of an exception's event, and the fields of the answer."""
_NOT_ADDRESSABLE = "<checkpoint-not-externally-addressable>"
_STOPPED_THOUGH_FAILED = re.compile(r"A savepoint has been created at: (\S+), but the corresponding job")
"""The savepoint was made and then the job failed instead of finishing: the state is safe all the same."""
_ON_SERVER_SIDE = re.compile(r"<Exception on server side:|End of exception on server side>")
_LONGEST_REASON = 500  # characters


def read_job(entry: Mapping[str, Any]) -> Job:
    """An entry of /jobs/overview; RUNNING only when all of its tasks run (contract part 5.4.3)."""
    state, tasks = JobState(entry["state"]), entry.get("tasks") or {}
    moving = tasks.get("total", 0) > tasks.get("running", 0) + tasks.get("finished", 0)
    return Job(
        job_id=str(entry["jid"]),
        name=str(entry["name"]),
        state=JobState.CREATED if state is JobState.RUNNING and moving else state,
        start_time=int(entry["start-time"]),
        last_modified=int(entry.get("last-modification") or 0),
    )


def read_exceptions(answer: Mapping[str, Any]) -> tuple[JobException, ...]:
    """/jobs/J/exceptions, the newest first."""
    entries = (answer.get("exceptionHistory") or {}).get("entries") or []
    found = [_read_exception(entry) for entry in entries]
    return tuple(sorted(found, key=lambda one: one.timestamp, reverse=True))


def _read_exception(entry: Mapping[str, Any]) -> JobException:
    facts = {name: entry.get(field) for name, field in _FACTS.items()}
    facts |= {f"failure-label-{key}": value for key, value in (entry.get("failureLabels") or {}).items()}
    return JobException(
        timestamp=int(entry.get("timestamp") or 0),
        stack_trace=str(entry.get("stacktrace") or ""),
        facts=tuple((name, str(value)) for name, value in facts.items() if value),
    )


def read_checkpoints(answer: Mapping[str, Any]) -> Checkpoints:
    """/jobs/J/checkpoints: the greatest id is the newest, whether checkpoint, savepoint or restored."""
    latest = answer["latest"]
    found = [entry for kind in ("completed", "savepoint", "restored") if (entry := latest.get(kind))]
    newest = max(found, key=lambda entry: int(entry["id"]), default=None)
    path = None if newest is None else newest.get("external_path")
    completed = latest.get("completed")
    in_progress = [
        int(entry["trigger_timestamp"])
        for entry in answer.get("history") or []
        if entry.get("status") == "IN_PROGRESS"
    ]
    return Checkpoints(
        newest=None if path is None else str(path),
        is_addressable=path != _NOT_ADDRESSABLE,
        is_discarded=bool(newest is not None and newest.get("discarded")),
        completed_at=None if completed is None else int(completed["latest_ack_timestamp"]),
        in_progress_since=max(in_progress, default=None),
    )


def read_restarts(answer: Sequence[Mapping[str, Any]]) -> int | None:
    """/jobs/J/metrics, whose values are texts; an unknown metric is left out."""
    values = {entry["id"]: entry["value"] for entry in answer}
    text = values.get("numRestarts", values.get("fullRestarts"))
    return None if text is None else int(float(text))


def read_stop_operation(answer: Mapping[str, Any]) -> StopOperation:
    """/jobs/J/savepoints/T."""
    if answer["status"]["id"] != "COMPLETED":
        return StopOperation()
    operation = answer["operation"] or {}
    if operation.get("location"):
        return StopOperation(location=str(operation["location"]))
    trace = str((operation.get("failure-cause") or {}).get("stack-trace", ""))
    stopped = _STOPPED_THOUGH_FAILED.search(trace)
    return StopOperation(location=stopped[1]) if stopped else StopOperation(failure=root_cause(trace))


def read_failure(body: bytes) -> str:
    """Why a request failed, in one line: the root cause of the last error; empty for another sort of body."""
    try:
        errors = orjson.loads(body)["errors"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    told = [error for error in errors if isinstance(error, str) and error.strip()]
    if not told:
        return ""
    return root_cause(_ON_SERVER_SIDE.sub("", told[-1]))[:_LONGEST_REASON]

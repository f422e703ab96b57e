"""Whether a job that runs gets on: not too many restarts, and checkpoints (contract part 5.4.6).

What is known of restarts stands in `status.clusterInfo.ClusterHealthInfo`, and changes only when they do: a
job that is well writes nothing. How old the newest checkpoint is Flink tells at each look.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import orjson

from controller.decide.conditions import milliseconds
from controller.decide.recording import HEALTH_INFO
from controller.decide.situation import Situation
from controller.decide.stability import checkpoint_interval
from controller.decide.subject import Subject
from controller.observation import Absent, Checkpoints, Job, Known
from shared.config.duration import parse_duration
from shared.config.operator_options import (
    CHECKPOINT_PROGRESS,
    CHECKPOINT_PROGRESS_WINDOW,
    CLUSTER_HEALTH_CHECK,
    RESTARTS_THRESHOLD,
    RESTARTS_WINDOW,
)
from shared.config.options import CHECKPOINT_TIMEOUT, TOLERABLE_FAILED_CHECKPOINTS, is_true
from shared.model.status import FlinkDeploymentStatus, JobState

_Options = dict[str, str]


@dataclass(frozen=True, slots=True)
class Health:
    """What is on record; times in milliseconds since 1970."""

    job_id: str
    restarts: int
    since: int
    """When so many restarts were first counted."""
    error: str | None = None

    def to_json(self) -> str:
        """The contract's document."""
        result = {"healthy": self.error is None, "error": self.error}
        document = {
            "timeStamp": self.since,
            "jobId": self.job_id,
            "numRestarts": self.restarts,
            "numRestartsEvaluationTimeStamp": self.since,
            "healthResult": result,
        }
        return orjson.dumps(document).decode()

    @classmethod
    def of(cls, status: FlinkDeploymentStatus) -> Self | None:
        """What was written last; None when nothing was, or nothing that can be read."""
        try:
            document: dict[str, Any] = orjson.loads(status.cluster_info[HEALTH_INFO])
            return cls(
                job_id=str(document.get("jobId", status.job_status.job_id)),
                restarts=int(document["numRestarts"]),
                since=int(document["numRestartsEvaluationTimeStamp"]),
                error=(document.get("healthResult") or {}).get("error"),
            )
        except (KeyError, ValueError, TypeError, AttributeError):
            return None


def is_watched(subject: Subject) -> bool:
    """Whether `cluster.health-check.enabled` asks for it."""
    return is_true(CLUSTER_HEALTH_CHECK.read(subject.configuration(subject.spec)))


def is_unhealthy(status: FlinkDeploymentStatus) -> bool:
    """By what is on record."""
    health = Health.of(status)
    return health is not None and health.error is not None


def note_health(now: Situation) -> None:
    """Put on record what is seen of a job that has not ended."""
    info = now.step.status.cluster_info
    if not is_watched(now.subject):
        info.pop(HEALTH_INFO, None)
        return
    match now.observation.job, now.observation.restarts:
        case Known(job), Known(restarts) if not job.state.is_terminal:
            before = Health.of(now.step.status)
            info[HEALTH_INFO] = _judged(now, job, restarts, before).to_json()


def _judged(now: Situation, job: Job, restarts: int, before: Health | None) -> Health:
    at = milliseconds(now.observation.at)
    if before is None or before.job_id != job.job_id or restarts < before.restarts:
        return Health(job.job_id, restarts, at)
    options = now.subject.configuration(now.goal.spec)
    found = (_restarts(options, before, restarts, at), _progress(now, options, job, at))
    error = "|".join(text for text in found if text is not None) or None
    if restarts == before.restarts:
        return Health(job.job_id, restarts, before.since, error)
    moves = before.since < at - _window(options) * 1000
    return Health(job.job_id, restarts if moves else before.restarts, at if moves else before.since, error)


def _restarts(options: _Options, before: Health, restarts: int, at: int) -> str | None:
    window = _window(options)
    share = min(1.0, window * 1000 / max(1, at - before.since))
    counted = math.floor((restarts - before.restarts) * share)
    threshold = int(RESTARTS_THRESHOLD.read(options) or "64")
    if counted <= threshold:
        return None
    return f"The job restarted {counted} times in {window:g} s; {threshold} are allowed"


def _progress(now: Situation, options: _Options, job: Job, at: int) -> str | None:
    interval = checkpoint_interval(now)
    if (
        interval is None
        or not is_true(CHECKPOINT_PROGRESS.read(options))
        or job.state is not JobState.RUNNING
    ):
        return None
    match now.observation.checkpoints:
        case Known(Checkpoints(completed_at=completed)):
            newest = max(job.start_time, completed or 0)
        case Absent():
            newest = job.start_time
        case _:
            return None
    window = _progress_window(options, parse_duration(interval))
    if at - newest <= window * 1000:
        return None
    return f"The job completed no checkpoint in {window:g} s"


def _window(options: _Options) -> float:
    return parse_duration(RESTARTS_WINDOW.read(options) or "2 min")


def _progress_window(options: _Options, interval: float) -> float:
    """Seconds; as long at least as the tolerable failures take."""
    timeout = parse_duration(CHECKPOINT_TIMEOUT.read(options) or "10 min")
    tolerable = int(TOLERABLE_FAILED_CHECKPOINTS.read(options) or "0")
    least = max(interval, timeout) * (tolerable + 2)
    configured = CHECKPOINT_PROGRESS_WINDOW.read(options)
    return max(least, parse_duration(configured)) if configured else least

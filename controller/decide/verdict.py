"""What a resource's owner has to expect, in the conditions Ready, Progressing, Degraded and Stalled.

Stalled is there only while it is true, as kstatus reads it (Flux and others rest on that): nothing goes on
before somebody acts. A Ready that is not true is work under way to kstatus, so it needs no Reconciling.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from controller.decide.conditions import (
    DEGRADED,
    PROGRESSING,
    READY,
    STALLED,
    drop_condition,
    set_condition,
)
from controller.observation import Problem
from shared.model.status import CommonStatus, ConditionStatus, StatusWithConditions


class Standing(Enum):
    """How the resource stands to what its spec asks for."""

    READY = "it is in place"
    PROGRESSING = "it is on its way"
    PAUSED = "it waits for its owner, who wants that"
    TROUBLED = "something is wrong, and it may come right by itself"
    STALLED = "something is wrong, and somebody must act"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The standing, in one word for programs and a sentence for people."""

    standing: Standing
    reason: str
    message: str

    @property
    def is_ready(self) -> bool:
        """Nothing is left to do."""
        return self.standing is Standing.READY

    @property
    def is_stalled(self) -> bool:
        """Nothing goes on by itself."""
        return self.standing is Standing.STALLED


NEEDS_ITS_OWNER = frozenset(
    {
        "CheckpointNotFound",
        "ConfigMapExists",
        "DeletionBlocked",
        "DeploymentExists",
        "IngressFailed",
        "InvalidConfiguration",
        "JobFailed",
        "Missing",
        "NotASessionCluster",
        "NotSupported",
        "ObjectContested",
        "ObjectEdited",
        "ObjectLost",
        "RestoreFailed",
        "SecretExists",
        "ServiceExists",
        "TlsNotConfigured",
        "UpgradeFailed",
        "ValidationError",
    }
)
"""Reasons of problems that do not go away by waiting."""


def verdict_on(problem: Problem) -> Verdict:
    """A problem may come right by itself (an image is pushed, a node is added), or not."""
    standing = Standing.STALLED if problem.reason in NEEDS_ITS_OWNER else Standing.TROUBLED
    return Verdict(standing, problem.reason, problem.message)


def in_time(verdict: Verdict, status: CommonStatus, at: datetime, patience: Callable[[], float]) -> Verdict:
    """What takes longer than so many seconds since the last step is taken for stalled."""
    if verdict.is_ready or verdict.is_stalled:
        return verdict
    if (at - _since(status, at)).total_seconds() <= patience():
        return verdict
    return Verdict(Standing.STALLED, verdict.reason, verdict.message)


def state_verdict(status: StatusWithConditions, verdict: Verdict, at: datetime, generation: int) -> None:
    """Put the conditions into the status."""
    reason, message = verdict.reason, verdict.message
    set_condition(status, READY, verdict.is_ready, reason, message, at, generation)
    match verdict.standing:
        case Standing.READY:
            moves, told = False, "Nothing is left to do"
        case Standing.PROGRESSING:
            moves, told = True, message
        case Standing.PAUSED:
            moves, told = False, message
        case Standing.TROUBLED:
            moves, told = True, "It goes on as soon as nothing is in the way any more"
        case Standing.STALLED:
            moves, told = False, "Nothing goes on before somebody acts"
    set_condition(status, PROGRESSING, moves, reason, told, at, generation)
    if verdict.standing in {Standing.TROUBLED, Standing.STALLED}:
        set_condition(status, DEGRADED, True, reason, message, at, generation)
    else:
        set_condition(status, DEGRADED, False, "AsExpected", "Nothing is wrong", at, generation)
    if verdict.is_stalled:
        set_condition(status, STALLED, True, reason, message, at, generation)
    else:
        drop_condition(status, STALLED)


def state_deletion(status: StatusWithConditions, at: datetime, generation: int) -> None:
    """The other conditions follow Ready, which tells how far a deletion is."""
    ready = status.condition(READY)
    if ready is None or ready.observed_generation != generation:
        return  # it says nothing of the deletion
    standing = Standing.STALLED if ready.reason in NEEDS_ITS_OWNER else Standing.PROGRESSING
    state_verdict(status, Verdict(standing, ready.reason, ready.message), at, generation)


def _since(status: CommonStatus, at: datetime) -> datetime:
    """Of the last step that is on record, and of the moment in which Ready was lost."""
    step = datetime.fromtimestamp(status.reconciliation_status.reconciliation_timestamp / 1000, UTC)
    ready = status.condition(READY)
    if ready is None or ready.status is not ConditionStatus.FALSE:
        return at
    return max(step, datetime.fromisoformat(ready.last_transition_time))

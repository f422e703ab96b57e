"""Somebody else writes the status of the resource: nothing is done until that has stopped.

The conditions name nobody and no time, and are written only where there are none like them: of two operators
that find each other, one writes them and the other lets them be.
"""

from datetime import datetime

from controller.decide.conditions import READY
from controller.decide.subject import Subject
from controller.decide.verdict import Standing, Verdict, state_verdict
from controller.observation import Rival
from controller.plan import Event, EventComponent, EventType, Plan
from shared.model.reconciled_spec import Spec
from shared.model.status import Status

REASON = "SecondOperator"

_MESSAGE = (
    "Another operator, or a person, writes the status of this resource. Nothing is submitted, stopped or "
    "deleted for it until that has not happened for two minutes, or for longer if it comes again. "
    "Have one operator only watch its namespace."
)


def stand_back(subject: Subject[Spec, Status], rival: Rival, at: datetime) -> Plan[Status]:
    """Say so, and look again when the other may have gone."""
    status = subject.status.model_copy(deep=True)
    ready = status.condition(READY)
    if ready is None or ready.reason != REASON:
        verdict = Verdict(Standing.TROUBLED, REASON, _MESSAGE)
        state_verdict(status, verdict, at, subject.metadata.generation)
    events = (
        (Event(EventType.WARNING, REASON, f"{_MESSAGE} It is {rival.writer}.", EventComponent.OPERATOR),)
        if rival.is_new
        else ()
    )
    return Plan(status, events=events, again_after=rival.quiet_for)

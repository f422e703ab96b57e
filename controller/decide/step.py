"""A plan in the making."""

from dataclasses import dataclass, field
from typing import Generic

from controller.observation import Problem
from controller.plan import Action, Event
from shared.model.reconciled_spec import AnySpec, ReconciledSpec, Spec_co
from shared.model.status import CommonStatus, ReconciliationState, Status_co


@dataclass(slots=True)
class Step(Generic[Spec_co, Status_co]):
    """What one decision has come to so far; the status is a copy that it may change."""

    status: Status_co
    last: ReconciledSpec[Spec_co] | None
    actions: tuple[Action, ...] = ()
    events: list[Event] = field(default_factory=list)
    problem: Problem | None = None
    waits_for: Problem | None = None
    """What must come first, though nothing is wrong."""
    look_within: float | None = None
    """Seconds, where there is something to do that nothing else reminds of."""

    @property
    def state(self) -> ReconciliationState:
        """Progress of the recorded spec."""
        return self.status.reconciliation_status.state


AnyStep = Step[AnySpec, CommonStatus]

"""A plan in the making."""

from dataclasses import dataclass, field

from controller.observation import Problem
from controller.plan import Action, Event
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.status import FlinkDeploymentStatus, ReconciliationState


@dataclass(slots=True)
class Step:
    """What one decision has come to so far; the status is a copy that it may change."""

    status: FlinkDeploymentStatus
    last: ReconciledSpec | None
    actions: tuple[Action, ...] = ()
    events: list[Event] = field(default_factory=list)
    problem: Problem | None = None
    look_within: float | None = None
    """Seconds, where there is something to do that nothing else reminds of."""

    @property
    def state(self) -> ReconciliationState:
        """Progress of the recorded spec."""
        return self.status.reconciliation_status.state

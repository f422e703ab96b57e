"""What one decision rests on, and what it has come to so far."""

from dataclasses import dataclass

from controller.decide.step import Step
from controller.decide.subject import Subject
from controller.decide.wanted import Wanted
from controller.observation import Observation
from shared.model.reconciled_spec import ReconciledSpec


@dataclass(frozen=True, slots=True)
class Situation:
    """A resource at one moment; only `step` changes while the decision is made."""

    subject: Subject
    goal: Wanted
    """What is worked towards; of a resource that is being deleted, what it was."""
    observation: Observation
    step: Step

    @property
    def last(self) -> ReconciledSpec:
        """The spec on record. Raises LookupError before the first deployment."""
        if self.step.last is None:
            raise LookupError("nothing was deployed yet")
        return self.step.last

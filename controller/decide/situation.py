"""What one decision rests on, and what it has come to so far."""

from dataclasses import dataclass
from typing import Generic

from controller.decide.step import Step
from controller.decide.subject import Subject
from controller.decide.wanted import Wanted
from controller.observation import Observation
from shared.model.reconciled_spec import AnySpec, ReconciledSpec, Spec_co
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.status import CommonStatus, FlinkSessionJobStatus, Status_co


@dataclass(frozen=True, slots=True)
class Situation(Generic[Spec_co, Status_co]):
    """A resource at one moment; only `step` changes while the decision is made."""

    subject: Subject[Spec_co, Status_co]
    goal: Wanted[Spec_co]
    """What is worked towards; of a resource that is being deleted, what it was."""
    observation: Observation
    step: Step[Spec_co, Status_co]

    @property
    def last(self) -> ReconciledSpec[Spec_co]:
        """The spec on record. Raises LookupError before the first deployment."""
        if self.step.last is None:
            raise LookupError("nothing was deployed yet")
        return self.step.last


AnySituation = Situation[AnySpec, CommonStatus]
"""Of either kind: for what is decided about both alike."""
SessionJobSituation = Situation[FlinkSessionJobSpec, FlinkSessionJobStatus]

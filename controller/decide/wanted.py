"""What is worked towards: the user's spec when it may be acted on, else the one that runs."""

from dataclasses import dataclass
from typing import Generic

from controller.decide.autoscaled import as_autoscaled
from controller.decide.recording import with_job
from controller.decide.rollback import is_rollback, stable_goal
from controller.decide.subject import AnySubject, SessionJobSubject, Subject
from controller.observation import Problem
from shared.model.job import DesiredJobState, UpgradeMode
from shared.model.reconciled_spec import Spec, Spec_co
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.status import CommonStatus, ReconciliationState
from shared.rules import explain
from shared.rules.not_supported import NOT_ACTED_ON


@dataclass(frozen=True, slots=True)
class Wanted(Generic[Spec_co]):
    """A spec and the generation that it is of."""

    spec: Spec_co
    generation: int
    is_rollback: bool = False
    """The spec is the last stable one, in place of the user's."""

    @property
    def is_suspended(self) -> bool:
        """Whether its job is not to run."""
        return self.spec.job is not None and self.spec.job.state is DesiredJobState.SUSPENDED


def wanted(subject: Subject) -> Wanted | None:
    """The goal; None when neither the spec nor what was last deployed can be acted on."""
    state = subject.status.reconciliation_status.state
    if not subject.errors:
        spec, written = subject.spec, subject.metadata.generation
        stable = stable_goal(subject.status, spec, written) if is_rollback(subject.status) else None
        if stable is None:
            return Wanted(as_autoscaled(subject), written)
        moving = state is ReconciliationState.ROLLING_BACK
        generation = subject.status.recorded_generation if moving else None
        return Wanted(stable, generation or written, is_rollback=True)
    return _as_recorded(subject)


def wanted_session_job(subject: SessionJobSubject) -> Wanted[FlinkSessionJobSpec] | None:
    """As `wanted`."""
    if subject.errors:
        return _as_recorded(subject)
    return Wanted(as_autoscaled(subject), subject.metadata.generation)


def _as_recorded(subject: Subject[Spec, CommonStatus]) -> Wanted[Spec] | None:
    if subject.last is None:
        return None
    spec, state = _keeping_state(subject.last.spec), subject.status.reconciliation_status.state
    if not state.is_deployed:
        spec = with_job(spec, DesiredJobState.RUNNING)
    generation = subject.status.recorded_generation or subject.metadata.generation
    return Wanted(spec, generation, is_rollback=is_rollback(subject.status))


def _keeping_state(spec: Spec) -> Spec:
    """On record is how the job was started, not whether its owner wants its state kept; what they wrote since
    may be what is not valid.
    """
    if spec.job is None or spec.job.upgrade_mode is not UpgradeMode.STATELESS:
        return spec
    return with_job(spec, spec.job.state, UpgradeMode.SAVEPOINT)


def spec_at_the_end(subject: Subject[Spec, CommonStatus]) -> Spec:
    """Of a resource that is being deleted: where the spec is not valid, that counts which runs."""
    return subject.spec if not subject.errors or subject.last is None else subject.last.spec


def objection(subject: AnySubject) -> Problem | None:
    """Why the user's spec is not, or not wholly, acted on."""
    if subject.errors:
        kept = " The last valid spec stays in force." if subject.last is not None else ""
        return Problem("ValidationError", f"{explain(subject.errors)}{kept}")
    unsupported = [finding for finding in subject.not_supported if finding.code == NOT_ACTED_ON]
    if unsupported:
        return Problem("NotSupported", explain(unsupported))
    return None

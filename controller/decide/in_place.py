"""Changes that leave the job alone: they are recorded, and what is there is made to be like them."""

from controller.decide.recording import record_spec
from controller.decide.step import Step
from controller.decide.subject import AnySubject
from controller.decide.wanted import Wanted
from controller.observation import Known, Observation
from controller.plan import ScaleTaskManagers
from shared.config.effective import task_manager_count
from shared.config.options import SCHEDULER_MODE
from shared.model.deployment import FlinkDeploymentSpec, KubernetesDeploymentMode
from shared.model.reconciled_spec import AnySpec, ReconciledSpec

_REACTIVE = "REACTIVE"


def scales_in_place(subject: AnySubject, before: AnySpec, after: AnySpec) -> bool:
    """Whether Flink itself adapts the job to its TaskManagers, before and after (contract part 5.5.1)."""
    return all(_is_reactive(subject, spec) for spec in (before, after))


def record_in_place(
    step: Step, last: ReconciledSpec, goal: Wanted, *, scales_in_place: bool
) -> ReconciledSpec:
    """The recorded spec with what needs no new cluster: the Ingress, and in reactive mode the scale."""
    spec = last.spec.model_copy(update={"ingress": goal.spec.ingress})
    if scales_in_place:
        spec = spec.model_copy(update={"task_manager": goal.spec.task_manager})
        if spec.job is not None and goal.spec.job is not None:
            job = spec.job.model_copy(update={"parallelism": goal.spec.job.parallelism})
            spec = spec.model_copy(update={"job": job})
    return record_spec(step.status, last, spec, generation=goal.generation)


def see_to_scale(step: Step, last: ReconciledSpec, subject: AnySubject, observation: Observation) -> None:
    """A standalone cluster runs as many TaskManagers as its spec says, whoever changed their number."""
    if last.spec.mode is not KubernetesDeploymentMode.STANDALONE:
        return
    config = subject.configuration(last.spec)
    wanted = max(1, task_manager_count(last.spec, config))
    match observation.task_managers:
        case Known(task_managers) if task_managers.replicas != wanted and not task_managers.being_deleted:
            step.actions = (*step.actions, ScaleTaskManagers(wanted))


def _is_reactive(subject: AnySubject, spec: AnySpec) -> bool:
    if not isinstance(spec, FlinkDeploymentSpec) or spec.mode is not KubernetesDeploymentMode.STANDALONE:
        return False
    config = subject.configuration(spec)
    return (SCHEDULER_MODE.read(config) or "").strip().upper() == _REACTIVE

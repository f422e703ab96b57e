"""Whether a change or a recovery may go on: state that its owner did not give up is never dropped."""

from controller.decide.subject import Subject
from controller.observation import Known, Observation, Problem
from shared.config.effective import validation_configuration
from shared.config.options import high_availability_is_active, high_availability_is_kubernetes
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.job import UpgradeMode
from shared.model.reconciled_spec import ReconciledSpec


def change_is_blocked(
    subject: Subject, last: ReconciledSpec, spec: FlinkDeploymentSpec, observation: Observation
) -> Problem | None:
    """Why the change cannot be applied by this version; None when no state is lost that its owner wants."""
    if last.spec.job is None or spec.job is None or never_ran(last, observation):
        return None
    mode = spec.job.upgrade_mode
    if mode is not UpgradeMode.STATELESS and not _started_empty(last):
        what = "The job stays suspended" if last.is_suspended else "The job keeps running as it is"
        return Problem(
            "NotSupported",
            f"{what}: this version cannot carry its state over with upgradeMode {mode.value}. "
            "Undo the change, or set upgradeMode to stateless if the state may be dropped.",
        )
    if _has_foreign_high_availability(subject, last.spec):
        return Problem(
            "NotSupported",
            "The job keeps running as it is: this version handles high-availability data in Kubernetes only, "
            "and the old job would come back from its own store. Undo the change.",
        )
    return None


def recovery_is_blocked(subject: Subject, last: ReconciledSpec) -> Problem | None:
    """Why a lost JobManager is not deployed anew by this version; None when no state can be lost."""
    if last.spec.job is None:
        return None
    config = validation_configuration(last.spec, subject.metadata.namespace, subject.operator_configuration)
    readable = not subject.errors  # else the mode may be a default in place of what its owner wrote
    job = subject.spec.job
    stateless = readable and job is not None and job.upgrade_mode is UpgradeMode.STATELESS
    if stateless and not high_availability_is_active(config):
        return None
    return Problem(
        "Missing",
        "The JobManager's Deployment is gone. The job is not started anew, because its state would be lost. "
        "To start it without state, set upgradeMode to stateless and change restartNonce.",
    )


def continuation_is_blocked(last: ReconciledSpec, spec: FlinkDeploymentSpec) -> Problem | None:
    """Why an upgrade that another operator began cannot be ended by this version.

    This version records stateless for every change that it begins: any other mode means state to be restored.
    """
    if last.spec.job is None or spec.job is None or last.first_deployment:
        return None
    recorded = last.spec.job.upgrade_mode
    if recorded is UpgradeMode.STATELESS or spec.job.upgrade_mode is UpgradeMode.STATELESS:
        return None
    return Problem(
        "NotSupported",
        f"Another operator stopped the job ({recorded.value}), and this version cannot restore its state. "
        "Let that operator end the upgrade, or set upgradeMode to stateless if the state may be dropped.",
    )


def rollback_is_not_supported() -> Problem:
    """Another operator rolled the resource back, or is about to."""
    return Problem(
        "NotSupported",
        "Another operator rolled this resource back; this version does not act on rolled-back resources. "
        "What runs keeps running. Let that operator apply a good spec first, or create the resource anew.",
    )


def foreign_deployment(name: str) -> Problem:
    """A Deployment has the cluster's name, and is none of ours."""
    return Problem(
        "DeploymentExists",
        f"A Deployment {name} exists that was not made for this resource. "
        "Delete it if nothing needs it, or give this resource another name.",
    )


def never_ran(last: ReconciledSpec, observation: Observation) -> bool:
    """Whether the job was deployed for the first time and its JobManager never came up."""
    match observation.cluster:
        case Known(cluster):
            return last.first_deployment and cluster.never_available
        case _:
            return False


def _started_empty(last: ReconciledSpec) -> bool:
    """A job that was suspended before it ever ran, or suspended statelessly, has no state to carry over."""
    return (
        last.is_suspended
        and last.spec.job is not None
        and last.spec.job.upgrade_mode is UpgradeMode.STATELESS
    )


def _has_foreign_high_availability(subject: Subject, spec: FlinkDeploymentSpec) -> bool:
    config = validation_configuration(spec, subject.metadata.namespace, subject.operator_configuration)
    return high_availability_is_active(config) and not high_availability_is_kubernetes(config)

"""What may not change, compared with what runs (contract part 2.5, rules 4 and 26 to 28)."""

from collections.abc import Iterator

from shared.model.deployment import KubernetesDeploymentMode
from shared.model.job import DesiredJobState, UpgradeMode
from shared.rules.finding import Finding
from shared.rules.job import redeployment
from shared.rules.subject import DeploymentUnderReview

_ANEW = "Delete the resource and create it anew, or use another name."


def cluster_type_stays(it: DeploymentUnderReview) -> Iterator[Finding]:
    """An application cluster cannot become a session cluster, nor the reverse."""
    if it.running is not None and it.running.is_application != it.spec.is_application:
        was, would_be = (
            ("application", "session") if it.running.is_application else ("session", "application")
        )
        found = f"a running {was} cluster cannot become a {would_be} cluster"
        yield Finding("FK113", "spec.job", found, _ANEW)


def deployment_mode_stays(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A native cluster cannot become a standalone one, nor the reverse."""
    if it.running is None:
        return
    was = it.running.mode or KubernetesDeploymentMode.NATIVE
    wanted = it.spec.mode or KubernetesDeploymentMode.NATIVE
    if was != wanted:
        yield Finding("FK114", "spec.mode", f"cannot change from {was.value} to {wanted.value}", _ANEW)


def redeployment_has_a_savepoint(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A new savepointRedeployNonce drops the running job and starts it from initialSavepointPath."""
    if it.running is not None and it.spec.job is not None:
        yield from redeployment(it.spec.job, it.running.job)


def version_stays_while_metadata_is_needed(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A job that was suspended with last-state resumes from metadata that only its own version reads."""
    running, job = it.running, it.spec.job
    if (
        running is None
        or running.job is None
        or job is None
        or running.job.state is not DesiredJobState.SUSPENDED
        or running.job.upgrade_mode is not UpgradeMode.LAST_STATE
        or job.upgrade_mode is UpgradeMode.STATELESS
        or running.flink_version == it.spec.flink_version
    ):
        return
    was = running.flink_version.value if running.flink_version is not None else "none"
    found = f"cannot change from {was} while the job is suspended with last-state"
    hint = "Resume it with the old version first and suspend it with a savepoint."
    yield Finding("FK122", "spec.flinkVersion", found, hint)


UPGRADE_RULES = (
    cluster_type_stays,
    deployment_mode_stays,
    redeployment_has_a_savepoint,
    version_stays_while_metadata_is_needed,
)

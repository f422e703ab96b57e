"""Rules for a job, whether it has a cluster of its own or shares one (contract part 2.5, rules 11 to 17)."""

from collections.abc import Iterator, Mapping

from shared.config.operator_options import LAST_STATE_CHECKPOINT_AGE, PERIODIC_SAVEPOINT_INTERVAL
from shared.config.options import CHECKPOINT_DIRECTORY, SAVEPOINT_DIRECTORY, Option
from shared.model.job import JobSpec, UpgradeMode
from shared.rules.finding import Finding


def parallelism(job: JobSpec) -> Iterator[Finding]:
    """A parallelism of at least 1."""
    if job.parallelism < 1:
        hint = "Set it to the number of slots that the job should use."
        yield Finding("FK108", "spec.job.parallelism", f"must be at least 1, not {job.parallelism}", hint)


def state_directories(job: JobSpec, config: Mapping[str, str]) -> Iterator[Finding]:
    """The directories that the upgrade mode, the triggers and periodic savepoints need."""
    mode = f"upgradeMode {job.upgrade_mode.value}"
    if job.upgrade_mode is not UpgradeMode.STATELESS and not _is_set(CHECKPOINT_DIRECTORY, config):
        yield _missing("FK106", CHECKPOINT_DIRECTORY, mode)
    if _is_set(SAVEPOINT_DIRECTORY, config):
        return
    if job.upgrade_mode is UpgradeMode.SAVEPOINT:
        yield _missing("FK107", SAVEPOINT_DIRECTORY, mode)
    if job.savepoint_trigger_nonce is not None:
        yield _missing("FK107", SAVEPOINT_DIRECTORY, "savepointTriggerNonce")
    for option in (PERIODIC_SAVEPOINT_INTERVAL, LAST_STATE_CHECKPOINT_AGE):
        if option.is_in(config):
            yield _missing("FK107", SAVEPOINT_DIRECTORY, option.key)


def _is_set(option: Option, config: Mapping[str, str]) -> bool:
    return bool((option.read(config) or "").strip())


def _missing(code: str, option: Option, needed_by: str) -> Finding:
    return Finding(
        code,
        f"spec.flinkConfiguration[{option.key}]",
        f"is required by {needed_by}",
        "Set it to a directory that outlives the pods, for example s3://bucket/folder.",
    )


def redeployment(job: JobSpec, running: JobSpec | None) -> Iterator[Finding]:
    """A new savepointRedeployNonce drops the running job and starts it from initialSavepointPath."""
    nonce = job.savepoint_redeploy_nonce
    recorded = running.savepoint_redeploy_nonce if running is not None else None
    if nonce is not None and nonce != recorded and not (job.initial_savepoint_path or "").strip(" "):
        found = f"is required: savepointRedeployNonce {nonce} is new and redeploys the job from it"
        hint = "Set it to the savepoint to start from, or take the nonce back."
        yield Finding("FK115", "spec.job.initialSavepointPath", found, hint)

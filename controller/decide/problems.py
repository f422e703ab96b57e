"""Why nothing more can be done for now: what is wrong, and what the resource's owner can do."""

from collections.abc import Sequence

from controller.flink.checksums import Kind, ObjectName
from controller.flink.stack_trace import root_cause
from controller.observation import Problem
from shared.config.operator_options import (
    JM_DEPLOYMENT_RECOVERY,
    LAST_STATE_CHECKPOINT_AGE,
    LAST_STATE_FALLBACK,
)
from shared.config.options import CHECKPOINT_RETENTION

INGRESS_FAILED = "IngressFailed"
"""Reason of a problem with the Ingress: the cluster is none the worse for it."""
REPAIR_REFUSED = "RepairRefused"
"""Reason of a problem with objects that drifted: what runs is none the worse for the attempt."""
_OBJECT_CONTESTED, _OBJECT_EDITED, _OBJECT_LOST = "ObjectContested", "ObjectEdited", "ObjectLost"
OF_OBJECTS = frozenset(
    {
        REPAIR_REFUSED,
        _OBJECT_CONTESTED,
        _OBJECT_EDITED,
        _OBJECT_LOST,
        *(f"{kind.value}Exists" for kind in Kind),
    }
)
"""Reasons of problems with Services and ConfigMaps of a cluster that runs."""

JOB_FAILED = "JobFailed"
"""Reason of a job that failed for good."""

SAVEPOINT_ERROR = "SavepointError"
"""Reason of a problem with a savepoint that is to be taken: the job runs on."""

_START_FROM_A_PATH = (
    "set job.initialSavepointPath to it, and change job.savepointRedeployNonce. "
    "To start without state, set upgradeMode to stateless."
)


def job_failed(stack_trace: str | None, *, comes_back: bool) -> Problem:
    """Flink will not start it again by itself; `comes_back`: the operator will."""
    again = "To start it again, change the spec, if only spec.restartNonce."
    if comes_back:
        again = "The operator starts it again, at most once in 30 s."
    if not stack_trace:
        return Problem(JOB_FAILED, f"The job failed, and Flink gives no cause. {again}")
    cause = root_cause(stack_trace).rstrip(".")
    return Problem(JOB_FAILED, f"The job failed: {cause}. {again}", stack_trace)


def missing_rights(account: str, namespace: str, rights: Sequence[str]) -> Problem:
    """Flink's JobManager runs as that account, and cannot do its work."""
    return Problem(
        "MissingRights",
        f"Service account {account} may not {', '.join(rights)} in namespace {namespace}, which Flink needs. "
        "Bind it to a Role that allows it; the operator's chart makes one for each namespace in "
        "jobServiceAccount.namespaces.",
    )


def no_task_managers(name: str) -> Problem:
    """The JobManager asks for them, and no pod comes."""
    return Problem(
        "NoTaskManagers",
        "The job waits for TaskManagers, and Flink cannot make a pod for them: a quota or a rule of the "
        f"cluster refuses it. The JobManager's log says which: kubectl logs deployment/{name}",
    )


def foreign_high_availability() -> Problem:
    """Flink's metadata lies where this version does not look."""
    return Problem(
        "NotSupported",
        "The job keeps running as it is: this version handles high-availability data in Kubernetes only, "
        "and the old job would come back from its own store. Undo the change.",
    )


def foreign_deployment(name: str) -> Problem:
    """A Deployment has the cluster's name, and is none of ours."""
    return Problem(
        "DeploymentExists",
        f"A Deployment {name} exists that was not made for this resource. "
        "Delete it if nothing needs it, or give this resource another name.",
    )


def foreign_ingress(name: str) -> Problem:
    """An Ingress has the cluster's name, and is none of ours."""
    return Problem(
        INGRESS_FAILED,
        f"An Ingress {name} exists that was not made for this resource. Delete it if nothing needs it.",
    )


def foreign_object(one: ObjectName) -> Problem:
    """An object has the name of one that the cluster needs, and is none of ours."""
    return Problem(
        f"{one.kind.value}Exists",
        f"The cluster needs {one} of its own, and what has this name was not made for it. "
        "Delete it if nothing else needs it.",
    )


def contested_object(one: ObjectName) -> Problem:
    """It was put back more than once, and does not stay."""
    return Problem(
        _OBJECT_CONTESTED,
        f"What the operator puts back of this cluster does not last: {one} was changed or deleted once more. "
        "It is put back after a pause, ever longer and at most five minutes. `kubectl get -o yaml "
        "--show-managed-fields` names who writes it: let that leave it alone, and edit the FlinkDeployment.",
    )


def edited_object(one: ObjectName) -> Problem:
    """What it was cannot be made any more."""
    return Problem(
        _OBJECT_EDITED,
        f"{one} was edited by hand. It is left as it is: since it was made the operator or its configuration "
        "changed, and what it was is not known. Undo the edit, or delete it to have it made anew.",
    )


def lost_object(one: ObjectName) -> Problem:
    """It is gone, and nothing tells what it was."""
    return Problem(
        _OBJECT_LOST,
        f"{one} is gone, and cannot be made again: since it was made the operator or its configuration "
        "changed. What runs keeps running; change restartNonce to have the whole cluster made anew.",
    )


def repair_is_refused(cause: str) -> Problem:
    """By the API server."""
    return Problem(REPAIR_REFUSED, f"The API server refuses to have an object put back: {cause}")


def job_manager_is_missing() -> Problem:
    """The Deployment was deleted by somebody, and nothing tells where the job was."""
    return Problem(
        "Missing",
        "The JobManager's Deployment is gone. The job is not started anew, because its state would be lost. "
        "To start it without state, set upgradeMode to stateless and change restartNonce.",
    )


def recovery_is_off() -> Problem:
    """The Deployment was deleted by somebody, and the operator is told not to make it again."""
    return Problem(
        "Missing",
        f"The JobManager's Deployment is gone, and {JM_DEPLOYMENT_RECOVERY.key} is false. "
        "Change restartNonce to deploy it again.",
    )


def metadata_is_lost() -> Problem:
    """What the job was to be restored from is not there."""
    return Problem(
        "RestoreFailed",
        "The JobManager is gone, and so is Flink's high-availability data: where the job was is not known. "
        f"Look for its newest checkpoint or savepoint, {_START_FROM_A_PATH}",
    )


def metadata_does_not_serve() -> Problem:
    """The JobManager is gone, and the wanted spec cannot read what Flink kept."""
    return Problem(
        "UpgradeFailed",
        "The JobManager is gone, and Flink's high-availability data serves the same Flink version and "
        "high availability in Kubernetes only. Undo that change until the job runs again.",
    )


def savepoint_is_lost() -> Problem:
    """The job was stopped, and nobody tells where its savepoint lies."""
    return Problem(
        "RestoreFailed",
        "The job was stopped with a savepoint, and the JobManager was lost before it told where that is. "
        f"Look for it in the savepoint directory, {_START_FROM_A_PATH}",
    )


def no_savepoint_is_recorded() -> Problem:
    """The record says savepoint and holds none."""
    return Problem(
        "RestoreFailed",
        "The job was to be restored from a savepoint, and none is recorded. "
        f"Look for the newest one, {_START_FROM_A_PATH}",
    )


def checkpoint_is_out_of_reach() -> Problem:
    """Checkpoints are kept in the JobManager's memory."""
    return Problem(
        "CheckpointNotFound",
        "The job's newest checkpoint lies in the JobManager's memory, where no other job can reach it. "
        "Set execution.checkpointing.dir, or upgradeMode to stateless if the state may be dropped.",
    )


def checkpoint_is_discarded() -> Problem:
    """The job ended, and its checkpoints went with it."""
    return Problem(
        "CheckpointNotFound",
        f"The job has ended, and Flink discarded its checkpoints ({CHECKPOINT_RETENTION.key} does not keep "
        "those of jobs that finish). To run it again from the beginning, set upgradeMode to stateless; "
        f"to go on from a savepoint, {_START_FROM_A_PATH}",
    )


def no_savepoint_directory() -> Problem:
    """There is nowhere to put a savepoint."""
    return Problem(
        SAVEPOINT_ERROR,
        "No savepoint can be taken, because there is no directory for it. "
        "Set execution.checkpointing.savepoint-dir.",
    )


def savepoint_failed(cause: str | None) -> Problem:
    """Flink could not take it, and lets the job run on."""
    return Problem(SAVEPOINT_ERROR, f"The savepoint for the change failed: {cause or 'no cause given'}")


def asked_savepoint_failed(cause: str) -> Problem:
    """Flink could not take the one that a nonce asks for; the job runs on."""
    return Problem(
        SAVEPOINT_ERROR,
        f"The savepoint that savepointTriggerNonce asks for failed, the job runs on: {cause}. "
        "Another one is tried after 30 s",
    )


def last_savepoint_failed(cause: str | None) -> Problem:
    """Flink could not take the one before the deletion, and lets the job run on."""
    return Problem(
        SAVEPOINT_ERROR,
        f"The savepoint before the deletion failed, the job runs on: {cause or 'no cause given'}. "
        "Another one is tried after 30 s",
    )


def job_manager_is_silent(why: Problem | None) -> Problem:
    """It is up and does not answer, so no savepoint can be taken."""
    return Problem(
        "WaitingForJob",
        f"The change waits for a savepoint, because the JobManager does not answer. {told(why)}"
        "To go on from the last checkpoint instead, set upgradeMode to last-state.",
    )


def job_manager_is_down(why: Problem | None) -> Problem:
    """It does not answer, and Flink keeps no metadata that could be gone on from."""
    return Problem(
        "WaitingForJob",
        f"The change waits for the JobManager: only it can tell where the job was. {told(why)}If it cannot "
        f"come up any more, look for the job's newest checkpoint or savepoint, {_START_FROM_A_PATH}",
    )


def nobody_tells_whether_it_stopped(why: Problem | None) -> Problem:
    """It was asked to stop its job, and answers no more."""
    return Problem(
        "WaitingForJob",
        "The job was asked to stop for the change, and its JobManager does not answer: the job may run, or "
        f"may have ended. Nothing is started before it tells. {told(why)}If it cannot answer any more, look "
        f"for the job's newest checkpoint or savepoint, {_START_FROM_A_PATH}",
    )


def told(why: Problem | None) -> str:
    """A sentence for the middle of a message, with a space after it; empty where nobody knows."""
    return "" if why is None else f"{why.message} "


def job_is_not_known() -> Problem:
    """The JobManager started anew after the job had ended."""
    return Problem(
        "RestoreFailed",
        "The JobManager does not know the job any more, and Flink keeps no high-availability data of it. "
        f"Look for its newest checkpoint or savepoint, {_START_FROM_A_PATH}",
    )


def job_does_not_run(state: str) -> Problem:
    """No savepoint can be taken of it, and nothing else is allowed."""
    return Problem(
        "WaitingForJob",
        f"The change waits until the job runs, so that a savepoint can be taken; its state is {state}. "
        f"To go on from its last checkpoint instead, set {LAST_STATE_FALLBACK.key} to true.",
    )


def cancellation_loses_checkpoints(retention: str) -> Problem:
    """Flink would delete them with the job."""
    return Problem(
        "UpgradeFailed",
        f"The job cannot be cancelled for this change: with {CHECKPOINT_RETENTION.key}: {retention} "
        "its checkpoints would go with it. Set upgradeMode to savepoint.",
    )


def checkpoint_is_too_old() -> Problem:
    """A savepoint should be taken instead, and there is nowhere to put it."""
    return Problem(
        "CheckpointTooOld",
        f"The job's newest checkpoint is older than {LAST_STATE_CHECKPOINT_AGE.key} allows. "
        "Set execution.checkpointing.savepoint-dir, so that a savepoint can be taken instead.",
    )

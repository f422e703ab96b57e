"""The operator's options (contract parts 1.6 and 4.1 to 4.4): here those for resources."""

from shared.config.registry import Option, Scope
from shared.config.system_options import (
    ALLOWED_SCHEMES,
    ARTIFACT_MAX_SIZE,
    ARTIFACT_TIMEOUT,
    ERROR_CAUSES,
    ERROR_FIELD_LENGTH,
    ERROR_HAS_STACK_TRACE,
    ERROR_STACK_TRACE_LENGTH,
    EXCEPTION_EVENT_LIMIT,
    EXCEPTION_EVENT_LINES,
    PREFIX,
    RECONCILE_INTERVAL,
    RESTRICTED_HOSTS_ARE_DISALLOWED,
    SESSION_JOB_LAST_STATE,
    SUBMISSION_TIMEOUT,
    SYSTEM_OPTIONS,
)
from shared.config.values import BOOLEAN, DURATION, INTEGER, MAP, SCHEDULE, SHA256, TEXT, ValueType, one_of

__all__ = [
    "ALLOWED_SCHEMES",
    "ARTIFACT_HEADERS",
    "ARTIFACT_MAX_SIZE",
    "ARTIFACT_SECRET",
    "ARTIFACT_SHA256",
    "ARTIFACT_TIMEOUT",
    "BLOCK_ON_SESSION_JOBS",
    "BLOCK_ON_UNMANAGED_JOBS",
    "BLUE_GREEN_NAMES",
    "BLUE_GREEN_OPTIONS",
    "CHECKPOINT_PROGRESS",
    "CHECKPOINT_PROGRESS_WINDOW",
    "CLUSTER_HEALTH_CHECK",
    "DELETE_SESSION_JOBS",
    "DRAIN_ON_SAVEPOINT",
    "ERROR_CAUSES",
    "ERROR_FIELD_LENGTH",
    "ERROR_HAS_STACK_TRACE",
    "ERROR_LABELS",
    "ERROR_STACK_TRACE_LENGTH",
    "EXCEPTION_EVENT_LIMIT",
    "EXCEPTION_EVENT_LINES",
    "IGNORE_PENDING_SAVEPOINT",
    "JM_DEPLOYMENT_RECOVERY",
    "JM_SHUTDOWN_TTL",
    "JM_STARTUP_PROBE",
    "LAST_STATE_CHECKPOINT_AGE",
    "LAST_STATE_FALLBACK",
    "LAST_STATE_JOB_CANCEL",
    "MERGE_ARRAYS_BY_NAME",
    "OPERATOR_OPTIONS",
    "PERIODIC_SAVEPOINT_INTERVAL",
    "PREFIX",
    "READINESS_TIMEOUT",
    "RECONCILE_INTERVAL",
    "RESTARTS_THRESHOLD",
    "RESTARTS_WINDOW",
    "RESTART_FAILED",
    "RESTRICTED_HOSTS_ARE_DISALLOWED",
    "ROLLBACK",
    "SAVEPOINT_FORMAT",
    "SAVEPOINT_ON_DELETION",
    "SESSION_JOB_LAST_STATE",
    "SUBMISSION_TIMEOUT",
]


def _resource(key: str, value_type: ValueType, default: str | None, description: str, *older: str) -> Option:
    older_keys = tuple(PREFIX + name for name in older)
    return Option(PREFIX + key, default, older_keys, value_type, Scope.RESOURCE, description)


def _blue_green(key: str, default: str, description: str) -> Option:
    return Option(f"{PREFIX}bluegreen.{key}", default, (), DURATION, Scope.BLUE_GREEN, description)


ROLLBACK = _resource(
    "deployment.rollback.enabled",
    BOOLEAN,
    "false",
    "Whether a spec that does not become stable in time gives way to the last stable one.",
)
READINESS_TIMEOUT = _resource(
    "deployment.readiness.timeout",
    DURATION,
    "5 min",
    "Time for a spec to become stable before it is rolled back, and taken for stalled.",
)
ERROR_LABELS = _resource(
    "exception.label.mapper", MAP, "", "Labels for errors, by expressions that their text matches."
)
CLUSTER_HEALTH_CHECK = _resource(
    "cluster.health-check.enabled",
    BOOLEAN,
    "false",
    "Whether a job that restarts too often or completes no checkpoints is deployed anew.",
)
RESTARTS_WINDOW = _resource(
    "cluster.health-check.restarts.window",
    DURATION,
    "2 min",
    "Time in which restarts of a job are counted.",
)
RESTARTS_THRESHOLD = _resource(
    "cluster.health-check.restarts.threshold", INTEGER, "64", "Restarts in that time that are too many."
)
CHECKPOINT_PROGRESS = _resource(
    "cluster.health-check.checkpoint-progress.enabled",
    BOOLEAN,
    "true",
    "Whether a job that completes no checkpoints counts as unhealthy.",
)
CHECKPOINT_PROGRESS_WINDOW = _resource(
    "cluster.health-check.checkpoint-progress.window",
    DURATION,
    None,
    "Time without a checkpoint that is too long; derived from the checkpoint interval when not set.",
)
JM_DEPLOYMENT_RECOVERY = _resource(
    "jm-deployment-recovery.enabled",
    BOOLEAN,
    "true",
    "Whether a JobManager's Deployment that was lost is made again.",
    "reconciler.jm-deployment-recovery.enabled",
)
JM_SHUTDOWN_TTL = _resource(
    "jm-deployment.shutdown-ttl", DURATION, "1 d", "How long the JobManager of a job that ended is kept."
)
RESTART_FAILED = _resource(
    "job.restart.failed", BOOLEAN, "false", "Whether a job that failed for good is started again."
)
READINESS_TIMEOUT = _resource(
    "deployment.readiness.timeout",
    DURATION,
    "5 min",
    "Time for a spec to become stable before it is rolled back.",
)
JM_STARTUP_PROBE = _resource(
    "jm-deployment.startup.probe.enabled",
    BOOLEAN,
    "true",
    "Whether the JobManager's container gets a startup probe if it has none.",
)
MERGE_ARRAYS_BY_NAME = _resource(
    "pod-template.merge-arrays-by-name",
    BOOLEAN,
    "false",
    "Whether lists of pod templates are merged by the names of their elements, not by position.",
)
LAST_STATE_CHECKPOINT_AGE = _resource(
    "job.upgrade.last-state.max.allowed.checkpoint.age",
    DURATION,
    None,
    "Age of the newest checkpoint from which a last-state upgrade takes a savepoint instead.",
)
PERIODIC_SAVEPOINT_INTERVAL = _resource(
    "periodic.savepoint.interval", SCHEDULE, "", "When savepoints are taken; empty for never."
)
LAST_STATE_FALLBACK = _resource(
    "job.upgrade.last-state-fallback.enabled",
    BOOLEAN,
    "true",
    "Whether a savepoint upgrade of a job that does not run goes on as last-state.",
)
LAST_STATE_JOB_CANCEL = _resource(
    "job.upgrade.last-state.job-cancel.enabled",
    BOOLEAN,
    "false",
    "Whether a last-state upgrade cancels the job instead of deleting its cluster.",
)
SAVEPOINT_ON_DELETION = _resource(
    "job.savepoint-on-deletion",
    BOOLEAN,
    "false",
    "Whether a job ends with a savepoint when its resource is deleted.",
)
BLOCK_ON_SESSION_JOBS = _resource(
    "session.deletion.block-on-session-jobs",
    BOOLEAN,
    "true",
    "Whether a session cluster stays while it has FlinkSessionJobs; else until their state is safe.",
)
DELETE_SESSION_JOBS = _resource(
    "session.deletion.delete-session-jobs",
    BOOLEAN,
    "false",
    "Whether a session cluster's FlinkSessionJobs are deleted with it, before it goes.",
)
BLOCK_ON_UNMANAGED_JOBS = _resource(
    "session.deletion.block-on-unmanaged-jobs",
    BOOLEAN,
    "true",
    "Whether a session cluster stays while any other job runs on it.",
    "session.block-on-unmanaged-jobs",
)
IGNORE_PENDING_SAVEPOINT = _resource(
    "job.upgrade.ignore-pending-savepoint",
    BOOLEAN,
    "false",
    "Whether an upgrade goes on while a savepoint is being taken.",
)
DRAIN_ON_SAVEPOINT = _resource(
    "job.drain-on-savepoint-deletion",
    BOOLEAN,
    "false",
    "Whether a job that is stopped with a savepoint drains its sources first.",
)
SAVEPOINT_FORMAT = _resource(
    "savepoint.format.type", one_of("CANONICAL", "NATIVE"), "CANONICAL", "Binary format of savepoints."
)
ARTIFACT_HEADERS = _resource(
    "user.artifacts.http.header", MAP, None, "HTTP headers for the download of a session job's jar."
)
ARTIFACT_SHA256 = _resource(
    "user.artifacts.sha256",
    SHA256,
    None,
    "SHA-256 that a session job's jar must have, in hexadecimal; this operator adds the option.",
)
ARTIFACT_SECRET = _resource(
    "user.artifacts.secret",
    TEXT,
    None,
    "Secret in the resource's namespace with what a session job's jar is fetched with; "
    "this operator adds the option.",
)

_RESOURCE_OPTIONS = (
    _resource(
        "savepoint.trigger.grace-period",
        DURATION,
        "1 min",
        "How long a savepoint that was triggered may stay unknown to Flink.",
        "observer.savepoint.trigger.grace-period",
    ),
    _resource(
        "checkpoint.trigger.grace-period",
        DURATION,
        "1 min",
        "How long a checkpoint that was triggered may stay unknown to Flink.",
    ),
    ROLLBACK,
    READINESS_TIMEOUT,
    IGNORE_PENDING_SAVEPOINT,
    _resource(
        "job.upgrade.inplace-scaling.enabled",
        BOOLEAN,
        "true",
        "Whether a job is scaled without being deployed anew where Flink can do so.",
    ),
    LAST_STATE_FALLBACK,
    LAST_STATE_CHECKPOINT_AGE,
    LAST_STATE_JOB_CANCEL,
    RESTART_FAILED,
    SAVEPOINT_ON_DELETION,
    DRAIN_ON_SAVEPOINT,
    JM_DEPLOYMENT_RECOVERY,
    JM_SHUTDOWN_TTL,
    JM_STARTUP_PROBE,
    MERGE_ARRAYS_BY_NAME,
    SAVEPOINT_FORMAT,
    _resource(
        "savepoint.dispose-on-delete",
        BOOLEAN,
        "false",
        "Whether a savepoint's data goes with the FlinkStateSnapshot that the operator made for it.",
    ),
    _resource("savepoint.cleanup.enabled", BOOLEAN, "true", "Whether old savepoints are disposed of."),
    _resource("savepoint.history.max.count", INTEGER, "10", "Savepoints that are kept."),
    _resource("savepoint.history.max.age", DURATION, "24 h", "How long savepoints are kept."),
    _resource(
        "checkpoint.type",
        one_of("FULL", "INCREMENTAL", "UNKNOWN"),
        "FULL",
        "Sort of checkpoints that a trigger nonce asks for.",
    ),
    _resource(
        "snapshot.resource.enabled",
        BOOLEAN,
        "true",
        "Whether the operator makes a FlinkStateSnapshot for each snapshot that it takes.",
    ),
    PERIODIC_SAVEPOINT_INTERVAL,
    _resource("periodic.checkpoint.interval", SCHEDULE, "", "When checkpoints are taken; empty for never."),
    CLUSTER_HEALTH_CHECK,
    RESTARTS_WINDOW,
    RESTARTS_THRESHOLD,
    CHECKPOINT_PROGRESS,
    CHECKPOINT_PROGRESS_WINDOW,
    BLOCK_ON_SESSION_JOBS,
    DELETE_SESSION_JOBS,
    BLOCK_ON_UNMANAGED_JOBS,
    ERROR_LABELS,
    ARTIFACT_HEADERS,
    ARTIFACT_SHA256,
    ARTIFACT_SECRET,
    _resource("plugins.listeners.<name>.class", TEXT, None, "Class of a listener."),
    _resource("plugins.listeners.<name>.<option>", TEXT, None, "Option of a listener."),
)

BLUE_GREEN_OPTIONS = (
    _blue_green("abort.grace-period", "10 min", "Time for the new deployment to become ready."),
    _blue_green("reconciliation.reschedule-interval", "15 s", "Time between looks at a transition."),
    _blue_green(
        "deployment-deletion.delay", "0 ms", "How long the old deployment stays after the new is ready."
    ),
)

BLUE_GREEN_NAMES = frozenset(option.key for option in BLUE_GREEN_OPTIONS)
"""Read from spec.configuration of a FlinkBlueGreenDeployment alone."""

OPERATOR_OPTIONS = (*SYSTEM_OPTIONS, *_RESOURCE_OPTIONS, *BLUE_GREEN_OPTIONS)
"""All options that begin with `kubernetes.operator.`, but for the autoscaler's older names."""

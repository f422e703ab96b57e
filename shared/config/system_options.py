"""Options of the operator itself: they are read from its own configuration, never from a resource."""

from shared.config.registry import Option, Scope
from shared.config.values import (
    BOOLEAN,
    COUNT,
    DURATION,
    INTEGER,
    LIST,
    MEMORY_SIZE,
    NUMBER,
    PORT,
    TEXT,
    ValueType,
    one_of,
)

PREFIX = "kubernetes.operator."


def _system(key: str, value_type: ValueType, default: str | None, description: str, *older: str) -> Option:
    return _option(key, value_type, default, description, older, Scope.SYSTEM)


def _advanced(key: str, value_type: ValueType, default: str | None, description: str, *older: str) -> Option:
    return _option(key, value_type, default, description, older, Scope.ADVANCED)


def _option(
    key: str,
    value_type: ValueType,
    default: str | None,
    description: str,
    older: tuple[str, ...],
    scope: Scope,
) -> Option:
    return Option(
        PREFIX + key, default, tuple(PREFIX + name for name in older), value_type, scope, description
    )


RECONCILE_INTERVAL = _system(
    "reconcile.interval",
    DURATION,
    "60 s",
    "Time between looks at a resource that is at rest.",
    "reconciler.reschedule.interval",
)
ALLOWED_SCHEMES = _system(
    "user.artifacts.allowed-schemes", LIST, "https", "Schemes that the jarURI of a session job may have."
)
SUBMISSION_TIMEOUT = _system(
    "job.submission.timeout", DURATION, "10 min", "Time for the call that submits a session job."
)
RESTRICTED_HOSTS_ARE_DISALLOWED = _system(
    "user.artifacts.disallow-restricted-hosts",
    BOOLEAN,
    "true",
    "Whether the jarURI of a session job must not name a loopback, link-local, private or multicast address.",
)
ARTIFACT_MAX_SIZE = _system(
    "user.artifacts.max-size",
    MEMORY_SIZE,
    "1 gb",
    "Size of a session job's jar above which it is not fetched; this operator adds the option.",
)
ARTIFACT_TIMEOUT = _system(
    "user.artifacts.timeout",
    DURATION,
    "10 min",
    "Time to stream a session job's jar to the JobManager; this operator adds the option.",
)
EXCEPTION_EVENT_LINES = _advanced(
    "events.exceptions.stacktrace-lines",
    INTEGER,
    "5",
    "Lines of a stack trace in the event of a job's exception.",
)
EXCEPTION_EVENT_LIMIT = _advanced(
    "events.exceptions.limit-per-reconciliation",
    INTEGER,
    "10",
    "Events of a job's exceptions in one look.",
)
ERROR_HAS_STACK_TRACE = _system(
    "exception.stacktrace.enabled", BOOLEAN, "false", "Whether status.error holds stack traces."
)
ERROR_STACK_TRACE_LENGTH = _system(
    "exception.stacktrace.max.length", INTEGER, "2048", "Characters of a stack trace in status.error."
)
ERROR_FIELD_LENGTH = _system(
    "exception.field.max.length", INTEGER, "2048", "Characters of each other field of status.error."
)
ERROR_CAUSES = _system("exception.throwable.list.max.count", INTEGER, "2", "Causes that status.error lists.")
SESSION_JOB_LAST_STATE = _system(
    "session-job.upgrade.last-state.enabled",
    BOOLEAN,
    "false",
    "Whether session jobs may have upgradeMode last-state; this operator adds the option.",
)

_SYSTEM_OPTIONS = (
    RECONCILE_INTERVAL,
    _system(
        "reconcile.parallelism",
        INTEGER,
        "50",
        "Resources that are worked on at once.",
        "reconciler.max.parallelism",
    ),
    _system(
        "flink.client.timeout",
        DURATION,
        "10 s",
        "Time for a call of a JobManager's REST interface.",
        "observer.flink.client.timeout",
    ),
    _system(
        "flink.client.cancel.timeout",
        DURATION,
        "1 min",
        "Time for the call that cancels a job.",
        "reconciler.flink.cancel.job.timeout",
    ),
    _system(
        "resource.cleanup.timeout",
        DURATION,
        "5 min",
        "Time for a cluster to go when it is deleted.",
        "reconciler.flink.cluster.shutdown.timeout",
    ),
    SUBMISSION_TIMEOUT,
    _system("user.artifacts.base.dir", TEXT, "/opt/flink/artifacts", "Folder for the jars of session jobs."),
    ALLOWED_SCHEMES,
    RESTRICTED_HOSTS_ARE_DISALLOWED,
    ARTIFACT_MAX_SIZE,
    ARTIFACT_TIMEOUT,
    SESSION_JOB_LAST_STATE,
    ERROR_HAS_STACK_TRACE,
    ERROR_STACK_TRACE_LENGTH,
    ERROR_FIELD_LENGTH,
    ERROR_CAUSES,
    _system(
        "watched.namespaces",
        TEXT,
        "JOSDK_ALL_NAMESPACES",
        "Namespaces whose resources are looked after, separated by commas.",
    ),
    _system(
        "dynamic.namespaces.enabled",
        BOOLEAN,
        "false",
        "Whether a change of the watched namespaces takes effect without a restart.",
    ),
    _system("retry.initial.interval", DURATION, "5 s", "Pause after the first failure."),
    _system("retry.max.interval", DURATION, None, "Longest pause between failures."),
    _system(
        "retry.interval.multiplier", NUMBER, "1.5", "By how much each pause is longer than the one before."
    ),
    _system("retry.max.attempts", INTEGER, "15", "Failures in a row after which a resource is left alone."),
    _system("rate-limiter.refresh-period", DURATION, "15 s", "Period of the limit of looks at one resource."),
    _system("rate-limiter.limit", INTEGER, "5", "Looks at one resource in a period; 0 or less is no limit."),
    _system("leader-election.enabled", BOOLEAN, "false", "Whether replicas elect the one that acts."),
    _system("leader-election.lease-name", TEXT, None, "Name of the Lease that the leader holds."),
    _system("leader-election.lease-duration", DURATION, "15 s", "How long a Lease holds without a renewal."),
    _system("leader-election.renew-deadline", DURATION, "10 s", "When a leader that cannot renew gives up."),
    _system(
        "leader-election.retry-period", DURATION, "2 s", "Time between attempts to get or renew the Lease."
    ),
    _system(
        "default-configuration.namespace.<namespace>.<option>",
        TEXT,
        None,
        "Default of an option for the resources of a namespace.",
    ),
    _system(
        "default-configuration.flink-version.<version>.<option>",
        TEXT,
        None,
        "Default of an option for a Flink version (v1_20), or that version and newer ones (v1_20+).",
    ),
)

INGRESS_IS_MANAGED = _advanced(
    "ingress.manage", BOOLEAN, "true", "Whether the operator creates and deletes Ingresses."
)

_ADVANCED_OPTIONS = (
    _advanced(
        "observer.rest-ready.delay",
        DURATION,
        "10 s",
        "Time from the JobManager's first answer until it counts as ready.",
    ),
    _advanced(
        "observer.progress-check.interval", DURATION, "10 s", "Time between looks at what is under way."
    ),
    _advanced(
        "dynamic.config.enabled",
        BOOLEAN,
        "true",
        "Whether a change of the operator's configuration takes effect without a restart.",
    ),
    _advanced(
        "dynamic.config.check.interval",
        DURATION,
        "5 min",
        "Time between looks for changes of the operator's configuration.",
    ),
    _advanced(
        "config.cache.timeout", DURATION, "10 min", "How long an effective configuration is kept unused."
    ),
    _advanced("config.cache.size", INTEGER, "1000", "Effective configurations that are kept."),
    _advanced(
        "savepoint.history.max.count.threshold",
        INTEGER,
        None,
        "Upper bound of savepoint.history.max.count in resources.",
    ),
    _advanced(
        "savepoint.history.max.age.threshold",
        DURATION,
        None,
        "Upper bound of savepoint.history.max.age in resources.",
    ),
    _advanced("label.selector", TEXT, None, "Labels of the resources that are looked after."),
    _advanced("health.probe.enabled", BOOLEAN, "true", "Whether the operator answers health probes."),
    _advanced("health.probe.port", PORT, "8085", "Port of the health probes."),
    _advanced(
        "startup.stop-on-informer-error",
        BOOLEAN,
        "true",
        "Whether the operator ends when a watch cannot be opened at its start.",
    ),
    _advanced("termination.timeout", DURATION, "10 s", "Time to finish what is under way at the end."),
    _advanced(
        "health.canary.resource.timeout", DURATION, "1 min", "Time for a canary resource to be seen to."
    ),
    _advanced(
        "resource.deletion.propagation",
        one_of("Foreground", "Background", "Orphan"),
        "Foreground",
        "How Kubernetes deletes what belongs to a deleted object.",
    ),
    _advanced(
        "cluster.resource-view.refresh-interval",
        DURATION,
        None,
        "Time between looks at the nodes' free room, which the autoscaler respects; off when not set.",
    ),
    EXCEPTION_EVENT_LINES,
    EXCEPTION_EVENT_LIMIT,
    INGRESS_IS_MANAGED,
)

_METRIC_OPTIONS = (
    _advanced("jvm.metrics.enabled", BOOLEAN, "true", "Whether there are metrics of the operator's process."),
    _advanced("josdk.metrics.enabled", BOOLEAN, "true", "Whether there are metrics of reconciliations."),
    _advanced(
        "kubernetes.client.metrics.enabled",
        BOOLEAN,
        "true",
        "Whether there are metrics of calls to the API server.",
    ),
    _advanced(
        "kubernetes.client.metrics.http.response.code.groups.enabled",
        BOOLEAN,
        "false",
        "Whether calls to the API server are counted by group of status codes.",
    ),
    _advanced(
        "kubernetes.client.metrics.slow.request.threshold",
        DURATION,
        "5 s",
        "Time from which a call to the API server counts as slow.",
    ),
    _advanced("resource.metrics.enabled", BOOLEAN, "true", "Whether resources are counted by state."),
    _advanced(
        "resource.lifecycle.metrics.enabled",
        BOOLEAN,
        "true",
        "Whether there are metrics of lifecycle states and transitions.",
    ),
    _advanced(
        "resource.lifecycle.namespace.histograms.enabled",
        BOOLEAN,
        "true",
        "Whether these have histograms for each namespace.",
    ),
    _advanced("metrics.histogram.sample.size", COUNT, "1000", "Values that a histogram keeps."),
    _advanced(
        "metrics.scope.k8soperator.system",
        TEXT,
        "<host>.k8soperator.<namespace>.<name>.system",
        "Name of metrics of the operator.",
    ),
    _advanced(
        "metrics.scope.k8soperator.resourcens",
        TEXT,
        "<host>.k8soperator.<namespace>.<name>.namespace.<resourcens>.<resourcetype>",
        "Name of metrics of a namespace.",
    ),
    _advanced(
        "metrics.scope.k8soperator.resource",
        TEXT,
        "<host>.k8soperator.<namespace>.<name>.resource.<resourcens>.<resourcename>.<resourcetype>",
        "Name of metrics of a resource.",
    ),
    _advanced(
        "metrics.reporter.<name>.<option>", TEXT, None, "Option of a reporter of the operator's metrics."
    ),
)

SYSTEM_OPTIONS = (*_SYSTEM_OPTIONS, *_ADVANCED_OPTIONS, *_METRIC_OPTIONS)

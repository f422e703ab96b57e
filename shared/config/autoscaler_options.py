"""The autoscaler's options (contract part 4.5), each also under its older name with the operator's prefix."""

from shared.config.registry import Option, Scope
from shared.config.values import (
    BOOLEAN,
    DURATION,
    INTEGER,
    LIST,
    MEMORY_SIZE,
    NUMBER,
    TEXT,
    ValueType,
    one_of,
)

PREFIX = "job.autoscaler."
OLDER_PREFIX = "kubernetes.operator.job.autoscaler."


def _option(key: str, value_type: ValueType, default: str | None, description: str, *older: str) -> Option:
    names = (key, *older)
    older_keys = tuple(prefix + name for name in names for prefix in (PREFIX, OLDER_PREFIX))[1:]
    return Option(PREFIX + key, default, older_keys, value_type, Scope.RESOURCE, description)


ENABLED = _option("enabled", BOOLEAN, "false", "Whether the autoscaler looks after the job.")
METRICS_WINDOW = _option("metrics.window", DURATION, "15 min", "Time over which metrics are aggregated.")
EXCLUDED_PERIODS = _option(
    "excluded.periods",
    LIST,
    "",
    "Times without scaling: daily spans, cron expressions, or one of each with &&.",
)
UTILIZATION_TARGET = _option(
    "utilization.target",
    NUMBER,
    "0.7",
    "Share of its capacity that a vertex should use.",
    "target.utilization",
)
UTILIZATION_BOUNDARY = _option(
    "target.utilization.boundary",
    NUMBER,
    "0.3",
    "Deprecated: how far the use may be from its target; set utilization.min and utilization.max.",
)
UTILIZATION_MAX = _option(
    "utilization.max",
    NUMBER,
    None,
    "Use from which a vertex is scaled up; target plus boundary when not set.",
)
UTILIZATION_MIN = _option(
    "utilization.min",
    NUMBER,
    None,
    "Use to which a vertex is scaled down; target less boundary when not set.",
)
SCALE_DOWN_MAX_FACTOR = _option(
    "scale-down.max-factor", NUMBER, "0.6", "Largest part of the parallelism that goes at once."
)
SCALE_UP_MAX_FACTOR = _option(
    "scale-up.max-factor", NUMBER, "100000", "Largest part of the parallelism that comes at once."
)
EFFECTIVENESS_DETECTION = _option(
    "scaling.effectiveness.detection.enabled",
    BOOLEAN,
    "false",
    "Whether scaling up ends when it does not help.",
)
EFFECTIVENESS_THRESHOLD = _option(
    "scaling.effectiveness.threshold",
    NUMBER,
    "0.1",
    "Part of the expected gain from which it counts as help.",
)
GC_PRESSURE_THRESHOLD = _option(
    "memory.gc-pressure.threshold",
    NUMBER,
    "1.0",
    "Share of time in garbage collection from which scaling stops.",
)
HEAP_USAGE_THRESHOLD = _option(
    "memory.heap-usage.threshold", NUMBER, "1.0", "Share of the heap in use from which scaling stops."
)
MEMORY_TUNING = _option(
    "memory.tuning.enabled", BOOLEAN, "false", "Whether the TaskManagers' memory is fitted to its use."
)
MEMORY_TUNING_OVERHEAD = _option(
    "memory.tuning.overhead", NUMBER, "0.2", "Share of memory beyond its use that is left."
)
OBSERVED_SCALABILITY = _option(
    "observed-scalability.enabled",
    BOOLEAN,
    "false",
    "Whether the gain of earlier scalings is counted on for the next.",
)
OBSERVED_SCALABILITY_MIN = _option(
    "observed-scalability.coefficient-min", NUMBER, "0.5", "Least gain that is counted on."
)

AUTOSCALER_OPTIONS = (
    ENABLED,
    _option(
        "scaling.enabled", BOOLEAN, "true", "Whether it scales; otherwise it only collects and recommends."
    ),
    METRICS_WINDOW,
    _option("stabilization.interval", DURATION, "5 min", "Time without scaling after a job's start."),
    EXCLUDED_PERIODS,
    UTILIZATION_TARGET,
    UTILIZATION_BOUNDARY,
    UTILIZATION_MAX,
    UTILIZATION_MIN,
    _option(
        "scale-down.interval",
        DURATION,
        "1 h",
        "Time that scaling down waits for; 0 for none.",
        "scale-up.grace-period",
    ),
    _option("vertex.min-parallelism", INTEGER, "1", "Least parallelism of a vertex."),
    _option("vertex.max-parallelism", INTEGER, "200", "Greatest parallelism of a vertex."),
    SCALE_DOWN_MAX_FACTOR,
    SCALE_UP_MAX_FACTOR,
    _option(
        "catch-up.duration", DURATION, "30 min", "Time to work off a backlog; 0 leaves it out of account."
    ),
    _option("restart.time", DURATION, "5 min", "Time that a restart of the job is expected to take."),
    _option(
        "restart.time-tracking.enabled",
        BOOLEAN,
        "false",
        "Whether the time that restarts took is expected of the next.",
    ),
    _option("restart.time-tracking.limit", DURATION, "15 min", "Longest time that is so expected."),
    _option(
        "backlog-processing.lag-threshold",
        DURATION,
        "5 min",
        "Lag from which a job counts as working off a backlog.",
    ),
    _option(
        "observed-true-processing-rate.lag-threshold",
        DURATION,
        "30 s",
        "Lag from which a source's rate is taken for its capacity.",
    ),
    _option(
        "observed-true-processing-rate.switch-threshold",
        NUMBER,
        "0.15",
        "Difference from which an observed capacity is taken instead of the calculated one.",
    ),
    _option(
        "observed-true-processing-rate.min-observations",
        INTEGER,
        "2",
        "Observations from which a capacity counts.",
    ),
    EFFECTIVENESS_DETECTION,
    EFFECTIVENESS_THRESHOLD,
    GC_PRESSURE_THRESHOLD,
    HEAP_USAGE_THRESHOLD,
    MEMORY_TUNING,
    _option(
        "memory.tuning.scale-down-compensation.enabled",
        BOOLEAN,
        "true",
        "Whether TaskManagers get more heap when there are fewer of them.",
    ),
    MEMORY_TUNING_OVERHEAD,
    _option(
        "memory.tuning.maximize-managed-memory",
        BOOLEAN,
        "false",
        "Whether memory that is not needed becomes managed memory.",
    ),
    _option("history.max.count", INTEGER, "3", "Scalings of a vertex that are remembered."),
    _option("history.max.age", DURATION, "24 h", "How long a scaling is remembered."),
    _option(
        "metrics.busy-time.aggregator",
        one_of("AVG", "MAX", "MIN"),
        "MAX",
        "How the busy times of subtasks become one.",
    ),
    _option("vertex.exclude.ids", LIST, "", "Vertices that are left alone."),
    _option("scaling.event.interval", DURATION, "30 min", "Time before an event is repeated."),
    _option(
        "flink.rest-client.timeout", DURATION, "10 s", "Time for a call of the JobManager's REST interface."
    ),
    _option("quota.memory", MEMORY_SIZE, None, "Most memory that all TaskManagers may have."),
    _option("quota.cpu", NUMBER, None, "Most CPU cores that all TaskManagers may have."),
    _option(
        "scaling.key-group.partitions.adjust.mode",
        one_of("EVENLY_SPREAD", "MAXIMIZE_UTILISATION"),
        "EVENLY_SPREAD",
        "Deprecated: set scaling.parallelism-alignment.mode.",
    ),
    _option(
        "scaling.parallelism-alignment.mode",
        TEXT,
        "BALANCED",
        "How a parallelism is fitted to key groups and partitions: BALANCED, EVENLY_SPREAD, OFF or a name.",
    ),
    _option(
        "scaling.parallelism-alignment.mode.<name>.<option>",
        TEXT,
        None,
        "Class, or another option, of the mode of that name.",
    ),
    OBSERVED_SCALABILITY,
    _option("observed-scalability.min-observations", INTEGER, "3", "Scalings from which their gain counts."),
    OBSERVED_SCALABILITY_MIN,
    _option("metrics.custom-evaluators", LIST, "", "Names of evaluators; the first is used."),
    _option(
        "metrics.custom-evaluator.<name>.<option>",
        TEXT,
        None,
        "Class, or another option, of the evaluator of that name.",
    ),
    _option("scaling.custom-executors", LIST, "", "Names of executors of scalings."),
    _option(
        "scaling.custom-executor.<name>.<option>",
        TEXT,
        None,
        "Class, or another option, of the executor of that name.",
    ),
)

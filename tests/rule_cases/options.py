"""flinkConfiguration: what is reserved, cannot be read, is needed, or does not go together."""

from collections.abc import Iterator, Mapping

from tests.rule_cases.case import Case, Found, Json, error, option, warning
from tests.rule_cases.resources import (
    CHECKPOINTS,
    HA,
    SAVEPOINTS,
    blue_green,
    configured,
    session_cluster,
)

_OPERATOR = "kubernetes.operator."
_AUTOSCALER = "job.autoscaler."
_NEEDS_CHECKPOINTS = error("FK106", option("execution.checkpointing.dir"))
_NEEDS_SAVEPOINTS = error("FK107", option("execution.checkpointing.savepoint-dir"))
_CRON = "0 0 12 * * ?"

_READABLE: Mapping[str, tuple[str, ...]] = {
    "taskmanager.numberOfTaskSlots": ("1", " 2 "),
    "rest.port": ("0", "65535"),
    "taskmanager.rpc.port": ("0", "6122"),
    "kubernetes.jobmanager.cpu.limit-factor": ("1", "1.5"),
    "kubernetes.taskmanager.cpu.amount": ("0.5",),
    "kubernetes.jobmanager.labels": ("team:a,tier:b", "'team:a,b'"),
    "kubernetes.rest-service.exposed.type": ("NodePort", "headless_clusterip"),
    "execution.checkpointing.interval": ("10 s", "500"),
    "jobmanager.memory.off-heap.size": ("128m", "200 mb"),
    f"{_OPERATOR}savepoint.format.type": ("NATIVE", "canonical"),
    f"{_OPERATOR}periodic.checkpoint.interval": ("30 min", _CRON, ""),
    f"{_OPERATOR}jm-deployment.shutdown-ttl": ("1 d", "0"),
    f"{_OPERATOR}exception.label.mapper": ("a:b", ""),
    f"{_AUTOSCALER}quota.memory": ("100 gb",),
    f"{_AUTOSCALER}utilization.target": ("0.7", "7e-1"),
    f"{_OPERATOR}job.autoscaler.enabled": ("FALSE",),
}

_UNREADABLE: Mapping[str, tuple[str, ...]] = {
    "taskmanager.numberOfTaskSlots": ("0", "two", "1.5"),
    "rest.port": ("http", "65536", "-1"),
    "rest.bind-port": ("8081-8090",),
    "blob.server.port": ("50100-50200",),
    "taskmanager.rpc.port": ("50100-50200", "50100,50101"),
    "high-availability.jobmanager.port": ("50000-50025",),
    "kubernetes.jobmanager.cpu.amount": ("half", "0"),
    "kubernetes.taskmanager.memory.limit-factor": ("twice", "NaN", "0.9"),
    "kubernetes.env.secretKeyRef": ("env:A,secret:b",),
    "kubernetes.jobmanager.labels": ("team", "'team:a"),
    "kubernetes.jobmanager.tolerations": ("key:a,tolerationSeconds:long",),
    "kubernetes.rest-service.exposed.type": ("Open",),
    "kubernetes.hostnetwork.enabled": ("yes",),
    "jobmanager.memory.jvm-overhead.fraction": ("1.0", "a tenth"),
    "jobmanager.memory.process.size": ("much", "1 pound", "-1g"),
    "taskmanager.memory.managed.size": ("some",),
    "execution.checkpointing.interval": ("10 parsecs", "-1 s", "soon"),
    f"{_OPERATOR}jm-deployment-recovery.enabled": ("yes", "1"),
    f"{_OPERATOR}savepoint.history.max.count": ("ten", "1.5", "9999999999"),
    f"{_OPERATOR}savepoint.history.max.age": ("10 parsecs",),
    f"{_OPERATOR}savepoint.format.type": ("PORTABLE",),
    f"{_OPERATOR}exception.label.mapper": ("a",),
    f"{_OPERATOR}periodic.checkpoint.interval": ("10 parsecs", "* * * * *", "0 0 25 * * ?"),
    f"{_OPERATOR}job.autoscaler.enabled": ("on",),
    f"{_AUTOSCALER}metrics.window": ("long",),
    f"{_AUTOSCALER}quota.cpu": ("many",),
    f"{_AUTOSCALER}metrics.busy-time.aggregator": ("SUM",),
}

_STATE: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "last-state": (configured(CHECKPOINTS, {"upgradeMode": "last-state"}), frozenset()),
    "last-state-older-name": (
        configured({"state": {"checkpoints": {"dir": "s3://b"}}}, {"upgradeMode": "last-state"}),
        frozenset(),
    ),
    "savepoint": (configured(CHECKPOINTS | SAVEPOINTS, {"upgradeMode": "savepoint"}), frozenset()),
    "last-state-without-directory": (configured({}, {"upgradeMode": "last-state"}), _NEEDS_CHECKPOINTS),
    "last-state-with-blank-directory": (
        configured({"execution.checkpointing.dir": " "}, {"upgradeMode": "last-state"}),
        _NEEDS_CHECKPOINTS,
    ),
    "savepoint-without-directory": (configured(CHECKPOINTS, {"upgradeMode": "savepoint"}), _NEEDS_SAVEPOINTS),
    "savepoint-without-any-directory": (
        configured({}, {"upgradeMode": "savepoint"}),
        _NEEDS_CHECKPOINTS | _NEEDS_SAVEPOINTS,
    ),
    "savepoint-nonce-without-directory": (
        configured({}, {"savepointTriggerNonce": 0}),
        _NEEDS_SAVEPOINTS | warning("FK502", "spec.job.savepointTriggerNonce"),
    ),
    "periodic-savepoints-without-directory": (
        configured({f"{_OPERATOR}periodic.savepoint.interval": _CRON}),
        _NEEDS_SAVEPOINTS,
    ),
    "periodic-savepoints-off-without-directory": (
        configured({f"{_OPERATOR}periodic.savepoint.interval": ""}),
        _NEEDS_SAVEPOINTS,
    ),
    "checkpoint-age-without-directory": (
        configured(
            CHECKPOINTS | {f"{_OPERATOR}job.upgrade.last-state.max.allowed.checkpoint.age": "1 h"},
            {"upgradeMode": "last-state"},
        ),
        _NEEDS_SAVEPOINTS,
    ),
    "periodic-savepoints-with-directory": (
        configured(SAVEPOINTS | {f"{_OPERATOR}periodic.savepoint.interval": "1 h"}),
        frozenset(),
    ),
    "session-cluster-needs-no-directory": (
        session_cluster(flinkConfiguration={f"{_OPERATOR}periodic.savepoint.interval": "1 h"}),
        frozenset(),
    ),
    "reserved-namespace": (
        configured({"kubernetes.namespace": "x"}),
        error("FK104", option("kubernetes.namespace")),
    ),
    "reserved-cluster-id": (
        configured({"kubernetes": {"cluster-id": "x"}}),
        error("FK104", option("kubernetes.cluster-id")),
    ),
    "reserved-ha-cluster-id": (
        configured({"high-availability.cluster-id": "x"}),
        error("FK104", option("high-availability.cluster-id")),
    ),
    "rollback-with-ha": (
        configured(HA | {f"{_OPERATOR}deployment.rollback.enabled": True}),
        frozenset(),
    ),
    "rollback-without-ha": (
        configured({f"{_OPERATOR}deployment.rollback.enabled": True}),
        error("FK123", option(f"{_OPERATOR}deployment.rollback.enabled")),
    ),
    "health-check-with-recovery": (
        configured({f"{_OPERATOR}cluster.health-check.enabled": "true"}),
        frozenset(),
    ),
    "health-check-without-recovery": (
        configured(
            {
                f"{_OPERATOR}cluster.health-check.enabled": "true",
                f"{_OPERATOR}reconciler.jm-deployment-recovery.enabled": "false",
            }
        ),
        error("FK124", option(f"{_OPERATOR}cluster.health-check.enabled")),
    ),
}

_AUTOSCALED: Mapping[str, tuple[Json, str | None, str]] = {
    "defaults": ({}, None, ""),
    "off": ({"enabled": False, "utilization.target": 2, "excluded.periods": "x"}, None, ""),
    "scale-down-factor": ({"scale-down.max-factor": -0.1}, "FK131", "scale-down.max-factor"),
    "scale-up-factor": ({"scale-up.max-factor": -1}, "FK131", "scale-up.max-factor"),
    "target-too-high": ({"utilization.target": 1.1}, "FK131", "utilization.target"),
    "target-older-name": ({"target.utilization": -0.1}, "FK131", "target.utilization"),
    "boundary": ({"target.utilization.boundary": -0.1}, "FK131", "target.utilization.boundary"),
    "max-below-target": ({"utilization.max": 0.6}, "FK131", "utilization.max"),
    "max-above-1": ({"utilization.max": 1.5}, "FK131", "utilization.max"),
    "min-above-target": ({"utilization.min": 0.8}, "FK131", "utilization.min"),
    "bounds-around-target": ({"utilization.min": 0.7, "utilization.max": 0.7}, None, ""),
    "gc-pressure": ({"memory.gc-pressure.threshold": 1.01}, "FK131", "memory.gc-pressure.threshold"),
    "heap-usage": ({"memory.heap-usage.threshold": -1}, "FK131", "memory.heap-usage.threshold"),
    "scalability": (
        {"observed-scalability.enabled": True, "observed-scalability.coefficient-min": 0},
        "FK131",
        "observed-scalability.coefficient-min",
    ),
    "scalability-off": ({"observed-scalability.coefficient-min": 0}, None, ""),
    "effectiveness": (
        {"scaling.effectiveness.detection.enabled": True, "scaling.effectiveness.threshold": 2},
        "FK131",
        "scaling.effectiveness.threshold",
    ),
    "effectiveness-off": ({"scaling.effectiveness.threshold": 2}, None, ""),
    "memory-tuning": (
        {"memory.tuning.enabled": True, "memory.tuning.overhead": 1.5},
        "FK131",
        "memory.tuning.overhead",
    ),
    "memory-tuning-off": ({"memory.tuning.overhead": 1.5}, None, ""),
    "periods": (
        {"excluded.periods": ["9:30-17:00", "* * * ? * 2-6", "9:30:00-17:00:59 && * * * ? * SAT"]},
        None,
        "",
    ),
    "period-of-two-spans": ({"excluded.periods": "1:00-2:00 && 3:00-4:00"}, "FK132", "excluded.periods"),
    "period-of-three": ({"excluded.periods": "a && b && c"}, "FK132", "excluded.periods"),
    "period-over-midnight": ({"excluded.periods": "22:00-6:00"}, "FK132", "excluded.periods"),
    "period-is-a-word": ({"excluded.periods": "nights"}, "FK132", "excluded.periods"),
    "period-of-unix-cron": ({"excluded.periods": "0 9 * * 1"}, "FK132", "excluded.periods"),
    "window-of-the-interval": ({"metrics.window": "60 s"}, None, ""),
    "window-too-short": ({"metrics.window": "59 s"}, "FK133", "metrics.window"),
}


def _autoscaled() -> Iterator[Case]:
    for name, (options, code, key) in _AUTOSCALED.items():
        raw = configured(
            {f"{_AUTOSCALER}{key}": value for key, value in ({"enabled": True} | options).items()}
        )
        yield Case(
            f"autoscaler-{name}", raw, error(code, option(f"{_AUTOSCALER}{key}")) if code else frozenset()
        )


def _typed() -> Iterator[Case]:
    for key, texts in _READABLE.items():
        for text in texts:
            yield Case(f"readable-{key}={text}", configured({key: text}))
    for key, texts in _UNREADABLE.items():
        for text in texts:
            yield Case(f"unreadable-{key}={text}", configured({key: text}), error("FK117", option(key)))


CASES = (
    *(Case(name, raw, expected) for name, (raw, expected) in _STATE.items()),
    *_typed(),
    *_autoscaled(),
    Case(
        "system-option-that-cannot-be-read",
        configured({f"{_OPERATOR}reconcile.interval": "10 parsecs"}),
        error("FK117", option(f"{_OPERATOR}reconcile.interval"))
        | warning("FK505", option(f"{_OPERATOR}reconcile.interval")),
    ),
    Case(
        "system-option-of-the-operator-that-cannot-be-read",
        configured({}),
        operator={f"{_OPERATOR}flink.client.timeout": "10 parsecs"},
    ),
    Case(
        "default-that-cannot-be-read",
        configured({}),
        error("FK117", option("rest.port")),
        operator={"rest.port": "http"},
    ),
    Case(
        "reserved-default",
        configured({}),
        error("FK104", option("kubernetes.cluster-id")),
        operator={"kubernetes.cluster-id": "x"},
    ),
    Case(
        "autoscaler-of-the-operator",
        configured({f"{_OPERATOR}{_AUTOSCALER}utilization.target": 2}),
        error("FK131", option(f"{_OPERATOR}{_AUTOSCALER}utilization.target")),
        operator={f"{_AUTOSCALER}enabled": "true"},
    ),
    Case(
        "autoscaler-window-shorter-than-the-operators-interval",
        configured({f"{_AUTOSCALER}enabled": True}),
        error("FK133", option(f"{_AUTOSCALER}metrics.window")),
        operator={f"{_OPERATOR}reconcile.interval": "16 min"},
    ),
    Case(
        "options-of-a-template",
        blue_green(configured({"rest.port": "http"})),
        error("FK117", "spec.template.spec.flinkConfiguration[rest.port]"),
    ),
)

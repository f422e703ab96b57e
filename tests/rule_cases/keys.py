"""Keys that begin other keys, which Flink 2 forbids."""

from collections.abc import Mapping

from tests.rule_cases.case import Case, Found, Json, error, option
from tests.rule_cases.resources import HA, MEMORY, configured

_NOTHING: frozenset[Found] = frozenset()
_STORAGE = {"high-availability.storageDir": "s3://bucket/ha"}
_FLINK_1 = {"flinkVersion": "v1_20", "image": "flink:1.20"}

_CASES: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "older-name-beside-options-below": (
        configured({"high-availability": "NONE"} | _STORAGE),
        error("FK128", option("high-availability")),
    ),
    "nested-value-and-options-below": (
        configured({"state.backend": "rocksdb", "state": {"backend": {"incremental": True}}}),
        error("FK128", option("state.backend")),
    ),
    "several-below-are-one-finding": (
        configured({"env.java.opts": "-Da=b", "env.java.opts.jobmanager": "", "env.java.opts.all": ""}),
        error("FK128", option("env.java.opts")),
    ),
    "high-availability-becomes-an-option-below": (
        configured({"high-availability": "kubernetes"}),
        error("FK128", option("high-availability")),
    ),
    "high-availability-off": (configured({"high-availability": "NONE"}), _NOTHING),
    "image-becomes-an-option-below": (
        configured({"kubernetes.container.image": "flink:2.3"}),
        error("FK128", option("kubernetes.container.image")),
    ),
    "cpu-becomes-an-option-below": (
        configured({"kubernetes.taskmanager.cpu": 1}, taskManager=MEMORY),
        error("FK128", option("kubernetes.taskmanager.cpu")),
    ),
    "newer-names": (
        configured(HA | {"state.backend.type": "rocksdb", "state.backend.incremental": True}),
        _NOTHING,
    ),
    "same-beginning-without-a-dot": (
        configured({"metrics.scope.jm": "a", "metrics.scope.jm-job": "b", "metrics.scope.tm": "c"}),
        _NOTHING,
    ),
    "same-beginning-with-and-without-a-dot": (
        configured({"metrics.scope.jm": "a", "metrics.scope.jm-job": "b", "metrics.scope.jm.job": "c"}),
        error("FK128", option("metrics.scope.jm")),
    ),
    "annotations-become-one-option": (
        configured({"kubernetes.jobmanager.annotations": "a:b", "kubernetes.jobmanager.annotations.c": "d"}),
        _NOTHING,
    ),
    "operators-own": (
        configured({"kubernetes.operator.job.autoscaler.enabled": "false", "kubernetes.operator.job": "x"}),
        _NOTHING,
    ),
    "comment-in-a-value-of-flink-1": (
        configured({"s3.secret-key": "ab#cd"}, **_FLINK_1),
        error("FK129", option("s3.secret-key")),
    ),
    "comment-in-an-argument-of-flink-1": (
        configured({}, {"args": ["--colour", "#fff"]}, **_FLINK_1),
        error("FK129", "spec.job.args[1]"),
    ),
    "lines-in-a-value-of-flink-1": (
        configured({"env.java.opts.all": "-Da=b\n-Dc=d"}, **_FLINK_1),
        error("FK129", option("env.java.opts.all")),
    ),
    "hash-in-an-option-of-the-operator": (
        configured({"kubernetes.operator.exception.label.mapper": "a#b:c"}, **_FLINK_1),
        _NOTHING,
    ),
    "hash-and-lines-in-flink-2": (
        configured({"s3.secret-key": "ab#cd", "env.java.opts.all": "-Da=b\n-Dc=d"}, {"args": ["#"]}),
        _NOTHING,
    ),
    "flink-1-takes-both": (
        configured({"high-availability": "NONE"} | _STORAGE, **_FLINK_1),
        _NOTHING,
    ),
}

CASES = (
    *(Case(f"keys-{name}", raw, expected) for name, (raw, expected) in _CASES.items()),
    Case(
        "keys-default-beside-an-option-below",
        configured(_STORAGE),
        error("FK128", option("high-availability")),
        operator={"high-availability": "NONE"},
    ),
)

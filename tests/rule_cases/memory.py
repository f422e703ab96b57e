"""Memory of JobManager and TaskManagers: sizes that do not go together, wherever they are given."""

from collections.abc import Mapping
from typing import Any

from tests.rule_cases.case import Case, Found, Json, error, option, warning
from tests.rule_cases.resources import application, blue_green, configured, session_cluster

_NOTHING: frozenset[Found] = frozenset()
_JM, _TM = "spec.jobManager", "spec.taskManager"
_OLDER_FORM = warning("FK502", f"{_JM}.resource")
_JM_OPTION, _TM_OPTION = "jobmanager.memory.", "taskmanager.memory."


def _requests(memory: str) -> Json:
    return {"resources": {"requests": {"memory": memory}}}


def _field(memory: str) -> Json:
    return {"resource": {"memory": memory}}


def _only_configured(options: Mapping[str, Any], **spec: Any) -> Json:
    """With memory from options alone, for the component that `spec` does not name."""
    return configured(dict(options), **({"jobManager": None, "taskManager": None} | spec))


_CASES: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "job-manager-too-small": (
        application(jobManager=_field("500m")),
        error("FK126", f"{_JM}.resource.memory") | _OLDER_FORM,
    ),
    "job-manager-just-enough": (application(jobManager=_field("577m")), _OLDER_FORM),
    "job-manager-one-byte-short": (
        application(jobManager=_field("603979776")),
        error("FK126", f"{_JM}.resource.memory") | _OLDER_FORM,
    ),
    "task-manager-too-small": (
        application(taskManager=_requests("512Mi")),
        error("FK126", f"{_TM}.resources.requests.memory"),
    ),
    "task-manager-limit-too-small": (
        application(taskManager={"resources": {"limits": {"memory": "512Mi"}}}),
        error("FK126", f"{_TM}.resources.limits.memory"),
    ),
    "session-cluster-too-small": (
        session_cluster(taskManager=_requests("512Mi")),
        error("FK126", f"{_TM}.resources.requests.memory"),
    ),
    "option-too-small": (
        _only_configured({f"{_JM_OPTION}process.size": "500m"}, taskManager=_requests("1Gi")),
        error("FK126", option(f"{_JM_OPTION}process.size")),
    ),
    "field-over-an-option-too-small": (
        configured({f"{_JM_OPTION}process.size": "500m"}, jobManager=_requests("1Gi")),
        _NOTHING,
    ),
    "metaspace-leaves-too-little": (
        configured({f"{_JM_OPTION}jvm-metaspace.size": "900m"}),
        error("FK126", f"{_JM}.resources.requests.memory"),
    ),
    "framework-leaves-too-little": (
        configured({f"{_TM_OPTION}framework.heap.size": "600m"}),
        error("FK126", f"{_TM}.resources.requests.memory"),
    ),
    "flink-size-beside-the-field": (
        configured({f"{_JM_OPTION}flink.size": "500m"}),
        _NOTHING,
    ),
    "flink-size-too-large-for-the-field": (
        configured({f"{_JM_OPTION}flink.size": "1g"}),
        error("FK126", f"{_JM}.resources.requests.memory"),
    ),
    "flink-size-below-off-heap": (
        _only_configured({f"{_JM_OPTION}flink.size": "100m"}, taskManager=_requests("1Gi")),
        error("FK126", option(f"{_JM_OPTION}flink.size")),
    ),
    "task-heap-and-managed": (
        _only_configured(
            {f"{_TM_OPTION}task.heap.size": "512m", f"{_TM_OPTION}size": "128m"}, jobManager=_requests("1Gi")
        ),
        _NOTHING,
    ),
    "task-heap-over-flink-size": (
        _only_configured(
            {f"{_TM_OPTION}task.heap.size": "2g", f"{_TM_OPTION}flink.size": "1g"},
            jobManager=_requests("1Gi"),
        ),
        error("FK126", option(f"{_TM_OPTION}flink.size")),
    ),
    "overhead-bounds-crossed": (
        configured({f"{_TM_OPTION}jvm-overhead.max": "100m"}),
        error("FK126", option(f"{_TM_OPTION}jvm-overhead.min")),
    ),
    "fractions-take-all": (
        configured({f"{_TM_OPTION}managed.fraction": "0.95", f"{_TM_OPTION}network.fraction": 0.05}),
        error("FK126", f"{_TM}.resources.requests.memory"),
    ),
    "older-name-of-flink-1": (
        configured({"taskmanager.heap.size": "900m"}, flinkVersion="v1_20", image="flink:1.20"),
        error("FK126", f"{_TM}.resources.requests.memory"),
    ),
    "size-that-cannot-be-read": (
        configured({f"{_TM_OPTION}network.max": "lots"}),
        error("FK117", option(f"{_TM_OPTION}network.max")),
    ),
    "older-name-that-cannot-be-read": (
        configured({"taskmanager.network.memory.max": "lots"}),
        error("FK117", option("taskmanager.network.memory.max")),
    ),
    "switch-that-cannot-be-read": (
        configured({f"{_JM_OPTION}enable-jvm-direct-memory-limit": "maybe"}),
        error("FK117", option(f"{_JM_OPTION}enable-jvm-direct-memory-limit")),
    ),
}

CASES = (
    *(Case(f"memory-{name}", raw, expected) for name, (raw, expected) in _CASES.items()),
    Case(
        "memory-default-too-small",
        application(taskManager={}),
        error("FK126", option(f"{_TM_OPTION}process.size")),
        operator={f"{_TM_OPTION}process.size": "512m"},
    ),
    Case(
        "memory-default-that-does-not-go-with-the-field",
        application(),
        error("FK126", f"{_TM}.resources.requests.memory"),
        operator={f"{_TM_OPTION}flink.size": "2g"},
    ),
    Case(
        "memory-of-a-template",
        blue_green(application(jobManager=_field("500m"))),
        error("FK126", f"spec.template.{_JM}.resource.memory")
        | warning("FK502", f"spec.template.{_JM}.resource"),
    ),
    Case(
        "memory-that-was-too-small-before",
        application(jobManager=_field("500m"), image="flink:2.3.0"),
        warning("FK126", f"{_JM}.resource.memory") | _OLDER_FORM,
        old=application(jobManager=_field("500m")),
    ),
)

"""The memory of JobManager and TaskManagers is known and can work: Flink's own calculation, beforehand."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from shared.config.flink_versions import NEWEST
from shared.config.job_manager_memory import job_manager_memory
from shared.config.known_options import NAMES_WITH_TYPE
from shared.config.process_memory import MemoryMisfitError, MemoryMissingError, MemoryUnreadableError
from shared.config.quantity import parse_amount
from shared.config.task_manager_memory import task_manager_memory
from shared.model.deployment import FlinkVersion, JobManagerSpec, TaskManagerSpec
from shared.rules.finding import Finding
from shared.rules.subject import DeploymentUnderReview

_OPTIONS = "spec.flinkConfiguration"


def job_manager_memory_works(it: DeploymentUnderReview) -> Iterator[Finding]:
    """As Flink's scripts calculate it before they start the JobManager."""
    yield from _findings("jobmanager", "spec.jobManager", it.spec.job_manager, job_manager_memory, it)


def task_manager_memory_works(it: DeploymentUnderReview) -> Iterator[Finding]:
    """As Flink's scripts calculate it before they start a TaskManager."""
    yield from _findings("taskmanager", "spec.taskManager", it.spec.task_manager, task_manager_memory, it)


def _findings(
    component: str,
    path: str,
    spec: JobManagerSpec | TaskManagerSpec | None,
    calculate: "_Calculation",
    it: DeploymentUnderReview,
) -> Iterator[Finding]:
    process_size, config = f"{component}.memory.process.size", it.config
    stated = _stated_memory(path, spec)
    if stated is not None:
        size = _bytes(stated[1])
        if size <= 0:
            return  # another rule's finding
        config = {**config, process_size: f"{size} bytes"}
    try:
        _calculate(calculate, it.spec.flink_version or NEWEST.version, _of_memory(component, config))
    except MemoryMissingError:
        hint = f"Set it, or spec.flinkConfiguration's {process_size}."
        yield Finding("FK110", f"{path}.resources.requests.memory", "no memory size is given", hint)
    except MemoryUnreadableError as error:
        if error.key not in NAMES_WITH_TYPE:  # the others are reported with all options
            yield Finding("FK117", f"{_OPTIONS}[{error.key}]", error.message)
    except MemoryMisfitError as error:
        is_stated = stated is not None and error.key == process_size
        where = stated[0] if stated is not None and is_stated else f"{_OPTIONS}[{error.key}]"
        yield Finding("FK126", where, error.message, error.hint)


_Options = tuple[tuple[str, str], ...]
_Calculation = Callable[[Mapping[str, str], FlinkVersion], object]


def _of_memory(component: str, config: Mapping[str, str]) -> _Options:
    """The options that a component's memory is calculated from, and no others."""
    beginnings = (f"{component}.memory.", f"{component}.heap.", f"{component}.network.")
    return tuple(option for option in config.items() if option[0].startswith(beginnings))


def _calculate(calculate: _Calculation, version: FlinkVersion, options: _Options) -> None:
    """As `calculate`, whose result is not wanted, only what it raises."""
    if sum(len(name) + len(text) for name, text in options) > _LONGEST_KEPT:
        calculate(dict(options), version)
    else:
        _calculate_once(calculate, version, options)


_LONGEST_KEPT = 1000


@lru_cache(maxsize=1024)
def _calculate_once(calculate: _Calculation, version: FlinkVersion, options: _Options) -> None:
    """Resources come again and again with the same memory. What is raised is not kept."""
    calculate(dict(options), version)


def _stated_memory(path: str, spec: JobManagerSpec | TaskManagerSpec | None) -> tuple[str, str] | None:
    """The field that says how large the process is, and what it says."""
    if spec is None:
        return None
    if spec.resources is not None and spec.resources.is_given:
        for group, amounts in (("requests", spec.resources.requests), ("limits", spec.resources.limits)):
            if memory := (amounts or {}).get("memory"):
                return f"{path}.resources.{group}.memory", memory
        return None
    if spec.resource is None or spec.resource.memory is None:
        return None
    return f"{path}.resource.memory", spec.resource.memory


def _bytes(memory: str) -> int:
    try:
        return int(parse_amount("memory", memory))
    except ValueError:
        return 0

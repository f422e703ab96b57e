"""How many subtasks and TaskManagers a deployment has (contract part 3.2)."""

from collections.abc import Mapping
from math import ceil

from shared.config.collections import parse_map
from shared.config.layers import Value, text
from shared.config.options import PARALLELISM_OVERRIDES, TASK_SLOTS
from shared.model.deployment import FlinkDeploymentSpec, KubernetesDeploymentMode


def effective_parallelism(spec: FlinkDeploymentSpec, configuration: Mapping[str, Value]) -> int:
    """Parallelism of the job: replicas times slots when replicas are given, else the job's own.

    In a standalone cluster the largest override of a vertex comes before the job's own.
    """
    if spec.task_manager is not None and spec.task_manager.replicas is not None:
        return spec.task_manager.replicas * _slots(configuration)
    overrides = text(configuration.get(PARALLELISM_OVERRIDES.key, ""))
    if spec.mode is KubernetesDeploymentMode.STANDALONE and overrides:
        largest = max((int(value) for value in parse_map(overrides).values()), default=0)
        if largest > 0:
            return largest
    return spec.job.parallelism if spec.job is not None else 0


def task_manager_count(spec: FlinkDeploymentSpec, configuration: Mapping[str, Value]) -> int:
    """TaskManagers that the job's parallelism needs."""
    return ceil(effective_parallelism(spec, configuration) / _slots(configuration))


def _slots(configuration: Mapping[str, Value]) -> int:
    slots = int(text(configuration.get(TASK_SLOTS.key, TASK_SLOTS.default or "1")))
    if slots < 1:
        raise ValueError(f"{TASK_SLOTS.key} is {slots}: a TaskManager has at least one slot")
    return slots

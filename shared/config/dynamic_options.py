"""The `-D` options that Flink's scripts pass to its processes (contract part 2.3)."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from shared.config.collections import parse_list
from shared.config.java import double_text, hash_map_order
from shared.config.job_manager_memory import JobManagerMemory
from shared.config.options import TASK_SLOTS
from shared.config.task_manager_memory import TaskManagerMemory
from shared.config.values import COUNT, LONG, POSITIVE

_CPU = "taskmanager.cpu.cores"
_EXTERNAL_RESOURCES = "external-resources"
_NONE = "none"


def job_manager_options(memory: JobManagerMemory) -> str:
    """In one line, in Flink's order."""
    return _in_one_line(memory.options)


def task_manager_options(memory: TaskManagerMemory, configuration: Mapping[str, str]) -> str:
    """In one line, in Flink's order. Raises ValueError when an option cannot be read."""
    slots = TASK_SLOTS.read(configuration) or "1"
    cores = configuration.get(_CPU, slots)
    COUNT.parse(slots)
    POSITIVE.parse(cores)
    amounts = _external_resources(configuration)
    return _in_one_line(
        {
            _CPU: double_text(float(Decimal(cores.strip()).quantize(Decimal("1e-8"), ROUND_DOWN))),
            **memory.options,
            TASK_SLOTS.key: str(int(slots)),
            _EXTERNAL_RESOURCES: f'"{";".join(amounts)}"' if amounts else _NONE,
            **{_amount_key(name): str(amount) for name, amount in amounts.items()},
        }
    )


def _external_resources(configuration: Mapping[str, str]) -> dict[str, int]:
    """Amounts by name, in Flink's order; as there, without those whose amount is not at least 1."""
    text = configuration.get(_EXTERNAL_RESOURCES, _NONE)
    names = dict.fromkeys(parse_list(text)) if text != _NONE else {}
    amounts = {name: configuration.get(_amount_key(name), "0") for name in hash_map_order(names)}
    for amount in amounts.values():
        LONG.parse(amount)
    return {name: int(amount) for name, amount in amounts.items() if int(amount) > 0}


def _amount_key(name: str) -> str:
    return f"external-resource.{name}.amount"


def _in_one_line(options: Mapping[str, str]) -> str:
    return " ".join(f"-D {key}={options[key]}" for key in hash_map_order(options))

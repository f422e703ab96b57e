"""The memory of a TaskManager, as Flink derives it from its configuration (contract part 2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.config.flink_versions import RELEASES
from shared.config.options import Option
from shared.config.process_memory import (
    MemoryMisfitError,
    MemoryMissingError,
    MemoryUnreadableError,
    ProcessOptions,
    Share,
    between,
    fraction,
    least_mebibytes,
    mib,
    notation,
    process_options,
    share,
    size,
    too_little,
)
from shared.config.values import whole
from shared.model.deployment import FlinkVersion

_PREFIX = "taskmanager.memory."
_OLDER_NETWORK = "taskmanager.network.memory."

_PROCESS = process_options("taskmanager")
_PROCESS_OF_FLINK_1 = process_options(
    "taskmanager", older_flink_keys=("taskmanager.heap.size", "taskmanager.heap.mb")
)
_FRAMEWORK_HEAP = Option(f"{_PREFIX}framework.heap.size", "128m")
_FRAMEWORK_OFF_HEAP = Option(f"{_PREFIX}framework.off-heap.size", "128m")
_TASK_HEAP = Option(f"{_PREFIX}task.heap.size")
_TASK_OFF_HEAP = Option(f"{_PREFIX}task.off-heap.size", "0")
_MANAGED = Option(f"{_PREFIX}managed.size", older_keys=(f"{_PREFIX}size",))
_MANAGED_FRACTION = Option(f"{_PREFIX}managed.fraction", "0.4")
_NETWORK_LOW = Option(f"{_PREFIX}network.min", "64m", older_keys=(f"{_OLDER_NETWORK}min",))
_NETWORK_HIGH = Option(f"{_PREFIX}network.max", str(2**63 - 1), older_keys=(f"{_OLDER_NETWORK}max",))
_NETWORK_FRACTION = Option(f"{_PREFIX}network.fraction", "0.1", older_keys=(f"{_OLDER_NETWORK}fraction",))
_BUFFERS = Option("taskmanager.network.numberOfBuffers")
_BUFFER_SIZE = Option(f"{_PREFIX}segment-size", "32k")
_LEAST_BUFFER_SIZE = 4096
_WHOLE = whole(0, 2**31 - 1)


class FlinkMemory(NamedTuple):
    """Bytes of each part of Flink's own memory."""

    framework_heap: int
    framework_off_heap: int
    task_heap: int
    task_off_heap: int
    managed: int
    network: int


@dataclass(frozen=True, slots=True)
class TaskManagerMemory:
    """Bytes of Flink's own memory and of what the JVM takes beside it."""

    flink: FlinkMemory
    metaspace: int
    overhead: int

    @property
    def heap(self) -> int:
        """The JVM's heap."""
        return self.flink.framework_heap + self.flink.task_heap

    @property
    def direct(self) -> int:
        """The JVM's direct memory."""
        return self.flink.framework_off_heap + self.flink.task_off_heap + self.flink.network

    @property
    def process(self) -> int:
        """All of it: what the container has."""
        return sum(self.flink) + self.metaspace + self.overhead

    @property
    def jvm_arguments(self) -> str:
        """As Flink's scripts pass them to the JVM."""
        limits = f"-XX:MaxDirectMemorySize={self.direct} -XX:MaxMetaspaceSize={self.metaspace}"
        return f"-Xmx{self.heap} -Xms{self.heap} {limits}"

    @property
    def options(self) -> dict[str, str]:
        """The options that a TaskManager is told of its memory."""
        sizes = {
            _FRAMEWORK_HEAP: self.flink.framework_heap,
            _FRAMEWORK_OFF_HEAP: self.flink.framework_off_heap,
            _TASK_HEAP: self.flink.task_heap,
            _TASK_OFF_HEAP: self.flink.task_off_heap,
            _NETWORK_LOW: self.flink.network,
            _NETWORK_HIGH: self.flink.network,
            _MANAGED: self.flink.managed,
            _PROCESS.metaspace: self.metaspace,
            _PROCESS.overhead_low: self.overhead,
            _PROCESS.overhead_high: self.overhead,
        }
        return {option.key: f"{bytes_}b" for option, bytes_ in sizes.items()}


def task_manager_memory(configuration: Mapping[str, str], version: FlinkVersion) -> TaskManagerMemory:
    """Raises MemoryMissingError, MemoryUnreadableError and MemoryMisfitError."""
    options = _PROCESS if RELEASES[version].drops_options else _PROCESS_OF_FLINK_1
    flink_key = options.flink.key_in(configuration)
    if _TASK_HEAP.is_in(configuration) and _MANAGED.is_in(configuration):
        total = (flink_key, size(options.flink, configuration)) if flink_key is not None else None
        flink = _of_parts(_division(configuration, version), total)
        jvm = options.jvm_beside(configuration, sum(flink), flink_key or _TASK_HEAP.key)
        return TaskManagerMemory(flink, *jvm)
    if flink_key is not None:
        flink_size = size(options.flink, configuration)
        division = _division(configuration, version)
        divided = division.of(flink_size)
        if divided is None:
            raise too_little(
                flink_key, flink_size, division.needs(flink_size), least_mebibytes(division.fits)
            )
        return TaskManagerMemory(divided, *options.jvm_beside(configuration, flink_size, flink_key))
    if options.process.is_in(configuration):
        return _within_process(options, configuration, _division(configuration, version))
    others = f"{options.flink.key}, nor both {_TASK_HEAP.key} and {_MANAGED.key}"
    raise MemoryMissingError(f"{options.process.key} is not set, nor {others}")


def _within_process(
    options: ProcessOptions, configuration: Mapping[str, str], division: "_Division"
) -> TaskManagerMemory:
    process = size(options.process, configuration)
    jvm = options.jvm_within(configuration, process)
    flink = process - sum(jvm)
    divided = division.of(flink) if flink >= 0 else None
    if divided is not None:
        return TaskManagerMemory(divided, *jvm)
    needs = {"JVM metaspace": jvm.metaspace, "JVM overhead": jvm.overhead, **division.needs(max(flink, 0))}
    least = options.least_process(configuration, division.fits)
    raise too_little(options.process.key, process, needs, least)


@dataclass(frozen=True, slots=True)
class _Division:
    """What a total of Flink's memory is divided by; None for a part that is not given."""

    framework_heap: int
    framework_off_heap: int
    task_heap: int | None
    task_off_heap: int
    managed: int | None
    managed_fraction: float
    network: Share

    def of(self, total: int) -> FlinkMemory | None:
        """All parts, one of them taking what the others leave; None when the total is too little."""
        needs = self.needs(total)
        rest = total - sum(needs.values())
        if rest < 0:
            return None
        parts = FlinkMemory(*needs.values())
        if self.task_heap is None:
            return parts._replace(task_heap=rest)
        network = parts.network + rest
        if not self.network.holds(network):
            found = f"it leaves {mib(network)} for network memory, which has at most {mib(self.network.high)}"
            hint = f"Remove it, or raise {_NETWORK_HIGH.key}."
            raise MemoryMisfitError(_TASK_HEAP.key, found, hint)
        return parts._replace(network=network)

    def needs(self, total: int) -> dict[str, int]:
        """The least that each part must have of a total, in the order of FlinkMemory."""
        managed = Share(0, total, self.managed_fraction).of(total) if self.managed is None else self.managed
        return {
            "framework heap": self.framework_heap,
            "framework off-heap": self.framework_off_heap,
            "task heap": self.task_heap or 0,
            "task off-heap": self.task_off_heap,
            "managed": managed,
            "network": self.network.of(total) if self.task_heap is None else self.network.low,
        }

    def fits(self, total: int) -> bool:
        """Whether the total is enough for all parts."""
        return sum(self.needs(total).values()) <= total


def _of_parts(division: _Division, total: tuple[str, int] | None) -> FlinkMemory:
    """Flink's memory when task heap and managed memory are given; and the total, with its key, if it is."""
    parts = FlinkMemory(*division.needs(0).values())
    rest = sum(parts) - parts.network
    if total is None:
        return parts._replace(network=division.network.beside(rest))
    key, flink = total
    if not division.network.holds(flink - rest):
        low, high = division.network.low, division.network.high
        raise MemoryMisfitError(
            key,
            f"{mib(flink)} do not go with {_TASK_HEAP.key} and {_MANAGED.key}: they and the "
            f"framework's memory take {mib(rest)}, and network memory must have {between(low, high)}",
            f"Use {notation(rest + low, rest + high)}, or remove it.",
        )
    return parts._replace(network=flink - rest)


def _division(configuration: Mapping[str, str], version: FlinkVersion) -> _Division:
    managed = size(_MANAGED, configuration) if _MANAGED.is_in(configuration) else None
    return _Division(
        framework_heap=size(_FRAMEWORK_HEAP, configuration),
        framework_off_heap=size(_FRAMEWORK_OFF_HEAP, configuration),
        task_heap=size(_TASK_HEAP, configuration) if _TASK_HEAP.is_in(configuration) else None,
        task_off_heap=size(_TASK_OFF_HEAP, configuration),
        managed=managed,
        managed_fraction=fraction(_MANAGED_FRACTION, configuration) if managed is None else 0.0,
        network=_network(configuration, version),
    )


def _network(configuration: Mapping[str, str], version: FlinkVersion) -> Share:
    options = (_NETWORK_LOW, _NETWORK_HIGH, _NETWORK_FRACTION)
    buffers = None if RELEASES[version].drops_options else _BUFFERS.key_in(configuration)
    if buffers is None or any(option.is_in(configuration) for option in options):
        return share(*options, configuration)
    if not _WHOLE.reads(configuration[buffers]):
        raise MemoryUnreadableError(buffers, _WHOLE.expected, configuration[buffers])
    buffer = size(_BUFFER_SIZE, configuration)
    if buffer < _LEAST_BUFFER_SIZE or buffer.bit_count() != 1:
        found = f"must be a power of two of at least {_LEAST_BUFFER_SIZE} bytes, not {buffer} bytes"
        raise MemoryMisfitError(_BUFFER_SIZE.key, found, f"Use {_BUFFER_SIZE.default}.")
    network = int(configuration[buffers]) * buffer
    return Share(network, network, 0.0)

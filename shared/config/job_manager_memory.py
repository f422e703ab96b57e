"""The memory of a JobManager, as Flink derives it from its configuration (contract part 2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.config.flink_versions import RELEASES
from shared.config.options import Option, is_true
from shared.config.process_memory import (
    MEBIBYTE,
    JvmMemory,
    MemoryMisfitError,
    MemoryMissingError,
    MemoryUnreadableError,
    mib,
    process_options,
    size,
    too_little,
)
from shared.config.values import BOOLEAN
from shared.model.deployment import FlinkVersion

_PROCESS = process_options("jobmanager")
_HEAP = Option("jobmanager.memory.heap.size")
_HEAP_OF_FLINK_1 = _HEAP._replace(older_keys=("jobmanager.heap.size", "jobmanager.heap.mb"))
_OFF_HEAP = Option("jobmanager.memory.off-heap.size", "128m")
_LIMITS_DIRECT_MEMORY = Option("jobmanager.memory.enable-jvm-direct-memory-limit", "false")
_USEFUL_HEAP = 128 * MEBIBYTE  # Flink starts with less, and warns


@dataclass(frozen=True, slots=True)
class JobManagerMemory:
    """Bytes of each part."""

    heap: int
    off_heap: int
    metaspace: int
    overhead: int
    limits_direct_memory: bool
    """Whether the JVM keeps direct memory within `off_heap`."""

    @property
    def process(self) -> int:
        """All of it: what the container has."""
        return self.heap + self.off_heap + self.metaspace + self.overhead

    @property
    def jvm_arguments(self) -> str:
        """As Flink's scripts pass them to the JVM."""
        direct = f" -XX:MaxDirectMemorySize={self.off_heap}" if self.limits_direct_memory else ""
        return f"-Xmx{self.heap} -Xms{self.heap}{direct} -XX:MaxMetaspaceSize={self.metaspace}"

    @property
    def options(self) -> dict[str, str]:
        """The options that a JobManager is told of its memory."""
        sizes = {
            _HEAP: self.heap,
            _OFF_HEAP: self.off_heap,
            _PROCESS.metaspace: self.metaspace,
            _PROCESS.overhead_low: self.overhead,
            _PROCESS.overhead_high: self.overhead,
        }
        return {option.key: f"{bytes_}b" for option, bytes_ in sizes.items()}


def job_manager_memory(configuration: Mapping[str, str], version: FlinkVersion) -> JobManagerMemory:
    """Raises MemoryMissingError, MemoryUnreadableError and MemoryMisfitError."""
    heap, off_heap, jvm = _parts(configuration, version)
    limits = _LIMITS_DIRECT_MEMORY.read(configuration) or ""
    if not BOOLEAN.reads(limits):
        raise MemoryUnreadableError(_LIMITS_DIRECT_MEMORY.key, BOOLEAN.expected, limits)
    return JobManagerMemory(heap, off_heap, *jvm, limits_direct_memory=is_true(limits))


def _parts(configuration: Mapping[str, str], version: FlinkVersion) -> tuple[int, int, JvmMemory]:
    heap_option = _HEAP if RELEASES[version].drops_options else _HEAP_OF_FLINK_1
    given = heap_option.key_in(configuration)
    if given is not None:
        heap, off_heap = _stated(configuration, size(heap_option, configuration), given)
        return heap, off_heap, _PROCESS.jvm_beside(configuration, heap + off_heap, given)
    if not _PROCESS.flink.is_in(configuration) and not _PROCESS.process.is_in(configuration):
        needed = f"{_PROCESS.flink.key}, nor {_HEAP.key}"
        raise MemoryMissingError(f"{_PROCESS.process.key} is not set, nor {needed}")
    off_heap = size(_OFF_HEAP, configuration)
    if _PROCESS.flink.is_in(configuration):
        flink = size(_PROCESS.flink, configuration)
        if flink <= off_heap:
            least = -(-(off_heap + _USEFUL_HEAP) // MEBIBYTE)
            raise too_little(_PROCESS.flink.key, flink, _needs(off_heap), least)
        return flink - off_heap, off_heap, _PROCESS.jvm_beside(configuration, flink, _PROCESS.flink.key)
    process = size(_PROCESS.process, configuration)
    jvm = _PROCESS.jvm_within(configuration, process)
    heap = process - sum(jvm) - off_heap
    if heap <= 0:
        jvm_needs = {"JVM metaspace": jvm.metaspace, "JVM overhead": jvm.overhead}
        useful = off_heap + _USEFUL_HEAP
        least_process = _PROCESS.least_process(configuration, lambda flink: flink >= useful)
        raise too_little(_PROCESS.process.key, process, jvm_needs | _needs(off_heap), least_process)
    return heap, off_heap, jvm


def _stated(configuration: Mapping[str, str], heap: int, given: str) -> tuple[int, int]:
    """Heap and off-heap memory when the heap is given."""
    off_heap = size(_OFF_HEAP, configuration)
    if not _PROCESS.flink.is_in(configuration):
        return heap, off_heap
    flink = size(_PROCESS.flink, configuration)
    if not _OFF_HEAP.is_in(configuration) and heap <= flink:
        return heap, flink - heap
    if heap + off_heap != flink:
        found = f"{mib(flink)} are not the sum of {mib(heap)} heap and {mib(off_heap)} off-heap memory"
        raise MemoryMisfitError(_PROCESS.flink.key, found, f"Remove it, or {given}.")
    return heap, off_heap


def _needs(off_heap: int) -> dict[str, int]:
    return {"off-heap": off_heap, "heap": _USEFUL_HEAP}

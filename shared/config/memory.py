"""Total process memory of JobManager and TaskManagers, as Flink derives it.

Fractions are 32-bit floats in Flink, widened to double before they are multiplied; the product is exact and
then cut to whole bytes.
"""

import struct
from collections.abc import Mapping
from decimal import Decimal

from shared.config.quantity import parse_flink_memory

_MEBIBYTE = 1024**2


class MemorySizeError(ValueError):
    """The sizes do not fit together; the text says which."""


def process_memory(component: str, configuration: Mapping[str, str]) -> int:
    """Bytes of the whole process of `jobmanager` or `taskmanager`. Raises MemorySizeError."""
    prefix = f"{component}.memory."
    stated = _size(configuration, f"{prefix}process.size")
    if stated is not None:
        return stated
    flink = _flink_memory(component, configuration)
    if flink is None:
        raise MemorySizeError(f"{prefix}process.size is not set, and no size that it could be derived from")
    metaspace = _size(configuration, f"{prefix}jvm-metaspace.size", "256m") or 0
    overhead = _share(flink + metaspace, configuration, f"{prefix}jvm-overhead.fraction")
    low = _size(configuration, f"{prefix}jvm-overhead.min", "192m") or 0
    high = _size(configuration, f"{prefix}jvm-overhead.max", "1g") or 0
    return flink + metaspace + min(max(overhead, low), high)


def mebibytes(size: int) -> int:
    """Whole MiB, which is what pods ask for."""
    return size // _MEBIBYTE


def _flink_memory(component: str, configuration: Mapping[str, str]) -> int | None:
    prefix = f"{component}.memory."
    flink = _size(configuration, f"{prefix}flink.size")
    if component == "jobmanager":
        heap = _size(configuration, f"{prefix}heap.size")
        if heap is not None:
            off_heap = _size(configuration, f"{prefix}off-heap.size", "128m") or 0
            return flink if flink is not None else heap + off_heap
        return flink
    if flink is not None:
        return flink
    task_heap, managed = (
        _size(configuration, f"{prefix}task.heap.size"),
        _size(configuration, f"{prefix}managed.size"),
    )
    if task_heap is None or managed is None:
        return None
    rest = task_heap + managed
    for name, default in (("framework.heap", "128m"), ("framework.off-heap", "128m"), ("task.off-heap", "0")):
        rest += _size(configuration, f"{prefix}{name}.size", default) or 0
    network = _share(rest, configuration, f"{prefix}network.fraction")
    low = _size(configuration, f"{prefix}network.min", "64m") or 0
    high = _size(configuration, f"{prefix}network.max")
    network = max(network, low)
    return rest + (network if high is None else min(network, high))


def _size(configuration: Mapping[str, str], key: str, default: str | None = None) -> int | None:
    text = configuration.get(key, default)
    if text is None:
        return None
    try:
        return parse_flink_memory(text)
    except ValueError as error:
        raise MemorySizeError(f"{key}: {error}") from None


def _share(rest: int, configuration: Mapping[str, str], key: str) -> int:
    """Bytes of a part that is a fraction of the whole, when the rest of the whole is known."""
    text = configuration.get(key, "0.1")
    try:
        fraction: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    except (ValueError, OverflowError):
        fraction = -1
    if not 0 <= fraction < 1:
        raise MemorySizeError(f"{key}: {text!r} is not a fraction. Use a number from 0 to below 1.")
    return int(Decimal(rest) * Decimal(repr(fraction / (1 - fraction))))

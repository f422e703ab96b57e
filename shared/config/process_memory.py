"""What the memory of JobManagers and TaskManagers has in common, as Flink derives it (contract part 2.3).

A process has Flink's own memory and the JVM's: metaspace and overhead. Of three totals one is enough: the
process, Flink's memory, or the parts that Flink's memory is made of. All sizes are bytes.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from struct import pack, unpack
from typing import NamedTuple

from shared.config.options import Option
from shared.config.quantity import parse_flink_memory
from shared.config.values import FRACTION, MEMORY_SIZE, parse_decimal

MEBIBYTE = 1024**2
_MOST = 2**63 - 1  # bytes that Flink can count
_NO_BOUND = 2**60  # bytes
_SEARCHED = 2**24  # MiB, 16 TiB: more than a node has


class MemoryMissingError(ValueError):
    """No size is given that the others could be derived from."""


class MemoryUnreadableError(ValueError):
    """An option's text is not of its type."""

    def __init__(self, key: str, expected: str, text: str) -> None:
        self.key = key
        self.message = f"{expected}, not {text!r}"
        super().__init__(f"{key} {self.message}")


class MemoryMisfitError(ValueError):
    """The sizes cannot go together: the option to change, what is wrong with it, and what to do."""

    def __init__(self, key: str, message: str, hint: str) -> None:
        super().__init__(f"{key}: {message}. {hint}")
        self.key = key
        self.message = message
        self.hint = hint


class Share(NamedTuple):
    """A part of memory that is a fraction of something, within bounds."""

    low: int
    high: int
    fraction: float

    def of(self, whole: int) -> int:
        """The part's size, when the size of the whole is known."""
        return self._bounded(whole, self.fraction)

    def beside(self, rest: int) -> int:
        """The part's size, when the size of all other parts is known."""
        return self._bounded(rest, self.fraction / (1 - self.fraction))

    def holds(self, size: int) -> bool:
        """Whether a size is within the bounds."""
        return self.low <= size <= self.high

    def _bounded(self, base: int, factor: float) -> int:
        """The product is exact and then cut to whole bytes; the factor is the decimal that Java prints."""
        numerator, denominator = _decimal(factor)
        return min(max(base * numerator // denominator, self.low), self.high)


class JvmMemory(NamedTuple):
    """What the JVM takes beside Flink's memory."""

    metaspace: int
    overhead: int


class ProcessOptions(NamedTuple):
    """The options of one component that its whole process is made of."""

    process: Option
    flink: Option
    metaspace: Option
    overhead_low: Option
    overhead_high: Option
    overhead_fraction: Option

    def jvm_within(self, configuration: Mapping[str, str], process: int) -> JvmMemory:
        """What the JVM takes of a process of that size, be there as much or not."""
        return JvmMemory(size(self.metaspace, configuration), self._overhead(configuration).of(process))

    def jvm_beside(self, configuration: Mapping[str, str], flink: int, given: str) -> JvmMemory:
        """What the JVM takes beside Flink's memory; `given` is the option that decides the latter."""
        metaspace, overhead = size(self.metaspace, configuration), self._overhead(configuration)
        if not self.process.is_in(configuration):
            return JvmMemory(metaspace, overhead.beside(flink + metaspace))
        left = size(self.process, configuration) - flink - metaspace
        if overhead.holds(left):
            return JvmMemory(metaspace, left)
        bounds = [flink + metaspace + bound for bound in (overhead.low, overhead.high)]
        raise MemoryMisfitError(
            self.process.key,
            f"{mib(flink + metaspace + left)} do not go with {given}: Flink's memory takes {mib(flink)}, JVM "
            f"metaspace {mib(metaspace)}, and JVM overhead must have {between(overhead.low, overhead.high)}",
            f"Use {notation(*bounds)}, or remove {given}.",
        )

    def least_process(self, configuration: Mapping[str, str], is_enough: Callable[[int], bool]) -> int | None:
        """Whole MiB of the smallest process whose rest is enough for Flink; None when there is none."""
        metaspace, overhead = size(self.metaspace, configuration), self._overhead(configuration)

        def has_enough(process: int) -> bool:
            flink = process - metaspace - overhead.of(process)
            return flink >= 0 and is_enough(flink)

        return least_mebibytes(has_enough)

    def _overhead(self, configuration: Mapping[str, str]) -> Share:
        return share(self.overhead_low, self.overhead_high, self.overhead_fraction, configuration)


def process_options(component: str, *, older_flink_keys: tuple[str, ...] = ()) -> ProcessOptions:
    """Those of `jobmanager` or `taskmanager`."""
    prefix = f"{component}.memory."
    return ProcessOptions(
        process=Option(f"{prefix}process.size"),
        flink=Option(f"{prefix}flink.size", older_keys=older_flink_keys),
        metaspace=Option(f"{prefix}jvm-metaspace.size", "256m"),
        overhead_low=Option(f"{prefix}jvm-overhead.min", "192m"),
        overhead_high=Option(f"{prefix}jvm-overhead.max", "1g"),
        overhead_fraction=Option(f"{prefix}jvm-overhead.fraction", "0.1"),
    )


def size(option: Option, configuration: Mapping[str, str]) -> int:
    """An option's bytes. Raises MemoryUnreadableError."""
    key = option.key_in(configuration)
    if key is None:
        return _size_of_default(option.default or "0")
    try:
        # Options of Flink 1 that end so have no unit.
        value = parse_flink_memory(configuration[key] + ("m" if key.endswith(".heap.mb") else ""))
    except ValueError:
        value = -1
    if not 0 <= value <= _MOST:
        raise MemoryUnreadableError(key, MEMORY_SIZE.expected, configuration[key])
    return value


def share(low: Option, high: Option, of: Option, configuration: Mapping[str, str]) -> Share:
    """A fraction and its bounds. Raises MemoryUnreadableError and MemoryMisfitError."""
    least, most = size(low, configuration), size(high, configuration)
    if least > most:
        found = f"{mib(least)} are more than {high.key}, {mib(most)}"
        raise MemoryMisfitError(low.key_in(configuration) or low.key, found, "Lower it, or raise the other.")
    return Share(least, most, fraction(of, configuration))


def fraction(option: Option, configuration: Mapping[str, str]) -> float:
    """An option's fraction, from 0 to below 1, as a 32-bit float. Raises MemoryUnreadableError."""
    key = option.key_in(configuration)
    text = configuration[key] if key is not None else option.default or "0"
    try:
        return _fraction(text)
    except (ValueError, OverflowError):
        raise MemoryUnreadableError(key or option.key, FRACTION.expected, text) from None


def too_little(key: str, total: int, parts: Mapping[str, int], least: int | None) -> MemoryMisfitError:
    """For a total that its parts do not fit into; `least` is the MiB that would do, if any would."""
    listed = ", ".join(f"{name} {mib(part)}" for name, part in parts.items() if part)
    found = f"{mib(total)} are too little for what is needed, {mib(sum(parts.values()))}: {listed}"
    hint = "Lower the fractions: they take all there is." if least is None else f"Use {least}m or more."
    return MemoryMisfitError(key, found, hint)


def mebibytes(bytes_: int) -> int:
    """Whole MiB, which is what containers ask for."""
    return bytes_ // MEBIBYTE


def mib(bytes_: int) -> str:
    """A size for people."""
    return f"{bytes_ / MEBIBYTE:.1f}".removesuffix(".0") + " MiB"


def least_mebibytes(is_enough: Callable[[int], bool]) -> int | None:
    """The least total, in whole MiB, that is enough; None when none is. `is_enough` gets bytes."""
    found = bisect_left(range(_SEARCHED), x=True, key=lambda total: is_enough(total * MEBIBYTE))
    return found if found < _SEARCHED else None


def between(least: int, most: int) -> str:
    """A range of sizes for people; `most` may be so much that it is no bound."""
    if least == most:
        return mib(least)
    return f"{mib(least)} to {mib(most)}" if most < _NO_BOUND else f"{mib(least)} or more"


def notation(least: int, most: int) -> str:
    """A range of sizes as options take them; whole MiB unless there are none between the two."""
    low, high = -(-least // MEBIBYTE), most // MEBIBYTE
    if most >= _NO_BOUND:
        return f"{low}m or more"
    return f"{low}m to {high}m" if low < high else f"{least} bytes"


@lru_cache(maxsize=64)
def _size_of_default(text: str) -> int:
    return parse_flink_memory(text)


@lru_cache(maxsize=256)
def _fraction(text: str) -> float:
    value: float = unpack("f", pack("f", parse_decimal(text)))[0]
    if not 0 <= value < 1:
        raise ValueError(text)
    return value


@lru_cache(maxsize=256)
def _decimal(factor: float) -> tuple[int, int]:
    return Fraction(repr(factor)).as_integer_ratio()

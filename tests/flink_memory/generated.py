"""Memory configurations by chance: every mode with every option, such as work and such as do not."""

import random
from collections.abc import Iterator

from tests.flink_memory.cases import Case
from tests.images.flink import Release

_MIB = 1024**2
_KIB = 1024
_UNITS = {1: ("", "b", " bytes"), _KIB: ("k", " KB", "kibibytes"), _MIB: ("m", " mb", "m", "MEBIBYTES")}
_FRACTIONS = ("0", "0.05", "0.1", "0.123", "0.2", "0.25", "0.3333333", "0.5", "0.75", "0.9", "1e-2", "0.1f")

_Options = Iterator[tuple[str, str]]


class _Chance:
    """Sizes and fractions in the notations that Flink reads."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same configurations for the same seed

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def one_of(self, *texts: str) -> str:
        return self._random.choice(texts)

    def size(self, low: int, high: int) -> str:
        """Between two numbers of MiB, in any unit."""
        factor = self._random.choice(tuple(_UNITS))
        number = self._random.randint(low * _MIB, high * _MIB) // factor
        return f"{number}{self._random.choice(_UNITS[factor])}"

    def fraction(self) -> str:
        return self.one_of(*_FRACTIONS) if self.happens(0.7) else f"{self._random.random():.4f}"


def cases(release: Release, count: int, seed: str) -> list[Case]:
    """So many, a third of them JobManagers; the same for the same seed."""
    chance = _Chance(f"{release.tag} {seed}")
    return [
        Case("jobmanager", dict(_job_manager(chance, release)))
        if number % 3 == 0
        else Case("taskmanager", dict(_task_manager(chance, release)))
        for number in range(count)
    ]


def _job_manager(chance: _Chance, release: Release) -> _Options:
    prefix = "jobmanager.memory."
    mode = chance.one_of("process", "process", "flink", "heap", "flink and process", "heap and flink", "all")
    if "heap" in mode or mode == "all":
        older = release.tag.startswith("1.") and chance.happens(0.3)
        yield _older_heap("jobmanager", chance) if older else (f"{prefix}heap.size", chance.size(64, 2000))
    if "flink" in mode or mode == "all":
        yield f"{prefix}flink.size", chance.size(64, 4000)
    if "process" in mode or mode == "all" or (mode == "heap" and chance.happens(0.4)):
        yield f"{prefix}process.size", chance.size(300, 8000)
    if chance.happens(0.3):
        yield f"{prefix}off-heap.size", chance.size(0, 600)
    if chance.happens(0.2):
        yield f"{prefix}enable-jvm-direct-memory-limit", chance.one_of("true", "TRUE", "false")
    yield from _jvm(prefix, chance)


def _task_manager(chance: _Chance, release: Release) -> _Options:
    prefix = "taskmanager.memory."
    is_flink_1 = release.tag.startswith("1.")
    mode = chance.one_of(
        "process", "process", "process", "flink", "parts", "flink parts", "flink process", "all"
    )
    if "flink" in mode or mode == "all":
        older = is_flink_1 and chance.happens(0.3)
        yield _older_heap("taskmanager", chance) if older else (f"{prefix}flink.size", chance.size(300, 9000))
    if "process" in mode or mode == "all" or (mode == "parts" and chance.happens(0.3)):
        yield f"{prefix}process.size", chance.size(600, 12000)
    has_parts = "parts" in mode or mode == "all"
    if has_parts or chance.happens(0.15):
        yield f"{prefix}task.heap.size", chance.size(0, 2000)
    if has_parts or chance.happens(0.15):
        yield prefix + chance.one_of("managed.size", "managed.size", "size"), chance.size(0, 2000)
    for name, probability, high in (
        ("framework.heap", 0.2, 300), ("framework.off-heap", 0.2, 300), ("task.off-heap", 0.2, 400),
    ):  # fmt: skip
        if chance.happens(probability):
            yield f"{prefix}{name}.size", chance.size(0, high)
    if chance.happens(0.3):
        yield f"{prefix}managed.fraction", chance.fraction()
    yield from _network(chance, is_flink_1=is_flink_1)
    yield from _jvm(prefix, chance)
    yield from _slots(chance)


def _network(chance: _Chance, *, is_flink_1: bool) -> _Options:
    older = chance.happens(0.2)
    prefix = "taskmanager.network.memory." if older else "taskmanager.memory.network."
    if chance.happens(0.25):
        yield f"{prefix}fraction", chance.fraction()
    if chance.happens(0.2):
        yield f"{prefix}min", chance.size(0, 400)
    if chance.happens(0.25):
        yield f"{prefix}max", chance.size(50, 1500)
    if is_flink_1 and chance.happens(0.3):
        yield "taskmanager.network.numberOfBuffers", chance.one_of("1", "2048", "10000")
        if chance.happens(0.4):
            yield "taskmanager.memory.segment-size", chance.one_of("64k", "4 kb", "1m", "2048", "48k")


def _jvm(prefix: str, chance: _Chance) -> _Options:
    if chance.happens(0.3):
        yield f"{prefix}jvm-metaspace.size", chance.size(0, 700)
    if chance.happens(0.25):
        yield f"{prefix}jvm-overhead.fraction", chance.fraction()
    if chance.happens(0.25):
        yield f"{prefix}jvm-overhead.min", chance.size(0, 500)
    if chance.happens(0.25):
        yield f"{prefix}jvm-overhead.max", chance.size(100, 3000)


def _slots(chance: _Chance) -> _Options:
    if chance.happens(0.3):
        yield "taskmanager.numberOfTaskSlots", chance.one_of("2", "8", "32")
    if chance.happens(0.2):
        yield "taskmanager.cpu.cores", chance.one_of("0.5", "3", "2.25", "1e-4", "0.123456789", "12345678.5")
    if chance.happens(0.15):
        yield "external-resources", chance.one_of("none", "gpu", "gpu;fpga", "tpu;gpu;npu", "'a;b';gpu")
        yield "external-resource.gpu.amount", chance.one_of("1", "4", "0")
        yield "external-resource.fpga.amount", "2"
        yield "external-resource.npu.amount", "3"


def _older_heap(component: str, chance: _Chance) -> tuple[str, str]:
    if chance.happens(0.4):
        return f"{component}.heap.mb", chance.one_of("128", "512", "1024", "3000")
    return f"{component}.heap.size", chance.size(64, 3000)

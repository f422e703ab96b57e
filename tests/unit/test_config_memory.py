"""Total process memory, against values that Flink itself computes."""

import pytest

from shared.config.memory import MemorySizeError, mebibytes, process_memory

_MIB = 1024**2


@pytest.mark.parametrize(
    ("component", "options", "size"),
    [
        ("jobmanager", {"process.size": "1600m"}, 1600 * _MIB),
        ("jobmanager", {"flink.size": "1g"}, 939524096 + 128 * _MIB + 256 * _MIB + 201326592),
        ("jobmanager", {"heap.size": "939524096"}, 939524096 + 128 * _MIB + 256 * _MIB + 201326592),
        ("jobmanager", {"heap.size": "512m", "flink.size": "1g"}, 1024 * _MIB + 256 * _MIB + 201326592),
        (
            "jobmanager",
            {"flink.size": "1g", "jvm-overhead.max": "100m", "jvm-overhead.min": "50m"},
            1380 * _MIB,
        ),
        ("jobmanager", {"flink.size": "100g"}, 100 * 1024 * _MIB + 256 * _MIB + 1024 * _MIB),
        ("taskmanager", {"process.size": "1728m"}, 1728 * _MIB),
        (
            "taskmanager",
            {"task.heap.size": "512m", "managed.size": "128m"},
            (128 + 128 + 512 + 128) * _MIB + 104391567 + 256 * _MIB + 192 * _MIB,
        ),
    ],
)
def test_process_memory_is_what_flink_computes(component: str, options: dict[str, str], size: int) -> None:
    configuration = {f"{component}.memory.{key}": value for key, value in options.items()}
    assert process_memory(component, configuration) == size


@pytest.mark.parametrize(
    ("component", "options"),
    [
        ("jobmanager", {}),
        ("taskmanager", {}),
        ("taskmanager", {"task.heap.size": "512m"}),
        ("taskmanager", {"managed.size": "512m"}),
    ],
)
def test_process_memory_without_a_size_to_derive_it_from_is_an_error(
    component: str, options: dict[str, str]
) -> None:
    configuration = {f"{component}.memory.{key}": value for key, value in options.items()}
    with pytest.raises(MemorySizeError, match=f"{component}.memory.process.size is not set"):
        process_memory(component, configuration)


def test_size_that_cannot_be_read_is_named() -> None:
    with pytest.raises(MemorySizeError, match=r"jobmanager.memory.flink.size: 'big' is not a Flink"):
        process_memory("jobmanager", {"jobmanager.memory.flink.size": "big"})


@pytest.mark.parametrize("fraction", ["1.0", "1", "1e40", "nan", "much"])
def test_fraction_that_no_memory_can_have_is_an_error_for_the_owner(fraction: str) -> None:
    options = {"jobmanager.memory.flink.size": "1g", "jobmanager.memory.jvm-overhead.fraction": fraction}
    with pytest.raises(ValueError, match=r"jvm-overhead\.fraction"):
        process_memory("jobmanager", options)


def test_pods_ask_for_whole_mebibytes() -> None:
    assert mebibytes(3 * _MIB + 1) == 3

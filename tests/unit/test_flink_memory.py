"""The memory model against what Flink itself computed."""

import re
from collections.abc import Callable, Mapping

import pytest

from shared.config.java import double_text, hash_map_order
from shared.config.job_manager_memory import job_manager_memory
from shared.config.process_memory import (
    MemoryMisfitError,
    MemoryMissingError,
    MemoryUnreadableError,
    mebibytes,
)
from shared.config.task_manager_memory import task_manager_memory
from shared.model.deployment import FlinkVersion
from tests.flink_memory import cases, generated, model
from tests.images.flink import RELEASES

_MIB = 1024**2
_VERSIONS = {"1.20": FlinkVersion.V1_20, "2.3": FlinkVersion.V2_3}
_MEMORY: Mapping[str, Callable[[Mapping[str, str], FlinkVersion], object]] = {
    "jobmanager": job_manager_memory,
    "taskmanager": task_manager_memory,
}


def _options(component: str, sizes: Mapping[str, str]) -> dict[str, str]:
    return {f"{component}.memory.{name}": text for name, text in sizes.items()}


def _error_of(component: str, options: Mapping[str, str]) -> ValueError | None:
    try:
        _MEMORY[component](options, FlinkVersion.V2_3)
    except ValueError as error:
        return error
    return None


def _has_two_totals(options: Mapping[str, str]) -> bool:
    return sum(key.endswith((".process.size", ".flink.size")) for key in options) > 1


def _misfit(component: str, sizes: Mapping[str, str]) -> MemoryMisfitError:
    with pytest.raises(MemoryMisfitError) as caught:
        _MEMORY[component](_options(component, sizes), FlinkVersion.V2_3)
    return caught.value


@pytest.mark.parametrize("tag", _VERSIONS)
def test_model_answers_what_flink_answered(tag: str) -> None:
    kept = cases.load(tag)
    worked = [(case, answer) for case, answer in kept if answer.error is None]
    assert [(case, model.answer(case, _VERSIONS[tag])) for case, _ in worked] == worked


@pytest.mark.parametrize("tag", _VERSIONS)
def test_model_refuses_what_flink_refused(tag: str) -> None:
    refused = [case for case, answer in cases.load(tag) if answer.error is not None]
    assert [case for case in refused if model.answer(case, _VERSIONS[tag]).error is None] == []


@pytest.mark.parametrize("tag", _VERSIONS)
def test_enough_answers_are_kept_of_either_kind(tag: str) -> None:
    kept = [(case.component, answer.error is None) for case, answer in cases.load(tag)]
    assert len(kept) >= 200
    assert all(kept.count((component, works)) >= 20 for component in _MEMORY for works in (True, False))


@pytest.mark.parametrize("component", _MEMORY)
def test_total_that_is_too_little_works_when_the_hint_is_followed(component: str) -> None:
    followed = 0
    for case in generated.cases(RELEASES["flink-2.3"], 1000, "hints"):
        if case.component != component:
            continue
        error = _error_of(case.component, case.options)
        advised = re.search("Use ([0-9]+)m or more", str(error))
        if advised is not None and isinstance(error, MemoryMisfitError) and not _has_two_totals(case.options):
            _MEMORY[component]({**case.options, error.key: f"{advised[1]}m"}, FlinkVersion.V2_3)
            followed += 1
    assert followed > 5


@pytest.mark.parametrize(
    ("sizes", "least"),
    [
        ({"process.size": "512m"}, 982),
        ({"flink.size": "128m"}, 534),
        ({"process.size": "512m", "managed.fraction": "0", "network.max": "64m"}, 768),
        ({"process.size": "1g", "task.heap.size": "1g"}, 2774),
    ],
)
def test_hint_names_the_least_total_that_works(sizes: Mapping[str, str], least: int) -> None:
    error = _misfit("taskmanager", sizes)
    assert error.hint == f"Use {least}m or more."
    total = error.key.removeprefix("taskmanager.memory.")
    with pytest.raises(MemoryMisfitError):
        task_manager_memory(_options("taskmanager", {**sizes, total: f"{least - 1}m"}), FlinkVersion.V2_3)


def test_message_says_what_is_needed() -> None:
    error = _misfit("jobmanager", {"process.size": "500m"})
    assert str(error) == (
        "jobmanager.memory.process.size: 500 MiB are too little for what is needed, 704 MiB: JVM metaspace "
        "256 MiB, JVM overhead 192 MiB, off-heap 128 MiB, heap 128 MiB. Use 704m or more."
    )


@pytest.mark.parametrize(
    ("component", "sizes", "key", "hint"),
    [
        (
            "jobmanager",
            {"flink.size": "1g", "process.size": "1200m"},
            "process.size",
            "Use 1472m to 2304m, or remove jobmanager.memory.flink.size.",
        ),
        (
            "jobmanager",
            {"flink.size": "1g", "heap.size": "1g", "off-heap.size": "64m"},
            "flink.size",
            "Remove it, or jobmanager.memory.heap.size.",
        ),
        (
            "jobmanager",
            {"process.size": "2g", "jvm-overhead.min": "2g"},
            "jvm-overhead.min",
            "Lower it, or raise the other.",
        ),
        (
            "taskmanager",
            {"flink.size": "1g", "task.heap.size": "1g", "managed.size": "0"},
            "flink.size",
            "Use 1344m or more, or remove it.",
        ),
        (
            "taskmanager",
            {"flink.size": "4g", "task.heap.size": "1g", "managed.size": "0", "network.max": "1g"},
            "flink.size",
            "Use 1344m to 2304m, or remove it.",
        ),
        (
            "taskmanager",
            {"flink.size": "4g", "task.heap.size": "1g", "network.max": "1g"},
            "task.heap.size",
            "Remove it, or raise taskmanager.memory.network.max.",
        ),
        (
            "taskmanager",
            {"process.size": "4g", "managed.fraction": "0.9", "network.fraction": "0.1"},
            "process.size",
            "Lower the fractions: they take all there is.",
        ),
    ],
)
def test_sizes_that_do_not_go_together_are_an_error_with_a_hint(
    component: str, sizes: Mapping[str, str], key: str, hint: str
) -> None:
    error = _misfit(component, sizes)
    assert (error.key, error.hint) == (f"{component}.memory.{key}", hint)


@pytest.mark.parametrize("size", ["little", "", "-1m", "9223372036854775808", "1 pound"])
def test_size_that_cannot_be_read_is_named(size: str) -> None:
    with pytest.raises(MemoryUnreadableError, match=r"^jobmanager\.memory\.heap\.size must be a memory size"):
        job_manager_memory({"jobmanager.memory.heap.size": size}, FlinkVersion.V2_3)


@pytest.mark.parametrize("fraction", ["1", "1e40", "-0.1", "nan", "much", ""])
def test_fraction_that_no_memory_can_have_is_named(fraction: str) -> None:
    options = _options("jobmanager", {"flink.size": "1g", "jvm-overhead.fraction": fraction})
    with pytest.raises(
        MemoryUnreadableError, match=r"jvm-overhead\.fraction must be a number from 0 to below 1"
    ):
        job_manager_memory(options, FlinkVersion.V2_3)


@pytest.mark.parametrize(
    ("component", "sizes"),
    [
        ("jobmanager", {}),
        ("jobmanager", {"off-heap.size": "1g"}),
        ("taskmanager", {}),
        ("taskmanager", {"task.heap.size": "1g"}),
        ("taskmanager", {"managed.size": "1g"}),
    ],
)
def test_memory_without_a_size_to_derive_it_from_is_missing(component: str, sizes: Mapping[str, str]) -> None:
    with pytest.raises(MemoryMissingError, match=rf"{component}\.memory\.process\.size is not set"):
        _MEMORY[component](_options(component, sizes), FlinkVersion.V2_3)


@pytest.mark.parametrize(
    "options",
    [
        {"jobmanager.heap.size": "1g"},
        {"jobmanager.heap.mb": "1024"},
    ],
)
def test_older_names_are_read_for_flink_1_alone(options: Mapping[str, str]) -> None:
    assert job_manager_memory(options, FlinkVersion.V1_20).heap == 1024 * _MIB
    with pytest.raises(MemoryMissingError):
        job_manager_memory(options, FlinkVersion.V2_0)


def test_process_is_what_was_asked_for() -> None:
    sizes = {"process.size": "1728m"}
    memory = task_manager_memory(_options("taskmanager", sizes), FlinkVersion.V2_3)
    assert mebibytes(memory.process) == 1728


def test_containers_have_whole_mebibytes() -> None:
    assert mebibytes(3 * _MIB - 1) == 2


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (0.00012345, "1.2345E-4"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (12345678.5, "1.23456785E7"),
    ],
)
def test_numbers_are_written_as_java_writes_them(number: float, text: str) -> None:
    assert double_text(number) == text


def test_keys_come_in_the_order_of_their_hashes() -> None:
    assert hash_map_order(["b", "q", "a"]) == ["q", "a", "b"]  # q, 0x71, falls into the bucket of a, 0x61

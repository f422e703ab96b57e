"""Every option has a type, a default that it can read, a sentence, and a name of its own."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.flink_options import flink_options
from shared.config.known_options import (
    NAMES_OF_SYSTEM,
    OPTION_OF,
    OPTIONS,
    meant_by,
    unknown_names,
)
from shared.config.options import FLINK_OPTIONS
from shared.config.registry import Option
from shared.config.spelling import Spelling
from shared.config.values import BOOLEAN, COUNT, LONG, NUMBER, POSITIVE, ValueType

ALL = (*OPTIONS, *FLINK_OPTIONS)


@pytest.mark.parametrize("option", ALL, ids=lambda option: option.key)
def test_default_is_what_the_type_reads(option: Option) -> None:
    assert option.default is None or option.type.reads(option.default)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_description_is_one_sentence(option: Option) -> None:
    assert option.description[0].isupper()
    assert option.description.endswith(".")
    assert ". " not in option.description


def test_no_two_options_have_a_name_in_common() -> None:
    names = Counter(name for option in ALL for name in (option.key, *option.older_keys))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("configuration", "value"),
    [
        ({}, "0.7"),
        ({"job.autoscaler.utilization.target": "0.1"}, "0.1"),
        ({"kubernetes.operator.job.autoscaler.utilization.target": "0.2"}, "0.2"),
        ({"job.autoscaler.target.utilization": "0.3"}, "0.3"),
        ({"kubernetes.operator.job.autoscaler.target.utilization": "0.4"}, "0.4"),
        (
            {
                "kubernetes.operator.job.autoscaler.utilization.target": "0.2",
                "job.autoscaler.utilization.target": "0.1",
            },
            "0.1",
        ),
    ],
)
def test_option_of_the_autoscaler_is_read_under_all_its_names(
    configuration: dict[str, str], value: str
) -> None:
    assert OPTION_OF["job.autoscaler.utilization.target"].read(configuration) == value


def test_options_of_the_system_are_told_from_those_of_resources() -> None:
    assert "kubernetes.operator.reconciler.reschedule.interval" in NAMES_OF_SYSTEM
    assert "kubernetes.operator.savepoint.history.max.count.threshold" in NAMES_OF_SYSTEM
    assert "kubernetes.operator.savepoint.history.max.count" not in NAMES_OF_SYSTEM


@pytest.mark.parametrize(
    ("value_type", "readable", "unreadable"),
    [
        (BOOLEAN, ["true", "FALSE", " True "], ["yes", "1", "", "null"]),
        (COUNT, ["1", " 2 ", "+3", "2147483647"], ["0", "-1", "2147483648", "1.0", "1_0", "", "\u0661"]),
        (
            LONG,
            ["9223372036854775807", "-9223372036854775808"],
            ["9223372036854775808", "99999999999999999999"],
        ),
        (
            NUMBER,
            ["0.5", ".5", "5.", "-1e-3", "1.5d"],
            ["", ".", "NaN", "Infinity", "1e9999", "0x1", "1_0", "one"],
        ),
        (POSITIVE, ["0.1"], ["0", "-1", "NaN"]),
    ],
    ids=["boolean", "count", "long", "number", "positive"],
)
def test_numbers_and_switches_are_read_as_java_reads_them(
    value_type: ValueType, readable: list[str], unreadable: list[str]
) -> None:
    assert [text for text in readable if not value_type.reads(text)] == []
    assert [text for text in unreadable if value_type.reads(text)] == []


@pytest.mark.parametrize(
    ("name", "is_known"),
    [
        ("taskmanager.numberOfTaskSlots", True),
        ("state.checkpoints.dir", True),
        ("jobmanager.heap.size", True),
        ("kubernetes.operator.job.autoscaler.enabled", True),
        ("kubernetes.operator.plugins.listeners.mine.class", True),
        ("kubernetes.operator.default-configuration.flink-version.v2_3.rest.port", True),
        ("env.MY_VARIABLE", True),
        ("taskmanager.numberOfTaskSlot", False),
        ("my.setting", False),
    ],
)
def test_name_is_known_to_flink_or_the_operator(name: str, is_known: bool) -> None:
    assert unknown_names({name: ""}) == (set() if is_known else {name})


def test_names_that_flink_2_does_not_read_have_no_successor_that_it_does_not_read_either() -> None:
    options = flink_options()
    assert options.gone_in_2["taskmanager.heap.size"] == "taskmanager.memory.flink.size"
    assert [name for name in options.gone_in_2.values() if name in options.gone_in_2] == []


def test_newer_names_have_an_older_one_that_flink_1_reads() -> None:
    newer = flink_options().newer_names
    assert newer["execution.checkpointing.dir"] == ((1, 20), "state.checkpoints.dir")
    assert newer["high-availability.zookeeper.path.execution-plans"] == (
        (2, 0),
        "high-availability.zookeeper.path.jobgraphs",
    )
    assert [name for name, of in newer.items() if of.older not in flink_options().names] == []


NAMES = sorted(name for name in flink_options().names | OPTION_OF.keys() if len(name) > 8)


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 100), st.sampled_from(["out", "in", "other", "swapped"]))
def test_every_slip_of_the_keyboard_is_recognised(name: str, place: int, slip: str) -> None:
    at = place % len(name)
    before, letter, after = name[:at], name[at], name[at + 1 :]
    word = {
        "out": before + after,
        "in": f"{before}#{letter}{after}",
        "other": f"{before}#{after}",
        "swapped": before + after[:1] + letter + after[1:],
    }[slip]
    if word != name:
        assert meant_by(word) is not None


@pytest.mark.parametrize("word", ["taskmanager.numberOfSlots", "rest.potr.x", "a", "", "rest.##rt"])
def test_more_than_one_slip_means_nothing(word: str) -> None:
    assert meant_by(word) is None


def test_short_names_are_not_guessed() -> None:
    assert Spelling(["abc.def"]).nearest("abc.dex") is None

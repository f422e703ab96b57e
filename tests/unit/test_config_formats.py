"""Flink's and Kubernetes' notations: flat options, quantities, memory, durations, collections."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.collections import parse_list, parse_map, parse_maps
from shared.config.duration import parse_duration
from shared.config.flatten import flatten
from shared.config.options import (
    CHECKPOINT_DIRECTORY,
    HIGH_AVAILABILITY,
    KUBERNETES_HA_FACTORY,
    REST_PORT,
    SAVEPOINT_DIRECTORY,
    high_availability_is_active,
    high_availability_is_kubernetes,
    is_true,
)
from shared.config.quantity import parse_flink_memory, parse_memory, parse_quantity


@pytest.mark.parametrize(
    ("configuration", "options"),
    [
        ({"a.b": "c"}, {"a.b": "c"}),
        ({"a": {"b": {"c": 1}}}, {"a.b.c": "1"}),
        ({"a": {"b.c": "x"}, "a.d": "y"}, {"a.b.c": "x", "a.d": "y"}),
        ({"a": ["x", 1, True]}, {"a": "x;1;true"}),
        ({"a": [], "b": 1}, {"b": "1"}),
        ({"a": {}}, {}),
        ({"a": True, "b": False}, {"a": "true", "b": "false"}),
        ({"a": None}, {"a": "null"}),
        ({"a": 0.1, "b": 10}, {"a": "0.1", "b": "10"}),
        ({"a": "  kept "}, {"a": "  kept "}),
        ({"a": ""}, {"a": ""}),
    ],
)
def test_configuration_becomes_flat_options(configuration: dict[str, Any], options: dict[str, str]) -> None:
    assert flatten(configuration) == options


def test_a_whole_number_of_any_size_becomes_an_option() -> None:
    assert flatten({"taskmanager.memory.network.max": 2**70}) == {
        "taskmanager.memory.network.max": str(2**70)
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("500m", "0.5"),
        ("2", "2"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1Gi", "1073741824"),
        ("1G", "1000000000"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("-1", "-1"),
        ("+1", "1"),
        ("100n", "0.0000001"),
    ],
)
def test_kubernetes_quantity_has_its_value(text: str, value: str) -> None:
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "1 Gi", "1gi", "Gi", "1.2.3", "1e", "half", "1GiB", "0x10", "--1"])
def test_what_is_no_kubernetes_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1024", 1024),
        ("1024b", 1024),
        ("1 bytes", 1),
        ("1k", 1024),
        ("1 kibibytes", 1024),
        ("1024m", 2**30),
        ("1 MB", 2**20),
        ("1g", 2**30),
        ("1G", 2**30),
        ("1 gb", 2**30),
        ("2t", 2**41),
    ],
)
def test_flink_memory_is_binary(text: str, size: int) -> None:
    assert parse_flink_memory(text) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1g", 2**30),
        ("1Gi", 2**30),
        ("1gi", 2**30),
        ("512Mi", 2**29),
        ("1GiB", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("1.5G", 1_500_000_000),
        ("1e3", 1000),
        ("-1Gi", -(2**30)),
    ],
)
def test_memory_of_a_resource_is_read_in_both_notations(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "much", "1 gig", "1.5.0g", "g"])
def test_memory_in_neither_notation_is_refused_with_both_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither a Flink memory size .* nor a Kubernetes quantity"):
        parse_memory(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_a_memory_size_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse_memory(text), int)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("100", 0.1),
        ("15 s", 15),
        ("15s", 15),
        ("5 min", 300),
        ("5m", 300),
        ("1 hour", 3600),
        ("2 days", 172800),
        ("1500 ms", 1.5),
        ("7 MINUTES", 420),
        ("3 µs", 3e-6),
    ],
)
def test_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "1.5 s", "PT15S", "-1 s", "1 fortnight", "1 min 30 s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("", []),
        ("a", ["a"]),
        ("a;b", ["a", "b"]),
        (" a ; b ", ["a", "b"]),
        ("--arg1;v1;'a b;c'", ["--arg1", "v1", "a b;c"]),
        ("'it''s';x", ["it's", "x"]),
        ('"a;b";c', ["a;b", "c"]),
    ],
)
def test_list_option_has_its_elements(text: str, elements: list[str]) -> None:
    assert parse_list(text) == elements


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", {}),
        ("k:v", {"k": "v"}),
        ("k:v,k2:v2", {"k": "v", "k2": "v2"}),
        ("k : v , k2 : v2", {"k": "v", "k2": "v2"}),
        ("'k:v,w',k2:v2", {"k": "v,w", "k2": "v2"}),
        ("'k:''v:w''',k2:v2", {"k": "v:w", "k2": "v2"}),
    ],
)
def test_map_option_has_its_entries(text: str, entries: dict[str, str]) -> None:
    assert parse_map(text) == entries


@pytest.mark.parametrize("text", ["it's;b", "'a;b", 'a;"b'])
def test_quotation_that_is_not_closed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quot"):
        parse_list(text)


def test_map_entry_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="key:value"):
        parse_map("k:v,lonely")


def test_list_of_maps_is_read() -> None:
    tolerations = "key:k1,operator:Equal,value:v1;key:k2,operator:Exists,tolerationSeconds:60"
    assert parse_maps(tolerations) == [
        {"key": "k1", "operator": "Equal", "value": "v1"},
        {"key": "k2", "operator": "Exists", "tolerationSeconds": "60"},
    ]


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({}, None),
        ({"state.checkpoints.dir": "old"}, "old"),
        ({"state.backend.fs.checkpointdir": "oldest"}, "oldest"),
        ({"execution.checkpointing.dir": "new", "state.checkpoints.dir": "old"}, "new"),
    ],
)
def test_option_is_found_under_its_older_names(options: dict[str, str], value: str | None) -> None:
    assert CHECKPOINT_DIRECTORY.read(options) == value
    assert CHECKPOINT_DIRECTORY.is_in(options) is (value is not None)


def test_option_that_is_not_set_has_its_default() -> None:
    assert REST_PORT.read({}) == "8081"
    assert SAVEPOINT_DIRECTORY.read({}) is None
    assert not HIGH_AVAILABILITY.is_in({})


@pytest.mark.parametrize(
    ("options", "active", "kubernetes"),
    [
        ({}, False, False),
        ({"high-availability.type": "NONE"}, False, False),
        ({"high-availability.type": "none"}, False, False),
        ({"high-availability.type": "kubernetes"}, True, True),
        ({"high-availability.type": "KUBERNETES"}, True, True),
        ({"high-availability": "kubernetes"}, True, True),
        ({"high-availability": KUBERNETES_HA_FACTORY}, True, True),
        ({"high-availability.type": "zookeeper"}, True, False),
        ({"high-availability.type": "NONE", "high-availability": "kubernetes"}, False, False),
    ],
)
def test_kind_of_high_availability_is_recognised(
    options: dict[str, str], active: bool, kubernetes: bool
) -> None:
    assert high_availability_is_active(options) is active
    assert high_availability_is_kubernetes(options) is kubernetes


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), (" TRUE ", True), ("false", False), ("yes", False), (None, False)]
)
def test_switch_is_on_only_when_flink_reads_it_as_true(text: str | None, value: bool) -> None:
    assert is_true(text) is value

"""YAML documents as kubectl reads them, with lines, within bounds on depth, size and time."""

import json
import time
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.yaml_chunks import chunks
from cli.yaml_errors import TooDeepError, TooLargeError, TreeError
from cli.yaml_lines import Lines, line_of
from cli.yaml_tree import Tree

SECONDS = 10.0  # of CPU, whatever else the machine does
"""Far more than any bounded reading takes on a busy machine, far less than an unbounded one."""


def trees(text: str) -> list[Tree]:
    return [tree for chunk in chunks(text) if not chunk.is_blank for tree in chunk.trees()]


def value(text: str) -> Any:
    (tree,) = trees(text)
    return tree.value


def lines(text: str) -> Lines | int:
    (tree,) = trees(text)
    return tree.lines


PLAIN: dict[str, Any] = {
    "yes": True,
    "y": True,
    "On": True,
    "N": False,
    "off": False,
    "TRUE": True,
    "tRue": "tRue",
    "~": None,
    "Null": None,
    "": None,
    "010": 8,
    "0o17": 15,
    "-0o17": -15,
    "08": 8,
    "0o8": "0o8",
    "0x1F": 31,
    "-0x1F": -31,
    "0x": "0x",
    "0b11": 3,
    "0b2": "0b2",
    "1_000": 1000,
    "_1": "_1",
    "+5": 5,
    "-0": 0,
    "+": "+",
    "-a": "-a",
    "1:30": "1:30",
    "1.5": 1.5,
    "1.0": 1,
    "1.": 1,
    ".5": 0.5,
    "-.5": -0.5,
    ".": ".",
    "1e3": 1000,
    "1E+3": 1000,
    "12e": "12e",
    "1e400": "1e400",
    "1e20": 10**20,
    "1e21": 1e21,
    "18446744073709551615": 2**64 - 1,
    "-9223372036854775808": -(2**63),
    "99999999999999999999999": 1e23,
    "2026-01-01": "2026-01-01",
    "=": "=",
    "<<": "<<",
    "!!str 5": "5",
    '!!int "5"': 5,
    "!!int 010": 8,
    "!!float 5": 5,
    '!!bool "yes"': True,
    '!!null ""': None,
    "!!binary aGVsbG8=": "hello",
    "!vault 5": "5",
    '"5"': "5",
    "'yes'": "yes",
}
"""What kubectl makes of scalars; tests/api holds this table against kubectl itself."""


@pytest.mark.parametrize("text", PLAIN, ids=repr)
def test_scalar_means_what_it_means_to_kubectl(text: str) -> None:
    read = value(f"a: {text}")["a"]
    assert (read, type(read)) == (PLAIN[text], type(PLAIN[text]))


@pytest.mark.parametrize(
    ("key", "text"),
    [("1", "1"), ("0x10", "16"), (".5", "0.5"), ("1e30", "1e+30"), ("on", "true"), ("'1'", "1")],
)
def test_key_becomes_text(key: str, text: str) -> None:
    assert list(value(f"{key}: a")) == [text]


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("a: &x {k: 1, l: 1}\nb: {<<: *x, k: 2}", {"k": 2, "l": 1}),
        ("a: &x {k: 1, l: 1}\nb: {k: 2, <<: *x}", {"k": 1, "l": 1}),
        ("a: &x {k: 1}\nb: {<<: [*x, {k: 3, m: 3}]}", {"k": 1, "m": 3}),
        ("b: {'<<': {k: 1}}", {"<<": {"k": 1}}),
        ("a: &x k\nb: {*x : 1}", {"k": 1}),
    ],
)
def test_merge_keys_and_aliases(text: str, merged: Any) -> None:
    assert value(text)["b"] == merged


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=80), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON.filter(lambda document: isinstance(document, dict)))
def test_json_is_read_as_json(document: Any) -> None:
    assert value(json.dumps(document)) == document


def test_json_documents_may_follow_each_other_without_a_marker() -> None:
    found = trees('{"a": "}{"}\n{\n"b": "\\"" }{"c": "\\ud83d\\ude00"}')
    assert [(tree.value, tree.line) for tree in found] == [
        ({"a": "}{"}, 1),
        ({"b": '"'}, 2),
        ({"c": "😀"}, 3),
    ]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("a: 1\n---\na: 2\n", [1, 3]),
        ("---\n# comment\na: 1\n---\n---\na: 2\n", [3, 6]),
        ("--- {a: 1}\n---\na: 2", [1, 3]),
        ("a: 1\n...\n# comment\n---\na: 2", [1, 5]),
        ("a: |\n  ---\n  x\n---\nb: 1", [1, 5]),
    ],
)
def test_document_knows_the_line_where_it_starts(text: str, starts: list[int]) -> None:
    assert [tree.line for tree in trees(text)] == starts


_MANIFEST = """\
metadata:
  name: a
spec:
  flinkConfiguration:
    plain.key: 1
    nested:
      one: {two.three: 1}
  list:
    - a
    - b:
        c: 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 1),
        ("metadata.name", 2),
        ("spec", 3),
        ("spec.list", 8),
        ("spec.list[0]", 9),
        ("spec.list[1]", 10),
        ("spec.list[1].b.c", 11),
        ("spec.list[7]", 8),
        ("spec.list[0].b", 9),
        ("spec.absent.field", 3),
        ("absent", 1),
        ("spec.flinkConfiguration[plain.key]", 5),
        ("spec.flinkConfiguration[nested.one.two.three]", 7),
        ("spec.flinkConfiguration[nested.other]", 6),
        ("spec.flinkConfiguration[other.key]", 4),
    ],
)
def test_path_leads_to_its_line_or_to_that_of_what_holds_it(path: str, line: int) -> None:
    assert line_of(lines(_MANIFEST), path) == line


def test_merged_field_stands_where_it_was_written() -> None:
    assert line_of(lines("a: &x\n  k: 1\nb:\n  <<: *x"), "b.k") == 2


@pytest.mark.parametrize(
    ("text", "location", "line", "first_line"),
    [
        ("a: 1\nb: 2\na: 3", ("a",), 3, 1),
        ("a:\n- b: 1\n- c: 1\n  c: 2", ("a", 1, "c"), 4, 3),
        ("1: a\n'1': b", ("1",), 2, 1),
        ("on: a\ntrue: b", ("true",), 2, 1),
        ('{"a": {"b": 1,\n"b": 2}}', ("a", "b"), 2, 1),
    ],
)
def test_key_that_is_there_twice_is_told_with_both_lines(
    text: str, location: tuple[str | int, ...], line: int, first_line: int
) -> None:
    (tree,) = trees(text)
    assert [(one.location, one.line, one.first_line) for one in tree.repeated] == [
        (location, line, first_line)
    ]


def test_key_that_goes_over_a_merged_one_is_not_there_twice() -> None:
    (tree,) = trees("a: &x {k: 1}\nb:\n  <<: *x\n  k: 2")
    assert not tree.repeated


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("a: b: c", 1, 5, "mapping values", "quotes"),
        ("a:\n\tb: 1", 2, 1, "'\\t'", "no tabs"),
        ("a: x\n\tb: 1", 2, 1, "tab character", "no tabs"),
        ("a: @x", 1, 4, "'@'", "quotes"),
        ('a: "x', 1, 6, "end of stream", "quote"),
        ("é: ö\nü: [\n\n", 2, 5, "node content", ""),
        ("é: ö\nü: @", 2, 4, "'@'", "quotes"),
        ("a: [1,\n2\nb: 3", 3, 2, "from line 1", "comma"),
        ("- a\nb: 1", 2, 1, "'-'", "indentation"),
        ("a: {{ .Values.x }}", 1, 5, "Helm template", "Render"),
        ("{{- if .x }}\na: 1", 1, 2, "Helm template", "Render"),
        ("a: 1\nb: {{ .x }}-{{ .y }}", 2, 5, "Helm template", "Render"),
        ("a: b: {{ .x }}", 1, 5, "Helm template", "Render"),
        ("a: '{{ .x }}'\nb: [", 2, 5, "node content", ""),
        ("? {a: 1}\n: b", 1, 3, "a mapping cannot be a key", ""),
        ("? [a]\n: b", 1, 3, "a list cannot be a key", ""),
        ("~: 1", 1, 1, "null cannot be a key", "quotes"),
        ("a: *x", 1, 4, "no anchor &x", ""),
        ("a: &x [*x]", 1, 8, "stands within", ""),
        ("a: .inf", 1, 4, "JSON", "quotes"),
        ("a: !!int x", 1, 4, "no !!int", "quotes"),
        ("a: !!binary '!'", 1, 4, "base64", "quotes"),
        ("a: 1\n<<: 5", 2, 5, "<<", ""),
        ("%YAML 1.2\n---\na: 1", 1, 1, "directive", "kubectl"),
        ("# c\n%TAG ! x\na: 1", 1, 1, "directive", "kubectl"),
        ("a: 1\nb: \x07", 2, 4, r"'\x07'", ""),
        ("a: 1\n---\nb: [", 3, 5, "node content", ""),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    with pytest.raises(TreeError) as error:
        trees(text)
    assert (error.value.line, error.value.column) == (line, column)
    assert message in error.value.message
    assert hint in error.value.hint


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_hundred_levels_are_read() -> None:
    assert trees(nested(100))


@pytest.mark.parametrize("levels", [101, 100_000, 700_000])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[\n", '{"a":', "&a [", "!t [", "[{a: ", "{? a: "])
def test_deep_nesting_ends_reading_at_once(opening: str, levels: int) -> None:
    start = time.process_time()
    with pytest.raises(TooDeepError):
        trees((opening * levels)[: 3 * 1024 * 1024])
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("opening", ["? ", "[{", "? - ", "{["])
def test_deeply_nested_keys_end_reading_at_once(opening: str) -> None:
    start = time.process_time()
    with pytest.raises(TreeError, match="cannot be a key"):
        trees(opening * 700_000)
    assert time.process_time() - start < SECONDS


def test_aliases_count_with_the_levels_that_they_stand_for() -> None:
    steps = [f"a{step}: &a{step} {{x: *a{step - 1}}}" for step in range(1, 200)]
    with pytest.raises(TooDeepError):
        trees("\n".join(["a0: &a0 {}", *steps]))


@pytest.mark.parametrize("kind", ["[{}]", "{{a: {}}}"], ids=["lists", "mappings"])
def test_aliases_count_with_all_that_they_stand_for(kind: str) -> None:
    start = time.process_time()
    names = "abcdefghijklmnopqrst"
    steps = [
        f"{name}: &{name} [" + ",".join(kind.format(f"*{before}") for _ in range(9)) + "]"
        for before, name in pairwise(names)
    ]
    with pytest.raises(TooLargeError):
        trees("\n".join(["a: &a [lol, lol, lol]", *steps]))
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x" * 3_200_000,
        "[" + "1," * 1_600_000 + "]",
        "- \n" * 1_100_000,
        '{"a": "' + "x" * 3_200_000 + '"}',
    ],
    ids=["text", "numbers", "nulls", "json"],
)
def test_document_larger_than_a_request_is_not_read(text: str) -> None:
    start = time.process_time()
    with pytest.raises(TooLargeError):
        trees(text)
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 700_000,
        "%TAG !a! b\n" * 250_000,
        '{"' + '\\"' * 1_500_000,
        "{}" * 20_000,
        "[" * 50 + "{a: [1, 2]}, " * 20_000,
    ],
    ids=["braces", "directives", "quotes", "documents", "unfinished"],
)
def test_odd_text_takes_no_odd_time(text: str) -> None:
    start = time.process_time()
    with suppress(TreeError):
        trees(text)
    assert time.process_time() - start < SECONDS

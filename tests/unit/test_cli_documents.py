"""Resources in files, folders and standard input: what is found, and one line for what cannot be read."""

import io
import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.documents import Reading, read
from tests.unit.flink_deployments import application
from tests.unit.reviewed_resources import job_resource

Case = tuple[str, int, int]
"""Code, document and line of a report."""

RESOURCE = yaml.safe_dump(job_resource())
OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def read_text(text: str | bytes) -> Reading:
    data = text.encode() if isinstance(text, str) else text
    return read(["-"], io.BytesIO(data))


def cases(reading: Reading) -> list[Case]:
    return [(report.finding.code, report.document, report.line) for report in reading.reports]


def place(path: Path, text: str | bytes = RESOURCE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read_files(*paths: Path) -> Reading:
    return read([str(path) for path in paths], io.BytesIO())


BROKEN: dict[str, tuple[str | bytes, Case, str]] = {
    "nothing": ("", ("FK006", 1, 0), "holds no document"),
    "only comments": ("# a\n---\n# b\n", ("FK006", 1, 0), "holds no document"),
    "only a byte order mark": ("\ufeff# a\n", ("FK006", 1, 0), "holds no document"),
    "list": ("# c\n- a\n", ("FK001", 1, 2), "is a list, not a mapping"),
    "text": ("hello", ("FK001", 1, 1), "is text, not a mapping"),
    "number": ("7", ("FK001", 1, 1), "is a single value, not a mapping"),
    "null": ("--- ~", ("FK001", 1, 1), "is null, not a mapping"),
    "not YAML": (f"{OTHER}---\na: [\n", ("FK005", 2, 5), "is not YAML"),
    "tab": ("a:\n\tb: 1\n", ("FK005", 1, 2), r"found '\t'"),
    "control character": ("a: 1\nb: \x07\n", ("FK005", 1, 2), r"'\x07'"),
    "Helm template": ("a: {{ .Values.a }}\n---\nb: {{ .c }}", ("FK005", 1, 1), "is a Helm template"),
    "binary": (b"\x7fELF\0\0", ("FK006", 1, 0), "is a binary file"),
    "UTF-16": ("kind: a".encode("utf-16"), ("FK006", 1, 0), "is UTF-16"),
    "Latin-1": ("a: 1\nb: é\n".encode("latin-1"), ("FK006", 1, 2), "byte 0xe9"),
    "100,000 lists": ("[" * 100_000, ("FK004", 1, 1), "deeper than 100 levels"),
    "100,000 mappings": ("{a: " * 100_000, ("FK004", 1, 1), "deeper than 100 levels"),
    "1,000,000 lists": ("- " * 1_000_000, ("FK004", 1, 1), "deeper than 100 levels"),
    "large": (f"{RESOURCE}more: {'x' * 3_200_000}", ("FK008", 1, 1), "larger than 3 MiB"),
    "item of a list": ("kind: List\nitems:\n- 5\n", ("FK001", 1, 3), "is a single value, not a mapping"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_one_line(name: str) -> None:
    text, case, message = BROKEN[name]
    reading = read_text(text)
    assert cases(reading) == [case]
    assert message in reading.reports[0].finding.message
    assert "\n" not in str(reading.reports[0].finding)


def test_alias_bomb_is_one_line() -> None:
    steps = [f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]" for n in range(30)]
    reading = read_text("\n".join(["a0: &a0 lol", *steps]))
    assert [code for code, _, _ in cases(reading)] == ["FK008"]


def test_broken_document_hides_neither_those_before_nor_those_after_it() -> None:
    reading = read_text(f"{RESOURCE}---\na: [\n---\n{RESOURCE}")
    assert [document.number for document in reading.documents] == [1, 3]
    assert cases(reading)[0][:2] == ("FK005", 2)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (RESOURCE, [1]),
        (f"---\n{RESOURCE}", [1]),
        (f"# comment\n---\n{RESOURCE}---\n---\n{RESOURCE}", [1, 3]),
        (f"{OTHER}---\n{RESOURCE}...\n", [2]),
        (f"{RESOURCE}...\n---\n{RESOURCE}", [1, 2]),
        (json.dumps(job_resource()) * 2, [1, 2]),
        (f"\ufeff{RESOURCE}", [1]),
        (RESOURCE.replace("\n", "\r\n"), [1]),
    ],
    ids=["one", "marker", "empty", "other", "end", "json", "bom", "crlf"],
)
def test_documents_are_counted_as_yaml_counts_them(text: str, numbers: list[int]) -> None:
    assert [document.number for document in read_text(text).documents] == numbers


def test_documents_of_others_are_skipped_and_counted() -> None:
    reading = read_text(f"{OTHER}---\n{RESOURCE}---\nreplicas: 1\n---\n{OTHER}")
    assert (len(reading.documents), reading.others, reading.reports) == (1, 3, [])


@pytest.mark.parametrize(
    "header",
    [
        "apiVersion: flink.apache.org/v1\nkind: FlinkDeployment",
        "apiVersion: flink.apache.org/v1beta1\nkind: FlinkJob",
        "apiVersion: flink.apache.org/v1beta1",
        "apiVersion: flink.apache.com/v1beta1\nkind: FlinkDeployment",
        "apiVersion: flink.apache.org.v1beta1\nkind: Flink",
        "kind: FlinkDeployment",
    ],
)
def test_resource_that_is_almost_ours_is_not_skipped(header: str) -> None:
    assert [document.line for document in read_text(f"# c\n{header}\n").documents] == [2]


@pytest.mark.parametrize("kind", ["List", "FlinkSessionJobList"])
def test_lists_are_descended(kind: str) -> None:
    items = "- kind: List\n  items: [{kind: ConfigMap}]\n- kind: FlinkDeployment\n  a: 1\n  a: 2\n"
    reading = read_text(f"kind: {kind}\nitems:\n{items}")
    assert [(document.kind, document.number, document.line) for document in reading.documents] == [
        ("FlinkDeployment", 1, 5)
    ]
    assert [one.location for one in reading.documents[0].repeated] == [("a",)]
    assert reading.others == 1


def test_key_twice_is_a_matter_of_its_resource_only() -> None:
    text = "kind: List\nitems:\n- kind: FlinkDeployment\n- kind: FlinkDeployment\n  a: 1\n  a: 2\n"
    assert [len(document.repeated) for document in read_text(text).documents] == [0, 1]


def test_folder_is_read_with_what_is_below_it_but_not_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/x.yml", "a/y.json", ".git/z.yaml", "c.txt"):
        place(tmp_path / name)
    files = [Path(name).relative_to(tmp_path).as_posix() for name in read_files(tmp_path).files]
    assert files == ["a/x.yml", "a/y.json", "b.yaml"]


def test_file_is_read_once_however_often_it_is_named(tmp_path: Path) -> None:
    file = place(tmp_path / "a.yaml")
    assert len(read_files(file, tmp_path, file).documents) == 1


def test_standard_input_and_files_are_read_in_the_order_of_the_call(tmp_path: Path) -> None:
    file = place(tmp_path / "a.yaml")
    reading = read(["-", str(file), "-"], io.BytesIO(RESOURCE.encode()))
    assert [document.file for document in reading.documents] == ["stdin", str(file)]


def test_named_file_need_not_end_like_yaml(tmp_path: Path) -> None:
    assert read_files(place(tmp_path / "manifest.txt")).documents


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_empty_file_is_told_when_it_is_named_but_not_in_a_folder(tmp_path: Path, text: str) -> None:
    file = place(tmp_path / "a.yaml", text)
    assert cases(read_files(file)) == [("FK006", 1, 0)]
    assert cases(read_files(tmp_path)) == []


def test_large_data_is_told_when_it_is_named_but_skipped_in_a_folder(tmp_path: Path) -> None:
    file = place(tmp_path / "a.json", '{"a": "' + "x" * 3_200_000 + '"}')
    assert cases(read_files(file)) == [("FK008", 1, 1)]
    assert (cases(read_files(tmp_path)), read_files(tmp_path).others) == ([], 1)


def test_folder_without_yaml_is_told(tmp_path: Path) -> None:
    place(tmp_path / "a.txt")
    reading = read_files(tmp_path)
    assert (cases(reading), reading.reports[0].file) == ([("FK006", 1, 0)], str(tmp_path))


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    reading = read_files(tmp_path / "absent.yaml")
    assert str(reading.reports[0].finding) == "cannot be read: No such file or directory. [FK006]"


def test_dangling_link_in_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("absent.yaml")
    assert cases(read_files(tmp_path)) == [("FK006", 1, 0)]


def test_file_that_cannot_be_read_is_told() -> None:
    memory = Path("/proc/self/mem")  # not even root can read its beginning
    assert str(read_files(memory).reports[0].finding) == "cannot be read: Input/output error. [FK006]"


def test_name_that_cannot_be_a_file_is_told() -> None:
    assert cases(read(["a\0b", "x" * 5000], io.BytesIO())) == [("FK006", 1, 0)] * 2


def test_pipe_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    place(tmp_path / "b.yaml")
    assert len(read_files(tmp_path).files) == 1


def test_metadata_of_any_shape_has_a_name() -> None:
    texts = [f"kind: FlinkDeployment\nmetadata: {metadata}" for metadata in ("5", "[a]", "{name: [a]}", "{}")]
    assert [read_text(text).documents[0].name for text in texts] == [""] * 4


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=10_000)
def test_any_bytes_are_read_within_a_bound(data: bytes) -> None:
    read_text(data)


_FRAGMENTS = [
    "kind: FlinkDeployment\n",
    "---\n",
    "...\n",
    "{",
    "}",
    "[",
    "]",
    "- ",
    "? ",
    ": ",
    "a",
    "&a ",
    "*a",
]
_FRAGMENTS += [
    "<<",
    "\n",
    "  ",
    "\t",
    "'",
    '"',
    "|\n",
    ">\n",
    "!!int ",
    "!",
    "#",
    "%",
    ",",
    "\\",
    "\r",
    "\u2028",
    "items",
]


@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=60).map("".join))
@settings(max_examples=500, deadline=10_000)
def test_any_yaml_like_text_is_read_within_a_bound(text: str) -> None:
    read_text(text)


@given(st.integers(0, 400), st.integers(0, 400))
def test_resource_that_was_cut_is_read_or_told(start: int, end: int) -> None:
    text = yaml.safe_dump(application())
    reading = read_text(text[:start] + text[end:])
    assert reading.documents or reading.reports or reading.others

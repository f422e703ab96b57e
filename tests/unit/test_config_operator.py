"""The operator's own configuration, and the defaults that it holds for resources."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config.operator import (
    ConfigurationError,
    OperatorConfiguration,
    default_configuration,
    defaults_for,
    load_operator_configuration,
)
from shared.model.deployment import FlinkVersion

_PREFIX = "kubernetes.operator.default-configuration"


def test_configuration_may_be_flat_nested_or_both(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "rest.port: 8081\ntaskmanager:\n  numberOfTaskSlots: 2\n", encoding="utf-8"
    )
    expected = {"rest.port": "8081", "taskmanager.numberOfTaskSlots": "2"}
    assert load_operator_configuration(tmp_path) == expected


@pytest.mark.parametrize("content", [None, "", "# nothing\n"])
def test_no_configuration_is_an_empty_one(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.yaml").write_text(content, encoding="utf-8")
    assert load_operator_configuration(tmp_path) == {}


@pytest.mark.parametrize(
    ("content", "why"), [(b"a: [", "is not YAML"), (b"- a\n- b\n", "must hold"), (b"a: \xff", "is not YAML")]
)
def test_configuration_that_cannot_be_used_is_one_line_for_its_owner(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=why) as caught:
        load_operator_configuration(tmp_path)
    assert "\n" not in str(caught.value)
    assert "config.yaml" in str(caught.value)


def test_configuration_that_is_a_folder_is_one_line_for_its_owner(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_operator_configuration(tmp_path)


def test_namespace_defaults_hold_in_their_namespace_only() -> None:
    operator = {"a": "all", f"{_PREFIX}.namespace.shop.a": "shop"}
    assert default_configuration(operator, "shop", None)["a"] == "shop"
    assert default_configuration(operator, "shop-2", None)["a"] == "all"


def test_version_defaults_win_over_namespace_defaults() -> None:
    operator = {f"{_PREFIX}.namespace.shop.a": "shop", f"{_PREFIX}.flink-version.v1_20.a": "version"}
    assert default_configuration(operator, "shop", FlinkVersion.V1_20)["a"] == "version"


@pytest.mark.parametrize(
    ("version", "value"),
    [
        (FlinkVersion.V1_17, "all"),
        (FlinkVersion.V1_18, "from 1.18"),
        (FlinkVersion.V1_19, "from 1.18"),
        (FlinkVersion.V1_20, "exactly 1.20"),
        (FlinkVersion.V2_0, "from 2.0"),
        (FlinkVersion.V2_3, "from 2.0"),
    ],
)
def test_exact_version_wins_over_newer_open_range_over_older_one(version: FlinkVersion, value: str) -> None:
    operator = {
        f"{_PREFIX}.flink-version.v2_0+.a": "from 2.0",
        f"{_PREFIX}.flink-version.v1_20.a": "exactly 1.20",
        f"{_PREFIX}.flink-version.v1_18+.a": "from 1.18",
        "a": "all",
    }
    assert default_configuration(operator, "shop", version)["a"] == value


def test_defaults_of_a_version_that_nobody_knows_are_left_out() -> None:
    operator = {f"{_PREFIX}.flink-version.v9_9.a": "9.9", "a": "all"}
    assert default_configuration(operator, "shop", FlinkVersion.V2_3)["a"] == "all"


def test_keys_below_a_version_keep_their_dots() -> None:
    operator = {f"{_PREFIX}.flink-version.v2_3.taskmanager.numberOfTaskSlots": "4"}
    defaults = default_configuration(operator, "shop", FlinkVersion.V2_3)
    assert defaults["taskmanager.numberOfTaskSlots"] == "4"


@pytest.mark.parametrize(
    ("written", "read"),
    [("off", "off"), ("12:30", "12:30"), ("1_000", "1_000"), ("2024-01-01", "2024-01-01"), ("True", "true")],
)
def test_words_mean_what_they_mean_to_flink(tmp_path: Path, written: str, read: str) -> None:
    (tmp_path / "config.yaml").write_text(f"a: {written}\n", encoding="utf-8")
    assert load_operator_configuration(tmp_path) == {"a": read}


def test_older_file_is_read_when_there_is_no_newer(tmp_path: Path) -> None:
    (tmp_path / "flink-conf.yaml").write_text("a: older\n", encoding="utf-8")
    assert load_operator_configuration(tmp_path) == {"a": "older"}
    (tmp_path / "config.yaml").write_text("a: newer\n", encoding="utf-8")
    assert load_operator_configuration(tmp_path) == {"a": "newer"}


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("a: 1 # comment", {"a": "1"}),
        ("a: x#y", {"a": "x"}),
        ("# a: 1", {}),
        ('a: "1"', {"a": '"1"'}),
        ("a: b: c", {"a": "b: c"}),
        ("a : 1", {"a": "1"}),
        ("a:1", {}),
        ("a: ", {}),
        ("a: #1", {}),
        ("a: 1\r", {"a": "1"}),
        ("a: 1\na: 2", {"a": "2"}),
        ("a: [", {"a": "["}),
    ],
)
def test_older_file_is_read_line_by_line_as_flink_1_does(
    tmp_path: Path, line: str, options: dict[str, str]
) -> None:
    (tmp_path / "flink-conf.yaml").write_text(f"{line}\n", encoding="utf-8")
    assert load_operator_configuration(tmp_path) == options


def test_overrides_are_laid_over_the_folder(tmp_path: Path) -> None:
    for name, content in (("base", "a: base\nb: base\n"), ("over", "b: over\nc: over\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(content, encoding="utf-8")
    loaded = load_operator_configuration(tmp_path / "base", tmp_path / "over")
    assert loaded == {"a": "base", "b": "over", "c": "over"}
    assert [layer.name for layer in defaults_for(loaded, "shop", None).layers] == [
        "operator defaults",
        "operator overrides",
    ]


def test_overrides_that_are_missing_are_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_operator_configuration(tmp_path, tmp_path / "over")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a: " + b"[" * 100_000, "nested deeper"),
        (b"a: " + b"{b: " * 100_000, "nested deeper"),
        (b"- " * 100_000, "nested deeper"),
        (b"a: &a [*a]", "part of what it stands for"),
        (b"a: &a {b: *a}", "part of what it stands for"),
        (
            b"a0: &a0 [x, x]\n"
            + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 40)),
            "more than 50000 values",
        ),
        (b"a: " + b"x" * 5_000_000, "larger than 4 MiB"),
        (b"a: !!int " + b"1" * 5000, "is not YAML"),
        (b"a: !!bool maybe", "is not YAML"),
        (b"a: !!int ''", "is not YAML"),
        (b"a: !!timestamp 2024-99-99", "is not YAML"),
        (b"a: !!python/object:os.system {}", "is not YAML"),
        (b"? [a]\n: b", "is not YAML"),
        (b"a: 1\n---\nb: 2", "is not YAML"),
        (b"a:", "a has no value"),
        (b"a: {b: null}", "a.b has no value"),
        (b"true: a", "no name of an option"),
        (b"a: *nothing", "is not YAML"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_configuration_is_one_line_for_its_owner(tmp_path: Path, content: bytes, why: str) -> None:
    """In a process of its own: deep nesting would end this one."""
    (tmp_path / "config.yaml").write_bytes(content)
    answer = subprocess.run(
        [sys.executable, "-c", _LOAD, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 0, answer.stderr[-300:]
    assert why in json.loads(answer.stdout)
    assert "\n" not in json.loads(answer.stdout)


_LOAD = """
import json, sys
from pathlib import Path
from shared.config.operator import ConfigurationError, load_operator_configuration
try:
    load_operator_configuration(Path(sys.argv[1]))
except ConfigurationError as error:
    print(json.dumps(str(error)))
"""


def test_defaults_are_kept_and_never_shared() -> None:
    operator = OperatorConfiguration(("operator defaults", {"a": "all"}))
    first = default_configuration(operator, "shop", FlinkVersion.V2_3)
    first["a"] = "changed"
    assert default_configuration(operator, "shop", FlinkVersion.V2_3) == {"a": "all"}
    assert defaults_for(operator, "shop", FlinkVersion.V2_3) is defaults_for(
        operator, "shop", FlinkVersion.V2_3
    )


def test_change_of_what_it_was_made_of_changes_nothing() -> None:
    options = {"a": "all"}
    operator = OperatorConfiguration(("operator defaults", options))
    options["a"] = "changed"
    assert defaults_for(operator, "shop", None).layers[0].options == operator == {"a": "all"}

"""The operator's own configuration, and the defaults that it holds for resources."""

from pathlib import Path

import pytest

from shared.config.operator import ConfigurationError, default_configuration, load_operator_configuration
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

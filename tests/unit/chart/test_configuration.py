"""The configuration that the services read, and how a user changes it."""

from pathlib import Path

import pytest

from shared.config.operator import default_configuration, load_operator_configuration
from shared.model.deployment import FlinkVersion
from tests.unit.chart.rendered_chart import COMPONENTS, Chart, Rendered, configuration


def test_both_services_read_one_configuration(default: Rendered) -> None:
    for component in COMPONENTS:
        folder = default.environment(component)["FLINK_CONF_DIR"]
        mounts = {each["mountPath"]: each["name"] for each in default.container(component)["volumeMounts"]}
        volumes = {each["name"]: each for each in default.pod(component)["volumes"]}
        assert volumes[mounts[folder]]["configMap"]["name"] == "flink-operator-config"


@pytest.mark.parametrize(
    ("version", "option"),
    [
        (FlinkVersion.V1_18, "env.java.opts.all"),
        (FlinkVersion.V1_20, "env.java.default-opts.all"),
        (FlinkVersion.V2_3, "env.java.default-opts.all"),
    ],
)
def test_flink_gets_the_modules_that_java_17_closes(
    default: Rendered, tmp_path: Path, version: FlinkVersion, option: str
) -> None:
    (tmp_path / "config.yaml").write_text(default.configuration())
    options = default_configuration(load_operator_configuration(tmp_path), "any", version)
    arguments = options[option].split(" ")
    assert "--add-opens=java.base/java.util=ALL-UNNAMED" in arguments
    assert all(each.startswith(("--add-opens=", "--add-exports=")) for each in arguments)


@pytest.mark.parametrize(
    "text", ["taskmanager.numberOfTaskSlots: 10000000", "taskmanager: {numberOfTaskSlots: 10000000}"]
)
def test_an_option_of_the_user_replaces_the_built_in_one(chart: Chart, text: str) -> None:
    rendered = chart.render(*configuration(f'"config.yaml": "{text}"'))
    assert [line for line in rendered.configuration().splitlines() if "numberOfTaskSlots" in line] == [text]


def test_built_in_files_can_be_replaced(chart: Chart) -> None:
    rendered = chart.render(*configuration('"append": false, "log4j-console.properties": "mine = 1"'))
    data = rendered.one("ConfigMap", "flink-operator-config")["data"]
    assert "parallelism.default" not in data["config.yaml"]
    assert data["log4j-console.properties"].strip() == "mine = 1"


def test_text_for_log4j_comes_after_the_built_in_text(chart: Chart) -> None:
    rendered = chart.render(*configuration('"log4j-console.properties": "rootLogger.level = DEBUG"'))
    text = rendered.one("ConfigMap", "flink-operator-config")["data"]["log4j-console.properties"]
    levels = [line for line in text.splitlines() if line.startswith("rootLogger.level")]
    assert levels == ["rootLogger.level = INFO", "rootLogger.level = DEBUG"]

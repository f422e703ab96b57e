"""Packages for further schemes of session jobs' jars: none, unless they are asked for."""

from pathlib import Path

from controller.settings import Settings
from tests.unit.chart.rendered_chart import Chart, Manifest, Rendered

FOLDER = "/opt/flink-operator/plugins"


def plugins(mounts: list[Manifest]) -> list[Manifest]:
    return [each for each in mounts if each["name"] == "plugins"]


def settings(rendered: Rendered) -> Settings:
    return Settings.from_environment(rendered.environment("controller"))


def test_nothing_is_added_by_default(default: Rendered) -> None:
    assert settings(default).plugins_folder is None
    assert "initContainers" not in default.pod("controller")
    assert plugins(default.pod("controller")["volumes"]) == []


def test_packages_are_installed_where_the_controller_looks(chart: Chart) -> None:
    rendered = chart.render(
        "--set",
        "artifacts.packages={ossfs==2025.5.0,pyarrow>=21}",
        "--set",
        "artifacts.installer.image.tag=x",
    )
    (installer,) = rendered.pod("controller")["initContainers"]
    assert installer["command"][-3:] == [f"--target={FOLDER}", "ossfs==2025.5.0", "pyarrow>=21"]
    assert installer["image"] == "docker.io/library/python:x"
    assert installer["securityContext"] == rendered.container("controller")["securityContext"]
    assert plugins(installer["volumeMounts"]) == [{"name": "plugins", "mountPath": FOLDER}]
    assert plugins(rendered.pod("controller")["volumes"]) == [{"name": "plugins", "emptyDir": {}}]
    assert plugins(rendered.container("controller")["volumeMounts"]) == [
        {"name": "plugins", "mountPath": FOLDER, "readOnly": True}
    ]
    assert settings(rendered).plugins_folder == Path(FOLDER)


def test_volume_takes_the_place_of_packages(chart: Chart) -> None:
    rendered = chart.render("--set", "artifacts.volume.persistentVolumeClaim.claimName=plugins")
    assert "initContainers" not in rendered.pod("controller")
    assert plugins(rendered.pod("controller")["volumes"]) == [
        {"name": "plugins", "persistentVolumeClaim": {"claimName": "plugins"}}
    ]
    assert settings(rendered).plugins_folder == Path(FOLDER)


def test_packages_and_a_volume_are_one_too_many(chart: Chart) -> None:
    message = chart.refusal("--set", "artifacts.packages={ossfs},artifacts.volume.emptyDir.medium=Memory")
    assert "exclude each other" in message


def test_what_would_be_an_option_of_pip_is_refused(chart: Chart) -> None:
    assert "/artifacts/packages/0" in chart.refusal("--set", "artifacts.packages={--index-url=http://x}")


def test_webhook_gets_none_of_it(chart: Chart, default: Rendered) -> None:
    assert chart.render("--set", "artifacts.packages={ossfs}").pod("webhook") == default.pod("webhook")

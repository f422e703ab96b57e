"""The entry point of the Flink images, run against a Flink whose scripts only say how they were called."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import tests.images

ENTRYPOINT = Path(tests.images.__file__).with_name("docker-entrypoint.sh")
SCRIPTS = (
    "jobmanager.sh",
    "taskmanager.sh",
    "standalone-job.sh",
    "historyserver.sh",
    "config-parser-utils.sh",
)


@dataclass(frozen=True)
class Flink:
    home: Path

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", ENTRYPOINT, *arguments],
            env={"PATH": os.environ["PATH"], "FLINK_HOME": str(self.home), **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@pytest.fixture
def flink(tmp_path: Path) -> Flink:
    for folder in ("bin", "conf", "lib", "opt", "plugins"):
        (tmp_path / folder).mkdir()
    for script in SCRIPTS:
        path = tmp_path / "bin" / script
        path.write_text('#!/bin/bash\necho "$(basename "$0")" "$@"\n')
        path.chmod(0o755)
    return Flink(tmp_path)


@pytest.mark.parametrize(
    ("process", "script"),
    [
        ("jobmanager", "jobmanager.sh"),
        ("taskmanager", "taskmanager.sh"),
        ("standalone-job", "standalone-job.sh"),
        ("history-server", "historyserver.sh"),
    ],
)
def test_a_process_name_starts_its_script_in_the_foreground(flink: Flink, process: str, script: str) -> None:
    assert flink.run(process, "-Da=b", "c d").stdout == f"{script} start-foreground -Da=b c d\n"


def test_anything_else_is_run_as_it_is_with_flink_in_the_path(flink: Flink) -> None:
    result = flink.run("bash", "-c", "taskmanager.sh 'a b'; exit 7")

    assert result.stdout == "taskmanager.sh a b\n"
    assert result.returncode == 7


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_help_and_nothing_show_the_usage(flink: Flink, arguments: tuple[str, ...]) -> None:
    result = flink.run(*arguments)

    assert result.stdout.startswith("usage: ")
    assert result.returncode == 0


def test_the_environment_settles_the_images_own_configuration(flink: Flink) -> None:
    (flink.home / "conf" / "config.yaml").touch()

    written = flink.run(
        "jobmanager",
        JOB_MANAGER_RPC_ADDRESS="jm",
        TASK_MANAGER_NUMBER_OF_TASK_SLOTS="3",
        FLINK_PROPERTIES="# none\nrest.port: 8082\n  state.dir:  file:///x y  \n",
    ).stdout.splitlines()[0]

    assert written.startswith("config-parser-utils.sh ")
    for setting in (
        "-Djobmanager.rpc.address=jm",
        "-Dtaskmanager.numberOfTaskSlots=3",
        "-Drest.port=8082",
        "-Dstate.dir=file:///x y",
    ):
        assert f" {setting}" in written


def test_a_mounted_configuration_stands_as_it_is(flink: Flink) -> None:
    (flink.home / "conf" / "flink-conf.yaml").touch()

    assert (
        flink.run("jobmanager", FLINK_PROPERTIES="rest.port: 8082").stdout
        == "jobmanager.sh start-foreground\n"
    )


def test_built_in_plugins_are_linked(flink: Flink) -> None:
    for jar in ("one.jar", "two.jar"):
        (flink.home / "opt" / jar).touch()

    flink.run("true", ENABLE_BUILT_IN_PLUGINS="one.jar;two.jar")

    assert (flink.home / "plugins" / "one" / "one.jar").is_symlink()
    assert (flink.home / "plugins" / "two" / "two.jar").is_symlink()


def test_a_built_in_plugin_that_is_not_there_is_named(flink: Flink) -> None:
    result = flink.run("true", ENABLE_BUILT_IN_PLUGINS="none.jar")

    assert result.returncode == 1
    assert "ENABLE_BUILT_IN_PLUGINS: there is no" in result.stderr
    assert "none.jar" in result.stderr

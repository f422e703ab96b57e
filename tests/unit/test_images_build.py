"""The interface of the image builds: keys, references, and errors in one line."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.images import Image, ImageError, build, commands, packages, service


def silent(_: str) -> None:
    pass


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the services' images are made of, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    copy = tmp_path / "project"
    for folder in ("shared", "webhook", "controller", "requirements"):
        shutil.copytree(service.PROJECT / folder, copy / folder)
    shutil.copy(service.PROJECT / "Dockerfile", copy)
    monkeypatch.setattr(service, "PROJECT", copy)
    return copy


def test_a_changed_service_is_a_new_image_of_that_service_alone(project: Path) -> None:
    webhook, controller = service.key("webhook"), service.key("controller")

    (project / "webhook" / "added.py").write_text("x = 1\n")

    assert service.key("webhook") != webhook
    assert service.key("controller") == controller


@pytest.mark.parametrize("changed", ["shared/__init__.py", "Dockerfile"])
def test_what_both_services_share_changes_both_images(project: Path, changed: str) -> None:
    before = {service.key("webhook"), service.key("controller")}

    with (project / changed).open("a") as file:
        file.write("\n# changed\n")

    assert before.isdisjoint({service.key("webhook"), service.key("controller")})


@pytest.mark.skipif(sys.platform != "linux", reason="images are built on Linux")
def test_the_tag_of_a_service_is_its_content(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_service: str, _key: str, _reference: str, target: Path, _progress: object) -> None:
        target.write_text("image")

    monkeypatch.setattr(service, "write_archive", write)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    first = build(Image.WEBHOOK, silent)
    (project / "webhook" / "added.py").write_text("x = 1\n")
    second = build(Image.WEBHOOK, silent)

    assert first.reference == f"flink-operator-webhook:{first.path.stem.removeprefix('webhook-')}"
    assert first.reference != second.reference


@pytest.mark.usefixtures("project")
def test_without_root_an_image_that_is_not_cached_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(ImageError, match=r"^images are built from .* needs Linux and root$"):
        build(Image.WEBHOOK, silent)


def test_missing_packages_without_root_name_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/tool")
    monkeypatch.setattr(packages, "_installed", lambda package: package == "there")

    with pytest.raises(ImageError, match=r"run as root: apt-get update && apt-get install .* away$"):
        packages.ensure(["there", "away"], silent)


def test_a_failed_command_is_told_with_its_last_line() -> None:
    with pytest.raises(ImageError, match=r"^trying failed: sh ended with status 3: the reason$"):
        commands.run(["sh", "-c", "echo before; echo the reason >&2; exit 3"], "trying", silent)


def test_a_command_that_is_not_installed_is_named() -> None:
    with pytest.raises(ImageError, match="trying: the command no-such-command is not installed"):
        commands.run(["no-such-command"], "trying", silent)


def test_a_long_command_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "SIGN_OF_LIFE_SECONDS", 0.01)
    lines: list[str] = []

    commands.run(["sleep", "0.1"], "sleeping", lines.append)

    assert lines
    assert all(line.startswith("sleeping: ") for line in lines)

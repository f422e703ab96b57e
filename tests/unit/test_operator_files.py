"""Files of the operator's folder that clusters get."""

from pathlib import Path

import pytest

from controller.flink.operator_files import OperatorFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "config.yaml",
        "log4j-console.properties",
        "logback-console.xml",
        "core-site.xml",
        "flink.keytab",
        "krb5.conf",
        "notes.txt",
    ):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "folder.conf").mkdir()
    return tmp_path


def test_only_files_that_clusters_use_are_read(folder: Path) -> None:
    files = OperatorFiles.read(folder)
    assert set(files.log) == {"log4j-console.properties", "logback-console.xml"}
    assert files.hadoop == {"core-site.xml": "core-site.xml"}
    assert files.kerberos == {"flink.keytab": b"flink.keytab", "krb5.conf": b"krb5.conf"}


def test_file_is_found_by_its_path_only(folder: Path) -> None:
    files = OperatorFiles.read(folder)
    assert files.kerberos_file(f"{folder}/krb5.conf") == b"krb5.conf"
    assert files.kerberos_file(f"{folder}/./krb5.conf") == b"krb5.conf"
    assert files.kerberos_file("krb5.conf") is None
    assert files.kerberos_file(f"{folder}/../krb5.conf") is None
    assert files.kerberos_file(f"{folder}/config.yaml") is None


def test_file_that_no_object_holds_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "large.keytab").write_bytes(b"0" * (2**20 + 1))
    assert OperatorFiles.read(tmp_path).kerberos == {}


def test_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert OperatorFiles.read(tmp_path / "absent").log == {}

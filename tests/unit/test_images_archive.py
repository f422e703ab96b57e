"""Layers and archives: what containerd reads."""

import hashlib
import json
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.images import oci
from tests.images.layer import Layer


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    path = tmp_path / "layer.tar"
    with Layer(path, owner=9999) as tar:
        tar.file(PurePosixPath("/opt/flink/bin/one.sh"), b"one", 0o755)
        tar.file(PurePosixPath("/opt/flink/bin/two.sh"), b"two", 0o755)
        tar.file(PurePosixPath("/etc/passwd"), b"root", 0o644, owner=0)
    return path


def test_a_layer_holds_each_parent_folder_once_and_leaves_the_base_folders_alone(layer: Path) -> None:
    with tarfile.open(layer) as tar:
        names = tar.getnames()

    assert names == [
        "opt/flink",
        "opt/flink/bin",
        "opt/flink/bin/one.sh",
        "opt/flink/bin/two.sh",
        "etc/passwd",
    ]


def test_a_layer_keeps_rights_and_owners(layer: Path) -> None:
    with tarfile.open(layer) as tar:
        entries = {member.name: (member.mode, member.uid, member.gid) for member in tar}

    assert entries["opt/flink/bin/one.sh"] == (0o755, 9999, 9999)
    assert entries["etc/passwd"] == (0o644, 0, 0)


def test_an_archive_names_its_image_for_containerd(tmp_path: Path, layer: Path) -> None:
    archive = tmp_path / "image.tar"

    oci.write(archive, "flink:2.3", [layer], {})

    with tarfile.open(archive) as tar:
        index = json.loads(_read(tar, "index.json"))
    (manifest,) = index["manifests"]
    assert manifest["annotations"]["io.containerd.image.name"] == "docker.io/library/flink:2.3"


def test_every_blob_of_an_archive_is_what_its_digest_says(tmp_path: Path, layer: Path) -> None:
    archive = tmp_path / "image.tar"

    oci.write(archive, "flink:2.3", [layer, layer], {"User": "9999:9999"})

    with tarfile.open(archive) as tar:
        (descriptor,) = json.loads(_read(tar, "index.json"))["manifests"]
        manifest = json.loads(_blob(tar, descriptor))
        config = json.loads(_blob(tar, manifest["config"]))
        layers = [_blob(tar, entry) for entry in manifest["layers"]]
    assert config["config"] == {"User": "9999:9999"}
    assert config["rootfs"]["diff_ids"] == [entry["digest"] for entry in manifest["layers"]]
    assert layers == [layer.read_bytes()] * 2


def _blob(tar: tarfile.TarFile, descriptor: dict[str, Any]) -> bytes:
    content = _read(tar, f"blobs/{descriptor['digest'].replace(':', '/')}")
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == descriptor["digest"]
    assert len(content) == descriptor["size"]
    return content


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()

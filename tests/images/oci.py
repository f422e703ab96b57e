"""Image archives in the OCI layout, as `ctr images import`, podman and skopeo read them."""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from platform import machine
from typing import Any

_INDEX = "index.json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Blob:
    """A file in the archive; `digest` as in `sha256:<hex>`, `size` in bytes."""

    path: Path
    digest: str
    size: int

    @classmethod
    def of(cls, path: Path) -> "Blob":
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path, f"sha256:{digest}", path.stat().st_size)

    def descriptor(self, media_type: str) -> dict[str, Any]:
        return {"mediaType": media_type, "digest": self.digest, "size": self.size}


def write(target: Path, reference: str, layers: Sequence[Path], config: Mapping[str, Any]) -> None:
    """An archive of one image from its layers (uncompressed tar files, lowest first).

    `config` is the image specification's `config` object: Env, Entrypoint, User and the like. The layers stay
    uncompressed: the archive never leaves this machine, and jars do not shrink.
    """
    layer_blobs = [Blob.of(layer) for layer in layers]
    config_blob = _json_blob(
        target.with_suffix(".config"),
        {
            "architecture": _ARCHITECTURES.get(machine(), machine()),
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [blob.digest for blob in layer_blobs]},
        },
    )
    manifest_blob = _json_blob(
        target.with_suffix(".manifest"),
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST_TYPE,
            "config": config_blob.descriptor(_CONFIG_TYPE),
            "layers": [blob.descriptor(_LAYER_TYPE) for blob in layer_blobs],
        },
    )
    layout = target.with_suffix(".layout")
    layout.mkdir()
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    index = {"schemaVersion": 2, "manifests": [manifest_blob.descriptor(_MANIFEST_TYPE)]}
    (layout / _INDEX).write_text(json.dumps(index))
    blobs = {blob.digest: blob for blob in [*layer_blobs, config_blob, manifest_blob]}
    _pack(target, reference, layout, blobs.values())


def pack(target: Path, reference: str, layout: Path) -> None:
    """An archive from a folder in the OCI layout that holds one image."""
    files = sorted((layout / "blobs" / "sha256").iterdir())
    blobs = [Blob(file, f"sha256:{file.name}", file.stat().st_size) for file in files]
    _pack(target, reference, layout, blobs)


@contextmanager
def top_layer(archive: Path) -> Iterator[tarfile.TarFile]:
    """The highest layer of the one image in an archive of `write`."""
    with tarfile.open(archive) as image:

        def document(path: str) -> Any:
            file = image.extractfile(path)
            assert file is not None
            return json.load(file)

        def blob(descriptor: Mapping[str, Any]) -> str:
            return f"blobs/sha256/{descriptor['digest'].removeprefix('sha256:')}"

        (manifest,) = document(_INDEX)["manifests"]
        layer = image.extractfile(blob(document(blob(manifest))["layers"][-1]))
        with tarfile.open(fileobj=layer) as content:
            yield content


def _pack(target: Path, reference: str, layout: Path, blobs: Iterable[Blob]) -> None:
    index = json.loads((layout / _INDEX).read_text())
    (manifest,) = index["manifests"]
    manifest["annotations"] = {
        "io.containerd.image.name": f"docker.io/library/{reference}",
        "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
    }
    (layout / _INDEX).write_text(json.dumps(index))
    with tarfile.open(target, "w") as archive:
        archive.add(layout / "oci-layout", "oci-layout")
        archive.add(layout / _INDEX, _INDEX)
        for blob in blobs:
            archive.add(blob.path, f"blobs/{blob.digest.replace(':', '/')}")


def _json_blob(path: Path, content: Mapping[str, Any]) -> Blob:
    path.write_text(json.dumps(content))
    return Blob.of(path)

"""The image that holds each pod's namespaces: one static program, as an OCI image archive."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from pathlib import Path

PAUSE_IMAGE = "docker.io/local/pause:1"

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""The machine's name for itself, and the image specification's."""


def write_pause_image(program: Path, archive: Path) -> None:
    """Write an archive of an image whose one layer holds one program; equal input gives equal bytes."""
    layer = _tar({"pause": program.read_bytes()}, mode=0o755)
    configuration = json.dumps(
        {
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": {"Entrypoint": ["/pause"], "User": "65535:65535"},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _descriptor("application/vnd.oci.image.config.v1+json", configuration),
            "layers": [_descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
        }
    ).encode()
    entry = _descriptor("application/vnd.oci.image.manifest.v1+json", manifest)
    names = {"annotations": {"io.containerd.image.name": PAUSE_IMAGE}}
    files = {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [{**entry, **names}]}).encode(),
        **{f"blobs/sha256/{_digest(blob)[7:]}": blob for blob in (configuration, layer, manifest)},
    }
    archive.write_bytes(_tar(files, mode=0o644))


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _tar(files: Mapping[str, bytes], mode: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = mode
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()

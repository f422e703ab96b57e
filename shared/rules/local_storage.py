"""Directories on a pod's own disk, which high availability cannot use once the pod is gone."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from shared.config.options import (
    CHECKPOINT_DIRECTORY,
    HIGH_AVAILABILITY_STORAGE,
    high_availability_is_active,
)
from shared.rules.finding import Finding, Severity
from shared.rules.subject import DeploymentUnderReview

_DEFAULT_SCHEMES = (
    "fs.default-scheme",
    "fs.hdfs.hadoopconf",
    "env.hadoop.conf.dir",
    "kubernetes.hadoop.conf.config-map.name",
)
"""With one of these a path without a scheme need not be on the local disk."""
_CLAIMS = "kubernetes.persistent-volume-claims"


def storage_outlives_its_pod(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A warning for each such directory that no volume of the pod templates holds."""
    if not high_availability_is_active(it.config):
        return
    for option in (HIGH_AVAILABILITY_STORAGE, CHECKPOINT_DIRECTORY):
        key = option.key_in(it.config)
        folder = _local_folder((it.config[key] if key else "").strip(), it)
        if folder is not None and not _is_mounted(folder, it):
            found = "is on the disk of one pod, and gone with it: high availability cannot go on from there"
            hint = "Use a directory that all pods reach, like s3://bucket/folder, or mount a volume there."
            yield Finding("FK507", f"spec.flinkConfiguration[{key}]", found, hint, Severity.WARNING)


def _local_folder(directory: str, it: DeploymentUnderReview) -> PurePosixPath | None:
    if directory.startswith("file:"):
        return PurePosixPath("/" + directory.removeprefix("file:").lstrip("/"))
    is_path = directory.startswith("/") and not any(key in it.config for key in _DEFAULT_SCHEMES)
    return PurePosixPath(directory) if is_path else None


def _is_mounted(folder: PurePosixPath, it: DeploymentUnderReview) -> bool:
    spec = it.spec
    templates = [spec.pod_template]
    templates += [component.pod_template for component in (spec.job_manager, spec.task_manager) if component]
    places = [
        mount.get("mountPath") or ""
        for template in templates
        for container in ((template or {}).get("spec") or {}).get("containers") or ()
        for mount in container.get("volumeMounts") or ()
    ]
    return _CLAIMS in it.config or any(place and folder.is_relative_to(place) for place in places)

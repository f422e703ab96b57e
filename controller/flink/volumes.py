"""Volumes of Flink's pods, each with its mount in the main container."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from controller.flink.configuration_file import ConfigurationConflict
from controller.flink.kerberos import KEYTAB_FOLDER, Kerberos
from controller.flink.names import configuration_map, hadoop_map, keytab_secret, krb5_map, pod_template_map
from controller.flink.options import ClusterOptions
from controller.flink.pod_template import Json
from shared.config.job_jar import USER_LIBRARY, in_user_library
from shared.config.options import VOLUME_CLAIMS, VOLUME_CLAIMS_ARE_READ_ONLY
from shared.config.volume_claims import claim_problems, volume_names, volume_of_claim
from shared.model.pod_template import MAIN_CONTAINER

POD_TEMPLATE_KEY = "taskmanager-pod-template.yaml"
HADOOP_FOLDER = "/opt/hadoop/conf"

_POD_TEMPLATE_FOLDER = "/opt/flink/pod-template"


class Mounted(NamedTuple):
    """A volume and its mount."""

    volume: Json
    mount: Json


def _mounted(name: str, source: Json, path: str, **mount: Any) -> Mounted:
    return Mounted({"name": name, **source}, {"name": name, "mountPath": path, **mount})


def artifacts(options: ClusterOptions) -> list[Mounted]:
    """Where the JobManager puts jars that it fetches."""
    folder = options.get("user.artifacts.base-dir") or "/opt/flink/artifacts"
    return [_mounted("user-artifacts-volume", {"emptyDir": {}}, folder)]


def secrets(options: ClusterOptions) -> list[Mounted]:
    """The Secrets that kubernetes.secrets names."""
    return [
        _mounted(f"{secret}-volume", {"secret": {"secretName": secret}}, path)
        for secret, path in options.map("kubernetes.secrets").items()
    ]


def claims(options: ClusterOptions, template: Json) -> list[Mounted]:
    """The PersistentVolumeClaims that options name, where the version of Flink has such options.

    Raises ConfigurationConflict for what Flink's client refuses.
    """
    if not options.release.mounts_volume_claims:
        return []
    read_only = options.is_true(VOLUME_CLAIMS_ARE_READ_ONLY.key)
    wanted = options.map(VOLUME_CLAIMS.key)
    for problem in claim_problems(wanted, volume_names(template)):
        raise ConfigurationConflict(f"{VOLUME_CLAIMS.key}: {problem}.")
    return [_claim(claim, path, read_only=read_only) for claim, path in wanted.items()]


def _claim(claim: str, path: str, *, read_only: bool) -> Mounted:
    source = {"persistentVolumeClaim": {"claimName": claim, "readOnly": read_only}}
    return _mounted(volume_of_claim(claim), source, path, readOnly=read_only)


def hadoop(options: ClusterOptions, files: Mapping[str, str]) -> list[Mounted]:
    """Hadoop's configuration: from a ConfigMap that an option names, else from the operator's own files."""
    existing = _existing_hadoop_map(options) if _mounts_hadoop(options) else None
    own = own_hadoop_files(options, files)
    if existing:
        source: Json = {"configMap": {"name": existing}}
    elif own:
        source = {"configMap": _config_map_items(hadoop_map(options.name), own)}
    else:
        return []
    return [_mounted("hadoop-config-volume", source, HADOOP_FOLDER)]


def own_hadoop_files(options: ClusterOptions, files: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the operator's files that the cluster needs a ConfigMap of."""
    return files if _mounts_hadoop(options) and not _existing_hadoop_map(options) else {}


def _mounts_hadoop(options: ClusterOptions) -> bool:
    return options.is_true("kubernetes.decorator.hadoop-conf-mount.enabled", default=True)


def _existing_hadoop_map(options: ClusterOptions) -> str | None:
    return options.get("kubernetes.hadoop.conf.config-map.name")


def kerberos_files(options: ClusterOptions, kerberos: Kerberos) -> list[Mounted]:
    """Keytab and krb5.conf."""
    result = []
    if kerberos.keytab is not None:
        source: Json = {"secret": {"secretName": keytab_secret(options.name)}}
        result.append(_mounted("kerberos-keytab-volume", source, KEYTAB_FOLDER))
    if kerberos.krb5 is not None:
        items = [{"key": kerberos.krb5[0], "path": "krb5.conf"}]
        source = {"configMap": {"name": krb5_map(options.name), "items": items}}
        result.append(_mounted("kerberos-krb5conf-volume", source, "/etc/krb5.conf", subPath="krb5.conf"))
    return result


def configuration(options: ClusterOptions, keys: Iterable[str]) -> list[Mounted]:
    """Flink's configuration folder: nothing of the image's own is seen."""
    folder = options.get("kubernetes.flink.conf.dir") or "/opt/flink/conf"
    source = {"configMap": _config_map_items(configuration_map(options.name), keys)}
    return [_mounted("flink-config-volume", source, folder)]


def task_manager_template(options: ClusterOptions) -> list[Mounted]:
    """The pod template that a native JobManager makes its TaskManagers of."""
    source = {"configMap": _config_map_items(pod_template_map(options.name), [POD_TEMPLATE_KEY])}
    return [_mounted("pod-template-volume", source, _POD_TEMPLATE_FOLDER)]


def user_library(template: Json, class_path: Iterable[str]) -> list[Mounted]:
    """The folder for user code, without which Flink ignores its class path, unless it is there already."""
    containers = (template.get("spec") or {}).get("containers") or []
    mounts = [
        mount["mountPath"]
        for container in containers
        if container.get("name") == MAIN_CONTAINER
        for mount in container.get("volumeMounts") or []
    ]
    if any(path.startswith(USER_LIBRARY) for path in mounts) or any(map(in_user_library, class_path)):
        return []
    return [_mounted("user-lib-dir", {"emptyDir": {}}, USER_LIBRARY)]


def _config_map_items(name: str, keys: Iterable[str]) -> Json:
    return {"name": name, "items": [{"key": key, "path": key} for key in keys]}

"""Hadoop's and Kerberos' files in a cluster's pods: named by options, or from the operator's folder."""

from base64 import b64decode

import pytest

from controller.flink.configuration_file import ConfigurationConflict
from controller.flink.operator_files import OperatorFiles
from tests.unit.flink_deployments import application
from tests.unit.native_clusters import (
    Json,
    made,
    main_container_of,
    mount_of,
    options_of,
    pod_of_job_manager,
    variables_of,
    volume_of,
    with_options,
)

KEYTAB, KRB5 = "security.kerberos.login.keytab", "security.kerberos.krb5-conf.path"
PRINCIPAL = {"security.kerberos.login.principal": "flink@EXAMPLE.COM"}
FILES = OperatorFiles(
    hadoop={"core-site.xml": "<core/>", "hdfs-site.xml": "<hdfs/>"},
    kerberos={"flink.keytab": b"\x00keys", "realm.conf": b"[libdefaults]\n"},
    folder="/opt/flink/conf",
)
FOREIGN = (
    "/etc/shadow",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "/opt/flink/conf/config.yaml",
)


def test_hadoops_configuration_comes_from_the_config_map_that_is_named() -> None:
    cluster = made(with_options({"kubernetes.hadoop.conf.config-map.name": "hadoop"}), files=FILES)
    container = main_container_of(cluster.deployment)
    assert volume_of(pod_of_job_manager(cluster), "hadoop-config-volume") == {
        "name": "hadoop-config-volume",
        "configMap": {"name": "hadoop"},
    }
    assert mount_of(container, "hadoop-config-volume") is not None
    assert container["env"][-1] == {"name": "HADOOP_CONF_DIR", "value": "/opt/hadoop/conf"}
    assert "hadoop-config-orders" not in {one["metadata"]["name"] for one in cluster.config_maps}


def test_hadoops_configuration_comes_from_the_operators_folder_when_none_is_named() -> None:
    cluster = made(application(), files=FILES)
    config_map = next(one for one in cluster.config_maps if one["metadata"]["name"] == "hadoop-config-orders")
    assert config_map["data"] == FILES.hadoop
    volume = volume_of(pod_of_job_manager(cluster), "hadoop-config-volume")
    assert volume is not None
    assert [item["key"] for item in volume["configMap"]["items"]] == ["core-site.xml", "hdfs-site.xml"]


@pytest.mark.parametrize("options", [{}, {"kubernetes.hadoop.conf.config-map.name": "hadoop"}])
def test_hadoops_configuration_can_be_switched_off(options: Json) -> None:
    off = {"kubernetes.decorator.hadoop-conf-mount.enabled": "false"}
    cluster = made(with_options({**options, **off}), files=FILES)
    assert volume_of(pod_of_job_manager(cluster), "hadoop-config-volume") is None
    assert "HADOOP_CONF_DIR" not in variables_of(main_container_of(cluster.deployment))
    assert [one["metadata"]["name"] for one in cluster.config_maps] == ["flink-config-orders"]


def test_keytab_becomes_a_secret_and_the_option_names_its_place_in_pods() -> None:
    options = {KEYTAB: "/opt/flink/conf/flink.keytab", **PRINCIPAL}
    cluster = made(with_options(options), files=FILES)
    (secret,) = cluster.secrets
    assert secret["metadata"]["name"] == "kerberos-keytab-orders"
    assert {name: b64decode(text) for name, text in secret["data"].items()} == {"flink.keytab": b"\x00keys"}
    mount = mount_of(main_container_of(cluster.deployment), "kerberos-keytab-volume")
    assert mount == {"name": "kerberos-keytab-volume", "mountPath": "/opt/kerberos/kerberos-keytab"}
    assert options_of(cluster.config_maps)[KEYTAB] == "/opt/kerberos/kerberos-keytab/flink.keytab"


def test_older_name_of_the_keytab_option_does_not_stay_beside_the_newer() -> None:
    options = {"security.keytab": "/opt/flink/conf/flink.keytab", "security.principal": "flink@EXAMPLE.COM"}
    shipped = options_of(made(with_options(options), files=FILES).config_maps)
    assert shipped[KEYTAB] == "/opt/kerberos/kerberos-keytab/flink.keytab"
    assert "security.keytab" not in shipped


def test_keytab_without_a_principal_is_not_used() -> None:
    assert made(with_options({KEYTAB: "/opt/flink/conf/flink.keytab"}), files=FILES).secrets == ()


def test_krb5_conf_is_mounted_where_java_looks() -> None:
    cluster = made(with_options({KRB5: "/opt/flink/conf/realm.conf"}), files=FILES)
    mount = mount_of(main_container_of(cluster.deployment), "kerberos-krb5conf-volume")
    assert mount is not None
    assert (mount["mountPath"], mount["subPath"]) == ("/etc/krb5.conf", "krb5.conf")
    volume = volume_of(pod_of_job_manager(cluster), "kerberos-krb5conf-volume")
    assert volume is not None
    assert volume["configMap"]["items"] == [{"key": "realm.conf", "path": "krb5.conf"}]
    config_map = next(
        one for one in cluster.config_maps if one["metadata"]["name"] == "kerberos-krb5conf-orders"
    )
    assert config_map["data"] == {"realm.conf": "[libdefaults]\n"}


@pytest.mark.parametrize(
    "path", [*FOREIGN, "/opt/flink/conf/../../../etc/krb5.conf", "flink.keytab", "/x/flink.keytab"]
)
@pytest.mark.parametrize("key", [KEYTAB, KRB5])
def test_no_other_file_of_the_operator_can_be_had(key: str, path: str) -> None:
    with pytest.raises(ConfigurationConflict, match=key):
        made(with_options({key: path, **PRINCIPAL}), files=FILES)


def test_keytab_of_ones_own_secret_is_left_as_it_is() -> None:
    options = {
        KEYTAB: "/opt/keys/own.keytab",
        **PRINCIPAL,
        "kubernetes.secrets": "keys:/opt/keys",
        "kubernetes.decorator.kerberos-mount.enabled": "false",
    }
    cluster = made(with_options(options), files=FILES)
    assert cluster.secrets == ()
    assert options_of(cluster.config_maps)[KEYTAB] == "/opt/keys/own.keytab"

"""What the watches select: objects of clusters, and none of those that Flink's processes keep rewriting."""

import pytest

from controller.flink.names import NATIVE
from controller.flink.operator_files import OperatorFiles
from controller.repair import COLLECTIONS
from controller.watch import watch_settings
from tests.unit.flink_deployments import application
from tests.unit.running_clusters import RunningCluster

KERBEROS = {"security.kerberos.krb5-conf.path": "/opt/flink/conf/krb5.conf"}
FILES = OperatorFiles(
    hadoop={"core-site.xml": "<core/>"}, kerberos={"krb5.conf": b"[libdefaults]"}, folder="/opt/flink/conf"
)


def selects(plural: str, labels: dict[str, str]) -> bool:
    """As the API server reads a selector."""
    selector = watch_settings().watching.label_selectors[plural]
    if " in (" in selector:
        key, values = selector.removesuffix(")").split(" in (")
        return labels.get(key) in values.split(",")
    key, value = selector.split("=")
    return labels.get(key) == value


@pytest.mark.parametrize("mode", ["native", "standalone"])
async def test_all_that_is_held_against_a_checksum_is_watched(mode: str) -> None:
    template = {"spec": {"nodeSelector": {"disk": "ssd"}}}
    raw = application(mode=mode, podTemplate=template, flinkConfiguration=KERBEROS)
    cluster = await RunningCluster.of(raw, FILES)
    assert len(cluster.checksums()) >= 4
    for name in cluster.checksums():
        labels = cluster.object(name)["metadata"]["labels"]
        assert selects(COLLECTIONS[name.kind].plural, labels), name


@pytest.mark.parametrize(
    "labels",
    [
        {"app": "orders", "type": NATIVE},
        {"app": "orders", "type": NATIVE, "configmap-type": "high-availability"},
    ],
    ids=["Flink 2", "Flink 1"],
)
def test_metadata_of_high_availability_is_not_watched(labels: dict[str, str]) -> None:
    """Leaders renew it every few seconds."""
    assert not selects("configmaps", labels)

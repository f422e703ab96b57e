"""A native cluster's objects: owners, probes, resources, and Flink's configuration file."""

from typing import Any

import pytest
import yaml

from controller.flink.cluster import owned_by
from controller.flink.configuration_file import ConfigurationConflict
from tests.unit.flink_deployments import UID, application, session, with_metadata
from tests.unit.native_clusters import HA, Json, made, options_of


def test_deployment_belongs_to_the_resource() -> None:
    (owner,) = made(application()).deployment["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "name": "orders",
        "uid": UID,
        "controller": False,
        "blockOwnerDeletion": True,
    }


def test_accompanying_objects_belong_to_the_deployment() -> None:
    cluster = made(application())
    deployment = {**cluster.deployment, "metadata": {**cluster.deployment["metadata"], "uid": "d-1"}}
    for body in (*cluster.services, *cluster.config_maps):
        (owner,) = owned_by(deployment, body)["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("Deployment", "orders", "d-1")
        assert owner["controller"]
        assert owner["blockOwnerDeletion"]


def test_startup_probe_is_there_unless_switched_off_or_given() -> None:
    def probe(raw: Json) -> Any:
        (container,) = made(raw).deployment["spec"]["template"]["spec"]["containers"]
        return container.get("startupProbe")

    assert probe(application())["httpGet"] == {"path": "/config", "port": "rest"}
    off = {"kubernetes.operator.jm-deployment.startup.probe.enabled": "false"}
    assert probe(application(flinkConfiguration=off)) is None
    own = {"spec": {"containers": [{"name": "flink-main-container", "startupProbe": {"exec": {}}}]}}
    assert probe(application(podTemplate=own)) == {"exec": {}}


TLS = {"security.ssl.rest.enabled": "true"}
ASKS = {"security.ssl.rest.authentication-enabled": "true"}
OVER_HTTPS = {"httpGet": {"path": "/config", "port": "rest", "scheme": "HTTPS"}}


@pytest.mark.parametrize(
    ("options", "version", "question"),
    [
        (TLS, "v2_3", OVER_HTTPS),
        ({"security.ssl.enabled": "true"}, "v1_20", OVER_HTTPS),
        (TLS | ASKS, "v2_3", {"tcpSocket": {"port": "rest"}}),
        (ASKS, "v2_3", {"httpGet": {"path": "/config", "port": "rest"}}),
    ],
    ids=["tls", "umbrella", "asks for certificates", "off"],
)
@pytest.mark.parametrize("mode", ["native", "standalone"])
def test_startup_probe_asks_as_far_as_the_kubelet_is_answered(
    options: Json, version: str, question: Json, mode: str
) -> None:
    """It takes any certificate, and has none to show."""
    deployment = made(application(flinkConfiguration=options, flinkVersion=version, mode=mode)).deployment
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    rest = {"periodSeconds": 1, "failureThreshold": 2**31 - 1}
    assert container["startupProbe"] == {**question, **rest}


def test_last_lines_of_a_crashed_containers_log_are_kept_unless_the_template_says_otherwise() -> None:
    own = {"name": "quiet", "image": "i", "terminationMessagePolicy": "File"}
    template = {"spec": {"containers": [own], "initContainers": [{"name": "fetch", "image": "i"}]}}
    spec = made(application(podTemplate=template)).deployment["spec"]["template"]["spec"]
    policies = {
        one["name"]: one["terminationMessagePolicy"] for one in (*spec["initContainers"], *spec["containers"])
    }
    assert policies == {
        "fetch": "FallbackToLogsOnError",
        "quiet": "File",
        "flink-main-container": "FallbackToLogsOnError",
    }


def test_log_configuration_of_the_resource_replaces_the_operators() -> None:
    cluster = made(
        application(logConfiguration={"log4j-console.properties": "own"}), log_files=("logback-console.xml",)
    )
    (config_map,) = cluster.config_maps
    assert set(config_map["data"]) == {"log4j-console.properties", "config.yaml"}
    assert config_map["data"]["log4j-console.properties"] == "own"


def test_session_cluster_has_no_job() -> None:
    options = options_of(made(session()).config_maps)
    assert not any(
        key.startswith(("pipeline.", "$internal.application", "$internal.pipeline")) for key in options
    )
    assert options["execution.target"] == "kubernetes-session"


def test_restore_point_comes_from_the_submission_alone() -> None:
    raw = application(flinkConfiguration={"execution.savepoint.path": "s3://b/own"})
    assert "execution.savepoint.path" not in options_of(made(raw).config_maps)
    assert (
        options_of(made(raw, restore_path="s3://b/sp").config_maps)["execution.savepoint.path"] == "s3://b/sp"
    )


def test_options_of_the_operator_stay_with_the_operator() -> None:
    raw = application(flinkConfiguration={"kubernetes.operator.x": "y", "job.autoscaler.enabled": "true"})
    options = options_of(made(raw).config_maps)
    assert not any(key.startswith(("kubernetes.operator.", "job.autoscaler.")) for key in options)


@pytest.mark.parametrize("store", ["job-result-store", "application-result-store"])
def test_each_deployment_has_result_stores_of_its_own(store: str) -> None:
    raw = application(flinkConfiguration=HA, flinkVersion="v2_3")
    first = options_of(made(raw).config_maps)[f"{store}.storage-path"]
    second = options_of(made(with_metadata(raw, generation=2)).config_maps)[f"{store}.storage-path"]
    assert first.startswith(f"file:///tmp/ha/{store}/orders/")
    assert first != second


def test_flink_without_applications_gets_no_store_for_their_results() -> None:
    options = options_of(made(application(flinkConfiguration=HA, flinkVersion="v2_2")).config_maps)
    assert "application-result-store.storage-path" not in options


def test_resources_become_flinks_options() -> None:
    requirements = {
        "requests": {"memory": "1Gi", "cpu": "500m"},
        "limits": {"memory": "2Gi", "cpu": 1, "x.y/gpu": "1"},
    }
    cluster = made(application(jobManager={"resources": requirements}))
    (container,) = cluster.deployment["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {
        "requests": {"memory": "1024Mi", "cpu": "0.5"},
        "limits": {"memory": "2048Mi", "cpu": "1", "x.y/gpu": "1"},
    }
    options = options_of(cluster.config_maps)
    assert options["jobmanager.memory.process.size"] == "1073741824 bytes"
    assert options["kubernetes.jobmanager.memory.limit-factor"] == "2.0"


def test_map_options_may_be_given_as_yaml_mappings() -> None:
    nested = {"kubernetes": {"jobmanager": {"labels": {"team": "a"}, "annotations": {"note": "b"}}}}
    deployment = made(application(flinkConfiguration=nested)).deployment
    assert deployment["metadata"]["labels"]["team"] == "a"
    assert deployment["metadata"]["annotations"]["note"] == "b"


@pytest.mark.parametrize("version", ["v1_20", "v2_3"])
@pytest.mark.parametrize(
    "text", ["yes", "0123", "1e3", "12e45", "0o17", "null", "~", "a: b", "- x", "é", "'q'", ""]
)
def test_option_reaches_flink_as_the_text_it_is(version: str, text: str) -> None:
    """YAML 1.2 (Flink's) and 1.1 (PyYAML's) differ: what either could read as another type is quoted."""
    (config_map,) = made(
        application(flinkVersion=version, flinkConfiguration={"my.option": text})
    ).config_maps
    if version == "v1_20":
        assert f"\nmy.option: {text}\n" in config_map["data"]["flink-conf.yaml"]
        return
    content = config_map["data"]["config.yaml"]
    document = yaml.compose(content, Loader=yaml.SafeLoader)
    assert isinstance(document, yaml.MappingNode)
    node = next(value for key, value in document.value if key.value == "my.option")
    assert node.value == text
    assert node.style in {"'", '"'} or text == "é"


def test_elements_of_a_list_are_quoted_in_the_older_file_where_they_must_be() -> None:
    raw = application(flinkVersion="v1_20", job={"args": ["plain", "a;b", "it's", 'say "x"']})
    (config_map,) = made(raw).config_maps
    line = "$internal.application.program-args: plain;'a;b';'it''s';'say \"x\"'\n"
    assert line in config_map["data"]["flink-conf.yaml"]


@pytest.mark.parametrize(
    "spec", [{"job": {"args": ["two\nlines"]}}, {"flinkConfiguration": {"a": "b\nc: d"}}]
)
def test_option_of_several_lines_is_refused_in_the_older_file(spec: Json) -> None:
    with pytest.raises(ConfigurationConflict, match="line"):
        made(application(flinkVersion="v1_20", **spec))


def test_option_that_begins_another_is_refused_with_both_named() -> None:
    options = {"high-availability": "kubernetes", "high-availability.storageDir": "s3://b"}
    with pytest.raises(
        ConfigurationConflict, match=r"both high-availability and high-availability\.cluster-id"
    ):
        made(application(flinkConfiguration=options))


def test_option_that_begins_another_is_fine_in_the_older_file() -> None:
    options = {"high-availability": "kubernetes", "high-availability.storageDir": "s3://b"}
    assert made(application(flinkVersion="v1_20", flinkConfiguration=options)).services

"""What options put into the pods of a native cluster, one by one."""

from typing import Any

import pytest

from controller.flink.configuration_file import ConfigurationConflict
from controller.flink.operator_files import OperatorFiles
from tests.unit.flink_deployments import application, session
from tests.unit.native_clusters import (
    HA,
    Json,
    made,
    main_container_of,
    options_of,
    pod_of_job_manager,
    variables_of,
    volume_of,
    with_options,
)

FILES = OperatorFiles(hadoop={"core-site.xml": "<core/>"})


def test_node_network_has_its_names_and_no_ports_of_its_own() -> None:
    cluster = made(with_options({"kubernetes.hostnetwork.enabled": "true"}))
    pod = pod_of_job_manager(cluster)
    assert (pod["hostNetwork"], pod["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")
    assert "ports" not in main_container_of(cluster.deployment)


def test_node_network_leaves_no_port_for_a_startup_probe_to_find() -> None:
    container = main_container_of(made(with_options({"kubernetes.hostnetwork.enabled": "true"})).deployment)
    assert "startupProbe" not in container


def test_node_network_of_a_template_needs_the_option_too() -> None:
    pod = pod_of_job_manager(
        made(application(podTemplate={"spec": {"hostNetwork": True, "dnsPolicy": "None"}}))
    )
    assert "hostNetwork" not in pod
    assert pod["dnsPolicy"] == "None"


def claims(version: str, options: Json, **spec: Any) -> list[Json]:
    cluster = made(with_options(options, flinkVersion=version, **spec))
    return [one for one in pod_of_job_manager(cluster)["volumes"] if "persistentVolumeClaim" in one]


CLAIMS = {"kubernetes.persistent-volume-claims": "data:/data,my.claim:/other"}


def test_claims_are_mounted_where_flink_has_the_option() -> None:
    assert claims("v2_3", CLAIMS) == [
        {"name": "data-pvc", "persistentVolumeClaim": {"claimName": "data", "readOnly": False}},
        {"name": "my-claim-pvc", "persistentVolumeClaim": {"claimName": "my.claim", "readOnly": False}},
    ]
    assert claims("v2_2", CLAIMS) == []


def test_claims_can_be_read_only() -> None:
    options = {**CLAIMS, "kubernetes.persistent-volume-claim-read-only": "true"}
    assert all(one["persistentVolumeClaim"]["readOnly"] for one in claims("v2_3", options))


@pytest.mark.parametrize(
    "mounts",
    [
        "Data:/data",
        "data:relative",
        "a:/data,b:/data",
        "a.b:/one,a-b:/two",
        "extra:/data",
        f"{'a' * 60}:/data",
    ],
)
def test_claims_that_flinks_client_refuses_are_refused(mounts: str) -> None:
    template = {"spec": {"volumes": [{"name": "extra-pvc", "emptyDir": {}}]}}
    with pytest.raises(ConfigurationConflict, match=r"kubernetes\.persistent-volume-claims"):
        claims("v2_3", {"kubernetes.persistent-volume-claims": mounts}, podTemplate=template)


def test_folder_of_the_log_is_told_by_the_environment() -> None:
    container = main_container_of(
        made(with_options({"kubernetes.flink.log.dir": "/var/log/flink"})).deployment
    )
    assert variables_of(container)["FLINK_LOG_DIR"] == "/var/log/flink"


def test_variables_come_in_the_clients_order() -> None:
    options = {
        "containerized.master.env.OWN": "1",
        "kubernetes.flink.log.dir": "/log",
        "kubernetes.env.secretKeyRef": "env:USER,secret:credentials,key:user",
    }
    container = main_container_of(made(with_options(options), files=FILES).deployment)
    assert list(variables_of(container)) == [
        "OWN",
        "_POD_IP_ADDRESS",
        "FLINK_LOG_DIR",
        "USER",
        "HADOOP_CONF_DIR",
    ]


def test_service_account_of_the_template_counts_only_when_no_option_names_one() -> None:
    template = {"spec": {"serviceAccountName": "of-template"}}
    unnamed = {"serviceAccount": None, "podTemplate": template}

    def account(options: Json, **spec: Any) -> str:
        pod = pod_of_job_manager(made(with_options(options, **spec)))
        assert pod["serviceAccount"] == pod["serviceAccountName"]
        return str(pod["serviceAccountName"])

    assert account({}, **unnamed) == "of-template"
    assert account({"kubernetes.service-account": "common"}, **unnamed) == "common"
    assert account({"kubernetes.jobmanager.service-account": "own"}, **unnamed) == "own"
    assert account({}, podTemplate=template) == "flink"
    assert account({}, serviceAccount=None) == "default"


def test_older_field_of_a_templates_service_account_is_read_too() -> None:
    template = {"spec": {"serviceAccount": "of-template"}}
    pod = pod_of_job_manager(made(application(serviceAccount=None, podTemplate=template)))
    assert pod["serviceAccountName"] == "of-template"


def test_labels_of_services_are_flinks_since_2_2() -> None:
    options = {
        "kubernetes.rest-service.labels": "team:a",
        "kubernetes.internal-service.labels": "team:b",
        "kubernetes.internal-service.annotations": "note:c",
    }

    def labels(version: str) -> list[str | None]:
        services = made(with_options(options, flinkVersion=version)).services
        assert services[0]["metadata"]["annotations"] == {"note": "c"}
        return [one["metadata"]["labels"].get("team") for one in services]

    assert labels("v2_1") == [None, None]
    assert labels("v2_2") == ["b", "a"]


def test_several_job_managers_need_high_availability() -> None:
    two = {"replicas": 2, "resource": {"memory": "1g"}}
    with pytest.raises(ConfigurationConflict, match=r"high-availability\.type"):
        made(application(jobManager=two))
    highly_available = made(application(jobManager=two, flinkConfiguration=HA))
    assert highly_available.deployment["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kubernetes.jobmanager.memory.limit-factor", "0.5"),
        ("kubernetes.jobmanager.cpu.limit-factor", "0.99"),
        ("kubernetes.jobmanager.cpu.amount", "many"),
        ("kubernetes.jobmanager.replicas", "0"),
        ("kubernetes.jobmanager.replicas", "two"),
        ("kubernetes.hostnetwork.enabled", "maybe"),
        ("kubernetes.rest-service.exposed.type", "Public"),
        ("kubernetes.container.image.pull-policy", "Sometimes"),
        ("kubernetes.secrets", "secret"),
        ("kubernetes.env.secretKeyRef", "env:A,secret:b"),
        ("kubernetes.jobmanager.tolerations", "key:a,tolerationSeconds:soon"),
        ("kubernetes.decorator.hadoop-conf-mount.enabled", "maybe"),
        ("kubernetes.decorator.kerberos-mount.enabled", "maybe"),
        ("blob.server.port", "6124-6130"),
        ("taskmanager.rpc.port", "50100-50200"),
        ("rest.bind-port", "8081-8090"),
        ("rest.port", "http"),
        ("jobmanager.rpc.port", "70000"),
        ("kubernetes.pod-template-file.default", "/opt/template.yaml"),
        ("kubernetes.pod-template-file.taskmanager", "/opt/template.yaml"),
    ],
)
def test_option_that_cannot_work_is_refused_by_its_name(key: str, value: str) -> None:
    memory = {"jobmanager.memory.process.size": "1g"}
    with pytest.raises(ValueError, match=key):
        made(with_options({**memory, key: value}, jobManager=None))


def test_port_of_high_availability_is_one_port() -> None:
    with pytest.raises(ConfigurationConflict, match=r"high-availability\.jobmanager\.port"):
        made(with_options({**HA, "high-availability.jobmanager.port": "50000-50025"}))


def test_template_file_that_a_given_template_replaces_is_no_matter() -> None:
    raw = with_options(
        {"kubernetes.pod-template-file.default": "/t.yaml"}, podTemplate={"metadata": {"labels": {"a": "b"}}}
    )
    assert "kubernetes.pod-template-file.default" not in options_of(made(raw).config_maps)


@pytest.mark.parametrize("version", ["v1_17", "v1_18"])
def test_remote_jar_is_refused_where_flink_cannot_fetch_it(version: str) -> None:
    with pytest.raises(ConfigurationConflict, match="local://"):
        made(application(flinkVersion=version, job={"jarURI": "s3://jobs/job.jar"}))


@pytest.mark.parametrize("version", ["v1_19", "v1_20", "v2_0", "v2_3"])
@pytest.mark.parametrize("jar", ["s3://jobs/job.jar", "https://example.com/job.jar", "local:///opt/job.jar"])
def test_remote_jar_is_left_for_flink_to_fetch(version: str, jar: str) -> None:
    cluster = made(application(flinkVersion=version, job={"jarURI": jar}))
    assert options_of(cluster.config_maps)["pipeline.jars"] == jar


def test_plain_http_needs_flinks_consent() -> None:
    job, consent = {"jarURI": "http://example.com/job.jar"}, "user.artifacts.raw-http-enabled"
    with pytest.raises(ConfigurationConflict, match=consent):
        made(application(job=job))
    assert made(application(job=job, flinkConfiguration={consent: "true"})).services


@pytest.mark.parametrize(("version", "is_needed"), [("v1_20", True), ("v2_0", True), ("v2_1", False)])
def test_application_needs_a_jar_before_flink_2_1(version: str, is_needed: bool) -> None:
    raw = application(flinkVersion=version, job={"jarURI": None, "entryClass": "my.Main"})
    if is_needed:
        with pytest.raises(ConfigurationConflict, match="jarURI"):
            made(raw)
    else:
        assert "pipeline.jars" not in options_of(made(raw).config_maps)


def test_application_has_one_jar() -> None:
    raw = application(
        job={"jarURI": None}, flinkConfiguration={"pipeline.jars": "local:///a.jar;local:///b.jar"}
    )
    with pytest.raises(ConfigurationConflict, match="2 jars"):
        made(raw)


@pytest.mark.parametrize(
    "job",
    [
        {"entryClass": "org.apache.flink.client.python.PythonDriver", "args": ["-py", "/opt/job.py"]},
        {"args": ["--pyModule", "job", "-pyfs", "/opt/jobs"]},
    ],
)
def test_python_job_needs_no_jar(job: Json) -> None:
    cluster = made(application(flinkVersion="v1_18", job={"jarURI": None, **job}))
    assert options_of(cluster.config_maps)["$internal.application.program-args"] == ";".join(job["args"])


def test_jar_of_a_session_cluster_is_nobodys_matter() -> None:
    assert made(session(flinkVersion="v1_17")).task_manager_deployment is None


@pytest.mark.parametrize("name", ["log4j-console.properties", "logback-console.xml"])
def test_log_configuration_is_a_file_of_the_configuration_folder(name: str) -> None:
    cluster = made(application(logConfiguration={name: "own"}))
    volume = volume_of(pod_of_job_manager(cluster), "flink-config-volume")
    assert volume is not None
    assert [item["key"] for item in volume["configMap"]["items"]] == [name, "config.yaml"]

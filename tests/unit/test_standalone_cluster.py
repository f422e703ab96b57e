"""A standalone cluster: the operator makes the TaskManagers, in a Deployment of their own."""

from typing import Any

import pytest

from controller.flink.operator_files import OperatorFiles
from shared.config.effective import GENERATION_ANNOTATION
from tests.unit.flink_deployments import application, session
from tests.unit.native_clusters import HA, Json, made, main_container_of, options_of, pod_of_job_manager

LABELS = {"app": "orders", "type": "flink-standalone-kubernetes"}
ADDRESS = ["-D", "jobmanager.rpc.address=$(_POD_IP_ADDRESS)"]
FILES = OperatorFiles(
    hadoop={"core-site.xml": "<core/>"}, kerberos={"flink.keytab": b"keys"}, folder="/opt/flink/conf"
)


def standalone(job: Json | None = None, **spec: Any) -> Json:
    return application(job=job, mode="standalone", **spec)


def standalone_session(**spec: Any) -> Json:
    return session(mode="standalone", **spec)


def task_managers(raw: Json, files: OperatorFiles | None = None) -> Json:
    deployment = made(raw, files=files).task_manager_deployment
    assert deployment is not None
    return deployment


def args_of(raw: Json, restore_path: str | None = None) -> list[str]:
    args: list[str] = main_container_of(made(raw, restore_path=restore_path).deployment)["args"]
    return args


def replicas_of(raw: Json) -> int:
    replicas: int = task_managers(raw)["spec"]["replicas"]
    return replicas


def test_job_manager_waits_and_the_task_managers_are_made_last() -> None:
    cluster = made(standalone())
    assert cluster.deployment["spec"]["paused"] is True
    assert cluster.task_manager_deployment is not None
    assert "paused" not in cluster.task_manager_deployment["spec"]
    assert cluster.task_manager_deployment not in cluster.owned


def test_task_managers_belong_to_the_resource_and_tell_its_generation() -> None:
    metadata = task_managers(standalone(generation=7))["metadata"]
    (owner,) = metadata["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("FlinkDeployment", "orders")
    assert metadata["name"] == "orders-taskmanager"
    assert metadata["annotations"] == {GENERATION_ANNOTATION: "7"}


def test_new_generation_alone_does_not_change_the_task_managers_pods() -> None:
    first, second = (task_managers(standalone(generation=number)) for number in (1, 2))
    assert first["spec"] == second["spec"]


def test_all_objects_have_the_labels_of_a_standalone_cluster() -> None:
    cluster = made(standalone())
    for body in (cluster.deployment, *cluster.owned):
        assert LABELS.items() <= body["metadata"]["labels"].items()
    pods = task_managers(standalone())["spec"]
    assert pods["selector"]["matchLabels"] == {**LABELS, "component": "taskmanager"}
    assert pods["template"]["metadata"]["labels"] == pods["selector"]["matchLabels"]


def test_labels_of_options_do_not_break_the_selectors() -> None:
    options = {
        "kubernetes.jobmanager.labels": "app:stolen,team:a",
        "kubernetes.taskmanager.labels": "app:stolen",
    }
    cluster = made(standalone(flinkConfiguration=options))
    for deployment in (cluster.deployment, cluster.task_manager_deployment):
        assert deployment is not None
        selected = deployment["spec"]["selector"]["matchLabels"]
        assert selected.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert cluster.deployment["metadata"]["labels"]["team"] == "a"


def test_session_cluster_is_started_as_one() -> None:
    cluster = made(standalone_session())
    assert main_container_of(cluster.deployment)["args"] == ["jobmanager"]
    assert cluster.task_manager_deployment is not None
    assert main_container_of(cluster.task_manager_deployment)["args"] == ["taskmanager"]
    options = options_of(cluster.config_maps)
    assert options["kubernetes.internal.cluster-mode"] == "SESSION"
    assert options["execution.target"] == "remote"


def test_session_cluster_with_high_availability_is_reached_by_the_pods_address() -> None:
    assert args_of(standalone_session(flinkConfiguration=HA)) == ["jobmanager", *ADDRESS]


def test_application_is_started_with_all_that_is_said_of_it() -> None:
    job = {"entryClass": "my.Main", "args": ["--in", "a b;c", ""], "allowNonRestoredState": True}
    raw = standalone(job, flinkConfiguration=HA)
    assert args_of(raw, "s3://b/sp") == [
        "standalone-job",
        "--job-classname",
        "my.Main",
        "--allowNonRestoredState",
        "--fromSavepoint",
        "s3://b/sp",
        *ADDRESS,
        "--in",
        "a b;c",
        "",
    ]


def test_application_is_started_with_nothing_that_is_not_said() -> None:
    assert args_of(standalone({"allowNonRestoredState": False})) == ["standalone-job"]


def test_newer_option_for_unclaimed_state_is_obeyed() -> None:
    options = {"execution.state-recovery.ignore-unclaimed-state": "true"}
    assert "--allowNonRestoredState" in args_of(standalone(flinkConfiguration=options))
    assert "--allowNonRestoredState" not in args_of(
        standalone(flinkConfiguration=options, flinkVersion="v1_19")
    )


def test_services_are_both_there_with_high_availability_too() -> None:
    cluster = made(standalone(flinkConfiguration=HA))
    assert [one["metadata"]["name"] for one in cluster.services] == ["orders", "orders-rest"]
    assert options_of(cluster.config_maps)["jobmanager.rpc.address"] == "orders.shop"


@pytest.mark.parametrize(
    ("jar", "entry"),
    [
        ("local:///opt/job.jar", "file:///opt/job.jar"),
        ("file:///opt/job.jar", "file:///opt/job.jar"),
        ("/opt/job.jar", "file:/opt/job.jar"),
        ("https://example.com/job.jar", "https://example.com/job.jar"),
    ],
)
def test_jar_is_on_the_class_path(jar: str, entry: str) -> None:
    options = options_of(made(standalone({"jarURI": jar})).config_maps)
    assert options["pipeline.classpaths"] == entry
    assert "pipeline.jars" not in options


def test_jar_that_java_cannot_open_is_fetched_by_flink() -> None:
    raw = standalone({"jarURI": "s3://jobs/job.jar"})
    assert args_of(raw) == ["standalone-job", "--jars", "s3://jobs/job.jar"]
    assert "pipeline.classpaths" not in options_of(made(raw).config_maps)


def test_jar_that_java_cannot_open_is_refused_where_flink_cannot_fetch_it() -> None:
    with pytest.raises(ValueError, match="local://"):
        made(standalone({"jarURI": "s3://jobs/job.jar"}, flinkVersion="v1_18"))


def user_library(raw: Json) -> bool:
    return any(one["name"] == "user-lib-dir" for one in pod_of_job_manager(made(raw))["volumes"])


def test_class_path_gets_the_folder_that_flink_asks_for() -> None:
    assert user_library(standalone())
    assert not user_library(standalone({"jarURI": None, "entryClass": "my.Main"}))
    assert not user_library(standalone_session(flinkConfiguration={"pipeline.classpaths": "file:///a.jar"}))


@pytest.mark.parametrize("path", ["/opt/flink/usrlib", "/opt/flink/usrlib/more"])
def test_folder_of_a_template_is_not_hidden(path: str) -> None:
    container = {"name": "flink-main-container", "volumeMounts": [{"name": "jars", "mountPath": path}]}
    assert not user_library(standalone(podTemplate={"spec": {"containers": [container]}}))


def test_jar_in_the_images_folder_is_neither_hidden_nor_named_twice() -> None:
    raw = standalone({"jarURI": "local:///opt/flink/usrlib/job.jar"})
    assert not user_library(raw)
    assert "pipeline.classpaths" not in options_of(made(raw).config_maps)


@pytest.mark.parametrize(
    ("spec", "replicas"),
    [
        ({"job": {"parallelism": 5}}, 3),
        ({"job": {"parallelism": 5}, "taskManager": {"resource": {"memory": "1g"}, "replicas": 7}}, 7),
    ],
)
def test_application_has_as_many_task_managers_as_it_needs(spec: Json, replicas: int) -> None:
    assert (
        replicas_of(standalone(**spec, flinkConfiguration={"taskmanager.numberOfTaskSlots": "2"})) == replicas
    )


def test_largest_override_of_a_vertex_counts() -> None:
    options = {"pipeline.jobvertex-parallelism-overrides": "a:3,b:9", "taskmanager.numberOfTaskSlots": "2"}
    raw = standalone({"parallelism": 5}, flinkConfiguration=options)
    assert replicas_of(raw) == 5
    assert options_of(made(raw).config_maps)["parallelism.default"] == "9"


def test_session_cluster_has_one_task_manager_unless_more_are_asked_for() -> None:
    assert replicas_of(standalone_session()) == 1
    assert replicas_of(standalone_session(taskManager={"resource": {"memory": "1g"}, "replicas": 4})) == 4


def test_reactive_mode_is_flinks_to_read() -> None:
    raw = standalone(
        flinkConfiguration={"scheduler-mode": "reactive"},
        taskManager={"resource": {"memory": "1g"}, "replicas": 3},
    )
    assert options_of(made(raw).config_maps)["scheduler-mode"] == "reactive"
    assert replicas_of(raw) == 3


def test_memory_of_task_managers_is_what_flink_needs() -> None:
    raw = standalone(taskManager={}, flinkConfiguration={"taskmanager.memory.flink.size": "1g"})
    assert main_container_of(task_managers(raw))["resources"]["requests"]["memory"] == "1472Mi"


def test_task_manager_has_a_cpu_for_each_slot_unless_it_is_told_otherwise() -> None:
    def cpu(**spec: Any) -> str:
        resources = main_container_of(task_managers(standalone(**spec)))["resources"]
        return str(resources["requests"]["cpu"])

    memory = {"resource": {"memory": "1g"}}
    assert cpu(taskManager=memory, flinkConfiguration={"taskmanager.numberOfTaskSlots": "4"}) == "4"
    assert cpu(taskManager={"resource": {"memory": "1g", "cpu": 0.5}}) == "0.5"
    written_out = {"taskmanager.numberOfTaskSlots": "3", "kubernetes.taskmanager.cpu.amount": "-1.0"}
    assert cpu(taskManager=memory, flinkConfiguration=written_out) == "3"


def test_options_of_task_managers_reach_their_pods() -> None:
    options = {
        "containerized.taskmanager.env.OWN": "1",
        "containerized.master.env.OTHER": "2",
        "kubernetes.taskmanager.tolerations": "key:a,operator:Exists",
        "kubernetes.taskmanager.node-selector": "disk:ssd",
        "kubernetes.taskmanager.annotations": "note:b",
        "kubernetes.taskmanager.service-account": "workers",
        "kubernetes.taskmanager.memory.limit-factor": "2.0",
        "kubernetes.env.secretKeyRef": "env:USER,secret:credentials,key:user",
        "kubernetes.secrets": "credentials:/opt/credentials",
        "kubernetes.flink.log.dir": "/log",
        "taskmanager.rpc.port": "7000",
    }
    template = task_managers(standalone(flinkConfiguration=options), FILES)["spec"]["template"]
    pod, container = template["spec"], template["spec"]["containers"][-1]
    assert template["metadata"]["annotations"] == {"note": "b"}
    assert pod["tolerations"] == [{"key": "a", "operator": "Exists"}]
    assert pod["nodeSelector"] == {"disk": "ssd"}
    assert pod["serviceAccountName"] == "workers"
    assert [one["name"] for one in container["env"]] == ["OWN", "FLINK_LOG_DIR", "USER", "HADOOP_CONF_DIR"]
    assert container["resources"]["limits"]["memory"] == "2048Mi"
    assert container["ports"] == [{"name": "taskmanager-rpc", "containerPort": 7000, "protocol": "TCP"}]
    volumes = ["credentials-volume", "hadoop-config-volume", "flink-config-volume"]
    assert [one["name"] for one in pod["volumes"]] == volumes


def test_kerberos_is_mounted_in_task_managers_too() -> None:
    options = {
        "security.kerberos.login.keytab": "/opt/flink/conf/flink.keytab",
        "security.kerberos.login.principal": "flink@EXAMPLE.COM",
    }
    raw = standalone(flinkConfiguration=options)
    volumes = task_managers(raw, FILES)["spec"]["template"]["spec"]["volumes"]
    secrets = [one["secret"]["secretName"] for one in volumes if "secret" in one]
    assert secrets == [one["metadata"]["name"] for one in made(raw, files=FILES).secrets]


def test_template_of_task_managers_is_applied_and_not_shipped() -> None:
    own = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"hostNetwork": True, "containers": [{"name": "sidecar"}]},
    }
    raw = standalone(taskManager={"resource": {"memory": "1g"}, "podTemplate": own})
    template = task_managers(raw)["spec"]["template"]
    assert template["metadata"]["labels"]["a"] == "b"
    assert template["spec"]["hostNetwork"] is True
    assert [one["name"] for one in template["spec"]["containers"]] == ["sidecar", "flink-main-container"]
    cluster = made(raw)
    assert [one["metadata"]["name"] for one in cluster.config_maps] == ["flink-config-orders"]
    assert not any(key.startswith("kubernetes.pod-template-file") for key in options_of(cluster.config_maps))


def test_image_of_a_template_is_that_of_task_managers_too() -> None:
    """Apache's operator gives them Flink's default image, beside a JobManager with the template's."""
    container = {"name": "flink-main-container", "image": "own:1"}
    cluster = made(standalone(image=None, podTemplate={"spec": {"containers": [container]}}))
    for deployment in (cluster.deployment, cluster.task_manager_deployment):
        assert deployment is not None
        assert main_container_of(deployment)["image"] == "own:1"


def test_no_option_of_a_native_cluster_is_shipped() -> None:
    options = options_of(made(standalone()).config_maps)
    assert "internal.cluster.execution-mode" not in options
    assert "kubernetes.internal.jobmanager.entrypoint.class" not in options

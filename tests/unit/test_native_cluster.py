"""A native cluster's objects, against those that Flink's own Kubernetes client made on a real API server."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from controller.flink.configuration_file import ConfigurationConflict
from controller.flink.native import NativeCluster, native_cluster, owned_by
from shared.config.effective import GENERATION_ANNOTATION, Submission
from shared.config.flatten import flatten
from shared.config.quantity import parse_quantity
from tests.unit.flink_deployments import DATA, UID, application, session, subject_of, with_metadata

Json = dict[str, Any]
JOB_ID = "d7203a3b348850bf90e5f4209f3b6095"
LOG_FILES_23 = (
    "logback.xml",
    "log4j.properties",
    "logback-console.xml",
    "log4j-console.properties",
    "logback-session.xml",
    "log4j-session.properties",
    "log4j-cli.properties",
)
LOG_FILES_120 = ("log4j-console.properties",)

OPTIONS = {
    "jobmanager.memory.process.size": "1024m",
    "taskmanager.memory.process.size": "1024m",
    "kubernetes.jobmanager.cpu.amount": "0.5",
    "kubernetes.jobmanager.cpu.limit-factor": "2.0",
    "kubernetes.jobmanager.memory.limit-factor": "1.5",
    "kubernetes.jobmanager.labels": "team:a",
    "kubernetes.jobmanager.annotations": "ann:b",
    "kubernetes.jobmanager.node-selector": "disk:ssd",
    "kubernetes.jobmanager.tolerations": (
        "key:k1,operator:Equal,value:v1,effect:NoSchedule;"
        "key:k2,operator:Exists,effect:NoExecute,tolerationSeconds:60"
    ),
    "kubernetes.env.secretKeyRef": "env:FOO,secret:sec,key:k",
    "kubernetes.secrets": "sec:/opt/sec",
    "kubernetes.container.image.pull-secrets": "ps1;ps2",
    "containerized.master.env.MYENV": "val",
    "containerized.taskmanager.env.TMENV": "tv",
    "kubernetes.operator.jm-deployment.startup.probe.enabled": "false",
}
HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "file:///tmp/ha"}
JOB = {
    "jarURI": "local:///opt/flink/usrlib/job.jar",
    "entryClass": "my.Main",
    "args": ["--arg1", "v1", "a b;c"],
}
BARE: Json = {"image": "flink:x", "jobManager": None, "taskManager": None}
TEMPLATE = {
    "metadata": {"labels": {"tpl": "yes"}, "annotations": {"a1": "v1"}},
    "spec": {
        "serviceAccountName": "tplsa",
        "containers": [
            {
                "name": "flink-main-container",
                "image": "tpl-image:1",
                "env": [{"name": "TPL_ENV", "value": "1"}],
                "volumeMounts": [{"name": "extra", "mountPath": "/extra"}],
                "resources": {"limits": {"ephemeral-storage": "1Gi"}},
            },
            {"name": "sidecar", "image": "busybox"},
        ],
        "volumes": [{"name": "extra", "emptyDir": {}}],
    },
}


def made(raw: Json, *, log_files: tuple[str, ...] = (), restore_path: str | None = None) -> NativeCluster:
    job_id = JOB_ID if raw["spec"].get("job") else None
    submission = Submission(raw["metadata"]["generation"], job_id, restore_path)
    return native_cluster(subject_of(raw).resource, submission, {}, dict.fromkeys(log_files, "…"))


CASES = {
    "application-2.3": (
        with_metadata(
            application(**BARE, job=JOB, flinkConfiguration=OPTIONS), name="g23", namespace="default"
        ),
        LOG_FILES_23,
    ),
    "application-ha-2.3": (
        with_metadata(
            application(
                **BARE,
                job=JOB,
                podTemplate=TEMPLATE,
                flinkConfiguration=OPTIONS | HA | {"kubernetes.rest-service.exposed.type": "NodePort"},
            ),
            name="g23ha",
            namespace="default",
        ),
        LOG_FILES_23,
    ),
    "session-2.3": (
        with_metadata(session(**BARE, flinkConfiguration=OPTIONS), name="g23s", namespace="default"),
        LOG_FILES_23,
    ),
    "application-ha-1.20": (
        with_metadata(
            application(**BARE, flinkVersion="v1_20", job=JOB, flinkConfiguration=OPTIONS | HA),
            name="g120leg",
            namespace="default",
        ),
        LOG_FILES_120,
    ),
}
cases = pytest.mark.parametrize("case", sorted(CASES))


def captured(case: str) -> Json:
    document: Json = json.loads((DATA / "flink-client" / f"{case}.json").read_text("utf-8"))
    return document


def generated(case: str) -> NativeCluster:
    raw, log_files = CASES[case]
    return made(raw, log_files=log_files)


# The API server fills these in; Flink's client does not send them.
_SERVER_DEFAULTS = {
    "generation",
    "strategy",
    "revisionHistoryLimit",
    "progressDeadlineSeconds",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "dnsPolicy",
    "securityContext",
    "schedulerName",
    "defaultMode",
    "clusterIPs",
    "sessionAffinity",
    "ipFamilies",
    "ipFamilyPolicy",
    "internalTrafficPolicy",
    "externalTrafficPolicy",
    "nodePort",
}


def sent(node: Any) -> Any:
    """The node as it was sent: without server defaults, quantities as numbers, nothing empty."""
    if isinstance(node, list):
        return [sent(element) for element in node]
    if not isinstance(node, Mapping):
        return node
    result = {key: sent(value) for key, value in node.items() if key not in _SERVER_DEFAULTS}
    for group in ("requests", "limits"):
        if isinstance(result.get(group), dict):
            result[group] = {name: parse_quantity(amount) for name, amount in result[group].items()}
    if "name" in result and result["name"] == "sidecar":
        result.pop("imagePullPolicy", None)
    return {key: value for key, value in result.items() if value != {}}


@cases
def test_deployment_is_that_of_flinks_client(case: str) -> None:
    ours, theirs = sent(generated(case).deployment), sent(captured(case)["deployment"])
    assert ours["spec"].pop("paused") is True
    for metadata in (ours["metadata"], ours["spec"]["template"]["metadata"]):
        assert metadata["annotations"].pop(GENERATION_ANNOTATION) == "1"
    for deployment in (ours, theirs):
        deployment["metadata"].pop("ownerReferences")
    assert ours == theirs


@cases
def test_services_are_those_of_flinks_client(case: str) -> None:
    def spec(service: Json) -> Json:
        result: Json = sent(service["spec"])
        if result.get("clusterIP") == "None":
            result.pop("type", None)
        else:
            result.pop("clusterIP", None)
        for port in result["ports"]:
            port.pop("protocol", None)
        return result

    ours = {
        one["metadata"]["name"]: (one["metadata"]["labels"], spec(one)) for one in generated(case).services
    }
    theirs = {
        one["metadata"]["name"]: (one["metadata"]["labels"], spec(one)) for one in captured(case)["services"]
    }
    assert ours == theirs


@cases
def test_config_maps_are_those_of_flinks_client(case: str) -> None:
    def shape(config_maps: Any) -> dict[str, Any]:
        return {
            one["metadata"]["name"]: (one["metadata"]["labels"], sorted(one["data"])) for one in config_maps
        }

    assert shape(generated(case).config_maps) == shape(captured(case)["configmaps"])


# What the client's own configuration folder and command line held when the originals were captured.
_CLIENT_ONLY = {
    "env.java.opts.all",
    "execution.attached",
    "execution.shutdown-on-attached-exit",
    "execution.state-recovery.claim-mode",
    "execution.state-recovery.ignore-unclaimed-state",
    "jobmanager.execution.failover-strategy",
    "jobmanager.rpc.port",
    "kubernetes.pod-template-file.default",
    "parallelism.default",
    "pipeline.classpaths",
    "pipeline.jobvertex-parallelism-overrides",
    "rest.address",
    "taskmanager.numberOfTaskSlots",
}
# What the operator adds to every cluster, to applications, and with high availability.
_OPERATOR_ONLY = {"$internal.flink.version", "kubernetes.rest-service.exposed.type", "web.cancel.enable"}
_OPERATOR_ONLY_REPLICAS = {"kubernetes.jobmanager.replicas"}
_OPERATOR_ONLY_APPLICATION = {
    "$internal.pipeline.job-id",
    "execution.checkpointing.externalized-checkpoint-retention",
    "execution.shutdown-on-application-finish",
    "execution.submit-failed-job-on-application-error",
    "parallelism.default",
    "pipeline.name",
}
_OPERATOR_ONLY_HA = {"job-result-store.delete-on-commit", "job-result-store.storage-path"}
# Present on both sides with other values, on purpose.
_DIFFERENT = {
    "kubernetes.jobmanager.owner.reference",  # another owner
    "kubernetes.jobmanager.annotations",  # the generation
    "parallelism.default",  # the job's own
}


def options_of(config_maps: Any) -> dict[str, str]:
    data = next(one["data"] for one in config_maps if one["metadata"]["name"].startswith("flink-config-"))
    if "config.yaml" in data:
        return flatten(yaml.safe_load(data["config.yaml"]))
    lines = data["flink-conf.yaml"].splitlines()
    return dict(line.split(": ", 1) for line in lines)


@cases
def test_configuration_is_that_of_flinks_client(case: str) -> None:
    ours, theirs = options_of(generated(case).config_maps), options_of(captured(case)["configmaps"])
    if "ha" in case.split("-"):
        theirs.pop("jobmanager.rpc.address", None)  # of the client's folder: each JobManager sets its own
    missing = theirs.keys() - ours.keys() - _CLIENT_ONLY
    assert missing == set()
    other = {key for key in ours.keys() & theirs.keys() - _DIFFERENT if ours[key] != theirs[key]}
    assert other == set()
    added = _OPERATOR_ONLY | (_OPERATOR_ONLY_APPLICATION if "session" not in case else set())
    added |= _OPERATOR_ONLY_HA if "ha" in case.split("-") else set()
    added |= {"kubernetes.pod-template-file.taskmanager", "kubernetes.service-account"}
    assert ours.keys() - theirs.keys() <= added | _OPERATOR_ONLY_REPLICAS


def test_task_managers_template_is_the_given_one() -> None:
    def template(config_maps: Any) -> Any:
        data = next(one["data"] for one in config_maps if one["metadata"]["name"] == "pod-template-g23ha")
        return yaml.safe_load(data["taskmanager-pod-template.yaml"])

    case = "application-ha-2.3"
    assert template(generated(case).config_maps) == template(captured(case)["configmaps"])


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


def test_each_deployment_has_a_job_result_store_of_its_own() -> None:
    raw = application(flinkConfiguration=HA)
    first = options_of(made(raw).config_maps)["job-result-store.storage-path"]
    second = options_of(made(with_metadata(raw, generation=2)).config_maps)["job-result-store.storage-path"]
    assert first.startswith("file:///tmp/ha/job-result-store/orders/")
    assert first != second


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

"""A native cluster's objects are those that Flink's own Kubernetes client made on a real API server."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from controller.flink.cluster import Cluster
from controller.flink.names import CONFIGURATION
from shared.config.effective import GENERATION_ANNOTATION
from shared.config.quantity import parse_quantity
from tests.unit.flink_deployments import DATA, application, session, with_metadata
from tests.unit.native_clusters import HA, Json, made, options_of

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


def generated(case: str) -> Cluster:
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
            one["metadata"]["name"]: (
                one["metadata"]["labels"].items() - CONFIGURATION.items(),
                sorted(one["data"]),
            )
            for one in config_maps
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
_OPERATOR_ONLY_HA = {
    "application-result-store.storage-path",
    "job-result-store.delete-on-commit",
    "job-result-store.storage-path",
}
# Present on both sides with other values, on purpose.
_DIFFERENT = {
    "kubernetes.jobmanager.owner.reference",  # another owner
    "kubernetes.jobmanager.annotations",  # the generation
    "parallelism.default",  # the job's own
}


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

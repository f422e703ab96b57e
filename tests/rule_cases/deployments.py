"""FlinkDeployments: names, versions, resources, replicas, pod templates, Ingress."""

from collections.abc import Mapping
from typing import Any

from tests.rule_cases.case import Case, Found, Json, error, warning
from tests.rule_cases.resources import HA, MEMORY, application, configured, session_cluster

_JM, _TM = "spec.jobManager", "spec.taskManager"
_POD = "spec.podTemplate"
_OLDER_FORM = warning("FK502", f"{_JM}.resource")
_LABELS = {"app.kubernetes.io/name": "orders"}


def _resource(**fields: Any) -> Json:
    return application(jobManager={"resource": {"memory": "1g"} | fields})


def _requirements(requests: Json | None = None, limits: Json | None = None) -> Json:
    return application(taskManager={"resources": {"requests": requests or {}, "limits": limits or {}}})


def _pod(**template: Any) -> Json:
    return application(podTemplate=template)


def _ingress(template: str | None) -> Json:
    return application(ingress={"template": template} if template is not None else {"className": "nginx"})


_SOUND: Mapping[str, Json] = {
    "application": application(),
    "session-cluster": session_cluster(),
    "name-of-45-letters": application(name="a" * 45),
    "name-of-one-letter": application(name="a"),
    "replicas-decide-parallelism": application({"parallelism": 0}, taskManager=MEMORY | {"replicas": 2}),
    "two-job-managers-with-ha": configured(HA, jobManager=MEMORY | {"replicas": 2}),
    "flink-size-in-options": configured({"jobmanager.memory.flink.size": "1g"}, jobManager=None),
    "heap-size-in-options": configured({"jobmanager.memory.heap.size": "1g"}, jobManager=None),
    "task-heap-and-managed-memory": configured(
        {"taskmanager.memory.task.heap.size": "512m", "taskmanager.memory.managed.size": "0"},
        taskManager=None,
    ),
    "both-notations-of-memory": _requirements({"memory": "2Gi", "cpu": "500m"}, {"memory": "2g", "cpu": "1"}),
    "limits-alone": _requirements(limits={"memory": "2Gi"}),
    "log-files": application(logConfiguration={"log4j-console.properties": "x", "logback-console.xml": "y"}),
    "pod-template-with-nulls": _pod(metadata=None, spec={"containers": None, "volumes": [{"name": "v"}]}),
    "ingress-host": _ingress("{{name}}.{{namespace}}.example.com"),
    "ingress-path": _ingress("/{{namespace}}/{{name}}(/|$)(.*)"),
    "ingress-host-and-path": _ingress("{{NAME}}.example.com/flink"),
    "ingress-with-scheme": _ingress("https://{{name}}.example.com:8443/a"),
    "ingress-wildcard": _ingress("*.example.com"),
}

_UNSOUND: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "name-of-46-letters": (application(name="a" * 46), error("FK101", "metadata.name")),
    "name-in-capitals": (application(name="Orders"), error("FK101", "metadata.name")),
    "name-begins-with-digit": (application(name="1orders"), error("FK101", "metadata.name")),
    "name-ends-with-hyphen": (application(name="orders-"), error("FK101", "metadata.name")),
    "name-with-dot": (application(name="or.ders"), error("FK101", "metadata.name")),
    "no-version": (application(flinkVersion=None), error("FK102", "spec.flinkVersion")),
    "version-too-old": (application(flinkVersion="v1_14"), error("FK103", "spec.flinkVersion")),
    "version-unknown": (application(flinkVersion="v9_0"), error("FK011", "spec.flinkVersion")),
    "no-service-account": (application(serviceAccount=None), error("FK105", "spec.serviceAccount")),
    "empty-service-account": (application(serviceAccount=""), error("FK105", "spec.serviceAccount")),
    "parallelism-0": (application({"parallelism": 0}), error("FK108", "spec.job.parallelism")),
    "parallelism-negative": (application({"parallelism": -1}), error("FK108", "spec.job.parallelism")),
    "parallelism-negative-beside-replicas": (
        application({"parallelism": -1}, taskManager=MEMORY | {"replicas": 2}),
        error("FK108", "spec.job.parallelism"),
    ),
    "parallelism-too-large": (application({"parallelism": 2**31}), error("FK020", "spec.job.parallelism")),
    "parallelism-in-quotes": (application({"parallelism": "2"}), error("FK013", "spec.job.parallelism")),
    "parallelism-true": (application({"parallelism": True}), error("FK013", "spec.job.parallelism")),
    "flag-in-quotes": (
        application({"allowNonRestoredState": "yes"}),
        error("FK015", "spec.job.allowNonRestoredState"),
    ),
    "path-too-long": (
        application({"initialSavepointPath": "s" * 5000}),
        error("FK020", "spec.job.initialSavepointPath"),
    ),
    "argument-not-in-quotes": (application({"args": ["--port", 8081]}), error("FK016", "spec.job.args[1]")),
    "no-job-manager-replicas": (
        application(jobManager=MEMORY | {"replicas": 0}),
        error("FK109", f"{_JM}.replicas"),
    ),
    "two-job-managers-without-ha": (
        application(jobManager=MEMORY | {"replicas": 2}),
        error("FK109", f"{_JM}.replicas"),
    ),
    "no-task-manager-replicas": (
        application(taskManager=MEMORY | {"replicas": 0}),
        error("FK109", f"{_TM}.replicas"),
    ),
    "no-job-manager": (application(jobManager=None), error("FK110", f"{_JM}.resources.requests.memory")),
    "no-task-manager-memory": (
        application(taskManager={}),
        error("FK110", f"{_TM}.resources.requests.memory"),
    ),
    "task-heap-alone": (
        configured({"taskmanager.memory.task.heap.size": "1g"}, taskManager=None),
        error("FK110", f"{_TM}.resources.requests.memory"),
    ),
    "older-form-of-resources": (_resource(cpu=0.5), _OLDER_FORM),
    "memory-is-a-word": (_resource(memory="much"), error("FK111", f"{_JM}.resource.memory") | _OLDER_FORM),
    "memory-0": (_resource(memory="0"), error("FK111", f"{_JM}.resource.memory") | _OLDER_FORM),
    "cpu-0": (_resource(cpu=0), error("FK111", f"{_JM}.resource.cpu") | _OLDER_FORM),
    "cpu-negative": (_resource(cpu=-1), error("FK111", f"{_JM}.resource.cpu") | _OLDER_FORM),
    "storage-is-a-word": (
        _resource(ephemeralStorage="lots"),
        error("FK111", f"{_JM}.resource.ephemeralStorage") | _OLDER_FORM,
    ),
    "request-is-a-word": (
        _requirements({"memory": "1g", "cpu": "half"}),
        error("FK111", f"{_TM}.resources.requests.cpu"),
    ),
    "request-is-a-fraction": (
        _requirements({"memory": "1g", "cpu": 0.5}),
        error("FK016", f"{_TM}.resources.requests.cpu"),
    ),
    "limit-negative": (
        _requirements({"memory": "1g"}, {"nvidia.com/gpu": "-1"}),
        error("FK111", f"{_TM}.resources.limits.nvidia.com/gpu"),
    ),
    "memory-request-over-limit": (
        _requirements({"memory": "2Gi"}, {"memory": "1Gi"}),
        error("FK112", f"{_TM}.resources.requests.memory"),
    ),
    "cpu-request-over-limit": (
        _requirements({"memory": "1Gi", "cpu": "2"}, {"cpu": "1500m"}),
        error("FK112", f"{_TM}.resources.requests.cpu"),
    ),
    "log-file-unknown": (
        application(logConfiguration={"log4j.properties": ""}),
        error("FK116", "spec.logConfiguration[log4j.properties]"),
    ),
    "pull-policy-unknown": (
        application(imagePullPolicy="Allways"),
        error("FK119", "spec.imagePullPolicy"),
    ),
    "ingress-without-template": (_ingress(None), error("FK121", "spec.ingress.template")),
    "ingress-template-empty": (_ingress(""), error("FK125", "spec.ingress.template")),
    "ingress-host-with-space": (_ingress("exa mple.com"), error("FK125", "spec.ingress.template")),
    "ingress-host-in-capitals": (_ingress("Example.com"), error("FK125", "spec.ingress.template")),
    "ingress-host-is-address": (_ingress("10.0.0.1"), error("FK125", "spec.ingress.template")),
    "ingress-port-is-a-word": (_ingress("example.com:web/x"), error("FK125", "spec.ingress.template")),
    "ingress-scheme-unknown": (_ingress("ftp://example.com"), error("FK125", "spec.ingress.template")),
    "ingress-placeholder-unknown": (_ingress("{{nam}}.example.com"), error("FK125", "spec.ingress.template")),
    "pod-template-spec-is-a-list": (_pod(spec=[]), error("FK018", f"{_POD}.spec")),
    "pod-template-metadata-is-text": (_pod(metadata="x"), error("FK018", f"{_POD}.metadata")),
    "pod-template-labels-are-a-number": (
        _pod(metadata={"labels": 1}),
        error("FK018", f"{_POD}.metadata.labels"),
    ),
    "pod-template-label-is-a-number": (
        _pod(metadata={"labels": dict.fromkeys(_LABELS, 1)}),
        error("FK016", f"{_POD}.metadata.labels[app.kubernetes.io/name]"),
    ),
    "pod-template-containers-are-a-mapping": (
        _pod(spec={"containers": {"name": "x"}}),
        error("FK017", f"{_POD}.spec.containers"),
    ),
    "pod-template-container-is-text": (
        _pod(spec={"containers": [{"name": "x"}, "y"]}),
        error("FK018", f"{_POD}.spec.containers[1]"),
    ),
    "pod-template-container-without-name": (
        _pod(spec={"containers": [{}]}),
        error("FK012", f"{_POD}.spec.containers[0].name"),
    ),
    "pod-template-volume-twice": (
        _pod(spec={"volumes": [{"name": "v"}, {"name": "v"}]}),
        error("FK120", f"{_POD}.spec.volumes[1].name"),
    ),
    "pod-template-of-task-managers": (
        application(taskManager=MEMORY | {"podTemplate": {"spec": 1}}),
        error("FK018", f"{_TM}.podTemplate.spec"),
    ),
}

CASES = (
    *(Case(name, raw) for name, raw in _SOUND.items()),
    *(Case(name, raw, expected) for name, (raw, expected) in _UNSOUND.items()),
    Case(
        "memory-from-the-namespace",
        application(jobManager=None),
        operator={
            "kubernetes.operator.default-configuration.namespace.shop.jobmanager.memory.process.size": "1g"
        },
    ),
)

"""Warnings: deprecated, misspelt, without effect; and the annotation that makes warnings of errors."""

from shared.rules.waivers import ANNOTATION
from tests.rule_cases.case import Case, Found, Json, error, option, warning
from tests.rule_cases.resources import (
    CHECKPOINTS,
    HA,
    MEMORY,
    annotated,
    application,
    configured,
    session_cluster,
    session_job,
    snapshot,
)

_NOTHING: frozenset[Found] = frozenset()
_MAIN = "flink-main-container"
_WAIVER = f"metadata.annotations[{ANNOTATION}]"
_LOCAL_HA = HA | {"high-availability.storageDir": "file:///flink-data/ha"}
_STORAGE = option("high-availability.storageDir")
_VOLUME = {
    "spec": {"containers": [{"name": _MAIN, "volumeMounts": [{"name": "v", "mountPath": "/flink-data"}]}]}
}
_NO_DIRECTORY = error("FK106", option("execution.checkpointing.dir"))


def _option(key: str, value: object, code: str | None) -> tuple[Json, frozenset[Found]]:
    return configured({key: value}), warning(code, option(key)) if code else _NOTHING


def _of_version(version: str, key: str, code: str | None) -> tuple[Json, frozenset[Found]]:
    found = warning(code, option(key)) if code else _NOTHING
    return configured({key: "10"}, flinkVersion=version), found


_WARNED: dict[str, tuple[Json, frozenset[Found]]] = {
    "version-1.18": (application(flinkVersion="v1_18"), warning("FK501", "spec.flinkVersion")),
    "version-1.15": (application(flinkVersion="v1_15"), warning("FK501", "spec.flinkVersion")),
    "version-1.19": (application(flinkVersion="v1_19"), _NOTHING),
    "checkpoint-nonce": (
        application({"checkpointTriggerNonce": 1}),
        warning("FK502", "spec.job.checkpointTriggerNonce"),
    ),
    "session-job-nonce": (
        session_job({"checkpointTriggerNonce": 1}),
        warning("FK502", "spec.job.checkpointTriggerNonce"),
    ),
    "letter-missing": _option("taskmanager.numberOfTaskSlot", 2, "FK503"),
    "letter-too-many": _option("execution.checkpointing.intervall", "10 s", "FK503"),
    "letter-wrong": _option("kubernetes.operator.job.restart.faled", True, "FK503"),
    "letters-swapped": _option("job.autoscaler.enalbed", True, "FK503"),
    "misspelt-in-a-session-job": (
        session_job(flinkConfiguration={"pipeline.nmae": "x"}),
        warning("FK503", option("pipeline.nmae")),
    ),
    "option-of-ones-own": _option("my.team.setting", "x", None),
    "option-of-a-reporter": _option("metrics.reporter.prom.port", "9249", None),
    "label-below-its-option": _option("kubernetes.jobmanager.labels.team", "a", None),
    "removed-in-flink-2": _of_version("v2_0", "jobmanager.heap.size", "FK504"),
    "removed-in-flink-2-on-flink-1": _of_version("v1_20", "jobmanager.heap.size", None),
    "new-in-flink-2": _of_version(
        "v2_0", "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling", None
    ),
    "new-in-flink-2-on-flink-1": _of_version(
        "v1_20", "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling", "FK504"
    ),
    "older-name-on-flink-2": _of_version("v2_3", "state.checkpoints.num-retained", None),
    "new-in-flink-1.20-on-1.19": _of_version("v1_19", "execution.checkpointing.num-retained", "FK504"),
    "new-in-flink-1.20-on-1.20": _of_version("v1_20", "execution.checkpointing.num-retained", None),
    "both-names-on-1.19": (
        configured(
            {"execution.checkpointing.num-retained": 2, "state.checkpoints.num-retained": 2},
            flinkVersion="v1_19",
        ),
        _NOTHING,
    ),
    "replicas-over-parallelism": (
        application(taskManager=MEMORY | {"replicas": 3}),
        warning("FK505", "spec.job.parallelism"),
    ),
    "replicas-like-parallelism": (application(taskManager=MEMORY | {"replicas": 2}), _NOTHING),
    "resource-beside-resources": (
        application(jobManager=MEMORY | {"resource": {"memory": "2g"}}),
        warning("FK505", "spec.jobManager.resource"),
    ),
    "option-of-the-system": _option("kubernetes.operator.reconcile.interval", "15 s", "FK505"),
    "option-of-blue-green": _option(
        "kubernetes.operator.bluegreen.deployment-deletion.delay", "15 s", "FK505"
    ),
    "option-under-a-field": _option("kubernetes.service-account", "other", "FK505"),
    "option-like-its-field": _option("kubernetes.service-account", "flink", None),
    "restore-path-as-an-option": _option("execution.savepoint.path", "s3://b/sp", "FK505"),
    "parallelism-as-an-option": _option("parallelism.default", 4, "FK505"),
    "parallelism-as-an-option-for-a-session-cluster": (
        session_cluster(flinkConfiguration={"parallelism.default": 4}),
        _NOTHING,
    ),
    "cluster-option-in-a-session-job": (
        session_job(flinkConfiguration={"taskmanager.memory.process.size": "2g"}),
        warning("FK505", option("taskmanager.memory.process.size")),
    ),
    "job-option-in-a-session-job": (
        session_job(flinkConfiguration={"pipeline.max-parallelism": 8}),
        _NOTHING,
    ),
    "neither-jar-nor-class": (application({"jarURI": None}), warning("FK506", "spec.job.jarURI")),
    "class-without-jar": (application({"jarURI": None, "entryClass": "org.example.Job"}), _NOTHING),
    "local-ha-storage": (configured(_LOCAL_HA), warning("FK507", _STORAGE)),
    "local-ha-storage-without-scheme": (
        configured(HA | {"high-availability.storageDir": "/flink-data/ha"}),
        warning("FK507", _STORAGE),
    ),
    "local-checkpoints-with-ha": (
        configured(HA | {"state.checkpoints.dir": "file:/checkpoints"}),
        warning("FK507", option("state.checkpoints.dir")),
    ),
    "local-checkpoints-without-ha": (configured({"state.checkpoints.dir": "file:/checkpoints"}), _NOTHING),
    "ha-storage-on-a-volume": (configured(_LOCAL_HA, podTemplate=_VOLUME), _NOTHING),
    "ha-storage-with-default-scheme": (
        configured(HA | {"high-availability.storageDir": "/ha", "fs.default-scheme": "s3://bucket"}),
        _NOTHING,
    ),
    "no-image": (application(image=None), warning("FK508", "spec.image")),
    "image-as-an-option": (configured({"kubernetes.container.image.ref": "flink:2.3"}, image=None), _NOTHING),
    "image-in-the-pod-template": (
        application(
            image=None, podTemplate={"spec": {"containers": [{"name": _MAIN, "image": "flink:2.3"}]}}
        ),
        _NOTHING,
    ),
}


def _waived(codes: str, raw: Json) -> Json:
    return annotated(raw, {ANNOTATION: codes})


_KEEPS_STATE = application({"upgradeMode": "last-state"})
_WAIVERS: dict[str, tuple[Json, frozenset[Found]]] = {
    "nothing-waived": (_waived("", _KEEPS_STATE), _NO_DIRECTORY),
    "waived": (_waived("FK106", _KEEPS_STATE), warning("FK106", option("execution.checkpointing.dir"))),
    "one-of-two-waived": (
        _waived(" FK105, ,FK124", application({"upgradeMode": "last-state"}, serviceAccount=None)),
        _NO_DIRECTORY | warning("FK105", "spec.serviceAccount"),
    ),
    "waiver-that-is-not-needed": (_waived("FK106", application()), _NOTHING),
    "waiver-that-is-not-allowed": (
        _waived("FK108", application({"parallelism": 0})),
        error("FK108", "spec.job.parallelism") | warning("FK509", _WAIVER),
    ),
    "waiver-of-no-code": (_waived("FK999", application()), warning("FK509", _WAIVER)),
}

CASES = (
    *(Case(name, raw, expected) for name, (raw, expected) in (_WARNED | _WAIVERS).items()),
    Case(
        "misspelt-for-a-session-job-of-flink-2",
        session_job(flinkConfiguration={"state.backend.async": True}),
        warning("FK504", option("state.backend.async")),
        others=[session_cluster()],
    ),
    Case(
        "image-of-the-operator",
        application(image=None),
        warning("FK508", "spec.image"),
        operator={"kubernetes.container.image.ref": "flink:2.3"},
    ),
    Case(
        "pull-policy-of-the-operator",
        application(),
        warning("FK508", "spec.imagePullPolicy"),
        operator={"kubernetes.container.image.pull-policy": "Always"},
    ),
    Case(
        "pull-policy-over-the-operators",
        application(imagePullPolicy="Never"),
        operator={"kubernetes.container.image.pull-policy": "Always"},
    ),
    Case(
        "job-of-snapshot-comes-later",
        _waived("FK304", snapshot()),
        warning("FK304", "spec.jobReference"),
        others=[],
    ),
    Case(
        "waiver-of-an-older-state",
        _KEEPS_STATE,
        warning("FK106", option("execution.checkpointing.dir")),
        old=_waived("FK106", _KEEPS_STATE),
    ),
    Case("sound-with-checkpoints", configured(CHECKPOINTS | HA, {"upgradeMode": "last-state"})),
    Case(
        "podtemplate-field-unknown",
        application(podTemplate={"spec": {"imagePulSecrets": []}}),
        warning("FK118", "spec.podTemplate.spec.imagePulSecrets"),
    ),
)

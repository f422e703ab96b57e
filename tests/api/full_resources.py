"""A resource of each kind that says something in every field of its spec and its status."""

import json

from tests.api.api_server import Json

_API_VERSION = "flink.apache.org/v1beta1"
_TIME = "2026-01-02T03:04:05Z"
_MILLISECONDS = 1767323045000

_POD_TEMPLATE: Json = {
    "metadata": {"labels": {"example.com/team": "orders"}, "annotations": {"example.com/note": "kept"}},
    "spec": {
        "containers": [{"name": "flink-main-container", "env": [{"name": "A", "value": "1"}]}],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    },
}

_REQUIREMENTS: Json = {
    "claims": [{"name": "accelerator", "request": "large"}],
    "limits": {"cpu": 2, "memory": "2Gi", "ephemeral-storage": "3Gi"},
    "requests": {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": 1073741824},
}

_RESOURCE: Json = {"cpu": 0.5, "memory": "1024m", "ephemeralStorage": "1Gi"}

_INGRESS: Json = {
    "template": "{{name}}.{{namespace}}.example.com/ui(/|$)(.*)",
    "className": "nginx",
    "annotations": {"nginx.ingress.kubernetes.io/rewrite-target": "/$2"},
    "labels": {"example.com/team": "orders"},
    "tls": [{"hosts": ["orders.shop.example.com"], "secretName": "orders-tls"}],
}

_JOB: Json = {
    "jarURI": "local:///opt/flink/usrlib/job.jar",
    "parallelism": 4,
    "entryClass": "com.example.Job",
    "args": ["--input", "s3://bucket/in", ""],
    "state": "running",
    "savepointTriggerNonce": 1,
    "initialSavepointPath": "s3://bucket/savepoints/savepoint-1",
    "checkpointTriggerNonce": -2,
    "upgradeMode": "savepoint",
    "allowNonRestoredState": False,
    "savepointRedeployNonce": 3,
    "autoscalerResetNonce": 4,
}

_CONFIGURATION: Json = {
    "taskmanager.numberOfTaskSlots": 2,
    "execution": {"checkpointing": {"interval": "5 s", "dir": "s3://bucket/checkpoints"}},
    "execution.checkpointing.savepoint-dir": "s3://bucket/savepoints",
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": "s3://bucket/ha",
    "pipeline.jars": ["a.jar", "b.jar"],
    "state.backend.incremental": True,
    "a.number": 1.5,
}

_DEPLOYMENT_SPEC: Json = {
    "job": _JOB,
    "restartNonce": 5,
    "flinkConfiguration": _CONFIGURATION,
    "image": "flink:2.3",
    "imagePullPolicy": "IfNotPresent",
    "serviceAccount": "flink",
    "flinkVersion": "v2_3",
    "ingress": _INGRESS,
    "podTemplate": _POD_TEMPLATE,
    "jobManager": {
        "resource": _RESOURCE,
        "resources": _REQUIREMENTS,
        "replicas": 2,
        "podTemplate": _POD_TEMPLATE,
    },
    "taskManager": {
        "resource": _RESOURCE,
        "resources": _REQUIREMENTS,
        "replicas": 2,
        "podTemplate": _POD_TEMPLATE,
    },
    "logConfiguration": {
        "log4j-console.properties": "rootLogger.level = INFO\n",
        "logback-console.xml": "<a/>",
    },
    "mode": "native",
}

_SESSION_JOB_SPEC: Json = {
    "job": {**_JOB, "jarURI": "https://example.com/job.jar"},
    "restartNonce": 6,
    "flinkConfiguration": {"parallelism.default": 3},
    "deploymentName": "session",
}

_CONDITION: Json = {
    "type": "Ready",
    "status": "True",
    "reason": "JobRunning",
    "message": "The job runs.",
    "lastTransitionTime": _TIME,
    "observedGeneration": 7,
}

_SAVEPOINT: Json = {
    "timeStamp": _MILLISECONDS,
    "location": "s3://bucket/savepoints/savepoint-1",
    "triggerType": "MANUAL",
    "formatType": "CANONICAL",
    "triggerNonce": 1,
}

_CHECKPOINT: Json = {
    "timeStamp": _MILLISECONDS,
    "triggerType": "PERIODIC",
    "formatType": "FULL",
    "triggerNonce": -2,
}

_JOB_STATUS: Json = {
    "jobName": "orders",
    "jobId": "0123456789abcdef0123456789abcdef",
    "state": "RUNNING",
    "startTime": str(_MILLISECONDS),
    "lastExceptionTime": str(_MILLISECONDS),
    "updateTime": str(_MILLISECONDS + 1),
    "upgradeSavepointPath": "s3://bucket/savepoints/savepoint-0",
    "savepointInfo": {
        "lastSavepoint": _SAVEPOINT,
        "triggerId": "0123456789abcdef0123456789abcdef",
        "triggerTimestamp": _MILLISECONDS,
        "triggerType": "UPGRADE",
        "formatType": "NATIVE",
        "savepointHistory": [_SAVEPOINT],
        "lastPeriodicSavepointTimestamp": 0,
    },
    "checkpointInfo": {
        "lastCheckpoint": _CHECKPOINT,
        "triggerId": "0123456789abcdef0123456789abcdef",
        "triggerTimestamp": _MILLISECONDS,
        "triggerType": "UNKNOWN",
        "formatType": "INCREMENTAL",
        "lastPeriodicCheckpointTimestamp": 0,
    },
}


def _document(spec: Json) -> str:
    metadata = {"apiVersion": _API_VERSION, "firstDeployment": False}
    return json.dumps({"spec": spec, "resource_metadata": metadata}, separators=(",", ":"))


def _status_of_jobs(spec: Json) -> Json:
    return {
        "conditions": [_CONDITION],
        "jobStatus": _JOB_STATUS,
        "error": '{"type":"io.example.Error","message":"It failed."}',
        "observedGeneration": 7,
        "lifecycleState": "STABLE",
        "reconciliationStatus": {
            "reconciliationTimestamp": _MILLISECONDS,
            "lastReconciledSpec": _document(spec),
            "lastReconciledGeneration": 6,
            "lastStableSpec": _document(spec),
            "state": "DEPLOYED",
        },
    }


def _resource(kind: str, spec: Json, status: Json) -> Json:
    metadata = {"name": "full"}
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": metadata, "spec": spec, "status": status}


FULL_RESOURCES: dict[str, Json] = {
    "FlinkDeployment": _resource(
        "FlinkDeployment",
        _DEPLOYMENT_SPEC,
        {
            **_status_of_jobs(_DEPLOYMENT_SPEC),
            "clusterInfo": {"flink-version": "2.3.0", "total-cpu": "4.0"},
            "jobManagerDeploymentStatus": "READY",
            "taskManager": {"labelSelector": "component=taskmanager,app=full", "replicas": 2},
        },
    ),
    "FlinkSessionJob": _resource("FlinkSessionJob", _SESSION_JOB_SPEC, _status_of_jobs(_SESSION_JOB_SPEC)),
    "FlinkStateSnapshot": _resource(
        "FlinkStateSnapshot",
        {
            "jobReference": {"kind": "FlinkSessionJob", "name": "job"},
            "savepoint": {
                "path": "s3://bucket/savepoints",
                "formatType": "NATIVE",
                "disposeOnDelete": False,
                "alreadyExists": True,
            },
            "backoffLimit": 3,
        },
        {
            "conditions": [_CONDITION],
            "observedGeneration": 7,
            "state": "FAILED",
            "triggerId": "0123456789abcdef0123456789abcdef",
            "triggerTimestamp": _TIME,
            "resultTimestamp": _TIME,
            "path": "s3://bucket/savepoints/savepoint-2",
            "error": "It failed.",
            "failures": 2,
        },
    ),
    "FlinkBlueGreenDeployment": _resource(
        "FlinkBlueGreenDeployment",
        {
            "configuration": {"kubernetes.operator.bluegreen.abort.grace-period": "10 min"},
            "ingress": _INGRESS,
            "template": {
                "metadata": {"labels": {"example.com/team": "orders"}, "deep": {"list": [1, "two"]}},
                "spec": _DEPLOYMENT_SPEC,
            },
        },
        {
            "conditions": [_CONDITION],
            "observedGeneration": 7,
            "jobStatus": _JOB_STATUS,
            "blueGreenState": "ACTIVE_GREEN",
            "lastReconciledSpec": _document(_DEPLOYMENT_SPEC),
            "lastReconciledTimestamp": _TIME,
            "abortTimestamp": _TIME,
            "deploymentReadyTimestamp": _TIME,
            "savepointTriggerId": "0123456789abcdef0123456789abcdef",
            "error": "It failed.",
        },
    ),
}
"""By kind; two fields exclude each other, so that a snapshot's other choice is FULL_CHECKPOINT."""

FULL_CHECKPOINT: Json = {
    **FULL_RESOURCES["FlinkStateSnapshot"],
    "spec": {
        "jobReference": {"kind": "FlinkDeployment", "name": "job"},
        "checkpoint": {},
        "backoffLimit": -1,
    },
}

"""Pod templates of the cases: one with a value for nearly everything that Flink sets or adds to."""

from tests.originals.case import Json

_PROBE = {
    "httpGet": {"path": "/config", "port": "rest"},
    "periodSeconds": 1,
    "failureThreshold": 2**31 - 1,
}
_MAIN: Json = {
    "name": "flink-main-container",
    "image": "template:1",
    "imagePullPolicy": "Always",
    "command": ["/template-entrypoint.sh"],
    "args": ["template"],
    "env": [{"name": "TEMPLATE", "value": "1"}, {"name": "MASTER", "value": "template"}],
    "envFrom": [{"secretRef": {"name": "credentials"}}],
    "ports": [{"name": "metrics", "containerPort": 9249, "protocol": "TCP"}],
    "volumeMounts": [{"name": "data", "mountPath": "/flink-data"}],
    "resources": {
        "requests": {"cpu": "3", "memory": "7Gi", "ephemeral-storage": "1Gi"},
        "limits": {"example.com/gpu": "1"},
    },
    "securityContext": {"runAsUser": 9999},
    "livenessProbe": {"tcpSocket": {"port": 6123}, "initialDelaySeconds": 5},
    "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}},
}
_BUSYBOX = {"image": "busybox:1", "imagePullPolicy": "IfNotPresent"}
SIDECAR = {"name": "before", **_BUSYBOX}
TEMPLATE: Json = {
    "metadata": {
        "labels": {"template": "yes", "team": "template"},
        "annotations": {"from": "template", "note": "template"},
    },
    "spec": {
        "serviceAccountName": "template-account",
        "priorityClassName": "high",
        "terminationGracePeriodSeconds": 60,
        "dnsPolicy": "Default",
        "imagePullSecrets": [{"name": "template-registry"}],
        "nodeSelector": {"zone": "a", "disk": "template"},
        "tolerations": [{"key": "template", "operator": "Exists"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "arch", "operator": "In", "values": ["amd64"]}]}
                    ]
                }
            }
        },
        "securityContext": {"fsGroup": 9999},
        "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["store"]}],
        "initContainers": [{"name": "prepare", **_BUSYBOX, "command": ["true"]}],
        "containers": [
            SIDECAR,
            _MAIN,
            {"name": "after", **_BUSYBOX, "volumeMounts": [{"name": "data", "mountPath": "/in"}]},
        ],
        "volumes": [
            {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "host", "hostPath": {"path": "/var/data", "type": "Directory"}},
        ],
    },
}
TEMPLATE_WITH_PROBE: Json = {
    **TEMPLATE,
    "spec": {
        **TEMPLATE["spec"],
        "containers": [
            {**container, "startupProbe": _PROBE} if container is _MAIN else container
            for container in TEMPLATE["spec"]["containers"]
        ],
    },
}

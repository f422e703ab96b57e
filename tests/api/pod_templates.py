"""Pod templates that Kubernetes itself takes, with all that is odd about them."""

from tests.api.api_server import Json

_MAIN: Json = {"name": "flink-main-container", "image": "flink:2.3"}

AMOUNTS: Json = {
    "spec": {
        "containers": [
            {
                **_MAIN,
                "resources": {
                    "limits": {"cpu": 1, "memory": 2147483648, "example.com/gpu": 1},
                    "requests": {
                        "cpu": 0.5,
                        "memory": "1Gi",
                        "ephemeral-storage": "1e9",
                        "example.com/gpu": "1",
                    },
                },
                "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
            }
        ],
        "overhead": {"cpu": "250m", "memory": "120Mi"},
        "runtimeClassName": "gvisor",
        "volumes": [
            {"name": "a", "emptyDir": {"sizeLimit": 1073741824}},
            {"name": "b", "emptyDir": {"sizeLimit": "500Mi", "medium": "Memory"}},
            {"name": "c", "emptyDir": {}},
        ],
    }
}

PROBES_AND_PORTS: Json = {
    "spec": {
        "containers": [
            {
                **_MAIN,
                "ports": [
                    {"containerPort": 53, "protocol": "TCP"},
                    {"containerPort": 53, "protocol": "UDP"},
                    {"name": "metrics", "containerPort": 9249, "hostPort": 9249},
                ],
                "livenessProbe": {"httpGet": {"path": "/", "port": "metrics"}, "periodSeconds": 5},
                "readinessProbe": {"tcpSocket": {"port": 9249}, "failureThreshold": 2},
                "startupProbe": {"exec": {"command": ["true"]}},
                "lifecycle": {
                    "preStop": {"sleep": {"seconds": 3}},
                    "postStart": {"httpGet": {"port": 9249, "httpHeaders": [{"name": "A", "value": "b"}]}},
                },
            },
            {"name": "proxy", "image": "proxy:1", "livenessProbe": {"grpc": {"port": 53, "service": "x"}}},
        ]
    }
}

ENVIRONMENT: Json = {
    "spec": {
        "containers": [
            {
                **_MAIN,
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "A", "value": "2"},
                    {"name": "EMPTY"},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                    {
                        "name": "CPU",
                        "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}},
                    },
                    {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
                ],
                "envFrom": [
                    {"configMapRef": {"name": "one"}},
                    {"prefix": "P_", "secretRef": {"name": "two", "optional": False}},
                ],
                "command": ["/docker-entrypoint.sh"],
                "args": ["", "a", "a"],
                "workingDir": "",
            }
        ],
        "imagePullSecrets": [{"name": "pull"}, {"name": "pull"}, {}],
        "tolerations": [
            {"operator": "Exists"},
            {"operator": "Exists"},
            {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 30},
        ],
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a", "b"]}],
        "readinessGates": [{"conditionType": "example.com/ready"}],
    }
}

VOLUMES: Json = {
    "spec": {
        "containers": [
            {
                **_MAIN,
                "volumeMounts": [
                    {"name": "all", "mountPath": "/all", "readOnly": True},
                    {"name": "own", "mountPath": "/own", "subPathExpr": "$(POD)", "mountPropagation": "None"},
                ],
                "env": [{"name": "POD", "value": "x"}],
                "volumeDevices": [{"name": "block", "devicePath": "/dev/x"}],
            }
        ],
        "volumes": [
            {
                "name": "all",
                "projected": {
                    "defaultMode": 288,
                    "sources": [
                        {"secret": {"name": "s", "items": [{"key": "k", "path": "p", "mode": 256}]}},
                        {"configMap": {"name": "c", "optional": True}},
                        {
                            "serviceAccountToken": {
                                "path": "token",
                                "audience": "a",
                                "expirationSeconds": 3600,
                            }
                        },
                        {
                            "downwardAPI": {
                                "items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
                            }
                        },
                    ],
                },
            },
            {
                "name": "own",
                "ephemeral": {
                    "volumeClaimTemplate": {
                        "metadata": {"labels": {"a": "b"}},
                        "spec": {
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": "1Gi"}},
                            "storageClassName": "fast",
                        },
                    }
                },
            },
            {"name": "block", "persistentVolumeClaim": {"claimName": "disk"}},
            {"name": "host", "hostPath": {"path": "/data", "type": ""}},
            {"name": "csi", "csi": {"driver": "x.example.com", "volumeAttributes": {"a": "b"}}},
            {"name": "nfs", "nfs": {"server": "s", "path": "/p"}},
        ],
    }
}

PLACEMENT: Json = {
    "metadata": {
        "name": "any",
        "labels": {"example.com/team": "orders"},
        "annotations": {"example.com/a": ""},
        "finalizers": ["example.com/f"],
    },
    "spec": {
        "containers": [
            {
                **_MAIN,
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]},
                    "seccompProfile": {"type": "RuntimeDefault"},
                    "readOnlyRootFilesystem": True,
                },
            }
        ],
        "initContainers": [{"name": "sidecar", "image": "s:1", "restartPolicy": "Always"}],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 9999,
            "fsGroup": 9999,
            "supplementalGroups": [1, 2],
            "sysctls": [{"name": "net.core.somaxconn", "value": "1024"}],
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app": "x"}},
                "matchLabelKeys": ["pod-template-hash"],
            },
        ],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}
                    ]
                }
            },
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}
                ]
            },
        },
        "dnsPolicy": "None",
        "dnsConfig": {
            "nameservers": ["10.0.0.1"],
            "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
        },
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "high",
        "terminationGracePeriodSeconds": 0,
        "hostNetwork": False,
        "enableServiceLinks": False,
        "shareProcessNamespace": True,
        "schedulingGates": [{"name": "example.com/gate"}],
    },
}

NEWER_KUBERNETES: Json = {
    "metadata": {"newerField": {"deep": [1, "two", None, 3.5]}},
    "spec": {
        "containers": [{**_MAIN, "newerField": [{"a": None}], "resources": {"newerField": {"a": 1}}}],
        "volumes": [{"name": "a", "newerSource": {"b": []}}],
        "newerField": True,
        "securityContext": {"newerField": "x"},
    },
}

WITH_NULLS: Json = {
    "metadata": {"creationTimestamp": None, "labels": None, "annotations": {"a": "b"}},
    "spec": {
        "containers": [{**_MAIN, "env": None, "resources": {"limits": None}, "args": None, "tty": None}],
        "initContainers": None,
        "volumes": [{"name": "a", "emptyDir": None}, {"name": "b", "emptyDir": {"sizeLimit": None}}],
        "nodeSelector": None,
        "affinity": None,
        "securityContext": {"runAsUser": None},
        "terminationGracePeriodSeconds": None,
    },
}
"""As programs write them that know no absent fields."""

WITHOUT_NULLS: Json = {
    "metadata": {"annotations": {"a": "b"}},
    "spec": {
        "containers": [{**_MAIN, "resources": {}}],
        "volumes": [{"name": "a"}, {"name": "b", "emptyDir": {}}],
        "securityContext": {},
    },
}
"""The same to the API server, which stores no null."""

POD_TEMPLATES: dict[str, Json] = {
    "amounts": AMOUNTS,
    "probes-and-ports": PROBES_AND_PORTS,
    "environment": ENVIRONMENT,
    "volumes": VOLUMES,
    "placement": PLACEMENT,
    "newer-kubernetes": NEWER_KUBERNETES,
}
"""By what is odd; none holds a null that is not in a field of a newer Kubernetes."""

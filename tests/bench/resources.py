"""The resources that are measured: a small one, and one as large as they come."""

from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent.parent
_OPTIONS = 200
_LINES = 300

Resource = dict[str, Any]


def basic() -> Resource:
    """The smallest useful FlinkDeployment."""
    resource: Resource = yaml.safe_load((PROJECT / "examples" / "basic.yaml").read_text("utf-8"))
    return resource


def stateful(name: str) -> Resource:
    """One whose job keeps its state: high availability, checkpoints, upgrades with savepoints."""
    resource = basic()
    resource["metadata"]["name"] = name
    resource["spec"]["flinkConfiguration"] |= {
        "high-availability.type": "kubernetes",
        "high-availability.storageDir": "s3://flink/ha",
        "execution.checkpointing.interval": "1 min",
        "execution.checkpointing.dir": "s3://flink/checkpoints",
        "execution.checkpointing.savepoint-dir": "s3://flink/savepoints",
    }
    resource["spec"]["job"]["upgradeMode"] = "savepoint"
    return resource


def session_cluster(name: str, port: int) -> Resource:
    """One that keeps the state of its jobs, and whose JobManagers answer on that port."""
    resource = stateful(name)
    del resource["spec"]["job"]
    resource["spec"]["flinkConfiguration"]["rest.port"] = str(port)
    return resource


def session_job(name: str, cluster: str, jar: str) -> Resource:
    """One that keeps its state."""
    job = {"jarURI": jar, "parallelism": 1, "upgradeMode": "savepoint"}
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": name},
        "spec": {"deploymentName": cluster, "job": job},
    }


def large() -> Resource:
    """One with 200 options and three pod templates of 300 lines of YAML each."""
    resource = basic()
    spec = resource["spec"]
    spec["flinkConfiguration"] |= {
        f"some.option.of.a.job.{number}": f"value {number}" for number in range(_OPTIONS)
    }
    for holder in (spec, spec["jobManager"], spec["taskManager"]):
        holder["podTemplate"] = _pod_template()
    return resource


def lines_of_pod_templates(resource: Resource) -> int:
    """Lines of YAML in all pod templates of a FlinkDeployment."""
    spec = resource["spec"]
    holders = (spec, spec["jobManager"], spec["taskManager"])
    return sum(_lines(holder["podTemplate"]) for holder in holders if "podTemplate" in holder)


def _lines(template: Resource) -> int:
    return len(yaml.dump(template, Dumper=_Plain).splitlines())


class _Plain(yaml.CSafeDumper):
    """Block style without aliases, as people write it."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _pod_template() -> Resource:
    """Flink's container, sidecars with probes, volumes, affinity; filled up with environment variables."""
    containers = [_container("flink-main-container"), *(_container(f"sidecar-{n}") for n in range(3))]
    term = {
        "labelSelector": {"matchLabels": {"app": "basic"}},
        "topologyKey": "kubernetes.io/hostname",
    }
    template: Resource = {
        "metadata": {"labels": {"team": "streams"}, "annotations": {"example.org/owner": "streams"}},
        "spec": {
            "affinity": {
                "podAntiAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 100, "podAffinityTerm": term}
                    ]
                }
            },
            "containers": containers,
            "tolerations": [
                {"key": "dedicated", "operator": "Equal", "value": "flink", "effect": "NoSchedule"}
            ],
            "volumes": [
                *({"name": f"config-{n}", "configMap": {"name": f"config-{n}"}} for n in range(3)),
                {"name": "scratch", "emptyDir": {"sizeLimit": "10Gi"}},
            ],
        },
    }
    variables = containers[0]["env"]
    while _lines(template) < _LINES:
        variables.append({"name": f"VARIABLE_{len(variables)}", "value": "a value"})
    return template


def _container(name: str) -> Resource:
    probe = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 10, "failureThreshold": 3}
    return {
        "name": name,
        "image": "registry.example/image:1",
        "env": [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "ports": [{"name": "http", "containerPort": 8080}],
        "livenessProbe": probe,
        "readinessProbe": probe,
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True},
        "volumeMounts": [{"name": f"config-{n}", "mountPath": f"/etc/config/{n}"} for n in range(3)],
    }

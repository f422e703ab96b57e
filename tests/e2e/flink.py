"""What a user does with kubectl, and what they see."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from tests.cluster import Cluster
from tests.installation import NAMESPACE
from tests.polling import eventually

Json = dict[str, Any]
DEPLOYMENT, SESSION_JOB = "flinkdeployment", "flinksessionjob"
JAR = "local:///opt/flink/usrlib/testjob.jar"
SETTLED = 150.0  # seconds until a cluster must be up on a busy machine
_STARTS_FAST = {"env.java.opts.all": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
"""A JVM that lives for a minute need not be optimized: its start takes a quarter less of the processor."""


def application(name: str, image: str, version: str, **spec: Any) -> Json:
    """A stateless application with small requests, and limits that let Flink start fast."""
    resources = {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
    configuration = spec.pop("flinkConfiguration", {"taskmanager.numberOfTaskSlots": "2"})
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "metadata": {"name": name},
        "spec": {
            "image": image,
            "flinkVersion": version,
            "serviceAccount": "flink",
            "flinkConfiguration": {**_STARTS_FAST, **configuration},
            "jobManager": {"resources": resources},
            "taskManager": {"resources": deepcopy(resources)},
            "job": {"jarURI": JAR, "parallelism": 1, "upgradeMode": "stateless"},
            **spec,
        },
    }


class Flink:
    """One namespace, through kubectl."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True, timeout: float = 60) -> str:
        """Output of kubectl in the namespace; with check=False, its errors too."""
        answer = self.cluster.kubectl("-n", self.namespace, *args, stdin=stdin, check=check, timeout=timeout)
        return answer.stdout if check else answer.stdout + answer.stderr

    def apply(self, resource: Mapping[str, Any], *, check: bool = True) -> str:
        """kubectl apply."""
        return self.kubectl("apply", "-f", "-", stdin=json.dumps(resource), check=check)

    def patch(self, name: str, patch: Mapping[str, Any], kind: str = DEPLOYMENT) -> None:
        """kubectl patch, as a merge."""
        self.kubectl("patch", kind, name, "--type=merge", "-p", json.dumps(patch))

    def get(self, name: str, kind: str = DEPLOYMENT) -> Json:
        """The FlinkDeployment, or a resource of another kind."""
        resource: Json = json.loads(self.kubectl("get", kind, name, "-o", "json"))
        return resource

    def items(self, kinds: str, labels: str = "") -> list[Json]:
        """Objects of these kinds."""
        selector = ["-l", labels] if labels else []
        found: list[Json] = json.loads(self.kubectl("get", kinds, *selector, "-o", "json"))["items"]
        return found

    def wait_until_running(self, name: str, kind: str = DEPLOYMENT) -> Json:
        """Wait as users do, and return the resource."""
        arguments = ("wait", "--for=condition=Ready", f"{kind}/{name}", f"--timeout={SETTLED:g}s")
        self.kubectl(*arguments, timeout=SETTLED + 10)
        return self.get(name, kind)

    def wait_for(
        self, name: str, check: Callable[[Json], bool], *, within: float, what: str, kind: str = DEPLOYMENT
    ) -> Json:
        """The resource once the check holds."""

        def seen() -> Json:
            resource = self.get(name, kind)
            assert check(resource), resource.get("status")
            return resource

        return eventually(seen, within=within, what=what)

    def events(self, name: str) -> list[Json]:
        """Events on resources of that name."""
        return [event for event in self.items("events") if event["involvedObject"]["name"] == name]

    def describe(self) -> None:
        """Show what is needed to understand a failure."""
        kinds = "flinkdeployment,deployment,pod,configmap"
        for arguments in (
            ("get", kinds, "-o", "wide"),
            ("get", "events"),
            ("get", "flinkdeployment,flinksessionjob", "-o", "yaml"),
        ):
            print(self.kubectl(*arguments, check=False))
        logs = ("logs", "-n", NAMESPACE, "deploy/flink-operator-controller", "--tail=80")
        print(self.cluster.kubectl(*logs, check=False).stdout)

    def remove(self) -> None:
        """Delete the namespace with all that is in it."""
        for kind in (SESSION_JOB, DEPLOYMENT):
            self.kubectl("delete", kind, "--all", "--wait=true", "--timeout=90s", check=False, timeout=100)
        self.cluster.kubectl("delete", "namespace", self.namespace, "--timeout=90s", check=False, timeout=100)


def ready(resource: Mapping[str, Any]) -> Json:
    """The condition Ready, or an empty one."""
    conditions = resource.get("status", {}).get("conditions", [])
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})

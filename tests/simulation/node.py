"""What Kubernetes makes of Deployments: their pods, and how these come and go."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from controller.flink.names import configuration_map
from controller.kubernetes_api import Object
from tests.simulation.clock import Clock
from tests.simulation.server import Server
from tests.simulation.terse import Terse

BROKEN_IMAGE = "registry/broken:1"
_CONTROLLER_SECONDS = 0.1


@dataclass(frozen=True, slots=True, repr=False)
class Pace(Terse):
    """How long things take in this scenario, in seconds."""

    pod_start: float = 0.5
    pod_end: float = 1.0
    job_manager: float = 1.5
    """From the container's start to the first answer over REST."""
    submission: float = 0.5
    """From there to the job being listed, unless high availability knows its plan."""
    job: float = 1.0
    """From there to the job's tasks running."""
    checkpoint_interval: float = 5.0
    savepoint: float = 1.5
    cancellation: float = 1.0
    status: float = 0.1
    """Until a Deployment's status tells what its pods do."""
    watch: float = 0.05
    controller: float = 2.0
    """Until a controller that was killed starts again."""
    first_status_is_punctual: bool = True
    """A Deployment's first condition has the second of its creation, whenever it is written."""


class Node:
    """Deployment controller and kubelet in one. A pod that starts and one that ends are told."""

    def __init__(self, clock: Clock, server: Server, pace: Pace) -> None:
        self.on_start: Callable[[Object], None] = lambda _: None
        self.on_missing_volume: Callable[[str, str], None] = lambda *_: None
        self.on_end: Callable[[str], None] = lambda _: None
        self._clock = clock
        self._server = server
        self._pace = pace
        self._pods = count(1)
        self._ending: set[str] = set()
        server.watchers.append(self._changed)

    def lose(self, name: str) -> None:
        """The pod is gone from one moment to the next, with all that ran in it."""
        body = self._server.find("pods", name)
        if body is not None:
            self.on_end(body["metadata"]["uid"])
            self._server.remove("pods", name)

    def _changed(self, event: str, plural: str, body: Object) -> None:
        if plural == "deployments":
            if event != "DELETED":
                self._sync_later(body["metadata"]["name"])
        elif plural == "pods":
            metadata = body["metadata"]
            if "deletionTimestamp" in metadata and metadata["uid"] not in self._ending:
                self._ending.add(metadata["uid"])
                self._clock.after(self._pace.pod_end, lambda: self._end(metadata["name"], metadata["uid"]))
            for owner in metadata.get("ownerReferences") or []:
                self._sync_later(owner["name"])

    def _sync_later(self, name: str) -> None:
        self._clock.after(_CONTROLLER_SECONDS, lambda: self._sync(name))

    def _sync(self, name: str) -> None:
        deployment = self._server.find("deployments", name)
        if deployment is None:
            return
        pods = [pod for pod in self._pods_of(deployment) if "deletionTimestamp" not in pod["metadata"]]
        spec = deployment["spec"]
        if "deletionTimestamp" not in deployment["metadata"]:
            replicas = spec.get("replicas", 1)
            if len(pods) < replicas and not spec.get("paused"):
                self._create_pod(deployment)
            for pod in pods[replicas:]:
                self._server.delete("pods", pod["metadata"]["name"])
        self._clock.after(self._pace.status, lambda: self._write_status(name))

    def _pods_of(self, deployment: Object) -> list[Object]:
        """Of its own template: TaskManagers are owned by it too, but Flink makes them."""
        uid = deployment["metadata"]["uid"]
        return [
            pod
            for pod in self._server.all("pods")
            if pod["metadata"]["ownerReferences"][0]["uid"] == uid
            and pod["metadata"]["labels"]["component"] == "jobmanager"
        ]

    def _write_status(self, name: str) -> None:
        deployment = self._server.find("deployments", name)
        if deployment is None:
            return
        pods = [pod for pod in self._pods_of(deployment) if "deletionTimestamp" not in pod["metadata"]]
        ready = sum(1 for pod in pods if pod["status"].get("ready"))
        available = "True" if ready >= max(1, deployment["spec"].get("replicas", 1)) else "False"
        before = deployment.get("status") or {}
        condition = next(iter(before.get("conditions") or []), None)
        since = condition["lastTransitionTime"] if condition and condition["status"] == available else None
        if condition is None and self._pace.first_status_is_punctual:
            since = deployment["metadata"]["creationTimestamp"]
        status: Object = {
            "replicas": len(pods),
            "conditions": [
                {
                    "type": "Available",
                    "status": available,
                    "lastTransitionTime": since or self._clock.stamp(),
                }
            ],
        }
        if ready:
            status["availableReplicas"] = ready
        if status != before:
            self._server.replace("deployments", {"metadata": {"name": name}, "status": status}, "status")

    def _create_pod(self, deployment: Object) -> None:
        metadata, template = deployment["metadata"], deployment["spec"]["template"]
        name = f"{metadata['name']}-{next(self._pods)}"
        owner = {"kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"]}
        self.create_pod(name, template["metadata"]["labels"], owner, template["spec"]["containers"][0])

    def create_pod(self, name: str, labels: dict[str, str], owner: Object, container: Object) -> None:
        """A pod that this node will start."""
        if self._server.is_terminating:
            return
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "shop",
                "labels": labels,
                "ownerReferences": [{**owner, "blockOwnerDeletion": True, "controller": True}],
            },
            "spec": {"containers": [container]},
            "status": {"phase": "Pending", "startTime": self._clock.stamp()},
        }
        created = self._server.create("pods", body)
        self._clock.after(self._pace.pod_start, lambda: self._start(name, created["metadata"]["uid"]))

    def _start(self, name: str, uid: str) -> None:
        pod = self._server.find("pods", name)
        if pod is None or pod["metadata"]["uid"] != uid or "deletionTimestamp" in pod["metadata"]:
            return
        image = pod["spec"]["containers"][0]["image"]
        labels = pod["metadata"]["labels"]
        if image == BROKEN_IMAGE:
            waiting = {"reason": "ImagePullBackOff", "message": "not found"}
            containers = [{"name": "flink-main-container", "image": image, "state": {"waiting": waiting}}]
            status = {"phase": "Pending", "startTime": pod["status"]["startTime"]}
            self._server.merge("pods", name, {"status": {**status, "containerStatuses": containers}})
            return
        mounted = configuration_map(labels["app"])
        if self._server.find("configmaps", mounted) is None:
            if self._lives(pod["metadata"]["ownerReferences"][0]):
                self.on_missing_volume(name, mounted)
            self._clock.after(1.0, lambda: self._start(name, uid))  # a volume that cannot be mounted yet
            return
        self._server.merge("pods", name, {"status": {"phase": "Running", "ready": True}})
        started = self._server.find("pods", name)
        if started is not None:
            self.on_start(started)

    def _lives(self, owner: Object) -> bool:
        found = self._server.find("deployments", owner["name"])
        return (
            found is not None
            and found["metadata"]["uid"] == owner["uid"]
            and "deletionTimestamp" not in found["metadata"]
        )

    def _end(self, name: str, uid: str) -> None:
        self._ending.discard(uid)
        pod = self._server.find("pods", name)
        if pod is not None and pod["metadata"]["uid"] == uid:
            self.on_end(uid)
            self._server.remove("pods", name)

"""What a resource's owner controls: deletions with a last savepoint, pauses, one operator at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from controller.kubernetes_api import Object
from shared.control import FORCE_DELETION, PAUSED
from tests.simulation.clock import Clock
from tests.simulation.coverage import Coverage
from tests.simulation.faults import Call
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.server import Server

if TYPE_CHECKING:
    from tests.simulation.flink import Flink
    from tests.simulation.job_manager import JobManager

FLINK_DEPLOYMENTS = "flinkdeployments"
_OPTION = "kubernetes.operator.job.savepoint-on-deletion"
_OF_RECORD = frozenset({FLINK_DEPLOYMENTS, "events", "leases"})
_DEPLOYED = frozenset({"DEPLOYED", "ROLLED_BACK"})


@dataclass(slots=True)
class _Deletion:
    """Of a resource whose job is to end with a savepoint."""

    since: float
    was_deployed: bool
    """No change was under way, which may have given up the job's state."""


@dataclass(slots=True)
class Control:
    """Watches what the controller does to clusters, and raises PromiseBrokenError."""

    clock: Clock
    server: Server
    flink: Flink
    coverage: Coverage
    _deletions: dict[str, _Deletion] = field(default_factory=dict)
    _replicas: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server.watchers.append(self._changed)

    # Pauses, and other operators

    def effect(self, call: Call) -> None:
        """The controller did something besides keeping its records."""
        if call.plural in _OF_RECORD:
            return
        for resource in self.server.all(FLINK_DEPLOYMENTS):
            said = {one["type"]: one for one in (resource.get("status") or {}).get("conditions") or []}
            if "Paused" in said and is_on(resource, PAUSED):
                raise PromiseBrokenError(f"{call} while the resource is paused")
            if said.get("Ready", {}).get("reason") == "SecondOperator":
                raise PromiseBrokenError(f"{call} while somebody else writes the status")

    # The last savepoint

    def _changed(self, event: str, plural: str, body: Object) -> None:
        match plural, event:
            case "flinkdeployments", "DELETED":
                self._tell_of_the_last_savepoint(body)
            case "flinkdeployments", _:
                self._note_deletion(body)
            case "deployments", "MODIFIED":
                self._scaled(body)

    def _note_deletion(self, body: Object) -> None:
        metadata = body["metadata"]
        wanted = body["spec"]["flinkConfiguration"].get(_OPTION) == "true"
        if "deletionTimestamp" in metadata and wanted and metadata["uid"] not in self._deletions:
            state = _at(body, "status", "reconciliationStatus", "state")
            self._deletions[metadata["uid"]] = _Deletion(self.clock.now, state in _DEPLOYED)

    def _scaled(self, body: Object) -> None:
        uid, replicas = body["metadata"]["uid"], body["spec"].get("replicas", 1)
        before, self._replicas[uid] = self._replicas.get(uid, 1), replicas
        if before > 0 and replicas == 0:
            self._require_the_last_savepoint(body["metadata"])
            self._require_it_is_not_to_be_left()

    def _require_the_last_savepoint(self, metadata: Object) -> None:
        """A JobManager that answers is not stopped before its job's state is safe, and that is on record."""
        manager = self.flink.answering(metadata["name"])
        if manager is None or manager.deployment_uid != metadata["uid"]:
            return
        for resource in self.server.all(FLINK_DEPLOYMENTS):
            deletion = self._deletions.get(resource["metadata"]["uid"])
            if deletion is not None and not is_on(resource, FORCE_DELETION):
                self._require_state_is_safe(deletion, resource, manager)

    def _require_state_is_safe(self, deletion: _Deletion, resource: Object, manager: JobManager) -> None:
        recorded = _at(resource, "status", "jobStatus", "savepointInfo", "lastSavepoint", "location")
        for job in manager.jobs.values():
            runs = job.running_since is not None and job.running_since < deletion.since
            if runs and deletion.was_deployed:
                raise PromiseBrokenError("a job that runs is deleted without its last savepoint")
            if job.savepoint is not None and job.savepoint.path != recorded:
                raise PromiseBrokenError(
                    f"a job was deleted before its last savepoint was on record: {recorded}"
                )

    def _require_it_is_not_to_be_left(self) -> None:
        for resource in self.server.all(FLINK_DEPLOYMENTS):
            state = _at(resource, "status", "reconciliationStatus", "state")
            if "orphan" in (resource["metadata"].get("finalizers") or []) and state in _DEPLOYED:
                raise PromiseBrokenError("a cluster is stopped that its owner wanted to be left running")

    def _tell_of_the_last_savepoint(self, body: Object) -> None:
        location = _at(body, "status", "jobStatus", "savepointInfo", "lastSavepoint", "location")
        told = any(location in event["message"] for event in self.server.all("events")) if location else False
        if body["metadata"]["uid"] in self._deletions and told:
            self.coverage.hit("promise", "a deletion told of its last savepoint")


def is_on(resource: Object, switch: str) -> bool:
    """Whether the annotation is set."""
    return (resource["metadata"].get("annotations") or {}).get(switch) == "true"


def _at(body: Any, *path: str) -> Any:
    for name in path:
        body = (body or {}).get(name)
    return body

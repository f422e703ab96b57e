"""Who touches what: nothing of one session job by another's decisions, and no cluster for a job."""

from dataclasses import dataclass, field

from controller.kubernetes_api import FLINK_DEPLOYMENTS, Object
from shared.config.effective import GENERATION_ANNOTATION
from shared.control import FORCE_DELETION, PAUSED
from tests.simulation.control import is_on
from tests.simulation.faults import Call
from tests.simulation.flink import Flink
from tests.simulation.job_manager import Job
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.queue import WORKED_ON
from tests.simulation.replica import NAME
from tests.simulation.server import Server
from tests.simulation.session.promises import SessionPromises
from tests.simulation.session.setup import CASCADE, JOBS

_CLUSTERS = FLINK_DEPLOYMENTS.plural
_OF_RECORD = frozenset({_CLUSTERS, JOBS, "events", "leases"})


@dataclass(slots=True)
class SessionControl:
    """Watches what the controller does, and raises PromiseBrokenError."""

    server: Server
    flink: Flink
    promises: SessionPromises
    _stopped: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.server.watchers.append(self._changed)

    def effect(self, call: Call) -> None:
        """The controller did something."""
        item = WORKED_ON.get()
        if call.plural == "leases" or item is None:
            return
        plural, (_, name) = item
        self._require_not_held(plural, name, call)
        if plural == JOBS:
            self._of_a_job(call, name)
        else:
            self._of_the_cluster(call)

    def _require_not_held(self, plural: str, name: str, call: Call) -> None:
        resource = self.server.find(plural, name)
        if resource is None or call.plural in _OF_RECORD or call.name.startswith("jars"):
            return  # a submission that is under way comes to its end
        said = {one["type"]: one for one in (resource.get("status") or {}).get("conditions") or []}
        if "Paused" in said and is_on(resource, PAUSED):
            raise PromiseBrokenError(f"{call} while {name} is paused")
        if said.get("Ready", {}).get("reason") == "SecondOperator":
            raise PromiseBrokenError(f"{call} while somebody else writes the status of {name}")

    def _of_a_job(self, call: Call, name: str) -> None:
        resource = self.server.find(JOBS, name)
        if call.is_rest:
            owner = self.promises.owner(call.job)
            if call.job and resource is not None and owner != resource["metadata"]["uid"]:
                raise PromiseBrokenError(f"{call} for {name}, of a job that is not its own")
        elif call.plural != "events" and (call.plural, call.name) != (JOBS, name):
            raise PromiseBrokenError(f"{call} {call.name} for session job {name}")

    def _of_the_cluster(self, call: Call) -> None:
        if call.is_rest:
            raise PromiseBrokenError(f"{call} for the session cluster")
        cluster = self.server.find(_CLUSTERS, NAME)
        if call.plural == JOBS and cluster is not None:
            wanted = cluster["spec"]["flinkConfiguration"].get(CASCADE) == "true"
            if not wanted or "deletionTimestamp" not in cluster["metadata"]:
                raise PromiseBrokenError(f"{call} for the session cluster, and nobody asked for it")
        if call.plural == "deployments":
            self._require_jobs_are_safe(cluster)

    def _require_jobs_are_safe(self, cluster: Object | None) -> None:
        """Before their JobManager goes; only Flink's metadata carries them over."""
        deployment = self.server.find("deployments", NAME)
        if deployment is None or not _is_stopped(deployment) or cluster is None:
            return
        uid = deployment["metadata"]["uid"]
        if uid in self._stopped:
            return
        self._stopped.add(uid)
        if is_on(cluster, FORCE_DELETION) or self._carries_over(cluster, deployment):
            return
        for job in self._living(uid):
            owner = self.promises.owner(job.job_id) or ""
            if self.promises.wants_state(owner):
                raise PromiseBrokenError(f"the session cluster is stopped while {job.job_id} runs with state")

    def _living(self, deployment_uid: str) -> list[Job]:
        return [
            job for manager, job in self.flink.living_jobs(NAME) if manager.deployment_uid == deployment_uid
        ]

    def _carries_over(self, cluster: Object, deployment: Object) -> bool:
        """By any spec that its owner wanted since."""
        metadata = cluster["metadata"]
        if "deletionTimestamp" in metadata:
            return False
        running = int(deployment["metadata"]["annotations"][GENERATION_ANNOTATION])
        specs = self.promises.lineage(metadata["uid"]).specs
        before, later = specs[running], [spec for number, spec in specs.items() if number > running]
        return _keeps_metadata(before) and any(
            _keeps_metadata(one) and one["flinkVersion"] == before["flinkVersion"] for one in later
        )

    def _changed(self, event: str, plural: str, body: Object) -> None:
        if plural == JOBS and event == "DELETED" and body["metadata"]["uid"] not in self.promises.given_up:
            self._require_it_is_over(body)

    def _require_it_is_over(self, body: Object) -> None:
        """A resource goes when its job has gone, for good."""
        metadata = body["metadata"]
        if is_on(body, FORCE_DELETION):
            self.promises.given_up.add(metadata["uid"])
            return
        deployment = self.server.find("deployments", NAME)
        if deployment is None or _is_stopped(deployment):
            return
        for job in self._living(deployment["metadata"]["uid"]):
            if self.promises.owner(job.job_id) == metadata["uid"]:
                raise PromiseBrokenError(f"{metadata['name']} is let go while its job {job.job_id} runs")
        job_id = ((body.get("status") or {}).get("jobStatus") or {}).get("jobId")
        if self.server.find("configmaps", f"{NAME}-{job_id}-config-map") is not None:
            raise PromiseBrokenError(f"{metadata['name']} is let go while Flink would start its job again")


def _is_stopped(deployment: Object) -> bool:
    return "deletionTimestamp" in deployment["metadata"] or deployment["spec"].get("replicas") == 0


def _keeps_metadata(spec: Object) -> bool:
    return bool(spec["flinkConfiguration"].get("high-availability.type") == "kubernetes")

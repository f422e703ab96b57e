"""The promises about each session job, which shares its JobManager with others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controller.kubernetes_api import FLINK_SESSION_JOBS, Object
from shared.config.effective import GENERATION_ANNOTATION
from shared.model.status import FlinkSessionJobStatus
from tests.health_checks import Kstatus, kstatus
from tests.simulation.coverage import Coverage
from tests.simulation.job_manager import TERMINAL
from tests.simulation.promises import Lineage, PromiseBrokenError, Promises
from tests.simulation.replica import NAME
from tests.simulation.server import Server

if TYPE_CHECKING:
    from tests.simulation.job_manager import Job, JobManager, Storage

JOBS = FLINK_SESSION_JOBS.plural


@dataclass(slots=True)
class _Run:
    """The last one of a session job."""

    job_id: str
    cluster: str
    """Uid of the Deployment that it began on."""
    cluster_generation: int
    """Of the FlinkDeployment then."""
    manager: JobManager
    """The process in which it was last."""
    has_ended: bool = False
    end_was_seen: bool = False
    """It is on record, and not only because the process was lost."""


class SessionPromises(Promises):
    """Sees every start of a job and every restore point, and knows whose they are."""

    def __init__(self, server: Server, storage: Storage, coverage: Coverage) -> None:
        super().__init__(server, storage, coverage)
        self._uids: dict[str, str] = {}
        """Of the resource, by the id of its job."""
        self._runs: dict[str, _Run] = {}
        """By the uid of the resource."""
        self.given_up: set[str] = set()
        """Uids of resources whose owner let them go whatever runs."""

    def owner(self, job_id: str | None) -> str | None:
        """Uid of the resource that has, or had, the job on record."""
        return self._uids.get(job_id or "")

    def resource(self, uid: str) -> Object | None:
        """The session job with that uid."""
        return next((one for one in self._server.all(JOBS) if one["metadata"]["uid"] == uid), None)

    def all_lost_by_hand(self) -> None:
        """Somebody took the cluster away with all jobs on it."""
        for uid in self._runs:
            self.lineage(uid).lost_by_hand = True

    def wants_state(self, uid: str) -> bool:
        """Whether the owner of the job wanted its state kept ever since it was started."""
        lineage, resource = self.lineage(uid), self.resource(uid)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            return False
        since = [spec["job"] for number, spec in lineage.specs.items() if number >= (lineage.started or 0)]
        nonces = {one.get("savepointRedeployNonce") for one in since}
        return len(nonces) == 1 and all(one["upgradeMode"] != "stateless" for one in since)

    def _changed(self, event: str, plural: str, body: Object) -> None:
        super()._changed(event, plural, body)
        if plural != JOBS or event == "DELETED":
            return
        metadata = body["metadata"]
        job_status = (body.get("status") or {}).get("jobStatus") or {}
        job_id, run = job_status.get("jobId"), self._runs.get(metadata["uid"])
        if run is not None and run.job_id == job_id and job_status.get("state") in TERMINAL:
            run.end_was_seen |= run.manager.is_alive
        if job_id is not None and self._uids.setdefault(job_id, metadata["uid"]) != metadata["uid"]:
            raise PromiseBrokenError(f"two resources record the job {job_id}")
        if "deletionTimestamp" not in metadata:
            self.lineage(metadata["uid"]).specs[metadata["generation"]] = body["spec"]
            self._require_true_readiness(body)

    def _require_true_readiness(self, body: Object) -> None:
        if kstatus(body) is not Kstatus.CURRENT:
            return
        lineage, spec = self.lineage(body["metadata"]["uid"]), body["spec"]
        if body["kind"] == "FlinkDeployment":
            deployment = self._server.find("deployments", NAME)
            if deployment is None:
                return
            running = int(deployment["metadata"]["annotations"][GENERATION_ANNOTATION])
            is_true = _what_a_cluster_is(lineage.specs.get(running)) == _what_a_cluster_is(spec)
        elif spec["job"].get("state") == "suspended":
            return
        else:
            started = lineage.specs.get(lineage.started or 0)
            is_true = started is not None and _what_a_job_is(started) == _what_a_job_is(spec)
        if not is_true:
            name = body["metadata"]["name"]
            raise PromiseBrokenError(f"{name} says Ready, and what runs is not what the spec asks for")
        self._coverage.hit("promise", "ready only when the newest spec runs")

    def _of(self, _: JobManager, job: Job) -> Lineage:
        uid = self.owner(job.job_id)
        if uid is None:
            raise PromiseBrokenError(f"job {job.job_id} runs, and no resource records it")
        return self.lineage(uid)

    def job_started(self, manager: JobManager, job: Job, living: list[tuple[JobManager, Job]]) -> None:
        """One incarnation of each, on record, with nothing lost."""
        lineage, uid = self._of(manager, job), self._uids[job.job_id]
        others = [one for _, one in living if one is not job and self.owner(one.job_id) == uid]
        if others:
            raise PromiseBrokenError(f"two runs of one job: {others[0].job_id} and {job.job_id}")
        self._coverage.hit("promise", "a session job started while no other run of it was alive")
        if len(living) > 1:
            self._coverage.hit("promise", "a session job started beside others")
        resource, run = self.resource(uid), self._runs.get(uid)
        if run is not None and run.job_id == job.job_id:
            self._coverage.hit("promise", "a session job came back with its id")
            run.manager = manager
            lineage.floor = self._floor_of_return(job, resource)
            if resource is not None and not manager.is_highly_available:  # it was submitted once more
                lineage.started = self._require_record_of(resource, lineage, job)
            return
        if resource is None:
            if uid in self.given_up:
                return
            raise PromiseBrokenError(f"job {job.job_id} is started, and its resource is gone")
        self._require_reason(lineage, run, manager)
        generation = self._require_record_of(resource, lineage, job)
        self._require_own_state(job, uid)
        self._require_state(lineage, generation, job)
        cluster = self._server.find("flinkdeployments", NAME) or {"metadata": {"generation": 0}}
        changed = cluster["metadata"]["generation"]
        self._runs[uid] = _Run(job.job_id, manager.deployment_uid, changed, manager)
        lineage.started = generation
        lineage.floor = None if job.restored is None else job.restored.content
        lineage.lost_by_hand &= self._is_gone(manager)
        lineage.failed = False

    def job_ended(self, manager: JobManager, job: Job, state: str) -> None:
        """For good."""
        super().job_ended(manager, job, state)
        run = self._runs.get(self._uids[job.job_id])
        if run is not None and run.job_id == job.job_id:
            run.has_ended = True

    def checkpoint_dropped(self, manager: JobManager, job: Job, cause: str) -> None:
        """Of a job whose state nobody wants any more it may go."""
        if self.wants_state(self._uids[job.job_id]):
            super().checkpoint_dropped(manager, job, cause)

    def _require_reason(self, lineage: Lineage, run: _Run | None, manager: JobManager) -> None:
        """A job that was stopped and started without a change of its spec: for its cluster's sake."""
        if run is None or lineage.started != max(lineage.specs):
            return
        cluster = self._server.find("flinkdeployments", NAME) or {"metadata": {"generation": 0}}
        moved = manager.deployment_uid != run.cluster
        changed = cluster["metadata"]["generation"] != run.cluster_generation
        options = lineage.specs[max(lineage.specs)]["flinkConfiguration"]
        again = lineage.failed and options.get("kubernetes.operator.job.restart.failed") == "true"
        overlooked = not run.end_was_seen and manager is not run.manager
        if run.has_ended and not (moved or changed or again or overlooked or lineage.lost_by_hand):
            raise PromiseBrokenError("a session job was stopped and started though nobody asked for it")
        if not run.has_ended:
            lineage.lost_by_hand = True  # with its JobManager: a job without state is started anew

    def _require_record_of(self, resource: Object, lineage: Lineage, job: Job) -> int:
        """The generation on record."""
        status = FlinkSessionJobStatus.model_validate(resource.get("status") or {})
        if status.job_status.job_id != job.job_id:
            told = status.job_status.job_id
            raise PromiseBrokenError(f"job {job.job_id} runs, and the status records {told}")
        generation = status.recorded_generation or 0
        wanted = str(lineage.specs[generation]["job"]["parallelism"])
        if job.plan.parallelism != wanted:
            raise PromiseBrokenError(f"the job runs with parallelism {job.plan.parallelism}, not {wanted}")
        return generation

    def _require_own_state(self, job: Job, uid: str) -> None:
        if job.restored is None or job.restored.made_by is None:
            return
        named = {spec["job"].get("initialSavepointPath") for spec in self.lineage(uid).specs.values()}
        if self.owner(job.restored.made_by) != uid and job.restored.path not in named:
            raise PromiseBrokenError("a job was started from the state of another")

    def _floor_of_return(self, job: Job, resource: Object | None) -> float | None:
        """What Flink lost by itself is lost, but what the status records is not."""
        status: dict[str, Any] = (resource or {}).get("status") or {}
        path = (status.get("jobStatus") or {}).get("upgradeSavepointPath")
        points = [job.restored, self._storage.points.get(path or "")]
        return max((point.content for point in points if point is not None), default=None)


def _what_a_cluster_is(spec: Object | None) -> tuple[Any, ...] | None:
    return None if spec is None else (spec["image"], spec["flinkVersion"], spec.get("restartNonce"))


def _what_a_job_is(spec: Object) -> tuple[Any, ...]:
    job = spec["job"]
    return job["parallelism"], job["jarURI"], tuple(job.get("args", ())), spec.get("restartNonce")

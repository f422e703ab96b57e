"""The promises that are checked while the world turns (docs/architecture.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from controller.decide.route import LAST_STATE_MARKER
from controller.kubernetes_api import Object
from shared.config.effective import GENERATION_ANNOTATION
from tests.health_checks import Kstatus, kstatus
from tests.simulation.coverage import Coverage
from tests.simulation.server import Server

if TYPE_CHECKING:
    from tests.simulation.job_manager import Job, JobManager, RestorePoint, Storage

STRANGERS_LABELS = {"made-by": "a stranger"}
"""Of Services that are none of the operator's."""
_CLOSE = 1e-6


class Witness(Protocol):
    """Is told what becomes of jobs."""

    def process_started(self, manager: JobManager, configuration: Object, /) -> None: ...

    def application_not_run(self, manager: JobManager, /) -> None: ...

    def job_ended(self, manager: JobManager, job: Job, state: str, /) -> None: ...

    def job_restarted(self, manager: JobManager, job: Job, /) -> None: ...

    def restore_failed(self, manager: JobManager, job: Job, path: str, /) -> None: ...

    def restore_point_made(self, manager: JobManager, job: Job, point: RestorePoint, /) -> None: ...

    def checkpoint_dropped(self, manager: JobManager, job: Job, cause: str, /) -> None: ...

    def volume_missing(self, pod: str, config_map: str, /) -> None: ...

    def job_started(self, manager: JobManager, job: Job, living: list[tuple[JobManager, Job]], /) -> None: ...


class PromiseBrokenError(AssertionError):
    """The controller did what it never may, or did not do what it must."""


@dataclass(slots=True)
class Lineage:
    """The runs of one resource, from its creation to its deletion."""

    specs: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What its owner wanted, by generation."""
    floor: float | None = None
    """Content of the newest restore point of the job: no later start may have less."""
    started: int | None = None
    """Generation of the last start by the controller."""
    deployment: str | None = None
    lost_by_hand: bool = False
    failed: bool = False
    """The last run failed for good."""
    restarted: bool = False
    """Flink restarted the last run."""


class Promises:
    """Sees every start of a job and every restore point, and raises PromiseBrokenError."""

    def __init__(self, server: Server, storage: Storage, coverage: Coverage) -> None:
        self._server = server
        self._storage = storage
        self._coverage = coverage
        self._lineages: dict[str, Lineage] = {}
        self._owners: dict[str, tuple[str, str]] = {}
        self._made: dict[str, dict[tuple[str, str], Any]] = {}
        """What was created for each Deployment, as it was then."""
        self._taken_away: set[str] = set()
        server.watchers.append(self._changed)

    def deleted_by_hand(self, name: str) -> None:
        """Somebody takes a ConfigMap away: until it is back, pods wait for it."""
        self._taken_away.add(name)

    def drifted(self, deployment_uid: str) -> list[str]:
        """Objects of the cluster that are not what they were created as."""
        made = self._made.get(deployment_uid, {})
        return [
            name
            for (plural, name), was in made.items()
            if (found := self._server.find(plural, name)) is None or _content(found) != was
        ]

    def lineage(self, uid: str) -> Lineage:
        """Of the resource with that uid."""
        return self._lineages.setdefault(uid, Lineage())

    def _changed(self, event: str, plural: str, body: Object) -> None:
        metadata = body["metadata"]
        if plural == "flinkdeployments" and event != "DELETED" and "deletionTimestamp" not in metadata:
            self.lineage(metadata["uid"]).specs[metadata["generation"]] = body["spec"]
            self._require_true_readiness(body)
        elif plural == "deployments" and event == "ADDED":
            owner = metadata["ownerReferences"][0]["uid"]
            self._owners[metadata["uid"]] = (owner, metadata["annotations"][GENERATION_ANNOTATION])
        elif plural == "services" and event == "MODIFIED" and metadata["labels"] == STRANGERS_LABELS:
            raise PromiseBrokenError("somebody else's Service was changed")
        elif plural in {"services", "configmaps"} and event == "ADDED":
            self._taken_away.discard(metadata["name"])
            for owner in metadata.get("ownerReferences") or []:
                made = self._made.setdefault(owner["uid"], {})
                made.setdefault((plural, metadata["name"]), _content(body))

    def _of(self, manager: JobManager, job: Job) -> Lineage:  # noqa: ARG002 - an application has one
        return self.lineage(self._owners[manager.deployment_uid][0])

    def _require_true_readiness(self, body: Object) -> None:
        """What kubectl and kstatus wait for speaks of the newest spec: it is what was started last."""
        spec, lineage = body["spec"], self.lineage(body["metadata"]["uid"])
        if kstatus(body) is not Kstatus.CURRENT or spec["job"].get("state") == "suspended":
            return
        started = lineage.specs.get(lineage.started or 0)
        if started is None or _what_runs(started) != _what_runs(spec):
            raise PromiseBrokenError("the status says Ready, and what runs is not what the spec asks for")
        self._coverage.hit("promise", "ready only when the newest spec runs")

    def process_started(self, manager: JobManager, configuration: Object) -> None:
        """It must have read the configuration that was made for its Deployment."""
        owner = configuration["metadata"]["ownerReferences"][0]["uid"]
        _, generation = self._owners[manager.deployment_uid]
        if owner != manager.deployment_uid or manager.generation != generation:
            raise PromiseBrokenError("a JobManager started with the configuration of another submission")

    def restore_point_made(self, manager: JobManager, job: Job, point: RestorePoint) -> None:
        """From now on nothing older will do."""
        self._of(manager, job).floor = point.content

    def checkpoint_dropped(self, manager: JobManager, job: Job, cause: str) -> None:  # noqa: ARG002
        """Only the controller cancels jobs, and it must know what goes with them."""
        raise PromiseBrokenError(f"the newest checkpoint went with the job: {cause}")

    def volume_missing(self, pod: str, config_map: str) -> None:
        """Pods are released only when what they mount is there."""
        if config_map in self._taken_away:
            return
        raise PromiseBrokenError(f"pod {pod} waits for its configuration")

    def application_not_run(self, manager: JobManager) -> None:
        """Only one whose job has ended may be taken for one that has ended."""
        job_id = str(manager.options["$internal.pipeline.job-id"])
        if (manager.result_store, job_id) not in self._storage.results:
            raise PromiseBrokenError("a JobManager starts no job: it finds its application to have ended")

    def restore_failed(self, manager: JobManager, job: Job, path: str) -> None:
        """The job did not start, which is better than starting empty; but its path was good when recorded."""
        named = {spec["job"].get("initialSavepointPath") for spec in self._of(manager, job).specs.values()}
        if path != LAST_STATE_MARKER and path not in named:
            raise PromiseBrokenError(f"the job was to start from {path}, which is not there")
        self._coverage.hit("promise", "a restore that failed did not start the job empty")

    def job_started(self, manager: JobManager, job: Job, living: list[tuple[JobManager, Job]]) -> None:
        """One incarnation, on record, with nothing lost."""
        lineage = self._of(manager, job)
        if len(living) > 1:
            told = ", ".join(f"{one.job_id[:6]} {one.state} in {process.pod_uid}" for process, one in living)
            raise PromiseBrokenError(f"two incarnations run: {told}")
        self._coverage.hit("promise", "a job started while no other ran")
        if manager.deployment_uid == lineage.deployment:
            self._coverage.hit("promise", "Flink itself started the job again")
            lineage.floor = self._after_restart(manager, job)
            return
        starts_again = lineage.failed and _wants_failed_jobs_again(lineage.specs[max(lineage.specs)])
        ails = lineage.restarted and _wants_health_checks(lineage.specs[max(lineage.specs)])
        asked = lineage.lost_by_hand or starts_again or ails or _is_rolled_back(lineage.specs, manager)
        if lineage.started == max(lineage.specs) and not asked:
            raise PromiseBrokenError("the job was stopped and started though nobody asked for it")
        self._require_record(manager, job)
        self._require_state(lineage, int(manager.generation), job)
        lineage.deployment, lineage.started = manager.deployment_uid, int(manager.generation)
        lineage.floor = None if job.restored is None else job.restored.content
        lineage.lost_by_hand &= self._is_gone(manager)
        lineage.failed = lineage.restarted = False

    def _is_gone(self, manager: JobManager) -> bool:
        """Its pod outlives its Deployment for a moment."""
        deployments = self._server.all("deployments")
        return all(one["metadata"]["uid"] != manager.deployment_uid for one in deployments)

    def job_restarted(self, manager: JobManager, job: Job) -> None:
        """By Flink, in the same JobManager."""
        self._of(manager, job).restarted = True

    def job_ended(self, manager: JobManager, job: Job, state: str) -> None:
        """For good."""
        self._of(manager, job).failed = state == "FAILED"

    def _after_restart(self, manager: JobManager, job: Job) -> float | None:
        """What Flink lost by itself is lost, but what the status records is not."""
        owner, _ = self._owners[manager.deployment_uid]
        found = [None if job.restored is None else job.restored.content]
        for resource in self._server.all("flinkdeployments"):
            if resource["metadata"]["uid"] == owner:
                path = resource.get("status", {}).get("jobStatus", {}).get("upgradeSavepointPath")
                point = self._storage.points.get(path or "")
                found.append(None if point is None else point.content)
        return max((content for content in found if content is not None), default=None)

    def _require_record(self, manager: JobManager, job: Job) -> None:
        recorded = [
            resource.get("status", {}).get("jobStatus", {}).get("jobId")
            for resource in self._server.all("flinkdeployments")
            if resource["metadata"]["uid"] == self._owners[manager.deployment_uid][0]
        ]
        if recorded and recorded != [job.job_id]:
            raise PromiseBrokenError(f"job {job.job_id} runs, and the status records {recorded[0]}")
        wanted = str(manager.options["parallelism.default"])
        if job.plan[0] != wanted:
            raise PromiseBrokenError(f"the job runs an older plan: parallelism {job.plan[0]}, not {wanted}")

    def _require_state(self, lineage: Lineage, generation: int, job: Job) -> None:
        content = None if job.restored is None else job.restored.content
        path = None if job.restored is None else job.restored.path
        job_spec = lineage.specs[generation]["job"]
        if lineage.started is None:
            initial = job_spec.get("initialSavepointPath")
            later = [spec["job"] for spec in lineage.specs.values()][1:]
            given_up = any(one.get("upgradeMode") == "stateless" for one in later)
            if path != initial and not (path is None and given_up):
                raise PromiseBrokenError(f"the first run started from {path}, not from {initial}")
            self._coverage.hit("promise", f"first run, {'with' if initial else 'without'} a savepoint")
            return
        before = lineage.specs[lineage.started]["job"]
        since = [spec["job"] for one, spec in lineage.specs.items() if one > lineage.started]
        redeployments = {
            one["initialSavepointPath"]
            for one in since
            if one.get("initialSavepointPath") and _nonce(one) not in {None, _nonce(before)}
        }
        if path in redeployments:
            self._coverage.hit("promise", "redeployed from the path that its owner named")
            return
        candidates = since if since and not lineage.lost_by_hand else [*since, before]
        given_up = any(one.get("upgradeMode", "stateless") == "stateless" for one in candidates)
        if given_up and path in {None, before.get("initialSavepointPath")}:
            self._coverage.hit("promise", "started empty as its owner wanted")
            return
        if lineage.floor is None:
            self._coverage.hit("promise", "there was no state to keep")
            return
        if content is None:
            raise PromiseBrokenError(f"the job started empty; it had state of {lineage.floor:.1f}")
        if content < lineage.floor - _CLOSE:
            raise PromiseBrokenError(
                f"the job started from {content:.1f}; it had state of {lineage.floor:.1f}"
            )
        self._coverage.hit("promise", "a job with state started with all of it")


def _content(body: Object) -> tuple[Any, ...]:
    return body["metadata"].get("ownerReferences"), body.get("data"), body.get("spec")


def _is_rolled_back(specs: dict[int, dict[str, Any]], manager: JobManager) -> bool:
    options = specs[int(manager.generation)]["flinkConfiguration"]
    wanted = options.get("kubernetes.operator.deployment.rollback.enabled") == "true"
    return bool(wanted and manager.is_rollback)


def _wants_health_checks(spec: dict[str, Any]) -> bool:
    return bool(spec["flinkConfiguration"].get("kubernetes.operator.cluster.health-check.enabled") == "true")


def _wants_failed_jobs_again(spec: dict[str, Any]) -> bool:
    return bool(spec["flinkConfiguration"].get("kubernetes.operator.job.restart.failed") == "true")


def _what_runs(spec: dict[str, Any]) -> tuple[Any, ...]:
    return spec["image"], spec["flinkVersion"], spec["job"]["parallelism"], spec.get("restartNonce")


def _nonce(job: dict[str, Any]) -> Any:
    return job.get("savepointRedeployNonce")

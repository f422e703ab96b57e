"""JobManagers with a job each, and the storage that outlives them."""

from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import orjson
import yaml

from controller.decide.route import LAST_STATE_MARKER
from controller.flink.names import NATIVE, configuration_map
from controller.kubernetes_api import Object
from shared.config.effective import GENERATION_ANNOTATION, ROLLBACK_ANNOTATION
from shared.config.flink_versions import RELEASES
from shared.model.deployment import FlinkVersion
from tests.simulation.clock import Clock
from tests.simulation.node import Node, Pace
from tests.simulation.promises import Promises
from tests.simulation.server import Server

TERMINAL = frozenset({"FAILED", "CANCELED", "FINISHED"})
_RESTART_SECONDS = 2.0
_TASK_MANAGER_SECONDS = 0.2
_RESULTS_SECONDS = 300.0
_RESTORE_KEYS = ("execution.state-recovery.path", "execution.savepoint.path")
_NOT_ADDRESSABLE = "<checkpoint-not-externally-addressable>"


@dataclass(frozen=True, slots=True)
class RestorePoint:
    """A completed checkpoint or savepoint: how far the job was, in seconds of running."""

    path: str
    number: int
    content: float
    completed_at: int
    """Milliseconds since 1970."""
    is_savepoint: bool = False

    @property
    def is_addressable(self) -> bool:
        """Whether it lies anywhere but in the JobManager's memory."""
        return self.path != _NOT_ADDRESSABLE

    @property
    def entry(self) -> dict[str, Any]:
        """As /jobs/J/checkpoints shows it."""
        return {
            "id": self.number,
            "external_path": self.path,
            "trigger_timestamp": self.completed_at,
            "latest_ack_timestamp": self.completed_at,
            "is_savepoint": self.is_savepoint,
        }


Plan = tuple[str, str | None]
"""Parallelism, and the configured path to start from."""


class Storage:
    """Object storage: what lies under a path, and results of jobs that ended."""

    def __init__(self) -> None:
        self.points: dict[str, RestorePoint] = {}
        self.results: set[tuple[str, str]] = set()
        """Paths of job result stores with the ids of jobs that have ended."""
        self._names = count(1)

    def path(self, folder: str, kind: str) -> str:
        """A new one in the folder."""
        return f"{folder}/{kind}-{next(self._names)}"


@dataclass(slots=True)
class Job:
    """A run of a job."""

    job_id: str
    state: str
    start_time: int
    plan: "Plan"
    restored: RestorePoint | None
    progress: float
    running_since: float | None = None
    """On the monotonic clock; None while it does not run."""
    completed: RestorePoint | None = None
    savepoint: RestorePoint | None = None
    in_progress: int | None = None
    number: int = 1
    """Of the next checkpoint."""
    restarts: int = 0
    ended_at: int = -1
    """Milliseconds since 1970; -1 while it has not."""

    @property
    def is_alive(self) -> bool:
        return self.state not in TERMINAL


@dataclass(slots=True)
class Operation:
    """A stop with savepoint."""

    location: str | None = None
    failure: str | None = None
    expires: float = float("inf")


@dataclass(slots=True)
class JobManager:
    """The process in one container."""

    cluster: str
    deployment_uid: str
    pod_uid: str
    generation: str
    is_rollback: bool
    options: dict[str, Any]
    is_alive: bool = True
    answers: bool = False
    jobs: dict[str, Job] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def plan_prefix(self) -> str:
        """Of the keys under which this version keeps plans."""
        return RELEASES[FlinkVersion(self.options["$internal.flink.version"])].job_plan_prefix

    @property
    def is_highly_available(self) -> bool:
        return bool(self.options.get("high-availability.type", "NONE") == "kubernetes")


@dataclass(slots=True)
class Ailments:
    """What goes wrong in Flink next; each holds for one occasion."""

    savepoint_fails: int = 0
    savepoint_made_but_job_fails: int = 0
    checkpoints_stall_until: float = 0.0


class Flink:
    """All JobManagers and their jobs."""

    def __init__(
        self, clock: Clock, server: Server, node: Node, pace: Pace, storage: Storage, promises: Promises
    ) -> None:
        self.storage = storage
        self.ailments = Ailments()
        self._clock = clock
        self._server = server
        self._node = node
        self._pace = pace
        self._promises = promises
        self._task_managers = count(1)
        self._processes: dict[str, JobManager] = {}
        node.on_start = self._pod_started
        node.on_end = self._pod_ended
        node.on_missing_volume = promises.volume_missing

    # What others see

    def answering(self, cluster: str) -> JobManager | None:
        """The one behind the REST service: ready, and not about to end."""
        if self._server.find("services", f"{cluster}-rest") is None:
            return None
        found = [one for one in self._processes.values() if one.cluster == cluster and one.answers]
        living = {pod["metadata"]["uid"]: pod for pod in self._server.all("pods")}
        ready = [one for one in found if "deletionTimestamp" not in living[one.pod_uid]["metadata"]]
        return ready[-1] if ready else None

    def living_jobs(self, cluster: str) -> list[tuple[JobManager, Job]]:
        """Jobs that have not ended, in processes that have not ended."""
        return [
            (manager, job)
            for manager in self._processes.values()
            if manager.cluster == cluster
            for job in manager.jobs.values()
            if job.is_alive
        ]

    # Processes

    def _pod_started(self, pod: Object) -> None:
        if pod["metadata"]["labels"]["component"] == "jobmanager":
            self._start_process(pod)

    def _pod_ended(self, uid: str) -> None:
        manager = self._processes.pop(uid, None)
        if manager is not None:
            manager.is_alive = False

    def crash(self, cluster: str) -> bool:
        """The containers of all JobManagers end and are started again; whether there was any."""
        found = [one for one in self._processes.values() if one.cluster == cluster]
        for manager in found:
            self._pod_ended(manager.pod_uid)
            pod = next(one for one in self._server.all("pods") if one["metadata"]["uid"] == manager.pod_uid)
            name = pod["metadata"]["name"]
            self._clock.after(self._pace.pod_start, partial(self._again, name, manager.pod_uid))
        return bool(found)

    def _again(self, name: str, uid: str) -> None:
        pod = self._server.find("pods", name)
        if pod is not None and pod["metadata"]["uid"] == uid and "deletionTimestamp" not in pod["metadata"]:
            self._start_process(pod)

    def _start_process(self, pod: Object) -> None:
        metadata = pod["metadata"]
        cluster = metadata["labels"]["app"]
        configuration = self._server.find("configmaps", configuration_map(cluster))
        if configuration is None:
            return
        options = _options(configuration["data"])
        annotations = dict(
            pair.split(":", 1) for pair in options["kubernetes.jobmanager.annotations"].split(",")
        )
        manager = JobManager(
            cluster=cluster,
            deployment_uid=metadata["ownerReferences"][0]["uid"],
            pod_uid=metadata["uid"],
            generation=annotations[GENERATION_ANNOTATION],
            is_rollback=ROLLBACK_ANNOTATION in annotations,
            options=options,
        )
        self._promises.process_started(manager, configuration)
        self._processes[manager.pod_uid] = manager
        self._clock.after(self._pace.job_manager, lambda: self._run_jobs(manager))

    def _run_jobs(self, manager: JobManager) -> None:
        """REST answers, and jobs are started: those with plans in the metadata, then the configured one."""
        if not manager.is_alive or self._is_ending(manager):
            return
        manager.answers = True
        configured = str(manager.options["$internal.pipeline.job-id"])
        plans = self._plans(manager) if manager.is_highly_available else {}
        for job_id, plan in plans.items():
            self._start_job(manager, job_id, *plan)
        if configured not in plans:
            path = next((manager.options[key] for key in _RESTORE_KEYS if key in manager.options), None)
            self._start_job(manager, configured, str(manager.options["parallelism.default"]), path)

    def _is_ending(self, manager: JobManager) -> bool:
        """It was told to end; what runs already may go on for a while."""
        uid = manager.pod_uid
        pods = [pod for pod in self._server.all("pods") if pod["metadata"]["uid"] == uid]
        return any("deletionTimestamp" in pod["metadata"] for pod in pods)

    # Jobs

    def _start_job(self, manager: JobManager, job_id: str, parallelism: str, path: str | None) -> None:
        if (self._result_store(manager), job_id) in self.storage.results and manager.is_highly_available:
            return  # it has ended once and for all: not even listed any more
        restored, failed = self._restore_point(manager, job_id, path)
        job = Job(
            job_id,
            "INITIALIZING",
            self._clock.milliseconds(),
            (parallelism, path),
            restored,
            progress=0.0 if restored is None else restored.content,
            number=1 if restored is None else restored.number + 1,
        )
        manager.jobs[job_id] = job
        if failed:
            self._promises.restore_failed()
            self._end_job(manager, job, "FAILED")
            return
        if manager.is_highly_available:
            self._write_metadata(manager, job)
        self._promises.job_started(manager, job, self.living_jobs(manager.cluster))
        self._run_later(manager, job)

    def _restore_point(
        self, manager: JobManager, job_id: str, path: str | None
    ) -> tuple[RestorePoint | None, bool]:
        """Metadata comes before a path; a path that leads nowhere fails the job."""
        if manager.is_highly_available:
            kept = self._server.find("configmaps", f"{manager.cluster}-{job_id}-config-map")
            paths = [
                text
                for key, text in ((kept or {}).get("data") or {}).items()
                if key.startswith("checkpointID-")
            ]
            if paths:
                return self.storage.points.get(paths[-1]), paths[-1] not in self.storage.points
        if path is None:
            return None, False
        if path == LAST_STATE_MARKER or path not in self.storage.points:
            return None, True
        return self.storage.points[path], False

    def _run_later(self, manager: JobManager, job: Job) -> None:
        job.state = "CREATED"

        def run() -> None:
            if manager.is_alive and job.state == "CREATED":
                job.state = "RUNNING"
                job.running_since = self._clock.now
                self._ensure_task_manager(manager)
                self._checkpoint_later(manager, job, self._clock.now)

        self._clock.after(self._pace.job, run)

    def _ensure_task_manager(self, manager: JobManager) -> None:
        labels = {"app": manager.cluster, "type": NATIVE, "component": "taskmanager"}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        for pod in self._server.selected("pods", selector):
            if pod["metadata"]["ownerReferences"][0]["uid"] == manager.deployment_uid:
                return
        owner = {"kind": "Deployment", "name": manager.cluster, "uid": manager.deployment_uid}
        name = f"{manager.cluster}-taskmanager-1-{next(self._task_managers)}"
        self._node.create_pod(name, labels, owner, {"name": "flink-main-container", "image": "flink"})

    def progress(self, job: Job) -> float:
        """How far the job is, in seconds of running."""
        return job.progress + (0.0 if job.running_since is None else self._clock.now - job.running_since)

    def _checkpoint_later(self, manager: JobManager, job: Job, since: float) -> None:
        if "execution.checkpointing.interval" in manager.options:
            self._clock.after(self._pace.checkpoint_interval, lambda: self._checkpoint(manager, job, since))

    def _checkpoint(self, manager: JobManager, job: Job, since: float) -> None:
        if not manager.is_alive or job.state != "RUNNING" or job.running_since != since:
            return
        if self._clock.now >= self.ailments.checkpoints_stall_until:
            directory = manager.options.get("execution.checkpointing.dir")
            path = _NOT_ADDRESSABLE if directory is None else self.storage.path(str(directory), "chk")
            point = self._complete(job, path, is_savepoint=False)
            job.completed = point
            if directory is not None:
                self.storage.points[path] = point
                self._promises.restore_point_made(manager, point)
            if manager.is_highly_available:
                self._write_metadata(manager, job)
        self._checkpoint_later(manager, job, since)

    def _complete(self, job: Job, path: str, *, is_savepoint: bool) -> RestorePoint:
        number, job.number = job.number, job.number + 1
        return RestorePoint(path, number, self.progress(job), self._clock.milliseconds(), is_savepoint)

    def _halt(self, job: Job) -> None:
        job.progress = self.progress(job)
        job.running_since = None

    def _end_job(self, manager: JobManager, job: Job, state: str) -> None:
        """Globally terminal: the result is on record, and what high availability kept of the job goes."""
        self._halt(job)
        job.state, job.ended_at = state, self._clock.milliseconds()
        self._promises.job_ended(manager, state)
        retention = str(manager.options.get("execution.checkpointing.externalized-checkpoint-retention", ""))
        gone = state == "FINISHED" or (state == "CANCELED" and retention != "RETAIN_ON_CANCELLATION")
        if gone and job.completed is not None:
            self.storage.points.pop(job.completed.path, None)
            if state == "CANCELED":
                self._promises.checkpoint_dropped(f"it was cancelled, and retention is {retention}")
        if manager.is_highly_available:
            self.storage.results.add((self._result_store(manager), job.job_id))
            self._server.remove("configmaps", f"{manager.cluster}-{job.job_id}-config-map")
            self._write_plan(manager, job.job_id, None)

    # What users and machines do to jobs

    def restart_jobs(self, cluster: str) -> bool:
        """A task fails and the job restarts from its newest checkpoint; whether any ran."""
        found = [(m, j) for m, j in self.living_jobs(cluster) if j.state == "RUNNING"]
        for manager, job in found:
            self._halt(job)
            job.state = "RESTARTING"
            job.restarts += 1
            self._promises.job_restarted(manager)
            points = [one for one in (job.restored, job.completed) if one is not None]
            job.progress = max((one.content for one in points), default=0.0)

            def again(manager: JobManager = manager, job: Job = job) -> None:
                if manager.is_alive and job.state == "RESTARTING":
                    self._run_later(manager, job)

            self._clock.after(_RESTART_SECONDS, again)
        return bool(found)

    def end_jobs(self, cluster: str, state: str) -> bool:
        """Flink gives the job up, or its input has an end; whether any was alive."""
        found = [(m, j) for m, j in self.living_jobs(cluster) if j.state in {"RUNNING", "RESTARTING"}]
        for manager, job in found:
            self._end_job(manager, job, state)
        return bool(found)

    def stop(self, manager: JobManager, job: Job, trigger: str, directory: str) -> None:
        """Take a savepoint and end the job; with a known trigger id it is the same stop."""
        if trigger in manager.operations:
            return
        operation = manager.operations[trigger] = Operation()
        if job.state != "RUNNING":
            self._settle(operation, failure="Checkpoint triggering task is not being executed at the moment")
            return
        self._clock.after(self._pace.savepoint, lambda: self._finish(manager, job, operation, directory))

    def _finish(self, manager: JobManager, job: Job, operation: Operation, directory: str) -> None:
        if not manager.is_alive:
            return
        if job.state != "RUNNING" or self.ailments.savepoint_fails:
            self.ailments.savepoint_fails = max(0, self.ailments.savepoint_fails - 1)
            self._settle(operation, failure="Checkpoint was declined")
            return
        path = self.storage.path(directory, "savepoint")
        point = job.savepoint = self.storage.points[path] = self._complete(job, path, is_savepoint=True)
        self._promises.restore_point_made(manager, point)
        if self.ailments.savepoint_made_but_job_fails:
            self.ailments.savepoint_made_but_job_fails -= 1
            cause = f"A savepoint has been created at: {path}, but the corresponding job failed"
            self._settle(operation, failure=cause)
            self._end_job(manager, job, "FAILED")
            return
        self._settle(operation, location=path)
        self._end_job(manager, job, "FINISHED")

    def _settle(
        self, operation: Operation, *, location: str | None = None, failure: str | None = None
    ) -> None:
        operation.location, operation.failure = location, failure
        operation.expires = self._clock.now + _RESULTS_SECONDS

    def cancel(self, manager: JobManager, job: Job) -> None:
        """End the job; checkpoints stay as its configuration says."""
        if job.state == "CANCELLING":
            return
        self._halt(job)
        job.state = "CANCELLING"

        def end() -> None:
            if manager.is_alive and job.state == "CANCELLING":
                self._end_job(manager, job, "CANCELED")

        self._clock.after(self._pace.cancellation, end)

    def known(self, manager: JobManager, trigger: str) -> Operation | None:
        """The operation while Flink remembers it."""
        operation = manager.operations.get(trigger)
        return None if operation is None or operation.expires < self._clock.now else operation

    # High availability

    @staticmethod
    def _result_store(manager: JobManager) -> str:
        return str(manager.options.get("job-result-store.storage-path", manager.cluster))

    def _plans(self, manager: JobManager) -> dict[str, Plan]:
        """The plans that are kept, by job id."""
        kept = self._server.find("configmaps", f"{manager.cluster}-cluster-config-map") or {}
        data, prefix = kept.get("data") or {}, manager.plan_prefix
        found = {
            key.removeprefix(prefix): orjson.loads(text)
            for key, text in data.items()
            if key.startswith(prefix)
        }
        return {job_id: (parallelism, path) for job_id, (parallelism, path) in found.items()}

    def _write_plan(self, manager: JobManager, job_id: str, plan: Plan | None) -> None:
        text = None if plan is None else orjson.dumps(plan).decode()
        self._write_map(
            manager, f"{manager.cluster}-cluster-config-map", {f"{manager.plan_prefix}{job_id}": text}
        )

    def _write_metadata(self, manager: JobManager, job: Job) -> None:
        self._write_plan(manager, job.job_id, job.plan)
        data: dict[str, str | None] = {"counter": str(job.number)}
        name = f"{manager.cluster}-{job.job_id}-config-map"
        kept = self._server.find("configmaps", name)
        if job.completed is not None:
            for key in (kept or {}).get("data") or {}:
                if key.startswith("checkpointID-"):
                    data[key] = None
            data[f"checkpointID-{job.completed.number:019d}"] = job.completed.path
        self._write_map(manager, name, data)

    def _write_map(self, manager: JobManager, name: str, data: dict[str, str | None]) -> None:
        if self._server.find("configmaps", name) is not None:
            self._server.merge("configmaps", name, {"data": data})
            return
        labels = {"app": manager.cluster, "type": NATIVE}
        metadata = {"name": name, "namespace": "shop", "labels": labels}
        present = {key: text for key, text in data.items() if text is not None}
        self._server.create(
            "configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": present}
        )


def _options(data: dict[str, str]) -> dict[str, Any]:
    """What a JobManager reads from its configuration folder."""
    if "config.yaml" in data:
        read: dict[str, Any] = yaml.load(data["config.yaml"], Loader=yaml.CSafeLoader)
        return read
    lines = data["flink-conf.yaml"].splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)

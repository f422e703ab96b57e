"""All JobManagers: their processes, what becomes of their jobs, and what others do to these."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import yaml

from controller.flink.names import NATIVE, configuration_map, job_manager_labels
from controller.kubernetes_api import Object
from shared.config.effective import GENERATION_ANNOTATION, ROLLBACK_ANNOTATION
from shared.model.deployment import FlinkVersion, KubernetesDeploymentMode
from tests.simulation.clock import Clock
from tests.simulation.job_manager import Job, JobManager, Operation, Plan, RestorePoint, Storage
from tests.simulation.metadata import Metadata
from tests.simulation.node import Node, Pace
from tests.simulation.promises import Witness
from tests.simulation.server import Server

_RESTART_SECONDS = 2.0
_RESULTS_SECONDS = 300.0
_TIDY_SECONDS = 0.3
_LAST_SECONDS = 0.4
_BACK_OFF_SECONDS = 10.0
_ENDS_WITH_FAILED_START = frozenset({FlinkVersion.V1_20})
"""Versions whose JobManager ends when its job cannot even be initialized."""
_RESTORE_KEYS = ("execution.state-recovery.path", "execution.savepoint.path")
NOT_ADDRESSABLE = "<checkpoint-not-externally-addressable>"


@dataclass(slots=True)
class Ailments:
    """What goes wrong in Flink next; each holds for one occasion."""

    savepoint_fails: int = 0
    savepoint_made_but_job_fails: int = 0
    checkpoints_stall_until: float = 0.0


class Flink:
    """All JobManagers and their jobs."""

    def __init__(
        self, clock: Clock, server: Server, node: Node, pace: Pace, storage: Storage, witness: Witness
    ) -> None:
        self.storage = storage
        self.ailments = Ailments()
        self._clock = clock
        self._server = server
        self._node = node
        self._pace = pace
        self._witness = witness
        self._metadata = Metadata(server)
        self._task_managers = count(1)
        self._processes: dict[str, JobManager] = {}
        self._mounted: dict[str, Object] = {}
        """By the uid of the pod: a container that starts again finds it, whatever became of the ConfigMap."""
        node.on_start = self._pod_started
        node.on_end = self._pod_ended
        node.on_missing_volume = witness.volume_missing

    # What others see

    def answering(self, cluster: str) -> JobManager | None:
        """The one behind the REST service: ready, and not about to end."""
        service = self._server.find("services", f"{cluster}-rest")
        labels = job_manager_labels(cluster, KubernetesDeploymentMode.NATIVE)
        if service is None or service["spec"]["selector"] != labels:
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
            self._end_process(manager, self._pace.pod_start)
        return bool(found)

    def _end_process(self, manager: JobManager, pause: float) -> None:
        """The container ends, and starts again after so many seconds."""
        if not manager.is_alive:
            return
        self._pod_ended(manager.pod_uid)
        pod = next(one for one in self._server.all("pods") if one["metadata"]["uid"] == manager.pod_uid)
        self._clock.after(pause, partial(self._again, pod["metadata"]["name"], manager.pod_uid))

    def _again(self, name: str, uid: str) -> None:
        pod = self._server.find("pods", name)
        if pod is not None and pod["metadata"]["uid"] == uid and "deletionTimestamp" not in pod["metadata"]:
            self._start_process(pod)

    def _start_process(self, pod: Object) -> None:
        metadata = pod["metadata"]
        cluster = metadata["labels"]["app"]
        configuration = self._server.find("configmaps", configuration_map(cluster))
        configuration = configuration or self._mounted.get(metadata["uid"])
        if configuration is None:
            return
        self._mounted[metadata["uid"]] = configuration
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
        self._witness.process_started(manager, configuration)
        self._processes[manager.pod_uid] = manager
        self._clock.after(self._pace.job_manager, lambda: self._run_jobs(manager))

    def _run_jobs(self, manager: JobManager) -> None:
        """REST answers, with the jobs that the metadata has plans of; the configured one is submitted."""
        if not manager.is_alive or self._is_ending(manager):
            return
        manager.answers = True
        plans = self._metadata.plans(manager) if manager.is_highly_available else {}
        for job_id, plan in plans.items():
            self._start_job(manager, job_id, plan)
        if manager.own_job is None:
            return
        if manager.application in self.storage.untidied:
            # It has ended: it is tidied up after, and not run.
            self.storage.untidied.remove(manager.application)
            self._witness.application_not_run(manager)
        else:
            self._clock.after(self._pace.submission, lambda: self._submit(manager))

    def _submit(self, manager: JobManager) -> None:
        """The application submits its job, unless that was recovered."""
        path = next((manager.options[key] for key in _RESTORE_KEYS if key in manager.options), None)
        if manager.own_job is not None:
            self.submit(manager, manager.own_job, Plan(str(manager.options["parallelism.default"]), path))

    def submit(self, manager: JobManager, job_id: str, plan: Plan) -> str | None:
        """A main method hands a job in; the answer is why it is refused."""
        if not manager.is_alive or self._is_ending(manager):
            return "the JobManager ends"
        before = manager.jobs.get(job_id)
        if before is not None and (before.is_alive or not self._forgets_results(manager)):
            return f"Job {job_id} was submitted already"
        self._start_job(manager, job_id, plan)
        started = manager.jobs.get(job_id)
        return None if started is None or started.is_alive else "Could not start the job"

    @staticmethod
    def _forgets_results(manager: JobManager) -> bool:
        """A session cluster's store in files deletes them once they are tidied up (its default)."""
        return manager.own_job is None and manager.is_highly_available

    def _is_ending(self, manager: JobManager) -> bool:
        """It was told to end; what runs already may go on for a while."""
        uid = manager.pod_uid
        pods = [pod for pod in self._server.all("pods") if pod["metadata"]["uid"] == uid]
        return any("deletionTimestamp" in pod["metadata"] for pod in pods)

    # Jobs

    def _start_job(self, manager: JobManager, job_id: str, plan: Plan) -> None:
        if (manager.result_store, job_id) in self.storage.results and manager.is_highly_available:
            return  # it has ended once and for all: not even listed any more
        restored, failed = self._restore_point(manager, job_id, plan.path)
        job = Job(
            job_id,
            "INITIALIZING",
            self._clock.milliseconds(),
            plan,
            restored,
            progress=0.0 if restored is None else restored.content,
            options={**manager.options, **plan.options},
            number=1 if restored is None else restored.number + 1,
            kept=restored,
        )
        manager.jobs[job_id] = job
        if failed is not None:
            self._fail_to_start(manager, job, failed)
            return
        if manager.is_highly_available:
            self._metadata.keep(manager, job)
        self._witness.job_started(manager, job, self.living_jobs(manager.cluster))
        self._run_later(manager, job)

    def _fail_to_start(self, manager: JobManager, job: Job, path: str) -> None:
        self._witness.restore_failed(manager, job, path)
        self._throw(job, f"java.io.FileNotFoundException: Cannot find checkpoint or savepoint {path}")
        self._end_job(manager, job, "FAILED")
        if manager.own_job is not None and manager.release.version in _ENDS_WITH_FAILED_START:
            pause = self._pace.pod_start + _BACK_OFF_SECONDS
            self._clock.after(_LAST_SECONDS, lambda: self._end_process(manager, pause))

    def _restore_point(
        self, manager: JobManager, job_id: str, path: str | None
    ) -> tuple[RestorePoint | None, str | None]:
        """Metadata comes before a path. One that leads nowhere is the second value: it fails the job."""
        if manager.is_highly_available:
            kept = self._metadata.newest_checkpoint(manager, job_id)
            path = kept or path
        if path is None:
            return None, None
        found = self.storage.points.get(path)
        return found, path if found is None else None

    def _run_later(self, manager: JobManager, job: Job) -> None:
        self._move(job, "CREATED")

        def run() -> None:
            if manager.is_alive and job.state == "CREATED":
                self._move(job, "RUNNING")
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
        if "execution.checkpointing.interval" in job.options:
            self._clock.after(self._pace.checkpoint_interval, lambda: self._checkpoint(manager, job, since))

    def _checkpoint(self, manager: JobManager, job: Job, since: float) -> None:
        if not manager.is_alive or job.state != "RUNNING" or job.running_since != since:
            return
        if self._clock.now >= self.ailments.checkpoints_stall_until:
            directory = job.options.get("execution.checkpointing.dir")
            path = NOT_ADDRESSABLE if directory is None else self.storage.path(str(directory), "chk")
            point = self._complete(job, path, is_savepoint=False)
            self.storage.drop(job.kept, job.job_id)
            job.completed = job.kept = point
            if directory is not None:
                self.storage.points[path] = point
                self._witness.restore_point_made(manager, job, point)
            if manager.is_highly_available:
                self._metadata.keep(manager, job)
        self._checkpoint_later(manager, job, since)

    def _complete(self, job: Job, path: str, *, is_savepoint: bool) -> RestorePoint:
        number, job.number = job.number, job.number + 1
        maker = None if is_savepoint else job.job_id
        return RestorePoint(
            path, number, self.progress(job), self._clock.milliseconds(), is_savepoint, maker, job.job_id
        )

    def _move(self, job: Job, state: str) -> None:
        job.state, job.modified = state, self._clock.milliseconds()

    def _throw(self, job: Job, what: str) -> None:
        job.thrown.append((self._clock.milliseconds(), what))

    def _halt(self, job: Job) -> None:
        job.progress = self.progress(job)
        job.running_since = None

    def _end_job(self, manager: JobManager, job: Job, state: str) -> None:
        """Globally terminal: the result is on record, and what high availability kept of the job goes."""
        self._halt(job)
        self._move(job, state)
        job.ended = self._clock.now
        self._witness.job_ended(manager, job, state)
        retention = str(job.options.get("execution.checkpointing.externalized-checkpoint-retention", ""))
        gone = state == "FINISHED" or (state == "CANCELED" and retention != "RETAIN_ON_CANCELLATION")
        if gone and job.kept is not None and job.kept.maker == job.job_id:
            self.storage.drop(job.kept, job.job_id)
            if state == "CANCELED":
                cause = f"it was cancelled, and retention is {retention}"
                self._witness.checkpoint_dropped(manager, job, cause)
        if manager.is_highly_available:
            if not self._forgets_results(manager):
                self.storage.results.add((manager.result_store, job.job_id))
            self._metadata.forget(manager, job.job_id)
        if manager.application is not None:
            self.storage.untidied.add(manager.application)
            self._clock.after(_TIDY_SECONDS, lambda: self._tidy_up(manager))

    def _tidy_up(self, manager: JobManager) -> None:
        if manager.is_alive and manager.application is not None:
            self.storage.untidied.discard(manager.application)

    # What users and machines do to jobs

    def restart_jobs(self, cluster: str, job_id: str | None = None) -> bool:
        """A task fails and the job restarts from its newest checkpoint; whether any (or that one) ran."""
        found = [(m, j) for m, j in self._of(cluster, job_id) if j.state == "RUNNING"]
        for manager, job in found:
            self._halt(job)
            self._throw(job, "java.lang.Exception: a task failed")
            self._move(job, "RESTARTING")
            job.restarts += 1
            self._witness.job_restarted(manager, job)
            points = [one for one in (job.restored, job.completed) if one is not None]
            job.progress = max((one.content for one in points), default=0.0)

            def again(manager: JobManager = manager, job: Job = job) -> None:
                if manager.is_alive and job.state == "RESTARTING":
                    self._run_later(manager, job)

            self._clock.after(_RESTART_SECONDS, again)
        return bool(found)

    def end_jobs(self, cluster: str, state: str, job_id: str | None = None) -> bool:
        """Flink gives the job up, or its input has an end; whether any (or that one) was alive."""
        found = [(m, j) for m, j in self._of(cluster, job_id) if j.state in {"RUNNING", "RESTARTING"}]
        for manager, job in found:
            if state == "FAILED":
                self._throw(job, "java.lang.Exception: it failed")
            self._end_job(manager, job, state)
        return bool(found)

    def _of(self, cluster: str, job_id: str | None) -> list[tuple[JobManager, Job]]:
        return [(m, j) for m, j in self.living_jobs(cluster) if job_id in {None, j.job_id}]

    def stop(self, manager: JobManager, job_id: str, trigger: str, directory: str) -> None:
        """Take a savepoint and end the job; with a known trigger id it is the same stop."""
        self._begin_savepoint(manager, job_id, trigger, directory, self._finish)

    def save(self, manager: JobManager, job_id: str, trigger: str, directory: str) -> None:
        """Take a savepoint, and let the job run on; with a known trigger id it is the same one."""
        self._begin_savepoint(manager, job_id, trigger, directory, self._saved)

    def _begin_savepoint(
        self,
        manager: JobManager,
        job_id: str,
        trigger: str,
        directory: str,
        then: Callable[[JobManager, Job, Operation, RestorePoint], None],
    ) -> None:
        if (job_id, trigger) in manager.operations:
            return
        operation = manager.operations[job_id, trigger] = Operation()
        job = manager.jobs.get(job_id)
        if job is None or not job.is_alive:
            self._settle(operation, failure=f"Could not find Flink job ({job_id})")
        elif job.state != "RUNNING":
            self._settle(operation, failure="Checkpoint triggering task is not being executed at the moment")
        elif directory in self.storage.read_only:
            self._settle(operation, failure=f"Failed to create savepoint directory at {directory}")
        else:
            self._clock.after(
                self._pace.savepoint, lambda: self._make_savepoint(manager, job, operation, directory, then)
            )

    def _make_savepoint(
        self,
        manager: JobManager,
        job: Job,
        operation: Operation,
        directory: str,
        then: Callable[[JobManager, Job, Operation, RestorePoint], None],
    ) -> None:
        if not manager.is_alive:
            return
        if job.state != "RUNNING" or self.ailments.savepoint_fails:
            self.ailments.savepoint_fails = max(0, self.ailments.savepoint_fails - 1)
            self._settle(operation, failure="Checkpoint was declined")
            return
        path = self.storage.path(directory, "savepoint")
        point = job.savepoint = self.storage.points[path] = self._complete(job, path, is_savepoint=True)
        then(manager, job, operation, point)

    def _saved(self, _manager: JobManager, _job: Job, operation: Operation, point: RestorePoint) -> None:
        """Flink itself goes on from checkpoints: nothing need start from it."""
        self._settle(operation, location=point.path)

    def _finish(self, manager: JobManager, job: Job, operation: Operation, point: RestorePoint) -> None:
        self._witness.restore_point_made(manager, job, point)
        if self.ailments.savepoint_made_but_job_fails:
            self.ailments.savepoint_made_but_job_fails -= 1
            cause = f"A savepoint has been created at: {point.path}, but the corresponding job failed"
            self._settle(operation, failure=cause)
            self._throw(job, cause)
            self._end_job(manager, job, "FAILED")
            return
        self._settle(operation, location=point.path)
        self._end_job(manager, job, "FINISHED")

    def _settle(
        self, operation: Operation, *, location: str | None = None, failure: str | None = None
    ) -> None:
        operation.location, operation.failure = location, failure
        operation.expires = self._clock.now + _RESULTS_SECONDS

    def cancel(self, manager: JobManager, job: Job) -> None:
        """End the job; checkpoints stay as its configuration says."""
        if job.state == "CANCELLING" or not job.is_alive:
            return
        self._halt(job)
        self._move(job, "CANCELLING")

        def end() -> None:
            if manager.is_alive and job.state == "CANCELLING":
                self._end_job(manager, job, "CANCELED")

        self._clock.after(self._pace.cancellation, end)

    def known(self, manager: JobManager, job_id: str, trigger: str) -> Operation | None:
        """The operation while Flink remembers it."""
        operation = manager.operations.get((job_id, trigger))
        return None if operation is None or operation.expires < self._clock.now else operation


def _options(data: dict[str, str]) -> dict[str, Any]:
    """What a JobManager reads from its configuration folder."""
    if "config.yaml" in data:
        read: dict[str, Any] = yaml.load(data["config.yaml"], Loader=yaml.CSafeLoader)
        return read
    lines = data["flink-conf.yaml"].splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)

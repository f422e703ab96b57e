"""One controller, one session cluster and so many session jobs on it, from their creation to their rest."""

import asyncio
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aiohttp import web

from tests.api.api_server import SESSION_JOBS, Collection, Json
from tests.api.controller import Controller
from tests.api.namespace import Namespace
from tests.bench.audited_cluster import AuditedCluster
from tests.bench.consumption import forget_peak, peak, resident
from tests.bench.measured_controller import LOOK_AT_ALL, MeasuredController, Stretch
from tests.bench.resources import session_cluster, session_job
from tests.cluster import Console
from tests.job_manager import JobManager

INTERVAL = 15.0
"""Seconds; the chart's."""
_INTERVALS_AT_REST = 8
_CLUSTER = "session"
_JAR = bytes(2**20)
_PODS = Collection("/api/v1", "pods")
_MODULE = "tests.bench.loopback_controller"
_OPTIONS = f"""\
kubernetes.operator.reconcile.interval: {INTERVAL:g} s
kubernetes.operator.user.artifacts.allowed-schemes: http
kubernetes.operator.user.artifacts.disallow-restricted-hosts: false
"""


@dataclass
class Figures:
    """What was measured."""

    size: int
    median: float = 0.0
    """Seconds from the creation of a job to the call that runs its jar."""
    last: float = 0.0
    """Seconds from the first creation to the last such call."""
    creating: float = 0.0
    """Seconds from the first creation to the last."""
    running: float = 0.0
    """Seconds until the status of each says that it runs."""
    uploads: int = 0
    submission: Stretch = field(default_factory=Stretch)
    rest_calls_submitting: Counter[str] = field(default_factory=Counter)
    """Calls to the JobManager."""
    rest: Stretch = field(default_factory=Stretch)
    rest_calls_at_rest: Counter[str] = field(default_factory=Counter)
    idle: float = 0.0
    """MiB resident with the cluster and no job."""
    peak: float = 0.0
    after: float = 0.0

    @property
    def intervals(self) -> float:
        """Those of the time at rest."""
        return self.rest.seconds / INTERVAL


class SessionJobsRun(MeasuredController):
    """The controller in a namespace of its own, and what is done to it."""

    def __init__(
        self,
        cluster: AuditedCluster,
        namespace: Namespace,
        controller: Controller,
        manager: JobManager,
        size: int,
    ) -> None:
        super().__init__(cluster, namespace, controller)
        self.figures = Figures(size)
        self._manager = manager
        self._created_at: dict[str, float] = {}
        self._names = [f"report-{number:04}" for number in range(size)]

    @classmethod
    @contextmanager
    def begun(cls, cluster: AuditedCluster, folder: Path, size: int) -> Iterator[Self]:
        """A controller that leads, and a session cluster that takes jobs, until the end of the block."""
        (folder / "config.yaml").write_text(_OPTIONS)
        environment = {"CONF_OVERRIDE_DIR": str(folder)}
        with (
            _job_manager() as manager,
            Namespace.made(cluster.cluster, cluster.api, "session-jobs") as namespace,
        ):
            name = namespace.name
            controller = Controller(namespace, name, folder, module=_MODULE, environment=environment)
            run = cls(cluster, namespace, controller, manager, size)
            try:
                run._start(lambda _: None)
                run._bring_the_cluster_up()
                yield run
            finally:
                controller.process.stop()

    def measure(self, progress: Console) -> None:
        """Everything, in the order of a job's life."""
        progress(f"{self.figures.size} session jobs at once")
        self._measure_submission()
        progress(f"{self.figures.size} session jobs at rest")
        self._measure_rest()

    def _measure_submission(self) -> None:
        figures, pid = self.figures, self._controller.process.pid
        figures.idle = resident(pid)
        forget_peak(pid)
        before = self._manager.asked.copy()
        with self._stretch() as stretch:
            self._each(self._names, self._create)
            self._until(self._all_run, LOOK_AT_ALL)
            figures.running = time.time() - min(self._created_at.values())
            self._until_quiet(stretch)
        figures.submission, figures.peak = stretch, peak(pid)
        figures.rest_calls_submitting = self._manager.asked - before
        figures.uploads = len(self._manager.uploads)
        self._note_times()

    def _note_times(self) -> None:
        figures, jobs = self.figures, self._namespace.of(SESSION_JOBS)
        run_at = {job["metadata"]["name"]: self._manager.run_at[_job_id(job)] for job in jobs}
        figures.median = statistics.median(run_at[name] - at for name, at in self._created_at.items())
        first = min(self._created_at.values())
        figures.last = max(run_at.values()) - first
        figures.creating = max(self._created_at.values()) - first

    def _measure_rest(self) -> None:
        self._until(lambda: not self._manager.jars, LOOK_AT_ALL)
        before = self._manager.asked.copy()
        with self._stretch() as stretch:
            time.sleep(INTERVAL * _INTERVALS_AT_REST)
        self.figures.rest = stretch
        self.figures.rest_calls_at_rest = self._manager.asked - before
        self.figures.after = resident(self._controller.process.pid)

    def _create(self, name: str) -> None:
        jar = f"{self._manager.url}/report.jar"
        self._created_at[name] = time.time()
        self._namespace.store(session_job(name, _CLUSTER, jar))

    def _all_run(self) -> bool:
        jobs = self._namespace.of(SESSION_JOBS)
        states = [job.get("status", {}).get("jobStatus", {}).get("state") for job in jobs]
        return states.count("RUNNING") == self.figures.size

    def _bring_the_cluster_up(self) -> None:
        """No kubelet does it."""
        port = int(self._manager.url.rpartition(":")[2])
        self._namespace.store(session_cluster(_CLUSTER, port))
        self._until(lambda: self._pods() != [], LOOK_AT_ALL)
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-22T00:00:00Z"}
        for pod in self._pods():
            status = {"phase": "Running", "conditions": [ready]}
            self._namespace.patch(pod["metadata"]["name"], {"status": status}, _PODS, "status")
        self._until(self._takes_jobs, LOOK_AT_ALL)

    def _pods(self) -> list[Json]:
        return self._namespace.owned_by_cluster(_CLUSTER, _PODS)

    def _takes_jobs(self) -> bool:
        status: Json = self._namespace.get(_CLUSTER).get("status", {})
        return status.get("lifecycleState") == "STABLE"


def _job_id(job: Json) -> str:
    found: str = job["status"]["jobStatus"]["jobId"]
    return found


async def _jar(_: web.Request) -> web.Response:
    return web.Response(body=_JAR, headers={"ETag": '"1"'})


@contextmanager
def _job_manager() -> Iterator[JobManager]:
    """On a thread of its own, with the source of the jar beside it."""
    served: list[JobManager] = []
    started, ends = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with JobManager.serve(web.get("/report.jar", _jar)) as manager:
            served.append(manager)
            started.set()
            await ends.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        if not started.wait(10):
            raise TimeoutError("the simulated JobManager does not start")
        yield served[0]
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(10)
        loop.close()

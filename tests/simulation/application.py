"""An application cluster of a check's own, wherever clusters run."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from controller.flink.cluster import cluster_objects, owned_by
from controller.flink.names import rest_service
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest, RestError
from controller.kubernetes_api import CONFIG_MAPS, DEPLOYMENTS, SERVICES, KubernetesApi, Object
from controller.observation import Checkpoints, Job, StopOperation
from controller.plan import StopWithSavepoint
from shared.config.effective import Submission
from shared.config.flink_versions import RELEASES
from shared.config.operator import load_operator_configuration
from shared.model.deployment import FlinkDeployment, FlinkVersion
from shared.model.snapshot_info import SavepointFormatType
from shared.model.status import JobState

T = TypeVar("T")
OPERATOR_FILES = Path(__file__).resolve().parents[2] / "charts" / "flink-operator" / "conf"
_SECONDS = 300.0
_COLLECTIONS = {"ConfigMap": CONFIG_MAPS, "Service": SERVICES}


class Site(Protocol):
    """Where clusters run: Kubernetes, Flink, and a storage that jobs write to."""

    api: KubernetesApi
    rest: FlinkRest
    namespace: str
    version: FlinkVersion
    storage: str
    """URI of a folder. Below it, nobody can write to `readonly`."""

    def resource(self, name: str, options: Mapping[str, str]) -> Object:
        """A FlinkDeployment with these options whose job never ends by itself."""
        ...

    def stored(self) -> set[str]:
        """Paths of all checkpoints and savepoints in the storage, as Flink names them."""
        ...

    def lose(self, path: str) -> None:
        """Take a checkpoint or savepoint out of the storage."""
        ...

    async def kill_job_manager(self, name: str) -> None:
        """End its process from one moment to the next; its container starts again."""
        ...

    async def pause(self) -> None:
        """Let a moment pass."""
        ...

    def seconds(self) -> float:
        """On a clock that nobody sets."""
        ...


class Application:
    """A cluster with a job of its own, as the controller deploys it; nobody controls it."""

    def __init__(
        self, site: Site, name: str, options: Mapping[str, str], restore_path: str | None = None
    ) -> None:
        self.site = site
        self.name = name
        self.job_id = hashlib.sha256(name.encode()).hexdigest()[:32]
        self.base = f"http://{rest_service(name)}.{site.namespace}:8081"
        self._storage = f"{site.storage}/{name}"
        self._options = {
            "execution.checkpointing.dir": f"{self._storage}/checkpoints",
            "high-availability.storageDir": f"{self._storage}/ha",
            **options,
        }
        self._restore_path = restore_path

    async def submit(self) -> None:
        """Create its objects, and release it."""
        resource = FlinkDeployment.model_validate(self.site.resource(self.name, self._options))
        submission = Submission(1, self.job_id, self._restore_path)
        operator, files = load_operator_configuration(OPERATOR_FILES), OperatorFiles.read(OPERATOR_FILES)
        cluster = cluster_objects(resource, submission, operator, files)
        del cluster.deployment["metadata"]["ownerReferences"]  # the resource is none of the API server's
        deployment = await self.site.api.create(DEPLOYMENTS, cluster.deployment)
        for body in cluster.owned:
            await self.site.api.create(_COLLECTIONS[body["kind"]], owned_by(deployment, body))
        released = {"spec": {"paused": False}}
        await self.site.api.merge(DEPLOYMENTS, self.site.namespace, self.name, released)

    async def until(self, what: str, fact: Callable[[], Awaitable[T | None]]) -> T:
        """The fact, once it is there; a JobManager that does not answer is asked again."""
        deadline, last = self.site.seconds() + _SECONDS, "nothing"
        while self.site.seconds() < deadline:
            try:
                if value := await fact():
                    return value
                last = repr(value)
            except RestError as error:
                last = str(error)
            await self.site.pause()
        raise AssertionError(f"{self.name}: {what}: not within {_SECONDS:g} s; last seen: {last}")

    async def job(self) -> Job | None:
        """As the JobManager lists it."""
        jobs = await self.site.rest.jobs(self.base)
        return next((job for job in jobs if job.job_id == self.job_id), None)

    async def until_job_is(self, *states: JobState) -> Job:
        """The job in one of these states."""

        async def there() -> Job | None:
            job = await self.job()
            return job if job is not None and job.state in states else None

        return await self.until(f"the job is {' or '.join(states)}", there)

    async def checkpoints(self) -> Checkpoints:
        """What the job could be restored from."""
        found = await self.site.rest.checkpoints(self.base, self.job_id)
        return Checkpoints() if found is None else found

    async def until_newest_is_another(self, than: str | None = None) -> str:
        """Path of a restore point that is not that one."""

        async def another() -> str | None:
            newest = (await self.checkpoints()).newest
            return newest if newest != than else None

        return await self.until(f"a restore point after {than}", another)

    async def restored_from(self) -> Mapping[str, Any] | None:
        """The restore point that the present run of the job started from: its id and path."""
        answer = await self.site.rest._call("GET", f"{self.base}/jobs/{self.job_id}/checkpoints")
        restored: Mapping[str, Any] | None = answer["latest"]["restored"]
        return restored

    def stored(self) -> set[str]:
        """Paths of its checkpoints and savepoints in the storage."""
        return {path for path in self.site.stored() if path.startswith(f"{self._storage}/")}

    async def until_it_stored(self, *paths: str | None) -> None:
        """Nothing but these is left."""

        async def is_all() -> bool:
            return self.stored() == set(paths)

        await self.until(f"the storage holds {paths} alone", is_all)

    async def stop(self, trigger: str, folder: str | None = None, job_id: str | None = None) -> None:
        """Ask for a savepoint, in its own folder or another of the storage, and for the job's end with it."""
        stop = StopWithSavepoint(
            job_id=job_id or self.job_id,
            trigger_id=trigger,
            directory=f"{self.site.storage}/{folder}" if folder else f"{self._storage}/savepoints",
            format_type=SavepointFormatType.CANONICAL,
            drain=False,
        )
        await self.site.rest.stop_with_savepoint(self.base, stop)

    async def until_stop_is_settled(self, trigger: str, job_id: str | None = None) -> StopOperation:
        """The operation, when it has come to a location or a failure."""

        async def settled() -> StopOperation | None:
            found = await self.site.rest.stop_operation(self.base, job_id or self.job_id, trigger)
            return found if found is not None and (found.location or found.failure) else None

        return await self.until(f"stop {trigger[:4]} is settled", settled)

    async def cancel(self) -> None:
        """Ask for the job's end."""
        await self.site.rest.cancel(self.base, self.job_id)

    async def config_map(self, suffix: str) -> Object | None:
        """A ConfigMap of high availability."""
        return await self.site.api.get(CONFIG_MAPS, self.site.namespace, f"{self.name}-{suffix}")

    async def metadata(self) -> Mapping[str, str] | None:
        """Of the job, by key; None when Flink keeps none."""
        found = await self.config_map(f"{self.job_id}-config-map")
        return None if found is None else found.get("data") or {}

    async def has_plan(self) -> bool:
        """Whether Flink keeps the job's plan."""
        found = await self.config_map("cluster-config-map") or {}
        return f"{RELEASES[self.site.version].job_plan_prefix}{self.job_id}" in (found.get("data") or {})

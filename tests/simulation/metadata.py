"""What high availability keeps of jobs in ConfigMaps, as Flink writes and reads it."""

import orjson

from controller.flink.names import NATIVE
from tests.simulation.job_manager import Job, JobManager, Plan
from tests.simulation.server import Server

_CHECKPOINT = "checkpointID-"


class Metadata:
    """The ConfigMaps of all clusters."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def plans(self, manager: JobManager) -> dict[str, Plan]:
        """The plans that are kept, by job id."""
        kept = self._server.find("configmaps", _map_of_cluster(manager)) or {}
        data, prefix = kept.get("data") or {}, manager.release.job_plan_prefix
        found = {
            key.removeprefix(prefix): orjson.loads(text)
            for key, text in data.items()
            if key.startswith(prefix)
        }
        return {job_id: Plan(*plan) for job_id, plan in found.items()}

    def newest_checkpoint(self, manager: JobManager, job_id: str) -> str | None:
        """Path of the job's newest checkpoint, if any was completed."""
        kept = self._server.find("configmaps", _map_of_job(manager, job_id)) or {}
        paths = [text for key, text in (kept.get("data") or {}).items() if key.startswith(_CHECKPOINT)]
        return paths[-1] if paths else None

    def keep(self, manager: JobManager, job: Job) -> None:
        """Write down the job's plan, its counter, and its newest checkpoint."""
        self._write_plan(manager, job.job_id, job.plan)
        data: dict[str, str | None] = {"counter": str(job.number)}
        name = _map_of_job(manager, job.job_id)
        kept = self._server.find("configmaps", name)
        if job.kept is not None:
            for key in (kept or {}).get("data") or {}:
                if key.startswith(_CHECKPOINT):
                    data[key] = None
            data[f"{_CHECKPOINT}{job.kept.number:019d}"] = job.kept.path
        self._write(manager, name, data)

    def forget(self, manager: JobManager, job_id: str) -> None:
        """The job has ended: what was kept of it goes, but not that of the cluster."""
        self._server.remove("configmaps", _map_of_job(manager, job_id))
        self._write_plan(manager, job_id, None)

    def _write_plan(self, manager: JobManager, job_id: str, plan: Plan | None) -> None:
        text = None if plan is None else orjson.dumps(tuple(plan)).decode()
        self._write(manager, _map_of_cluster(manager), {f"{manager.release.job_plan_prefix}{job_id}": text})

    def _write(self, manager: JobManager, name: str, data: dict[str, str | None]) -> None:
        if self._server.find("configmaps", name) is not None:
            self._server.merge("configmaps", name, {"data": data})
            return
        if self._server.is_terminating:
            return
        labels = {"app": manager.cluster, "type": NATIVE}
        metadata = {"name": name, "namespace": "shop", "labels": labels}
        present = {key: text for key, text in data.items() if text is not None}
        self._server.create(
            "configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": present}
        )


def _map_of_cluster(manager: JobManager) -> str:
    return f"{manager.cluster}-cluster-config-map"


def _map_of_job(manager: JobManager, job_id: str) -> str:
    return f"{manager.cluster}-{job_id}-config-map"

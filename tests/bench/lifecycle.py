"""What the operator adds to what Flink needs: from apply to RUNNING, and through an upgrade, on the node."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.api.api_server import FLINK_DEPLOYMENTS, ApiServer, RefusedError
from tests.cluster import Cluster, Console, Level, up
from tests.e2e.conftest import Release
from tests.e2e.continuity import counting, remove_storage, storage
from tests.images import Image
from tests.installation import install, provide_image, provide_operator_images

Json = dict[str, Any]
_NAMESPACE, _NAME = "default", "bench"
_LONGEST = 180.0
_LOOK = 0.05


def tables() -> Iterator[Table]:
    """Times of one application, as its resource and Flink's REST tell them."""
    cluster = up(Level.NODE, progress=Console())
    install(cluster, provide_operator_images(cluster, Console()), job_namespaces=(_NAMESPACE,))
    image = provide_image(cluster, Image.FLINK_2_3, Console())
    with tempfile.TemporaryDirectory() as folder:
        run = _Run(cluster, ApiServer.of(cluster.kubeconfig, Path(folder)))
        run.remove()
        remove_storage(_NAME)
        resource = counting(_NAME, Release("v2_3", image), storage(_NAME), upgrade_mode="savepoint")
        try:
            yield _measured(run, resource)
        finally:
            run.remove()
            remove_storage(_NAME)


def _measured(run: "_Run", resource: Json) -> Table:
    table = Table(title="What the operator adds", caption="seconds; looked at 20 times a second")
    table.add_column("what")
    table.add_column("seconds", justify="right")
    resource["metadata"]["namespace"] = _NAMESPACE
    began = time.monotonic()
    run.api.call("POST", FLINK_DEPLOYMENTS.path(_NAMESPACE), resource)
    seen = run.watch({"REST": run.rest_says_running, "status": run.status_says_running})
    table.add_row("apply to RUNNING in Flink's REST", f"{seen['REST'] - began:.1f}")
    table.add_row("RUNNING in the REST to RUNNING in the status", f"{seen['status'] - seen['REST']:.2f}")
    job_id, old = run.job_id(), run.job_manager_pods()
    began = time.monotonic()
    run.api.merge(FLINK_DEPLOYMENTS, _NAMESPACE, _NAME, {"spec": {"restartNonce": 1}})
    seen = run.watch(
        {
            "recorded": lambda: run.state() == "UPGRADING",
            "saved": lambda: run.savepoint() is not None,
            "gone": lambda: not old & run.job_manager_pods(),
            "created": lambda: run.job_manager_pods() - old != set(),
            "REST": lambda: run.job_id() != job_id and run.rest_says_running(),
            "status": lambda: run.job_id() != job_id and run.status_says_running(),
        }
    )
    table.add_section()
    table.add_row("edit to the first step on record", f"{seen['recorded'] - began:.2f}")
    table.add_row("savepoint", f"{seen['saved'] - seen['recorded']:.2f}")
    table.add_row("the old JobManager's end", f"{seen['gone'] - seen['saved']:.2f}")
    table.add_row("its end to the new one's pod", f"{seen['created'] - seen['gone']:.2f}")
    table.add_row("pod to RUNNING in the REST", f"{seen['REST'] - seen['created']:.1f}")
    table.add_row("RUNNING in the REST to RUNNING in the status", f"{seen['status'] - seen['REST']:.2f}")
    table.add_row("edit to RUNNING in the status", f"{seen['status'] - began:.1f}")
    return table


class _Run:
    """One application, seen from outside."""

    def __init__(self, cluster: Cluster, api: ApiServer) -> None:
        self._cluster = cluster
        self.api = api

    def watch(self, conditions: dict[str, Callable[[], bool]]) -> dict[str, float]:
        """When each condition first held, on the monotonic clock."""
        seen: dict[str, float] = {}
        deadline = time.monotonic() + _LONGEST
        while len(seen) < len(conditions):
            for name, condition in conditions.items():
                if name not in seen and condition():
                    seen[name] = time.monotonic()
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {_LONGEST:g} s: {conditions.keys() - seen.keys()}")
            time.sleep(_LOOK)
        return seen

    def rest_says_running(self) -> bool:
        """All tasks of the recorded job run."""
        path = f"/api/v1/namespaces/{_NAMESPACE}/services/{_NAME}-rest:8081/proxy/jobs/overview"
        try:
            jobs = self.api.call("GET", path)["jobs"]
        except (RefusedError, json.JSONDecodeError):
            return False
        return any(
            job["jid"] == self.job_id()
            and job["state"] == "RUNNING"
            and job["tasks"]["running"] == job["tasks"]["total"]
            for job in jobs
        )

    def status_says_running(self) -> bool:
        return bool(self._status().get("jobStatus", {}).get("state") == "RUNNING")

    def state(self) -> str | None:
        found: str | None = self._status().get("reconciliationStatus", {}).get("state")
        return found

    def job_id(self) -> str | None:
        found: str | None = self._status().get("jobStatus", {}).get("jobId")
        return found

    def savepoint(self) -> Json | None:
        info = self._status().get("jobStatus", {}).get("savepointInfo") or {}
        found: Json | None = info.get("lastSavepoint")
        return found

    def job_manager_pods(self) -> set[str]:
        """Uids."""
        path = f"/api/v1/namespaces/{_NAMESPACE}/pods?labelSelector=app%3D{_NAME},component%3Djobmanager"
        return {pod["metadata"]["uid"] for pod in self.api.call("GET", path)["items"]}

    def remove(self) -> None:
        """Delete the resource, if there is one, and wait until it is gone."""
        name = f"flinkdeployment/{_NAME}"
        arguments = ("-n", _NAMESPACE, "delete", name, "--ignore-not-found", "--timeout=120s")
        self._cluster.kubectl(*arguments, timeout=130)

    def _status(self) -> Json:
        found = self.api.find(FLINK_DEPLOYMENTS, _NAMESPACE, _NAME)
        return (found or {}).get("status") or {}

"""Flink resources for tests: valid ones, to be changed where a test wants something else."""

from copy import deepcopy
from typing import Any

from tests.api.api_server import Json

_SPEC: Json = {
    "image": "flink:2.3",
    "flinkVersion": "v2_3",
    "serviceAccount": "flink",
    "jobManager": {"resources": {"requests": {"memory": "1024m", "cpu": "0.5"}}},
    "taskManager": {"resources": {"requests": {"memory": "1024m", "cpu": "0.5"}}},
}
_JOB: Json = {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": 1, "upgradeMode": "stateless"}


def flink_deployment(name: str, job: Json | None = None, **spec: Any) -> Json:
    """A valid application cluster; `job` and `spec` go over the fields that it has, None takes one away."""
    wanted = {**deepcopy(_SPEC), "job": {**_JOB, **(job or {})}, **spec}
    return _resource("FlinkDeployment", name, wanted)


def session_job(name: str, job: Json | None = None, **spec: Any) -> Json:
    """A valid session job; the operator fetches its jar."""
    wanted = {**_JOB, "jarURI": "https://example.com/job.jar", **(job or {})}
    return _resource("FlinkSessionJob", name, {"deploymentName": "session", "job": wanted, **spec})


def state_snapshot(name: str) -> Json:
    """A valid savepoint."""
    reference = {"kind": "FlinkDeployment", "name": "job"}
    return _resource("FlinkStateSnapshot", name, {"jobReference": reference, "savepoint": {}})


def blue_green_deployment(name: str) -> Json:
    """A valid pair of deployments."""
    return _resource(
        "FlinkBlueGreenDeployment", name, {"template": {"spec": {**deepcopy(_SPEC), "job": dict(_JOB)}}}
    )


def in_namespace(resource: Json, namespace: str) -> Json:
    """The resource with its namespace, for calls without kubectl."""
    return {**resource, "metadata": {**resource["metadata"], "namespace": namespace}}


def _resource(kind: str, name: str, spec: Json) -> Json:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {field: value for field, value in spec.items() if value is not None},
    }

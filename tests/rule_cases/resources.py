"""Resources without anything to say about them, to be changed where a case wants something else."""

from typing import Any

import orjson

from shared import API_VERSION
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.session_job import FlinkSessionJobSpec
from tests.rule_cases.case import Json

NAMESPACE = "shop"
CHECKPOINTS = {"execution.checkpointing.dir": "s3://bucket/checkpoints"}
SAVEPOINTS = {"execution.checkpointing.savepoint-dir": "s3://bucket/savepoints"}
HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://bucket/ha"}
JOB: Json = {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": 2, "upgradeMode": "stateless"}
SESSION_JOB: Json = JOB | {"jarURI": "https://repository.example.com/job.jar"}
MEMORY: Json = {"resources": {"requests": {"memory": "1Gi", "cpu": "500m"}}}
JOB_REFERENCE: Json = {"kind": "FlinkDeployment", "name": "orders"}


def application(job: Json | None = None, /, *, name: str = "orders", **spec: Any) -> Json:
    """An application cluster; `job` and `spec` go over what it has, None takes a field away."""
    wanted = {
        "image": "flink:2.3",
        "flinkVersion": "v2_3",
        "serviceAccount": "flink",
        "jobManager": MEMORY,
        "taskManager": MEMORY,
        "job": JOB | (job or {}),
        **spec,
    }
    return resource("FlinkDeployment", name, wanted)


def configured(options: Json, job: Json | None = None, /, **spec: Any) -> Json:
    """An application cluster with these options."""
    return application(job, flinkConfiguration=options, **spec)


def session_cluster(name: str = "cluster", **spec: Any) -> Json:
    """A session cluster."""
    return application(name=name, **{"job": None, **spec})


def session_job(job: Json | None = None, /, **spec: Any) -> Json:
    """A job on the session cluster."""
    return resource(
        "FlinkSessionJob", "job", {"deploymentName": "cluster", "job": SESSION_JOB | (job or {}), **spec}
    )


def snapshot(**spec: Any) -> Json:
    """A savepoint of an application."""
    return resource(
        "FlinkStateSnapshot", "snapshot", {"jobReference": JOB_REFERENCE, "savepoint": {}, **spec}
    )


def blue_green(template: Json | None = None, /, *, name: str = "colours", **spec: Any) -> Json:
    """A pair of deployments from the spec of that one."""
    made_from = {"spec": (template or application())["spec"]}
    return resource("FlinkBlueGreenDeployment", name, {"template": made_from, **spec})


def resource(kind: str, name: str, spec: Json) -> Json:
    """A resource of any kind."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {field: value for field, value in spec.items() if value is not None},
    }


def annotated(raw: Json, annotations: Json) -> Json:
    """The resource with annotations."""
    return {**raw, "metadata": {**raw["metadata"], "annotations": annotations}}


def reconciled(running: Json, wanted: Json) -> Json:
    """The resource as it is wanted, while the other spec runs."""
    return {**wanted, "status": {"reconciliationStatus": {"lastReconciledSpec": _document(running)}}}


def _document(running: Json) -> str:
    if running["kind"] == "FlinkDeployment":
        return ReconciledSpec(FlinkDeploymentSpec.model_validate(running["spec"])).to_json()
    spec = FlinkSessionJobSpec.model_validate(running["spec"]).model_dump(mode="json", by_alias=True)
    return orjson.dumps({"spec": spec, "resource_metadata": {"apiVersion": API_VERSION}}).decode()

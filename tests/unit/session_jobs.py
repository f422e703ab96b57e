"""FlinkSessionJobs and observations of them, for tests of decisions and effects."""

from collections.abc import Mapping
from typing import Any

from controller.decide import decide_session_job
from controller.decide.session.cluster import session_cluster
from controller.decide.subject import SessionJobSubject
from controller.observation import Absent, FlinkInfo, Known, Observation
from controller.plan import Plan
from controller.subjects import read_session_job
from shared.model.reconciled_spec import ReconciledSpec, read_document
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.status import FlinkSessionJobStatus, JobState
from tests.unit.flink_deployments import Json, cluster_of, job_of, observed, session, subject_of, with_status
from tests.unit.recorded_deployments import SAVEPOINTS, deployed

FINALIZER = "flinksessionjobs.flink.apache.org/finalizer"
ADDRESS = "http://orders-rest.shop:8081"
ANSWERS = Known(FlinkInfo("", ""))
CLUSTER = deployed(session(flinkConfiguration=SAVEPOINTS))
"""A session cluster `orders` that takes jobs."""


def session_job(*, job: Json | None = None, generation: int = 1, **spec: Any) -> Json:
    """A valid session job `report` on the session cluster `orders`, before any reconciliation."""
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {
            "name": "report",
            "namespace": "shop",
            "uid": "5f0e7f0a-0f7f-4f3c-9d55-6d3f3a1f1c11",
            "generation": generation,
            "resourceVersion": "100",
            "finalizers": [FINALIZER],
        },
        "spec": {
            "deploymentName": "orders",
            "job": {
                "jarURI": "https://jars.example.com/report.jar",
                "parallelism": 2,
                "upgradeMode": "savepoint",
            }
            | (job or {}),
            **spec,
        },
    }


def session_job_of(
    raw: Json, cluster: Json | None = CLUSTER, operator: Mapping[str, str] | None = None
) -> SessionJobSubject:
    """What is decided about."""
    found = None if cluster is None else session_cluster(subject_of(cluster, operator), ADDRESS)
    return read_session_job(raw, operator or {}, found, cluster)


def plan_of_job(
    raw: Json,
    observation: Observation,
    cluster: Json | None = CLUSTER,
    operator: Mapping[str, str] | None = None,
) -> Plan[FlinkSessionJobStatus]:
    """What is decided."""
    return decide_session_job(session_job_of(raw, cluster, operator), observation)


def cluster_is_up(**facts: Any) -> Observation:
    """The session cluster answers, and does not know the job unless that is said."""
    default = {"cluster": cluster_of(), "flink": ANSWERS, "job": Absent(), "attempt": Absent()}
    return observed(**{**default, **facts})


def listed(raw: Json, state: JobState = JobState.RUNNING, **facts: Any) -> Observation:
    """The session cluster lists the job of the record in that state."""
    return cluster_is_up(job=job_of(raw["status"]["jobStatus"]["jobId"], state), **facts)


def submitted_job(raw: Json) -> Json:
    """The job after its first submission was put on record."""
    return with_status(raw, plan_of_job(raw, cluster_is_up()))


def running_job(raw: Json) -> Json:
    """The job as it runs."""
    raw = submitted_job(raw)
    return with_status(raw, plan_of_job(raw, listed(raw)))


def recorded_job(raw: Json) -> ReconciledSpec[FlinkSessionJobSpec]:
    """What is on record."""
    return read_document(raw["status"]["reconciliationStatus"]["lastReconciledSpec"], FlinkSessionJobSpec)

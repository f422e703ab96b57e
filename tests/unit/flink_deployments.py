"""FlinkDeployments and observations of their clusters, for tests of decisions and effects."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from controller.decide import Subject
from controller.decide.subject import with_spec
from controller.flink.checksums import CHECKSUMS_ANNOTATION
from controller.flink.operator_files import OperatorFiles
from controller.observation import (
    Absent,
    Cluster,
    Component,
    Fact,
    FlinkInfo,
    Job,
    Known,
    Observation,
    Pod,
    Problem,
    Unknown,
)
from controller.plan import AnyPlan
from controller.subjects import read_subject
from shared.config.effective import GENERATION_ANNOTATION
from shared.model import FlinkDeployment
from shared.model.status import JobState

Json = dict[str, Any]

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
UID = "94dbda97-6605-46a2-8d32-28bb2d447bd0"
NO_ANSWER = Unknown("no answer")

FINALIZER = "flinkdeployments.flink.apache.org/finalizer"


def application(*, job: Json | None = None, generation: int = 1, **spec: Any) -> Json:
    """A valid application cluster named `orders`, as the API server stores it before any reconciliation."""
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "metadata": {
            "name": "orders",
            "namespace": "shop",
            "uid": UID,
            "generation": generation,
            "resourceVersion": "100",
            "finalizers": [FINALIZER],
        },
        "spec": {
            "image": "flink:2.3",
            "flinkVersion": "v2_3",
            "serviceAccount": "flink",
            "jobManager": {"resources": {"requests": {"memory": "1024m", "cpu": "0.5"}}},
            "taskManager": {"resources": {"requests": {"memory": "1024m", "cpu": "0.5"}}},
            "job": {"jarURI": "local:///opt/job.jar", "parallelism": 2, "upgradeMode": "stateless"}
            | (job or {}),
            **spec,
        },
    }


def session(**spec: Any) -> Json:
    """A valid session cluster."""
    raw = application(**spec)
    del raw["spec"]["job"]
    return raw


def edited(raw: Json, *, job: Json | None = None, **spec: Any) -> Json:
    """The resource after its owner changed the spec: one generation further, the status as it was."""
    new_spec = {**raw["spec"], **spec}
    if job is not None:
        new_spec["job"] = {**raw["spec"]["job"], **job}
    metadata = {**raw["metadata"], "generation": raw["metadata"]["generation"] + 1}
    return {**raw, "metadata": metadata, "spec": new_spec}


def with_metadata(raw: Json, **metadata: Any) -> Json:
    """The resource with other metadata."""
    return {**raw, "metadata": {**raw["metadata"], **metadata}}


def with_status(raw: Json, plan: AnyPlan) -> Json:
    """The resource once the plan's status is written."""
    return {**raw, "status": plan.status.to_wire()}


def subject_of(
    raw: Json, operator: Mapping[str, str] | None = None, files: OperatorFiles | None = None
) -> Subject:
    """What is decided about."""
    return read_subject(raw, operator or {}, files or OperatorFiles())


def deployment_of(raw: Json) -> FlinkDeployment:
    """The resource itself."""
    subject = subject_of(raw)
    return with_spec(subject, subject.spec)


def cluster_of(generation: int | None = 1, **changes: Any) -> Known[Cluster]:
    """A JobManager's Deployment that is up, unless stated otherwise."""
    facts: Json = {
        "uid": "cluster-uid",
        "generation": generation,
        "replicas": 1,
        "available": True,
        "paused": False,
        "being_deleted": False,
        "never_available": False,
        **changes,
    }
    return Known(Cluster(**facts))


def pod_of(component: Component = Component.JOB_MANAGER, problem: Problem | None = None) -> Pod:
    """A pod of the cluster."""
    return Pod(name=f"orders-{component.value}", component=component, problem=problem)


def pods_of(*pods: Pod) -> Known[tuple[Pod, ...]]:
    """These pods, and no others."""
    return Known(pods)


def job_of(job_id: str, state: JobState = JobState.RUNNING, failure: str | None = None) -> Known[Job]:
    """The job as Flink reports it."""
    return Known(
        Job(job_id=job_id, name="orders", state=state, start_time=1_795_256_914_718, failure=failure)
    )


def observed(
    *,
    cluster: Fact[Cluster] | None = None,
    pods: Fact[tuple[Pod, ...]] | None = None,
    flink: Fact[FlinkInfo] = NO_ANSWER,
    job: Fact[Job] = NO_ANSWER,
    at: datetime = NOW,
    **more: Any,
) -> Observation:
    """All facts; by default there is no cluster, no pod, and no metadata in Kubernetes."""
    facts: Json = {"high_availability": Absent(), "task_managers": Absent(), "ingress": Absent()}
    facts |= {"session_jobs": Known(()), "running_jobs": Known(()), **more}
    return Observation(
        at=at,
        cluster=cluster or Absent(),
        pods=Known(()) if pods is None else pods,
        flink=flink,
        job=job,
        **facts,
    )


def observed_up(job: Fact[Job], *, generation: int = 1, at: datetime = NOW, **more: Any) -> Observation:
    """The cluster runs and answers."""
    return observed(
        cluster=cluster_of(generation),
        pods=Known((pod_of(), pod_of(Component.TASK_MANAGER))),
        flink=Known(FlinkInfo("2.3.0", "c0f8d1a")),
        job=job,
        at=at,
        **more,
    )


JAVA_OPERATOR_DEPLOYMENTS = (
    "application-running",
    "application-upgraded",
    "application-upgraded-stable",
    "application-ha-running",
    "application-ha-upgraded",
    "application-ha-upgraded-stable",
    "session-cluster",
    "standalone-application",
    "standalone-application-ha",
)
"""FlinkDeployments that Apache's operator left, by the names of their files."""


def java_operator_resource(name: str) -> Json:
    """A resource with the status that Apache's operator left on it."""
    document: Json = json.loads((DATA / "java-operator" / f"{name}.json").read_text("utf-8"))
    return document


def deployment_object(
    raw: Json, *, owner_uid: str | None = UID, generation: int | None = 1, **status: Any
) -> Json:
    """The JobManager's Deployment as the API server holds it; nothing was made beside it."""
    annotations = {CHECKSUMS_ANNOTATION: "{}"}
    if generation is not None:
        annotations[GENERATION_ANNOTATION] = str(generation)
    owners = [] if owner_uid is None else [{"kind": "FlinkDeployment", "name": "orders", "uid": owner_uid}]
    return {
        "metadata": {
            "name": raw["metadata"]["name"],
            "namespace": raw["metadata"]["namespace"],
            "uid": "deployment-uid",
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-21T11:00:00Z",
            "annotations": annotations,
            "ownerReferences": owners,
        },
        "spec": {"replicas": 1},
        "status": {"availableReplicas": 1, **status},
    }

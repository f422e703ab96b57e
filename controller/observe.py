"""Gather the facts about one FlinkDeployment. Decides nothing.

Kubernetes objects come from the watch caches while the cluster is settled, and are read live when an effect
may follow: a cache can be stale, and what it does not hold may exist.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from controller.cache import Cache
from controller.decide.subject import Subject
from controller.flink.names import NATIVE, rest_service
from controller.flink.rest import FlinkRest, RestError
from controller.kubernetes_api import DEPLOYMENTS, EVENTS, PODS, ApiError, KubernetesApi, Object
from controller.observation import (
    Absent,
    Cluster,
    Fact,
    FlinkInfo,
    Job,
    Known,
    Observation,
    Pod,
    Problem,
    Unknown,
)
from controller.pods import event_problem, is_flinks, is_silently_stuck, read_pod
from shared.config.effective import GENERATION_ANNOTATION, validation_configuration
from shared.config.options import REST_PORT
from shared.model.status import JobState, ReconciliationState

log = logging.getLogger(__name__)

_PATIENCE = 4.0  # seconds a pod may take to start before its events are read


class Observer:
    """Reads caches, the API server and JobManagers."""

    def __init__(self, api: KubernetesApi, cache: Cache, flink: FlinkRest) -> None:
        self._api = api
        self._cache = cache
        self._flink = flink

    async def observe(self, subject: Subject) -> Observation:
        """All facts at about the same time; a failed read makes a fact unknown, never absent."""
        at = datetime.now(UTC)
        settled = _is_settled(subject)
        cluster = await self._cluster(subject, live=not settled)
        nobody = Unknown("there is no JobManager to ask")
        flink: Fact[FlinkInfo] = nobody
        job: Fact[Job] = nobody
        if isinstance(cluster, Known) and cluster.value.available:
            flink, job = await self._ask_job_manager(subject)
        if settled and not isinstance(flink, Known):
            cluster = await self._cluster(subject, live=True)
        pods = await self._pods(subject, at, live=isinstance(cluster, Absent))
        return Observation(at=at, cluster=cluster, pods=pods, flink=flink, job=job)

    async def _cluster(self, subject: Subject, *, live: bool) -> Fact[Cluster]:
        namespace, name = subject.metadata.namespace, subject.metadata.name
        body = None if live else self._cache.deployment(namespace, name)
        if body is None:
            try:
                body = await self._api.get(DEPLOYMENTS, namespace, name)
            except ApiError as error:
                return Unknown(str(error))
        return Absent() if body is None else Known(_read_cluster(body, subject.metadata.uid))

    async def _pods(self, subject: Subject, at: datetime, *, live: bool) -> Fact[tuple[Pod, ...]]:
        namespace, name = subject.metadata.namespace, subject.metadata.name
        bodies: Iterable[Object] = self._cache.pods(namespace, name)
        try:
            if live:
                bodies = await self._api.list(PODS, namespace, labels=f"app={name},type={NATIVE}")
            return Known(tuple(await asyncio.gather(*(self._pod(b, at) for b in bodies if is_flinks(b)))))
        except ApiError as error:
            return Unknown(str(error))

    async def _pod(self, body: Object, at: datetime) -> Pod:
        pod = read_pod(body)
        if pod.problem is None and is_silently_stuck(body, at, _PATIENCE):
            fields = f"involvedObject.uid={body['metadata']['uid']}"
            events = await self._api.list(EVENTS, body["metadata"]["namespace"], fields=fields)
            return replace(pod, problem=event_problem(pod.name, events))
        return pod

    async def _ask_job_manager(self, subject: Subject) -> tuple[Fact[FlinkInfo], Fact[Job]]:
        base, job_id = _base_url(subject), subject.status.job_status.job_id
        try:
            if job_id is None:
                return Known(await self._flink.info(base)), Absent()
            info, jobs = await asyncio.gather(self._flink.info(base), self._flink.jobs(base))
            found = next((job for job in jobs if job.job_id == job_id), None)
            if found is not None and found.state is JobState.FAILED:
                found = replace(found, failure=await self._failure(base, job_id))
        except RestError as error:
            return Unknown(str(error)), Unknown(str(error))
        return Known(info), Absent() if found is None else Known(found)

    async def _failure(self, base: str, job_id: str) -> str | None:
        """The cause, if Flink tells it; that the job failed is known without it."""
        try:
            return await self._flink.failure(base, job_id)
        except RestError as error:
            log.info("%s", error)
            return None


def _is_settled(subject: Subject) -> bool:
    """Nothing is under way: what runs is what was recorded, and it is not being deleted."""
    reconciliation = subject.status.reconciliation_status
    return (
        subject.metadata.deletion_timestamp is None
        and reconciliation.state is ReconciliationState.DEPLOYED
        and subject.status.observed_generation == subject.metadata.generation
    )


def _base_url(subject: Subject) -> str:
    metadata = subject.metadata
    spec = subject.last.spec if subject.last is not None else subject.spec
    config = validation_configuration(spec, metadata.namespace, subject.operator_configuration)
    return f"http://{rest_service(metadata.name)}.{metadata.namespace}:{REST_PORT.read(config)}"


def _read_cluster(body: Object, owner_uid: str) -> Cluster:
    spec, status, metadata = body["spec"], body.get("status", {}), body["metadata"]
    generation = (metadata.get("annotations") or {}).get(GENERATION_ANNOTATION)
    return Cluster(
        uid=metadata["uid"],
        generation=int(generation) if generation is not None and generation.isdigit() else None,
        replicas=spec.get("replicas", 1),
        available=status.get("availableReplicas", 0) > 0,
        paused=spec.get("paused", False),
        being_deleted=metadata.get("deletionTimestamp") is not None,
        never_available=_was_never_available(body),
        problem=_replica_failure(status),
        foreign=owner_uid not in {owner["uid"] for owner in metadata.get("ownerReferences") or []},
    )


def _was_never_available(body: Object) -> bool:
    """Unavailable ever since it was made (contract part 5.3.4); False too while Kubernetes has not said."""
    for condition in body.get("status", {}).get("conditions") or []:
        if condition["type"] == "Available":
            unchanged = condition["lastTransitionTime"] == body["metadata"]["creationTimestamp"]
            return bool(condition["status"] == "False" and unchanged)
    return False


def _replica_failure(status: Object) -> Problem | None:
    """The ReplicaSet's pods are refused: a broken pod template, a quota, a policy."""
    for condition in status.get("conditions") or []:
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            message = condition.get("message", "no reason given")
            return Problem(
                condition.get("reason", "FailedCreate"), f"The JobManager's pod is refused: {message}"
            )
    return None

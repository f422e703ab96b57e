"""Gather the facts about one FlinkDeployment. Decides nothing.

Kubernetes objects come from the watch caches while the cluster is settled, and are read live when an effect
may follow: a cache can be stale, and what it does not hold may exist.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from controller.cache import Cache, Key
from controller.decide.conditions import milliseconds
from controller.decide.health import is_unhealthy
from controller.decide.last_savepoint import is_awaited
from controller.decide.manual_savepoint import is_due
from controller.decide.stability import is_on_probation
from controller.decide.subject import Subject
from controller.decide.trouble import waits_for_task_managers
from controller.drift import DriftObserver
from controller.flink.names import common_labels, job_metadata_map, task_manager_deployment_name
from controller.flink.rest import FlinkRest
from controller.job_manager import Answers, JobManagerObserver
from controller.kubernetes_api import CONFIG_MAPS, DEPLOYMENTS, EVENTS, PODS, ApiError, KubernetesApi, Object
from controller.observation import (
    NOT_ASKED,
    Absent,
    Cluster,
    Component,
    Fact,
    HighAvailability,
    Job,
    Known,
    Observation,
    Pod,
    SessionJob,
    TaskManagers,
    Unknown,
)
from controller.pods import event_problem, is_flinks, is_silently_stuck, read_pod
from controller.replicas import available_since, replica_failure, was_never_available
from controller.rights import HIGH_AVAILABILITY, TASK_MANAGERS, RightsReader
from controller.session_clusters import session_jobs_of
from controller.together import together
from shared.config.effective import GENERATION_ANNOTATION, ROLLBACK_ANNOTATION, validation_configuration
from shared.config.options import high_availability_is_kubernetes
from shared.model.deployment import KubernetesDeploymentMode
from shared.model.status import LifecycleState, ReconciliationState

_GOING = 30_000
"""Milliseconds. A cluster that is torn down is gone by then, or a watch did not tell."""
_PATIENCE = 4.0  # seconds a pod may take to start before its events are read


class Observer:
    """Reads caches, the API server and JobManagers."""

    def __init__(self, api: KubernetesApi, cache: Cache, flink: FlinkRest) -> None:
        self._api = api
        self._cache = cache
        self._drift = DriftObserver(api, cache)
        self._job_manager = JobManagerObserver(flink)
        self._rights = RightsReader(api)

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self._job_manager.forget(key)

    async def observe(self, subject: Subject, *, live: bool = False) -> Observation:
        """All facts at about the same time; a failed read makes a fact unknown, never absent."""
        at = datetime.now(UTC)
        torn_down = _is_torn_down(subject)
        live = live or not (_is_settled(subject) or (torn_down and _began_just_now(subject, at)))
        cluster = await self._cluster(subject, live=live)
        answers = Answers()
        if _is_up(cluster) and not torn_down:
            answers = await self._job_manager.ask(subject, at, in_motion=live)
            if not live and not isinstance(answers.flink, Known):
                cluster = await self._cluster(subject, live=True)
        absent = isinstance(cluster, Absent)
        metadata: Fact[HighAvailability] = NOT_ASKED
        if not torn_down and (absent or (live and not _is_being_submitted(subject))):
            metadata = await self._high_availability(subject)
        pods = await self._pods(subject, at, live=absent)
        return Observation(
            at=at,
            cluster=cluster,
            pods=pods,
            flink=answers.flink,
            job=answers.job,
            task_managers=await self._task_managers(subject, live=live or absent),
            ingress=self._ingress(subject),
            drifted=await self._drift.observe(subject, cluster, at),
            repairs=self._cache.repair_pace.recent(subject.key, at),
            stop=answers.stop,
            checkpoints=answers.checkpoints,
            restarts=answers.restarts,
            exceptions=answers.exceptions,
            high_availability=metadata,
            missing_rights=await self._missing_rights(subject, cluster, pods, answers.job, at),
            session_jobs=self._session_jobs(subject, live=live),
            running_jobs=answers.running,
            from_caches=not live and not absent,
        )

    async def _cluster(self, subject: Subject, *, live: bool) -> Fact[Cluster]:
        return await self.job_manager(*subject.key, subject.metadata.uid, live=live)

    async def job_manager(self, namespace: str, name: str, uid: str, *, live: bool) -> Fact[Cluster]:
        """The JobManager's Deployment of the FlinkDeployment with this uid."""
        body = None if live else self._cache.deployment(namespace, name)
        if body is None:
            try:
                body = await self._api.get(DEPLOYMENTS, namespace, name)
            except ApiError as error:
                return Unknown(str(error))
        return Absent() if body is None else Known(_read_cluster(body, uid))

    async def _task_managers(self, subject: Subject, *, live: bool) -> Fact[TaskManagers]:
        if _mode(subject) is not KubernetesDeploymentMode.STANDALONE:
            return Absent()
        namespace, name = subject.metadata.namespace, task_manager_deployment_name(subject.metadata.name)
        body = None if live else self._cache.deployment(namespace, name)
        if body is None:
            try:
                body = await self._api.get(DEPLOYMENTS, namespace, name)
            except ApiError as error:
                return Unknown(str(error))
        if body is None or subject.metadata.uid not in _owners(body):
            return Absent()
        return Known(
            TaskManagers(
                uid=body["metadata"]["uid"],
                replicas=body["spec"].get("replicas", 1),
                being_deleted="deletionTimestamp" in body["metadata"],
                problem=replica_failure(body),
            )
        )

    def _session_jobs(self, subject: Subject, *, live: bool) -> Fact[tuple[SessionJob, ...]]:
        """From the watch: one that it does not show yet has not been submitted."""
        if subject.deployed.is_application or not live:
            return NOT_ASKED
        return Known(tuple(session_jobs_of(self._cache, subject)))

    def _ingress(self, subject: Subject) -> Fact[Object]:
        body = self._cache.ingress(subject.metadata.namespace, subject.metadata.name)
        return Absent() if body is None else Known(body)

    async def _pods(self, subject: Subject, at: datetime, *, live: bool) -> Fact[tuple[Pod, ...]]:
        namespace, name = subject.metadata.namespace, subject.metadata.name
        bodies: Iterable[Object] = self._cache.pods(namespace, name)
        try:
            if live:
                bodies = await self._api.list(PODS, namespace, labels=_labels_of_pods(subject))
            return Known(tuple(await together(*(self._pod(b, at) for b in bodies if is_flinks(b)))))
        except ApiError as error:
            return Unknown(str(error))

    async def _pod(self, body: Object, at: datetime) -> Pod:
        pod = read_pod(body)
        if pod.problem is None and is_silently_stuck(body, at, _PATIENCE):
            fields = f"involvedObject.uid={body['metadata']['uid']}"
            events = await self._api.list(EVENTS, body["metadata"]["namespace"], fields=fields)
            return replace(pod, problem=event_problem(pod.name, events))
        return pod

    async def _missing_rights(
        self,
        subject: Subject,
        cluster: Fact[Cluster],
        pods: Fact[tuple[Pod, ...]],
        job: Fact[Job],
        at: datetime,
    ) -> Fact[tuple[str, ...]]:
        """Asked only where a JobManager crashes, or makes no TaskManagers."""
        if not isinstance(cluster, Known) or not isinstance(pods, Known) or cluster.value.foreign:
            return NOT_ASKED
        crashed = any(pod.crash for pod in pods.value if pod.component is Component.JOB_MANAGER)
        if not crashed and not waits_for_task_managers(job, pods, at):
            return NOT_ASKED
        native = _mode(subject) is KubernetesDeploymentMode.NATIVE
        needed = TASK_MANAGERS if native else ()
        if _keeps_metadata_in_kubernetes(subject):
            needed = (*needed, *HIGH_AVAILABILITY)
        namespace, account = subject.metadata.namespace, cluster.value.service_account
        return await self._rights.missing(namespace, account, needed, at)

    async def _high_availability(self, subject: Subject) -> Fact[HighAvailability]:
        """Read live: an effect may follow from its absence."""
        metadata, job_id = subject.metadata, subject.status.job_status.job_id
        if job_id is None or not _keeps_metadata_in_kubernetes(subject):
            return Absent()
        try:
            name = job_metadata_map(metadata.name, job_id)
            body = await self._api.get(CONFIG_MAPS, metadata.namespace, name)
        except ApiError as error:
            return Unknown(str(error))
        if body is None or "deletionTimestamp" in body["metadata"]:
            return Absent()
        checkpoints = [key for key in body.get("data") or {} if key.startswith("checkpointID-")]
        return Known(HighAvailability(job_id, has_checkpoint=bool(checkpoints)))


def _keeps_metadata_in_kubernetes(subject: Subject) -> bool:
    """Before the change or after it."""
    specs = [subject.spec] if subject.last is None else [subject.last.spec, subject.spec]
    namespace, operator = subject.metadata.namespace, subject.operator_configuration
    return any(
        high_availability_is_kubernetes(validation_configuration(spec, namespace, operator)) for spec in specs
    )


def _is_being_submitted(subject: Subject) -> bool:
    """What it starts from is on record already."""
    upgrading = subject.status.reconciliation_status.state is ReconciliationState.UPGRADING
    return upgrading and subject.last is not None and subject.last.is_suspended


def _is_torn_down(subject: Subject) -> bool:
    """Its job is over by record, and only objects are left to go: nobody needs to be asked."""
    status, state = subject.status, subject.status.job_status.state
    is_over = subject.deployed.is_application and state is not None and state.is_terminal
    deleting = status.lifecycle_state is LifecycleState.DELETING and not is_awaited(status)
    return subject.metadata.deletion_timestamp is not None and deleting and is_over


def _began_just_now(subject: Subject, at: datetime) -> bool:
    """What is waited for is told by watch; what takes longer may not have been."""
    since = subject.status.reconciliation_status.reconciliation_timestamp
    return abs(milliseconds(at) - since) < _GOING


def _is_up(cluster: Fact[Cluster]) -> bool:
    return isinstance(cluster, Known) and cluster.value.available


def _is_settled(subject: Subject) -> bool:
    """Nothing is under way: what runs is what was recorded, and it is not being deleted."""
    state = subject.status.reconciliation_status.state
    return (
        subject.metadata.deletion_timestamp is None
        and state.is_deployed
        and subject.status.recorded_generation == subject.metadata.generation
        and not is_on_probation(subject)
        and not is_due(subject)
        and not is_unhealthy(subject.status)
    )


def _read_cluster(body: Object, owner_uid: str) -> Cluster:
    spec, status, metadata = body["spec"], body.get("status", {}), body["metadata"]
    annotations = metadata.get("annotations") or {}
    generation = annotations.get(GENERATION_ANNOTATION)
    return Cluster(
        uid=metadata["uid"],
        generation=int(generation) if generation is not None and generation.isdigit() else None,
        replicas=spec.get("replicas", 1),
        available=status.get("availableReplicas", 0) > 0,
        paused=spec.get("paused", False),
        being_deleted=metadata.get("deletionTimestamp") is not None,
        never_available=was_never_available(body),
        problem=replica_failure(body),
        resource_version=metadata.get("resourceVersion"),
        is_rollback=annotations.get(ROLLBACK_ANNOTATION) == "true",
        foreign=owner_uid not in _owners(body),
        since=available_since(body),
        service_account=spec.get("template", {}).get("spec", {}).get("serviceAccountName") or "default",
    )


def _owners(body: Object) -> set[str]:
    return {owner["uid"] for owner in body["metadata"].get("ownerReferences") or []}


def _mode(subject: Subject) -> KubernetesDeploymentMode:
    return subject.deployed.mode or KubernetesDeploymentMode.NATIVE


def _labels_of_pods(subject: Subject) -> str:
    labels = common_labels(subject.metadata.name, _mode(subject))
    return ",".join(f"{name}={value}" for name, value in labels.items())

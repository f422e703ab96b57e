"""Perform actions. Each can be repeated: what is done already is left as it is."""

import logging

from controller.act_on_job import JobActor
from controller.decide.problems import INGRESS_FAILED, repair_is_refused
from controller.decide.session.problems import session_jobs_stay
from controller.decide.subject import Subject
from controller.diagnosis import refused
from controller.flink.checksums import CHECKSUMS_ANNOTATION, as_annotation, checksums_of
from controller.flink.cluster import Cluster, cluster_objects, owned_by
from controller.flink.names import NATIVE, cluster_metadata_map, task_manager_deployment_name
from controller.flink.rest import FlinkRest
from controller.ingress import IngressExists, ensure_ingress, remove_ingress
from controller.kubernetes_api import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    FLINK_SESSION_JOBS,
    SECRETS,
    SERVICES,
    ApiError,
    Collection,
    Conflict,
    KubernetesApi,
    Object,
    Propagation,
)
from controller.observation import Problem
from controller.plan import (
    AbandonSubmission,
    Action,
    AddFinalizer,
    CancelJob,
    ClusterAction,
    CreateCluster,
    DeleteCluster,
    DeleteHighAvailabilityData,
    DeleteSessionJobs,
    DeleteTaskManagers,
    EnsureIngress,
    ForgetJobPlans,
    GiveUpCluster,
    RemoveFinalizer,
    RemoveIngress,
    RepairObjects,
    RunJob,
    ScaleTaskManagers,
    StopJobManager,
    StopWithSavepoint,
    TriggerSavepoint,
)
from controller.repair import put_right, repair_objects
from controller.together import together
from shared.config.effective import GENERATION_ANNOTATION, ROLLBACK_ANNOTATION
from shared.config.flink_versions import JOB_PLAN_PREFIXES
from shared.model import FlinkDeployment

log = logging.getLogger(__name__)

_MARKS = (GENERATION_ANNOTATION, ROLLBACK_ANNOTATION)
_COLLECTIONS = {"Service": SERVICES, "ConfigMap": CONFIG_MAPS, "Secret": SECRETS}
"""Of the objects that a Deployment owns, by kind."""


class ActionRefused(Exception):  # noqa: N818 - the server's word
    """The effect cannot be had as asked; the problem is for the resource's owner."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Actor:
    """Performs the actions of a FlinkDeployment.

    Raises ActionRefused, and ApiError when it is not known what happened.
    """

    def __init__(self, api: KubernetesApi, flink: FlinkRest) -> None:
        self._api = api
        self._jobs = JobActor(api, flink)

    async def perform(self, action: Action, subject: Subject) -> Object | None:
        """Perform one action; the answer is the resource if the action changed it."""
        match action:
            case AddFinalizer() | RemoveFinalizer() | StopWithSavepoint() | TriggerSavepoint() | CancelJob():
                return await self._jobs.perform(action, subject)
            case RunJob() | AbandonSubmission():
                raise TypeError(f"{type(action).__name__} is no action of a FlinkDeployment")
            case _:
                pass
        log.info("%s/%s: %s", *subject.key, type(action).__name__)
        match action:
            case EnsureIngress(body):
                await self._ensure_ingress(body, subject)
            case RemoveIngress():
                await remove_ingress(self._api, subject.metadata)
            case _:
                await self._change_cluster(action, subject)
        return None

    async def _change_cluster(self, action: ClusterAction, subject: Subject) -> None:
        namespace, name = subject.metadata.namespace, subject.metadata.name
        task_managers = task_manager_deployment_name(name)
        match action:
            case CreateCluster():
                await self._create_cluster(action, subject)
            case StopJobManager(version):
                await self._stop_job_manager(namespace, name, version)
            case DeleteCluster(uid):
                await self._delete_deployment(namespace, name, uid)
            case DeleteTaskManagers(uid):
                await self._delete_deployment(namespace, task_managers, uid)
            case GiveUpCluster(uid, uid_of_task_managers):
                await self._give_up(namespace, name, uid)
                await self._give_up(namespace, task_managers, uid_of_task_managers)
            case ScaleTaskManagers(replicas):
                patch = {"spec": {"replicas": replicas}}
                await self._api.merge(DEPLOYMENTS, namespace, task_managers, patch)
            case RepairObjects():
                await self._repair(action, subject)
            case DeleteHighAvailabilityData():
                await self._delete_high_availability_data(namespace, name)
            case DeleteSessionJobs(names):
                for job in names:
                    await self._delete_session_job(namespace, job)
            case ForgetJobPlans():
                await self._forget_job_plans(namespace, name)

    async def _delete_session_job(self, namespace: str, name: str) -> None:
        """Unless that is under way."""
        body = await self._api.get(FLINK_SESSION_JOBS, namespace, name)
        if body is None or "deletionTimestamp" in body["metadata"]:
            return
        uid = body["metadata"]["uid"]
        try:
            await self._api.delete(
                FLINK_SESSION_JOBS, namespace, name, uid=uid, propagation=Propagation.BACKGROUND
            )
        except ApiError as error:
            if not error.was_refused:
                raise
            raise ActionRefused(session_jobs_stay(name, str(error))) from error

    async def _stop_job_manager(self, namespace: str, name: str, version: str | None) -> None:
        patch: Object = {"spec": {"replicas": 0}}
        if version is not None:
            patch["metadata"] = {"resourceVersion": version}
        try:
            await self._api.merge(DEPLOYMENTS, namespace, name, patch)
        except ApiError as error:
            if error.status != 404:  # gone meanwhile, as when a namespace is deleted
                raise

    async def _give_up(self, namespace: str, name: str, uid: str | None) -> None:
        try:
            if uid is not None:
                await self._delete_deployment(namespace, name, uid)
        except ApiError as error:
            if not error.was_refused:
                raise
            log.warning("%s/%s is left to the garbage collector: %s", namespace, name, error)

    async def _delete_deployment(self, namespace: str, name: str, uid: str) -> None:
        """In the foreground: it disappears only after all that it owns."""
        await self._api.delete(DEPLOYMENTS, namespace, name, uid=uid, propagation=Propagation.FOREGROUND)

    async def _ensure_ingress(self, body: Object, subject: Subject) -> None:
        try:
            await ensure_ingress(self._api, body, subject.metadata)
        except IngressExists as error:
            raise ActionRefused(Problem(INGRESS_FAILED, str(error))) from error
        except ApiError as error:
            if not error.was_refused:
                raise
            raise ActionRefused(
                Problem(INGRESS_FAILED, f"The API server refuses the Ingress: {error}")
            ) from error

    async def _repair(self, action: RepairObjects, subject: Subject) -> None:
        try:
            await repair_objects(self._api, action, subject.metadata.namespace, subject.metadata.name)
        except ApiError as error:
            if not error.was_refused:
                raise
            raise ActionRefused(repair_is_refused(str(error))) from error

    async def _create_cluster(self, action: CreateCluster, subject: Subject) -> None:
        resource = FlinkDeployment(metadata=subject.metadata, spec=action.spec)
        try:
            cluster = cluster_objects(
                resource, action.submission, subject.operator_configuration, subject.operator_files
            )
        except ValueError as error:
            raise ActionRefused(Problem("InvalidConfiguration", str(error))) from error
        try:
            deployment = await self._created(DEPLOYMENTS, cluster.deployment)
            _require_own(deployment, subject, action)
            owned = await self._create_owned(cluster, deployment)
            if cluster.task_manager_deployment is not None:
                task_managers = await self._created(DEPLOYMENTS, cluster.task_manager_deployment)
                _require_own(task_managers, subject, action)
            await self._release(deployment, owned)
        except ApiError as error:
            if not error.was_refused:
                raise
            raise ActionRefused(
                refused(f"the objects of cluster {subject.metadata.name}", error.message)
            ) from error

    async def _create_owned(self, cluster: Cluster, deployment: Object) -> list[Object]:
        """As the API server has them."""
        calls = [
            self._created(_COLLECTIONS[body["kind"]], owned_by(deployment, body)) for body in cluster.owned
        ]
        return await together(*calls)

    async def _created(self, collection: Collection, body: Object) -> Object:
        try:
            return await self._api.create(collection, body)
        except Conflict:
            metadata = body["metadata"]
            existing = await self._api.get(collection, metadata["namespace"], metadata["name"])
            if existing is None or "deletionTimestamp" in existing["metadata"]:
                raise
            if collection is not DEPLOYMENTS:
                _require_same_owner(existing, body)
            if collection in {CONFIG_MAPS, SERVICES}:
                return await put_right(self._api, existing, body)
            if collection is SECRETS and existing.get("data") != body.get("data"):
                return await self._api.replace(collection, body)
            return existing

    async def _release(self, deployment: Object, owned: list[Object]) -> None:
        """With the record of what it owns, which is held against what is there from now on."""
        if deployment["spec"].get("paused"):
            metadata = deployment["metadata"]
            annotations = {CHECKSUMS_ANNOTATION: as_annotation(checksums_of(owned))}
            patch = {"metadata": {"annotations": annotations}, "spec": {"paused": False}}
            await self._api.merge(DEPLOYMENTS, metadata["namespace"], metadata["name"], patch)

    async def _high_availability_maps(self, namespace: str, name: str) -> list[Object]:
        """The ConfigMaps that Flink's own processes made: these set no owner."""
        found = await self._api.list(CONFIG_MAPS, namespace, labels=f"app={name},type={NATIVE}")
        return [
            body
            for body in found
            if not body["metadata"].get("ownerReferences")
            and (body["metadata"].get("labels") or {}).get("component") != "autoscaler"
        ]

    async def _delete_high_availability_data(self, namespace: str, name: str) -> None:
        for body in await self._high_availability_maps(namespace, name):
            uid, found = body["metadata"]["uid"], body["metadata"]["name"]
            await self._api.delete(CONFIG_MAPS, namespace, found, uid=uid, propagation=Propagation.BACKGROUND)

    async def _forget_job_plans(self, namespace: str, name: str) -> None:
        metadata = cluster_metadata_map(name)
        body = await self._api.get(CONFIG_MAPS, namespace, metadata) or {}
        plans = [key for key in body.get("data") or {} if key.startswith(JOB_PLAN_PREFIXES)]
        if plans:
            await self._api.merge(CONFIG_MAPS, namespace, metadata, {"data": dict.fromkeys(plans)})


def _require_own(deployment: Object, subject: Subject, action: CreateCluster) -> None:
    """A Deployment of the name that was not made for this submission is nothing to build on."""
    metadata = deployment["metadata"]
    owners = {owner["uid"] for owner in metadata.get("ownerReferences") or []}
    annotations = metadata.get("annotations") or {}
    marks = {name: annotations[name] for name in _MARKS if name in annotations}
    if subject.metadata.uid not in owners or marks != action.submission.annotations:
        message = (
            f"A Deployment {metadata['name']} exists that was not made for this deployment of the resource."
        )
        raise ActionRefused(Problem("DeploymentExists", f"{message} Delete it if nothing needs it."))


def _require_same_owner(existing: Object, body: Object) -> None:
    """What an older Deployment owned is about to be collected; what none of ours owns is not touched.

    Raises Conflict (try again) or ActionRefused.
    """
    name = existing["metadata"]["name"]
    (wanted,) = body["metadata"]["ownerReferences"]
    owners = existing["metadata"].get("ownerReferences") or []
    if any(owner["uid"] == wanted["uid"] for owner in owners):
        return
    if any((owner["kind"], owner["name"]) == (wanted["kind"], wanted["name"]) for owner in owners):
        raise Conflict(409, "AlreadyExists", f"{name} of an older cluster is not gone yet")
    message = (
        f"A {body['kind']} {name} exists that was not made for this cluster. Delete it if nothing needs it."
    )
    raise ActionRefused(Problem(f"{body['kind']}Exists", message))

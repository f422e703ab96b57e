"""What the watches have delivered: Flink resources, Deployments, pods, Ingresses, Services and ConfigMaps.

kopf's indices hold the objects and are filled before the first handler runs. Beside them lies what this
process wrote itself, so that it reads its own writes although the watch may be late.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar, cast

from controller.flink.checksums import Kind, checksum
from controller.kubernetes_api import FLINK_DEPLOYMENTS, Object
from controller.repair_pace import RepairPace
from shared.model import KINDS
from shared.model.reconciled_spec import parts_of_document

Key = tuple[str, str]
"""Namespace and name."""
T = TypeVar("T")

DEPLOYMENT_INDEX, POD_INDEX, INGRESS_INDEX = "flink_deployments", "flink_pods", "flink_ingresses"
SESSION_JOB_INDEX = "flink_session_jobs_by_cluster"
SERVICE_INDEX, CONFIG_MAP_INDEX = "flink_services", "flink_config_maps"
_INDEX_OF = {Kind.SERVICE: SERVICE_INDEX, Kind.CONFIG_MAP: CONFIG_MAP_INDEX}


def resource_index(plural: str) -> str:
    """Name of the index of one of the four Flink kinds."""
    return f"resources_{plural}"


INDICES = (
    DEPLOYMENT_INDEX,
    POD_INDEX,
    INGRESS_INDEX,
    SESSION_JOB_INDEX,
    SERVICE_INDEX,
    CONFIG_MAP_INDEX,
    *(resource_index(kind.plural) for kind in KINDS.values()),
)


@dataclass(frozen=True, slots=True)
class SeenObject:
    """A Service or ConfigMap, as little of it as is compared: there are several of each cluster."""

    owners: tuple[tuple[str, str, str], ...]
    """Kind, name and uid of each."""
    checksum: str
    is_going: bool

    @classmethod
    def of(cls, kind: Kind, body: Object) -> Self:
        """What is kept of it."""
        metadata = body["metadata"]
        owners = metadata.get("ownerReferences") or []
        return cls(
            owners=tuple((owner["kind"], owner["name"], owner["uid"]) for owner in owners),
            checksum=checksum(kind, body),
            is_going="deletionTimestamp" in metadata,
        )

    def belongs_to(self, deployment: Object) -> bool:
        """Whether it was made for this Deployment."""
        return any(uid == deployment["metadata"]["uid"] for _, _, uid in self.owners)

    def belonged_to_older(self, deployment: Object) -> bool:
        """Whether it was made for a Deployment of that name which is gone, and is about to be collected."""
        name = deployment["metadata"]["name"]
        return not self.belongs_to(deployment) and any(
            (kind, owner) == ("Deployment", name) for kind, owner, _ in self.owners
        )


class Cache:
    """Read access to kopf's indices by namespace and name."""

    def __init__(self) -> None:
        self._indices: Mapping[str, Mapping[Any, Any]] = {}
        self._written: dict[tuple[str, Key], Object] = {}
        self._understood: dict[tuple[str, Key], tuple[Object, object]] = {}
        self.repair_pace = RepairPace()

    def connect(self, indices: Mapping[str, Mapping[Any, Any]]) -> None:
        """Use these indices; kopf makes them when it starts."""
        self._indices = indices

    def resource(self, plural: str, key: Key) -> Object | None:
        """The newest known version of a Flink resource."""
        watched = self._one(resource_index(plural), key)
        written = self._written.get((plural, key))
        if watched is None or written is None:
            return watched
        if _version(written) > _version(watched) and written["metadata"]["uid"] == watched["metadata"]["uid"]:
            return written
        del self._written[plural, key]
        return watched

    def wrote(self, plural: str, body: Object) -> None:
        """Remember what the API server answered to a write of ours."""
        self._written[plural, (body["metadata"]["namespace"], body["metadata"]["name"])] = kept(body)

    def understood(self, plural: str, key: Key, read: Callable[[Object], T]) -> T | None:
        """What `read` makes of the newest known version, made once for each; None where there is none.

        `read` is the same whenever it is called for a kind.
        """
        body = self.resource(plural, key)
        if body is None:
            self._understood.pop((plural, key), None)
            return None
        before = self._understood.get((plural, key))
        if before is None or before[0] is not body:
            before = self._understood[plural, key] = body, read(body)
        return cast(T, before[1])

    def is_news(self, plural: str, key: Key, body: Mapping[str, Any]) -> bool:
        """Whether a version that a watch delivered is later than what this process wrote itself."""
        written = self._written.get((plural, key))
        if written is None or written["metadata"]["uid"] != body["metadata"]["uid"]:
            return True
        return _version(body) > _version(written)

    def forget(self, plural: str, key: Key) -> None:
        """The resource is gone."""
        self._written.pop((plural, key), None)
        self._understood.pop((plural, key), None)
        if plural == FLINK_DEPLOYMENTS.plural:
            self.repair_pace.forget(key)

    def keys(self, plural: str) -> list[Key]:
        """All resources of a kind."""
        return list(self._indices.get(resource_index(plural), {}))

    def session_jobs(self, cluster: Key) -> list[Key]:
        """The FlinkSessionJobs that name the cluster."""
        return [(cluster[0], name) for name in self._indices.get(SESSION_JOB_INDEX, {}).get(cluster, ())]

    def deployment(self, namespace: str, name: str) -> Object | None:
        """A Deployment of JobManagers or TaskManagers."""
        return self._one(DEPLOYMENT_INDEX, (namespace, name))

    def ingress(self, namespace: str, name: str) -> Object | None:
        """A cluster's Ingress."""
        return self._one(INGRESS_INDEX, (namespace, name))

    def accompanying(self, kind: Kind, namespace: str, name: str) -> SeenObject | None:
        """A cluster's Service, or a ConfigMap of ours."""
        seen: SeenObject | None = next(
            iter(self._indices.get(_INDEX_OF[kind], {}).get((namespace, name), ())), None
        )
        return seen

    def pods(self, namespace: str, cluster: str) -> Iterator[Object]:
        """The pods of a cluster."""
        for by_name in self._indices.get(POD_INDEX, {}).get((namespace, cluster), ()):
            yield cast(Object, by_name)

    def _one(self, index: str, key: Key) -> Object | None:
        return next(iter(self._indices.get(index, {}).get(key, ())), None)


def named_cluster(raw: Mapping[str, Any]) -> str:
    """The cluster that a session job runs on, else the one that it names; empty where neither is a name.

    What is on record counts: the job does not move when its owner writes another name.
    """
    recorded = ((raw.get("status") or {}).get("reconciliationStatus") or {}).get("lastReconciledSpec")
    try:
        spec = raw.get("spec") or {} if recorded is None else parts_of_document(recorded)[0]
        name = spec.get("deploymentName")
    except (ValueError, AttributeError):
        name = (raw.get("spec") or {}).get("deploymentName")
    return name if isinstance(name, str) else ""


def kept(body: Mapping[str, Any], *, without: Collection[str] = ()) -> Object:
    """What is kept of an object in memory: all but who wrote which field, and those parts of its spec."""
    metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
    result = {**body, "metadata": metadata}
    if "spec" in body and without:
        result["spec"] = {name: value for name, value in body["spec"].items() if name not in without}
    return result


def kept_of_deployment(body: Mapping[str, Any]) -> Object:
    """Of its template only the service account, and what pods mount: no other record tells which ConfigMaps
    another operator made.
    """
    result = kept(body, without={"template"})
    pod = body["spec"]["template"]["spec"]
    of_pod = {"volumes": pod.get("volumes") or []}
    if "serviceAccountName" in pod:
        of_pod["serviceAccountName"] = pod["serviceAccountName"]
    result["spec"]["template"] = {"spec": of_pod}
    return result


def _version(body: Mapping[str, Any]) -> int:
    """Resource versions of one kind are numbers that grow (KEP-5504)."""
    return int(body["metadata"]["resourceVersion"])

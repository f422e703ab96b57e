"""Which of a cluster's Services and ConfigMaps are not any more what they were made as.

The watches tell at no cost that all is well. What they do not show, or show otherwise, is read live before it
is believed; so are, now and then, the ConfigMaps of clusters that another operator made, which no watch can
tell from those that Flink's own processes rewrite all the time.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from controller.cache import Cache, Key, SeenObject
from controller.decide.subject import Subject
from controller.flink.checksums import Kind, ObjectName, recorded_checksums
from controller.flink.names import (
    configuration_map,
    hadoop_map,
    internal_service,
    krb5_map,
    pod_template_map,
    rest_service,
)
from controller.kubernetes_api import DEPLOYMENTS, ApiError, KubernetesApi, Object
from controller.observation import NOT_ASKED, Cluster, Drift, Drifted, Fact, Known, Unknown
from controller.repair import COLLECTIONS
from shared.config.options import high_availability_is_active
from shared.model.deployment import KubernetesDeploymentMode

_WATCHES_ARE_LATE = timedelta(seconds=10)
"""For so long after a cluster was made, what the watches do not show says nothing."""
_READ_LASTS = timedelta(minutes=5)
"""For so long a ConfigMap that no watch shows is taken to be there after it was read."""


def clusters_touched(cache: Cache, event: str | None, metadata: Mapping[str, Any]) -> Iterator[Key]:
    """The clusters to look at after a watch told of a Service or ConfigMap.

    Only what is changed or deleted while its cluster stays is news: what comes or goes is looked at anyway.
    """
    if event not in {"MODIFIED", "DELETED"}:
        return
    for owner in metadata.get("ownerReferences") or []:
        key = (metadata["namespace"], owner["name"])
        deployment = cache.deployment(*key)
        if deployment is not None and "deletionTimestamp" not in deployment["metadata"]:
            yield key


class DriftObserver:
    """Reads caches and the API server."""

    def __init__(self, api: KubernetesApi, cache: Cache) -> None:
        self._api = api
        self._cache = cache
        self._read: dict[Key, tuple[str, datetime]] = {}
        """When the ConfigMaps of clusters without a record were all there, with the uid of the Deployment."""

    async def observe(
        self, subject: Subject, cluster: Fact[Cluster], at: datetime
    ) -> Fact[tuple[Drifted, ...]]:
        """What drifted, read live; of a cluster that is not wholly there, or on its way, nothing is asked."""
        if subject.metadata.deletion_timestamp is not None or subject.last is None:
            self._read.pop(subject.key, None)
            return NOT_ASKED
        match cluster:
            case Known(found) if found.is_whole and not subject.last.is_suspended:
                return await self._of_deployment(subject, found.uid, at)
            case _:
                return NOT_ASKED

    async def _of_deployment(self, subject: Subject, uid: str, at: datetime) -> Fact[tuple[Drifted, ...]]:
        namespace, name = subject.metadata.namespace, subject.metadata.name
        deployment = self._cache.deployment(namespace, name)
        if deployment is None or deployment["metadata"]["uid"] != uid or _is_young(deployment, at):
            return NOT_ASKED
        try:
            drifted = await self._compared(subject, deployment, at)
            if not drifted:
                return Known(())
            live = await self._api.get(DEPLOYMENTS, namespace, name)
            if live is None or live["metadata"]["uid"] != uid or "deletionTimestamp" in live["metadata"]:
                return NOT_ASKED
            if recorded_checksums(live) != recorded_checksums(deployment):
                drifted = await self._compared(subject, live, at)
        except ApiError as error:
            return Unknown(str(error))
        return Known(drifted)

    async def _compared(self, subject: Subject, deployment: Object, at: datetime) -> tuple[Drifted, ...]:
        key = subject.key
        recorded: Mapping[ObjectName, str | None] | None = recorded_checksums(deployment)
        if recorded is not None:
            self._read.pop(key, None)
            return await self._of(recorded, key, deployment)
        made = dict.fromkeys(_unrecorded(subject, deployment))
        uid, (read_uid, read_at) = deployment["metadata"]["uid"], self._read.get(key, ("", at))
        if uid == read_uid and timedelta(0) <= at - read_at < _READ_LASTS:
            return await self._of({name: None for name in made if name.kind is Kind.SERVICE}, key, deployment)
        found = await self._of(made, key, deployment)
        if not found:
            self._read[key] = uid, at
        return found

    async def _of(
        self, made: Mapping[ObjectName, str | None], key: Key, deployment: Object
    ) -> tuple[Drifted, ...]:
        found: list[Drifted] = []
        for name in sorted(made):
            drift = await self._drift(key[0], name, deployment, made[name])
            if drift is not None:
                found.append(Drifted(name, drift, made[name]))
        return tuple(found)

    async def _drift(
        self, namespace: str, name: ObjectName, deployment: Object, checksum: str | None
    ) -> Drift | None:
        seen = self._cache.accompanying(name.kind, namespace, name.name)
        if seen is not None and _difference(seen, deployment, checksum) is None:
            return None
        body = await self._api.get(COLLECTIONS[name.kind], namespace, name.name)
        if body is None:
            return Drift.MISSING
        return _difference(SeenObject.of(name.kind, body), deployment, checksum)


def _difference(seen: SeenObject, deployment: Object, checksum: str | None) -> Drift | None:
    """What is about to go is waited for: then it is missing, or made anew by somebody else."""
    if seen.is_going or seen.belonged_to_older(deployment):
        return None
    if not seen.belongs_to(deployment):
        return Drift.FOREIGN
    return Drift.EDITED if checksum not in {None, seen.checksum} else None


def _is_young(deployment: Object, at: datetime) -> bool:
    age = at - datetime.fromisoformat(deployment["metadata"]["creationTimestamp"])
    return timedelta(0) <= age < _WATCHES_ARE_LATE


def _unrecorded(subject: Subject, deployment: Object) -> list[ObjectName]:
    """What a cluster without a record of its objects needs: REST, RPC where it is used, what it mounts."""
    name = subject.metadata.name
    services = [rest_service(name)]
    standalone = subject.deployed.mode is KubernetesDeploymentMode.STANDALONE
    if standalone or not high_availability_is_active(subject.configuration(subject.deployed)):
        services.append(internal_service(name))
    made = {named(name) for named in (configuration_map, pod_template_map, hadoop_map, krb5_map)}
    volumes = deployment["spec"].get("template", {}).get("spec", {}).get("volumes") or []
    mounted = [(volume.get("configMap") or {}).get("name") for volume in volumes]
    return [
        *(ObjectName(Kind.SERVICE, one) for one in services),
        *(ObjectName(Kind.CONFIG_MAP, one) for one in mounted if one in made),
    ]

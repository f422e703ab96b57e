"""Watching, by kopf: indices that mirror the cluster, and handlers that only say which resource to look at.

kopf's diff handlers are not used: they keep annotations on the resources and act on edges, not on levels.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import kopf

from controller.cache import (
    CONFIG_MAP_INDEX,
    DEPLOYMENT_INDEX,
    INDICES,
    INGRESS_INDEX,
    POD_INDEX,
    SERVICE_INDEX,
    SESSION_JOB_INDEX,
    Cache,
    Key,
    SeenObject,
    kept,
    kept_of_deployment,
    named_cluster,
    resource_index,
)
from controller.drift import clusters_touched
from controller.flink.checksums import Kind
from controller.flink.ingress import COMPONENT
from controller.flink.names import CONFIGURATION, NATIVE, STANDALONE
from controller.kubernetes_api import Object
from shared import GROUP, VERSION
from shared.model import KINDS

Enqueue = Callable[[str, Key], None]
"""Called with the plural of a Flink kind and the key of the resource to look at."""

_OWNER_PLURAL, _SESSION_JOBS = "flinkdeployments", "flinksessionjobs"
_JOB_MANAGER = {"component": "jobmanager"}
_FLINK = f"type in ({NATIVE},{STANDALONE})"
_DEPLOYMENTS = f"{_FLINK},component in (jobmanager,taskmanager)"
_OF_PODS = {"containers", "initContainers", "volumes", "affinity", "tolerations"}
"""Parts of a pod's spec that nobody looks at."""
_INGRESSES = ",".join(f"{name}={value}" for name, value in COMPONENT.items())
_CONFIG_MAPS = ",".join(f"{name}={value}" for name, value in CONFIGURATION.items())


def build_registry(cache: Cache, enqueue: Enqueue) -> kopf.OperatorRegistry:
    """kopf's registry with an index and an event handler for each kind that is watched."""
    registry = kopf.OperatorRegistry()
    _watch_flink_kinds(registry, cache, enqueue)
    _watch_cluster_objects(registry, enqueue)
    _watch_accompanying_objects(registry, cache, enqueue)

    @kopf.on.startup(registry=registry)
    async def connect(**kwargs: Any) -> None:
        cache.connect({name: kwargs[name] for name in INDICES})  # kopf passes indices by their names

    @kopf.on.login(registry=registry)
    async def login(settings: kopf.OperatorSettings, **_: Any) -> kopf.ConnectionInfo | None:
        # The official client would be imported for this; kopf can read both sources itself.
        return kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(
            settings=settings
        )

    return registry


def watch_settings() -> kopf.OperatorSettings:
    """Settings of kopf: server-side selectors, deadlines on watches, nothing posted or persisted by kopf."""
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.label_selectors["apps", "v1", "deployments"] = _DEPLOYMENTS
    settings.watching.label_selectors["pods"] = _FLINK
    settings.watching.label_selectors["networking.k8s.io", "v1", "ingresses"] = _INGRESSES
    settings.watching.label_selectors["services"] = _FLINK
    settings.watching.label_selectors["configmaps"] = _CONFIG_MAPS
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.connect_timeout = 30
    settings.process.ultimate_exiting_timeout = 30
    return settings


class _NoDiffs(kopf.DiffBaseStorage):
    """Nobody asks kopf what has changed: it need not copy each object to tell."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return cast(kopf.BodyEssence, {})

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None


def _watch_flink_kinds(registry: kopf.OperatorRegistry, cache: Cache, enqueue: Enqueue) -> None:
    for kind in KINDS.values():
        plural = kind.plural

        @kopf.index(GROUP, VERSION, plural, id=resource_index(plural), registry=registry)
        async def mirror(body: kopf.Body, namespace: str | None, name: str, **_: Any) -> dict[Key, Object]:
            return {(namespace or "", name): kept(body)}

        @kopf.on.event(GROUP, VERSION, plural, id=f"look-at-{plural}", registry=registry, param=plural)
        async def look_at(
            body: kopf.Body, namespace: str | None, name: str, param: Any = None, **_: Any
        ) -> None:
            key = (namespace or "", name)
            if cache.is_news(param, key, body):
                enqueue(param, key)
            if param == _OWNER_PLURAL:
                look_at_jobs(key)
            elif param == _SESSION_JOBS:
                enqueue(_OWNER_PLURAL, (namespace or "", named_cluster(body)))

    def look_at_jobs(cluster: Key) -> None:
        for job in cache.session_jobs(cluster):
            enqueue(_SESSION_JOBS, job)

    @kopf.index(GROUP, VERSION, _SESSION_JOBS, id=SESSION_JOB_INDEX, registry=registry)
    async def mirror_names(body: kopf.Body, namespace: str | None, name: str, **_: Any) -> dict[Key, str]:
        return {(namespace or "", named_cluster(body)): name}

    @kopf.on.event(
        "apps", "v1", "deployments", id="look-at-jobs-of-deployment", labels=_JOB_MANAGER, registry=registry
    )
    async def look_at_jobs_of(namespace: str | None, name: str, **_: Any) -> None:
        look_at_jobs((namespace or "", name))


def _watch_cluster_objects(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    @kopf.index("apps", "v1", "deployments", id=DEPLOYMENT_INDEX, registry=registry)
    async def mirror_deployment(
        body: kopf.Body, namespace: str | None, name: str, **_: Any
    ) -> dict[Key, Object]:
        return {(namespace or "", name): kept_of_deployment(body)}

    @kopf.index("", "v1", "pods", id=POD_INDEX, registry=registry)
    async def mirror_pod(
        body: kopf.Body, namespace: str | None, labels: Mapping[str, str], **_: Any
    ) -> dict[Key, Object]:
        return {(namespace or "", labels.get("app", "")): kept(body, without=_OF_PODS)}

    @kopf.index("networking.k8s.io", "v1", "ingresses", id=INGRESS_INDEX, registry=registry)
    async def mirror_ingress(
        body: kopf.Body, namespace: str | None, name: str, **_: Any
    ) -> dict[Key, Object]:
        return {(namespace or "", name): kept(body)}

    @kopf.on.event("networking.k8s.io", "v1", "ingresses", id="look-at-owner-of-ingress", registry=registry)
    async def look_at_namesake(namespace: str | None, name: str, **_: Any) -> None:
        enqueue(_OWNER_PLURAL, (namespace or "", name))

    @kopf.on.event("apps", "v1", "deployments", id="look-at-owner-of-deployment", registry=registry)
    @kopf.on.event("", "v1", "pods", id="look-at-owner-of-pod", registry=registry)
    async def look_at_owner(namespace: str | None, labels: Mapping[str, str], **_: Any) -> None:
        cluster = labels.get("app")
        if cluster:
            enqueue(_OWNER_PLURAL, (namespace or "", cluster))


def _watch_accompanying_objects(registry: kopf.OperatorRegistry, cache: Cache, enqueue: Enqueue) -> None:
    @kopf.index("", "v1", "services", id=SERVICE_INDEX, registry=registry, param=Kind.SERVICE)
    @kopf.index("", "v1", "configmaps", id=CONFIG_MAP_INDEX, registry=registry, param=Kind.CONFIG_MAP)
    async def mirror(
        body: kopf.Body, namespace: str | None, name: str, param: Any = None, **_: Any
    ) -> dict[Key, SeenObject]:
        return {(namespace or "", name): SeenObject.of(param, dict(body))}

    @kopf.on.event("", "v1", "services", id="look-at-owner-of-service", registry=registry)
    @kopf.on.event("", "v1", "configmaps", id="look-at-owner-of-configmap", registry=registry)
    async def look_at_owner(event: kopf.RawEvent, meta: kopf.Meta, **_: Any) -> None:
        for key in clusters_touched(cache, event["type"], meta):
            enqueue(_OWNER_PLURAL, key)

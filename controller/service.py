"""The controller as a process: its parts, wired together, from start to a clean end."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping

import kopf
from kubernetes.aio.client import ApiClient

from controller.act import Actor
from controller.act_on_job import JobActor
from controller.artifacts.plugins import add_plugins
from controller.artifacts.source import Artifacts
from controller.authorship import Authorship
from controller.cache import Cache, Key
from controller.deployments import Deployments
from controller.events import EventPoster
from controller.flink.client_tls import ClientTls
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest
from controller.health import serve_health
from controller.jar_uploads import JarUploads
from controller.kubernetes_api import (
    FLINK_DEPLOYMENTS,
    FLINK_SESSION_JOBS,
    ApiError,
    KubernetesApi,
    client_configuration,
)
from controller.leadership import LeaderElector
from controller.observe import Observer
from controller.observe_session_job import SessionJobObserver
from controller.queue import ReconcileQueue
from controller.reconcile import Reconciler
from controller.session_jobs import SessionJobs
from controller.settings import Settings
from controller.submissions import Submissions
from controller.unsupported import UnsupportedKind
from controller.watch import build_registry, watch_settings
from shared.config.collections import parse_map
from shared.config.duration import parse_duration
from shared.config.operator import ConfigurationError, load_operator_configuration
from shared.config.operator_options import (
    ERROR_CAUSES,
    ERROR_FIELD_LENGTH,
    ERROR_HAS_STACK_TRACE,
    ERROR_LABELS,
    ERROR_STACK_TRACE_LENGTH,
    EXCEPTION_EVENT_LIMIT,
    EXCEPTION_EVENT_LINES,
)
from shared.config.options import RECONCILE_INTERVAL
from shared.model import KINDS

log = logging.getLogger(__name__)

_LEASE_REQUEST_TIMEOUT = 1.5  # seconds; below the elector's retry period
_SHORTEST_INTERVAL = 1.0  # seconds
_OPTIONS = (
    ERROR_CAUSES,
    ERROR_FIELD_LENGTH,
    ERROR_HAS_STACK_TRACE,
    ERROR_LABELS,
    ERROR_STACK_TRACE_LENGTH,
    EXCEPTION_EVENT_LIMIT,
    EXCEPTION_EVENT_LINES,
)
"""Those of the operator's own options that decisions read."""
_Work = Callable[[Key], Awaitable[float | None]]


async def run(settings: Settings) -> None:
    """Run until the process is asked to end, or a part of it ends by itself (then that is raised)."""
    add_plugins(settings.plugins_folder)
    configuration = load_operator_configuration(settings.configuration_folder, settings.overrides_folder)
    _check_options(configuration)
    client = ApiClient(await client_configuration())
    tls = ClientTls(settings.tls_files, verifies_host_names=settings.verifies_host_names)
    api = KubernetesApi(client, field_manager=settings.field_manager)
    flink, cache = FlinkRest.connect(tls=tls), Cache()
    ready = asyncio.Event()
    queue: ReconcileQueue[tuple[str, Key]]

    def enqueue(plural: str, key: Key) -> None:
        queue.add((plural, key))

    def look_at_job(key: Key) -> None:
        enqueue(FLINK_SESSION_JOBS.plural, key)

    def look_at_everything() -> None:
        for kind in KINDS.values():
            for key in cache.keys(kind.plural):
                enqueue(kind.plural, key)

    elector = LeaderElector(
        KubernetesApi(client, timeout=_LEASE_REQUEST_TIMEOUT),
        namespace=settings.operator_namespace,
        name=settings.lease_name,
        identity=settings.identity,
        on_started=look_at_everything,
    )
    clusters, events = Observer(api, cache, flink), EventPoster(api, settings.identity)
    files = OperatorFiles.read(settings.configuration_folder)
    deployments = Reconciler(
        lifecycle=Deployments(clusters, Actor(api, flink), configuration, files),
        api=api,
        cache=cache,
        events=events,
        elector=elector,
        authorship=Authorship(api),
    )
    submissions = Submissions(
        api,
        flink,
        JarUploads(flink, Artifacts()),
        elector,
        on_end=look_at_job,
    )
    session_jobs = Reconciler(
        lifecycle=SessionJobs(
            cache=cache,
            observer=SessionJobObserver(
                api, flink, clusters, submissions, _reconcile_interval(configuration), look_at_job
            ),
            actor=JobActor(api, flink),
            submissions=submissions,
            operator_configuration=configuration,
        ),
        api=api,
        cache=cache,
        events=events,
        elector=elector,
        authorship=Authorship(api, FLINK_SESSION_JOBS),
    )
    works: Mapping[str, _Work] = {
        **{k.plural: UnsupportedKind(k.plural, api, cache, elector).reconcile for k in KINDS.values()},
        FLINK_DEPLOYMENTS.plural: deployments.reconcile,
        FLINK_SESSION_JOBS.plural: session_jobs.reconcile,
    }
    queue = ReconcileQueue(lambda item: works[item[0]](item[1]), expected=ApiError)
    health = await serve_health(settings.health_port, ready.is_set)
    try:
        await _run_parts(settings, queue, elector, build_registry(cache, enqueue), ready)
    finally:
        await elector.release()
        await health.cleanup()
        await submissions.close()
        await flink.close()
        await api.close()


async def _run_parts(
    settings: Settings,
    queue: ReconcileQueue[tuple[str, Key]],
    elector: LeaderElector,
    registry: kopf.OperatorRegistry,
    ready: asyncio.Event,
) -> None:
    """kopf ends on SIGTERM; the queue and the elector end only by failing. Whichever ends, all end."""
    # kopf cancels every task that is younger than itself when it ends: ours must be older.
    parts = [
        asyncio.create_task(queue.run(), name="queue"),
        asyncio.create_task(elector.run(), name="elector"),
    ]
    await asyncio.sleep(0)
    watch = asyncio.create_task(
        kopf.operator(
            registry=registry,
            settings=watch_settings(),
            standalone=True,
            clusterwide=not settings.watch_namespaces,
            namespaces=settings.watch_namespaces,
            ready_flag=ready,
        ),
        name="watch",
    )
    done, pending = await asyncio.wait([watch, *parts], return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        if task.exception() is not None:
            log.error("%s ended unexpectedly", task.get_name())
        task.result()


def _check_options(configuration: Mapping[str, str]) -> None:
    """Raises ConfigurationError for what no decision could be made with."""
    for option in _OPTIONS:
        value = option.read(configuration) or ""
        if not option.type.reads(value):
            raise ConfigurationError(f"{option.key}: {value!r} {option.type.expected}")
    for expression in parse_map(ERROR_LABELS.read(configuration) or "", reads_yaml=True):
        try:
            re.compile(expression)
        except re.error as error:
            raise ConfigurationError(
                f"{ERROR_LABELS.key}: {expression!r} is no regular expression: {error}"
            ) from error
    if _reconcile_interval(configuration) < _SHORTEST_INTERVAL:
        text = RECONCILE_INTERVAL.read(configuration)
        raise ConfigurationError(f"{RECONCILE_INTERVAL.key}: {text!r} is too short. Use 1 s or more.")


def _reconcile_interval(configuration: Mapping[str, str]) -> float:
    """Seconds. Raises ConfigurationError."""
    try:
        return parse_duration(RECONCILE_INTERVAL.read(configuration) or "60 s")
    except ValueError as error:
        raise ConfigurationError(f"{RECONCILE_INTERVAL.key}: {error}") from error

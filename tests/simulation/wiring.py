"""The reconcilers of both kinds with their parts, wired as in controller/service.py."""

from collections.abc import Awaitable, Callable, Mapping

from controller.act import Actor
from controller.act_on_job import JobActor
from controller.authorship import Authorship
from controller.cache import Cache, Key
from controller.deployments import Deployments
from controller.events import EventPoster
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest
from controller.jar_uploads import JarUploads
from controller.kubernetes_api import FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS, KubernetesApi
from controller.leadership import LeaderElector
from controller.observe import Observer
from controller.observe_session_job import SessionJobObserver
from controller.reconcile import Reconciler
from controller.session_jobs import SessionJobs
from controller.submissions import Submissions
from shared.config.duration import parse_duration
from shared.config.options import RECONCILE_INTERVAL
from tests.simulation.clock import Clock
from tests.simulation.jars import SimulatedArtifacts

Work = Callable[[Key], Awaitable[float | None]]


def wired(
    *,
    identity: str,
    api: KubernetesApi,
    rest: FlinkRest,
    artifacts: SimulatedArtifacts,
    cache: Cache,
    elector: LeaderElector,
    clock: Clock,
    operator_configuration: Mapping[str, str],
    look_at_job: Callable[[Key], None],
) -> Mapping[str, Work]:
    """What works on the resources of each kind, by plural."""
    clusters, events = Observer(api, cache, rest), EventPoster(api, identity)
    deployments = Reconciler(
        lifecycle=Deployments(clusters, Actor(api, rest), operator_configuration, OperatorFiles()),
        api=api,
        cache=cache,
        events=events,
        elector=elector,
        authorship=Authorship(api, clock=lambda: clock.now),
    )
    submissions = Submissions(api, rest, JarUploads(rest, artifacts.artifacts), elector, on_end=look_at_job)
    interval = parse_duration(RECONCILE_INTERVAL.read(operator_configuration) or "60 s")
    session_jobs = Reconciler(
        lifecycle=SessionJobs(
            cache=cache,
            observer=SessionJobObserver(api, rest, clusters, submissions, interval, look_at_job),
            actor=JobActor(api, rest),
            submissions=submissions,
            operator_configuration=operator_configuration,
        ),
        api=api,
        cache=cache,
        events=events,
        elector=elector,
        authorship=Authorship(api, FLINK_SESSION_JOBS, clock=lambda: clock.now),
    )
    return {
        FLINK_DEPLOYMENTS.plural: deployments.reconcile,
        FLINK_SESSION_JOBS.plural: session_jobs.reconcile,
    }

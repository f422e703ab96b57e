"""Session clusters and session jobs, found for each other in the watch caches."""

from collections.abc import Iterator, Mapping

from controller.cache import Cache, named_cluster
from controller.decide.session.cluster import as_seen_by_its_cluster, session_cluster
from controller.decide.subject import SessionCluster, SessionJobSubject, Subject
from controller.flink.operator_files import OperatorFiles
from controller.kubernetes_api import FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS, Object
from controller.observation import SessionJob
from controller.rest_address import rest_address
from controller.subjects import StatusUnreadable, read_session_job, read_subject


def session_job_subject(
    raw: Object, cache: Cache, operator_configuration: Mapping[str, str]
) -> SessionJobSubject:
    """A session job with what is known of its cluster. Raises StatusUnreadable."""
    key = raw["metadata"]["namespace"], named_cluster(raw)
    body = cache.resource(FLINK_DEPLOYMENTS.plural, key)
    cluster = cache.understood(
        FLINK_DEPLOYMENTS.plural, key, lambda found: _read_cluster(found, operator_configuration)
    )
    return read_session_job(raw, operator_configuration, cluster, body)


def session_jobs_of(cache: Cache, subject: Subject) -> Iterator[SessionJob]:
    """Those that name the cluster; one that cannot be read may have state to lose."""
    for key in cache.session_jobs(subject.key):
        raw = cache.resource(FLINK_SESSION_JOBS.plural, key)
        if raw is None:
            continue
        try:
            found = read_session_job(raw, subject.operator_configuration, None, None)
        except StatusUnreadable:
            yield SessionJob(key[1], has_state_to_lose=True, may_run=True)
        else:
            yield as_seen_by_its_cluster(found)


def _read_cluster(raw: Object, operator_configuration: Mapping[str, str]) -> SessionCluster | None:
    """None where its record cannot be read: then nothing is known of it."""
    try:
        subject = read_subject(raw, operator_configuration, OperatorFiles())
    except StatusUnreadable:
        return None
    return session_cluster(subject, rest_address(subject))

"""Gather the facts about one FlinkSessionJob. Decides nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from controller.cache import Key
from controller.decide.manual_savepoint import is_due
from controller.decide.subject import SessionCluster, SessionJobSubject
from controller.flink.names import job_metadata_map
from controller.flink.rest import FlinkRest, RestError
from controller.job_manager import Answers, JobManagerObserver
from controller.kubernetes_api import CONFIG_MAPS, FLINK_DEPLOYMENTS, ApiError, KubernetesApi
from controller.observation import (
    NOT_ASKED,
    Absent,
    Cluster,
    Fact,
    FlinkInfo,
    HighAvailability,
    Known,
    Observation,
    Unknown,
)
from controller.observe import Observer
from controller.overviews import Overviews
from controller.submissions import Submissions
from shared.model.status import JobState

_UNASKED = FlinkInfo("", "")
"""Of a JobManager that answers: which Flink it is, the status of its cluster says."""
_COMING_UP = 1.0
"""Seconds for which several jobs that come up go by one answer."""


class SessionJobObserver:
    """Reads caches, the API server, JobManagers, and what this process is submitting."""

    def __init__(
        self,
        api: KubernetesApi,
        flink: FlinkRest,
        clusters: Observer,
        submissions: Submissions,
        interval: float,
        look_at: Callable[[Key], None],
    ) -> None:
        """`interval`: seconds for which a job at rest goes by what its cluster said of it.

        `look_at` is called for a job of which its cluster says something else than before.
        """
        self._api = api
        self._clusters = clusters
        self._overviews = Overviews(flink, look_at)
        self._submissions = submissions
        self._interval = interval
        self._job_manager = JobManagerObserver(flink)

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self._job_manager.forget(key)
        self._submissions.forget(key)
        self._overviews.forget(key)

    async def observe(self, subject: SessionJobSubject, *, live: bool = False) -> Observation:
        """All facts at about the same time; a failed read makes a fact unknown, never absent."""
        at = datetime.now(UTC)
        live = live or not _is_settled(subject)
        cluster = await self._cluster(subject, live=live)
        answers = Answers()
        if subject.cluster is not None and isinstance(cluster, Known) and cluster.value.available:
            answers = await self._ask(subject, subject.cluster, at, live=live)
        return Observation(
            at=at,
            cluster=cluster,
            pods=NOT_ASKED,
            flink=answers.flink,
            job=answers.job,
            task_managers=Absent(),
            stop=answers.stop,
            checkpoints=answers.checkpoints,
            exceptions=answers.exceptions,
            high_availability=await self._metadata(subject, cluster, answers),
            attempt=self._submissions.attempt(subject.key, subject.status.job_status.job_id),
            from_caches=not live,
        )

    async def _cluster(self, subject: SessionJobSubject, *, live: bool) -> Fact[Cluster]:
        """Troubles of its own are the cluster's to tell; it may have run the job before it was made anew."""
        namespace, name = subject.metadata.namespace, subject.deployed.deployment_name
        if subject.cluster is not None:
            found = await self._clusters.job_manager(
                namespace, subject.cluster.name, subject.cluster.uid, live=live
            )
            if not isinstance(found, Known):
                return found
            if found.value.foreign:
                return Absent()
            return Known(replace(found.value, problem=None, never_available=False))
        if not name:
            return Absent()
        try:
            body = await self._api.get(FLINK_DEPLOYMENTS, namespace, name)
        except ApiError as error:
            return Unknown(str(error))
        return Absent() if body is None else Unknown(f"what is on record of FlinkDeployment {name}")

    async def _ask(
        self, subject: SessionJobSubject, cluster: SessionCluster, at: datetime, *, live: bool
    ) -> Answers:
        base, job_id = cluster.address, subject.status.job_status.job_id
        self._overviews.follow(subject.key, base, job_id)
        try:
            jobs = await self._overviews.jobs(base, within=0 if live else self._age(subject))
        except RestError as error:
            nothing = Unknown(str(error), error.problem)
            return Answers(nothing, nothing)
        found = next((job for job in jobs if job.job_id == job_id), None)
        if found is None:
            return Answers(Known(_UNASKED), Absent())
        answers = await self._job_manager.ask_about(found, subject, base, at, in_motion=live)
        return replace(answers, flink=Known(_UNASKED))

    def _age(self, subject: SessionJobSubject) -> float:
        """Seconds that an answer may be old: of a job that comes up the next thing happens soon."""
        state = subject.status.job_status.state
        is_at_rest = state is None or state is JobState.RUNNING or state.is_terminal
        return self._interval if is_at_rest else min(self._interval, _COMING_UP)

    async def _metadata(
        self, subject: SessionJobSubject, cluster: Fact[Cluster], answers: Answers
    ) -> Fact[HighAvailability]:
        """Read live where the JobManager does not list the job: it may be about to bring it back."""
        job_id, of_cluster = subject.status.job_status.job_id, subject.cluster
        if job_id is None or of_cluster is None or not of_cluster.keeps_metadata:
            return Absent()
        if not (isinstance(answers.job, Absent) or isinstance(cluster, Absent)):
            return NOT_ASKED
        name = job_metadata_map(of_cluster.name, job_id)
        try:
            body = await self._api.get(CONFIG_MAPS, subject.metadata.namespace, name)
        except ApiError as error:
            return Unknown(str(error))
        if body is None or "deletionTimestamp" in body["metadata"]:
            return Absent()
        return Known(HighAvailability(job_id, has_checkpoint=False))


def _is_settled(subject: SessionJobSubject) -> bool:
    """Nothing is under way: what runs is what was recorded, and it is not being deleted."""
    status = subject.status
    return (
        subject.metadata.deletion_timestamp is None
        and status.reconciliation_status.state.is_deployed
        and status.recorded_generation == subject.metadata.generation
        and not (subject.cluster is not None and subject.cluster.goes)
        and not is_due(subject)
    )

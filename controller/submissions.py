"""Submissions of session jobs: a jar is brought to the JobManager and run there, beside all other work.

What is on record is submitted, with the job id on record: Flink refuses a second run under it. A source or a
JobManager that takes its time holds up nobody else.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from controller.artifacts.artifact import ArtifactError, Credentials
from controller.artifacts.secret import read_credentials
from controller.artifacts.terms import wanted
from controller.cache import Key
from controller.decide.session.problems import artifact_failed, operator_failed, submission_failed
from controller.decide.subject import SessionCluster, SessionJobSubject
from controller.flink.jars import RunJar
from controller.flink.rest import FlinkRest, RestError
from controller.jar_uploads import JarUploads
from controller.kubernetes_api import SECRETS, ApiError, KubernetesApi
from controller.leadership import LeaderElector, NotLeading
from controller.observation import Absent, Attempt, Fact, Known, Problem
from controller.plan import RunJob
from shared.config.duration import parse_duration
from shared.config.flink_versions import NEWEST, RELEASES
from shared.config.operator import default_configuration
from shared.config.operator_options import ARTIFACT_SECRET, SUBMISSION_TIMEOUT
from shared.config.session_job import run_configuration
from shared.model.deployment import FlinkVersion
from shared.model.job import JobSpec

log = logging.getLogger(__name__)

_TAKES_OPTIONS = FlinkVersion.V1_17
"""The first version that takes options of a job with the call that runs its jar."""


@dataclass(slots=True)
class _Submission:
    attempt: Attempt
    task: asyncio.Task[None] | None = None
    is_being_run: bool = False
    """The JobManager was asked to run it: from now on the job may come up."""

    @property
    def is_under_way(self) -> bool:
        return self.attempt.ended_at is None


class Submissions:
    """Those of this process, one for each session job at most."""

    def __init__(
        self,
        api: KubernetesApi,
        flink: FlinkRest,
        uploads: JarUploads,
        elector: LeaderElector,
        on_end: Callable[[Key], None],
    ) -> None:
        """`on_end` is called when one has ended, well or not."""
        self._api = api
        self._flink = flink
        self._uploads = uploads
        self._elector = elector
        self._on_end = on_end
        self._submissions: dict[Key, _Submission] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Also of resources that are gone."""

    def attempt(self, key: Key, job_id: str | None) -> Fact[Attempt]:
        """The last one for this job id."""
        found = self._submissions.get(key)
        return Known(found.attempt) if found is not None and found.attempt.job_id == job_id else Absent()

    def begin(self, action: RunJob, subject: SessionJobSubject) -> None:
        """Submit the job, unless that is under way."""
        key, before = subject.key, self._submissions.get(subject.key)
        job, cluster = action.spec.job, subject.cluster
        if job is None or cluster is None or (before is not None and before.is_under_way):
            return
        submission = _Submission(_next_attempt(action, None if before is None else before.attempt))
        self._submissions[key] = submission
        submission.task = asyncio.create_task(self._submit(submission, action, job, subject, cluster))
        self._tasks.add(submission.task)
        submission.task.add_done_callback(lambda task: self._note_end(key, submission, task))

    def abandon(self, key: Key) -> None:
        """Bring no jar any more. What the JobManager was asked to run already is waited for."""
        found = self._submissions.get(key)
        if found is not None and found.task is not None and not found.is_being_run:
            found.task.cancel()

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self.abandon(key)
        self._submissions.pop(key, None)

    async def close(self) -> None:
        """End all that is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._uploads.close()

    def _note_end(self, key: Key, submission: _Submission, task: asyncio.Task[None]) -> None:
        """Also of one that was cancelled before it began to work."""
        self._tasks.discard(task)
        problem: Problem | None = None
        may_pass = True
        unanswered_at, at = submission.attempt.unanswered_at, datetime.now(UTC)
        match None if task.cancelled() else task.exception():
            case None | NotLeading():
                pass  # the next leader submits what is on record
            case ArtifactError() as error:
                problem, may_pass = artifact_failed(str(error)), error.transient
            case RestError() as error:
                problem, may_pass = submission_failed(str(error)), error.status != 400
                if submission.is_being_run and error.status == 0:
                    unanswered_at = at
            case ApiError() as error:
                problem = submission_failed(str(error))
            case fault:
                log.error("the submission of %s/%s failed", *key, exc_info=fault)
                problem = operator_failed()
        submission.attempt = Attempt(
            submission.attempt.job_id,
            ended_at=at,
            problem=problem,
            may_pass=may_pass,
            unanswered_at=unanswered_at,
        )
        self._on_end(key)

    async def _submit(
        self,
        submission: _Submission,
        action: RunJob,
        job: JobSpec,
        subject: SessionJobSubject,
        cluster: SessionCluster,
    ) -> None:
        term, namespace = self._elector.term, subject.metadata.namespace
        options = subject.configuration(action.spec)
        operator = default_configuration(subject.operator_configuration, namespace, cluster.version)
        credentials = await self._credentials(namespace, job.jar_uri, ARTIFACT_SECRET.read(options))
        terms = wanted(options, operator, credentials)
        self._elector.check(term)
        async with self._uploads.jar(cluster.address, job.jar_uri, terms) as jar_id:
            self._elector.check(term)
            submission.is_being_run = True
            timeout = parse_duration(SUBMISSION_TIMEOUT.read(operator) or "10 min")
            run = _run_of(action, job, subject, cluster)
            await self._flink.run_jar(cluster.address, jar_id, run, timeout=timeout)

    async def _credentials(self, namespace: str, uri: str | None, secret: str | None) -> Credentials | None:
        if not secret or uri is None:
            return None
        try:
            body = await self._api.get(SECRETS, namespace, secret)
        except ApiError as error:
            if error.status == 403:
                raise ArtifactError(
                    f"The operator may not read Secret {secret}: {error}. Install it with "
                    "rbac.artifactSecrets: true, or take the option away.",
                    transient=False,
                ) from error
            raise
        if body is None:
            message = (
                f"There is no Secret {secret} in namespace {namespace}, which {ARTIFACT_SECRET.key} names."
            )
            raise ArtifactError(message, transient=False)
        return read_credentials(uri, secret, body.get("data") or {})


def _next_attempt(action: RunJob, before: Attempt | None) -> Attempt:
    """With what is known of those before; of those that another process made nothing is."""
    if before is not None and before.job_id == action.job_id:
        return Attempt(action.job_id, problem=before.problem, unanswered_at=before.unanswered_at)
    return Attempt(action.job_id, unanswered_at=datetime.now(UTC) if action.is_repeated else None)


def _run_of(action: RunJob, job: JobSpec, subject: SessionJobSubject, cluster: SessionCluster) -> RunJar:
    release = NEWEST if cluster.version is None else RELEASES[cluster.version]
    takes_options = release.version.number >= _TAKES_OPTIONS.number
    configuration = run_configuration(subject.metadata.name, action.spec, cluster.options)
    return RunJar(
        job_id=action.job_id,
        entry_class=job.entry_class,
        args=tuple(job.args),
        parallelism=job.parallelism or None,
        allow_non_restored_state=bool(job.allow_non_restored_state),
        savepoint_path=action.restore_path,
        claim_mode_field=release.claim_mode_field,
        configuration=configuration if takes_options else None,
    )

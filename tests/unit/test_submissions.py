"""Submissions of session jobs, from a real source to a JobManager on loopback."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.decide.subject import SessionJobSubject
from controller.flink.rest import FlinkRest
from controller.jar_uploads import JarUploads
from controller.kubernetes_api import SECRETS, ApiError
from controller.leadership import LeaderElector
from controller.observation import Absent, Attempt, Known
from controller.plan import RunJob
from controller.submissions import Submissions
from shared.model.deployment import FlinkVersion
from tests.job_manager import JobManager, failure
from tests.unit.artifacts.fetching import artifacts
from tests.unit.artifacts.web_server import WebServer, jar, raw, status
from tests.unit.fake_kubernetes import FakeKubernetes
from tests.unit.flink_deployments import Json, with_metadata
from tests.unit.session_jobs import session_job, session_job_of

JOB, OTHER_JOB = "d7203a3b348850bf90e5f4209f3b6095", "00000000000000000000000000000001"
OPERATOR = {"kubernetes.operator.user.artifacts.allowed-schemes": "http;https"}
KEY = ("shop", "report")
PATH = "/report.jar"
LEASE_DURATION = 15


class World:
    """An operator that leads, a source of jars and a JobManager."""

    def __init__(self, web_server: WebServer, manager: JobManager, rest: FlinkRest) -> None:
        self.web, self.manager = web_server, manager
        self.web.answers[PATH] = jar(b"PK", ETag='"1"')
        self.kubernetes = FakeKubernetes()
        self.ended: list[tuple[str, str]] = []
        self.now = 100.0
        self.elector = LeaderElector(
            self.kubernetes.api,
            namespace="operator",
            name="lease",
            identity="first",
            on_started=lambda: None,
            clock=lambda: self.now,
        )
        uploads = JarUploads(rest, artifacts(), kept_for=0)
        self.submissions = Submissions(
            self.kubernetes.api, rest, uploads, self.elector, on_end=self.ended.append
        )

    def subject(
        self, raw_job: Json | None = None, *, version: FlinkVersion | None = FlinkVersion.V2_3
    ) -> SessionJobSubject:
        """The session job, whose cluster is the JobManager on loopback."""
        found = session_job_of(raw_job or self.job())
        assert found.cluster is not None
        cluster = replace(found.cluster, address=self.manager.url, version=version)
        return replace(found, cluster=cluster, operator_configuration=OPERATOR)

    def job(self, *, secret: str | None = None, job: Json | None = None, **spec: Any) -> Json:
        """With its jar at the source."""
        options = {"kubernetes.operator.user.artifacts.secret": secret} if secret else {}
        configuration = {**options, **spec.pop("flinkConfiguration", {})}
        return session_job(
            job={"jarURI": self.web.uri(PATH), **(job or {})}, flinkConfiguration=configuration, **spec
        )

    def begin(
        self, subject: SessionJobSubject | None = None, job_id: str = JOB, restore_path: str | None = None
    ) -> None:
        wanted = subject or self.subject()
        self.submissions.begin(RunJob(wanted.spec, job_id, restore_path), wanted)

    async def submit(
        self, subject: SessionJobSubject | None = None, job_id: str = JOB, restore_path: str | None = None
    ) -> Attempt:
        """How it ended."""
        before = len(self.ended)
        self.begin(subject, job_id, restore_path)
        await self.until(lambda: len(self.ended) > before)
        return self.attempt(job_id)

    def attempt(self, job_id: str = JOB) -> Attempt:
        found = self.submissions.attempt(KEY, job_id)
        assert isinstance(found, Known)
        return found.value

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - what is waited for are plain values
                await asyncio.sleep(0.005)

    async def until_it_is_run(self) -> None:
        await self.until(lambda: self.manager.asked["POST /jars/run"] > 0)

    def refuse(self, error: ApiError) -> None:
        """What the API server says to every read of a Secret."""

        def fail(call: tuple[str, str, str]) -> None:
            if call[1] == "secrets":
                raise error

        self.kubernetes.before = fail

    async def keep(self, **data: str) -> None:
        """Secret `credentials`."""
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        body = {"metadata": {"name": "credentials", "namespace": "shop"}, "data": encoded}
        await self.kubernetes.create(SECRETS, body)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with WebServer.serve() as web_server, JobManager.serve() as manager:
        rest = FlinkRest.connect(timeout=5)
        world = World(web_server, manager, rest)
        election = asyncio.create_task(world.elector.run())
        await world.until(lambda: world.elector.is_leading)
        try:
            yield world
        finally:
            election.cancel()
            await world.submissions.close()
            await rest.close()


async def test_job_is_run_under_the_id_on_record_and_its_jar_taken_away(world: World) -> None:
    ended = await world.submit()
    assert (ended.problem, ended.ended_at is not None) == (None, True)
    ((_, request),) = world.manager.runs
    assert request["jobId"] == JOB
    await world.until(lambda: world.manager.jars == {})
    assert world.ended == [KEY]


async def test_nothing_is_known_of_what_this_process_did_not_submit(world: World) -> None:
    await world.submit()
    assert isinstance(world.submissions.attempt(KEY, OTHER_JOB), Absent)
    assert isinstance(world.submissions.attempt(("shop", "other"), JOB), Absent)


async def test_one_at_a_time_is_under_way_for_a_resource(world: World) -> None:
    world.manager.may_run.clear()
    world.begin()
    await world.until_it_is_run()
    world.begin()
    world.begin(job_id=OTHER_JOB)
    assert world.attempt().ended_at is None
    world.manager.may_run.set()
    await world.until(lambda: bool(world.ended))
    assert [request["jobId"] for _, request in world.manager.runs] == [JOB]


async def test_resources_are_submitted_side_by_side(world: World) -> None:
    world.manager.may_run.clear()
    world.begin()
    other = world.subject(with_metadata(world.job(), name="other"))
    world.begin(other, OTHER_JOB)
    await world.until(lambda: world.manager.asked["POST /jars/run"] == 2)


@pytest.mark.parametrize(
    ("answer", "may_pass"), [(status(404), False), (status(403), False), (status(503), True)]
)
async def test_jar_that_cannot_be_had_is_told_with_whether_it_may_come_yet(
    world: World, answer: Any, *, may_pass: bool
) -> None:
    world.web.answers[PATH] = answer
    ended = await world.submit()
    assert ended.problem is not None
    assert ended.problem.reason == "ArtifactFailed"
    assert ended.may_pass is may_pass
    assert world.manager.runs == []


@pytest.mark.parametrize(("code", "may_pass"), [(400, False), (500, True), (503, True)])
async def test_refusal_of_the_job_manager_is_told(world: World, code: int, *, may_pass: bool) -> None:
    world.manager.refusal = failure(code, "RestHandlerException: Cannot find the savepoint")
    ended = await world.submit()
    assert ended.problem is not None
    assert ended.problem.reason == "SubmissionFailed"
    assert "Cannot find the savepoint" in ended.problem.message
    assert ended.may_pass is may_pass


async def test_job_manager_that_does_not_answer_may_answer_yet(world: World) -> None:
    await world.manager.close()
    ended = await world.submit()
    assert ended.problem is not None
    assert ended.problem.reason == "SubmissionFailed"
    assert ended.may_pass


async def test_run_without_an_answer_ends_with_its_time(world: World) -> None:
    world.manager.may_run.clear()
    operator = {**OPERATOR, "kubernetes.operator.job.submission.timeout": "100 ms"}
    subject = replace(world.subject(), operator_configuration=operator)
    ended = await world.submit(subject)
    assert ended.problem is not None
    assert "no answer within" in ended.problem.message
    assert ended.may_pass


async def test_fault_of_our_own_is_told_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(world.elector, "check", lambda _: 1 / 0)
    ended = await world.submit()
    assert ended.problem is not None
    assert ended.problem.reason == "InternalError"
    assert "ZeroDivisionError" in caplog.text


async def test_api_server_that_fails_may_answer_yet(world: World) -> None:
    world.refuse(ApiError(500, "InternalError", "etcd has no leader"))
    ended = await world.submit(world.subject(world.job(secret="credentials")))
    assert ended.problem is not None
    assert ended.problem.reason == "SubmissionFailed"
    assert "etcd has no leader" in ended.problem.message
    assert ended.may_pass


async def test_secret_that_is_missing_is_named(world: World) -> None:
    ended = await world.submit(world.subject(world.job(secret="credentials")))
    assert ended.problem is not None
    assert ended.problem.reason == "ArtifactFailed"
    assert "no Secret credentials in namespace shop" in ended.problem.message
    assert not ended.may_pass
    assert world.web.requests == []


async def test_secret_that_the_operator_may_not_read_is_told_with_the_remedy(world: World) -> None:
    world.refuse(ApiError(403, "Forbidden", "secrets is forbidden"))
    ended = await world.submit(world.subject(world.job(secret="credentials")))
    assert ended.problem is not None
    assert "rbac.artifactSecrets: true" in ended.problem.message
    assert not ended.may_pass


async def test_secret_with_unknown_keys_is_refused_without_its_values(world: World) -> None:
    await world.keep(password="hunter2")
    ended = await world.submit(world.subject(world.job(secret="credentials")))
    assert ended.problem is not None
    assert "'password'" in ended.problem.message
    assert "hunter2" not in ended.problem.message
    assert not ended.may_pass


async def test_secret_goes_to_the_source(world: World) -> None:
    await world.keep(**{"http.header.X-Token": "hunter2"})
    await world.submit(world.subject(world.job(secret="credentials")))
    (request,) = world.web.requests
    assert request.headers["X-Token"] == "hunter2"


async def test_secret_is_not_read_for_a_job_without_a_jar(world: World) -> None:
    world.refuse(ApiError(500, "InternalError", "unexpected"))
    ended = await world.submit(world.subject(world.job(secret="credentials", job={"jarURI": None})))
    assert ended.problem is None
    assert len(world.manager.runs) == 1


async def test_replica_that_does_not_lead_submits_nothing(world: World) -> None:
    world.now += LEASE_DURATION
    ended = await world.submit()
    assert ended.problem is None
    assert world.web.requests == []
    assert world.manager.runs == []


async def test_replica_that_lost_its_lease_while_it_brought_the_jar_does_not_run_it(world: World) -> None:
    world.manager.may_upload.clear()
    world.begin()
    await world.until(lambda: world.manager.asked["POST /jars/upload"] == 1)
    world.now += LEASE_DURATION
    world.manager.may_upload.set()
    await world.until(lambda: bool(world.ended))
    assert world.attempt().problem is None
    assert world.manager.runs == []
    await world.until(lambda: world.manager.jars == {})


async def test_abandoned_before_the_run_it_ends_and_leaves_nothing(world: World) -> None:
    world.manager.may_upload.clear()
    world.begin()
    await world.until(lambda: world.manager.asked["POST /jars/upload"] == 1)
    world.submissions.abandon(KEY)
    await world.until(lambda: bool(world.ended))
    assert world.attempt().ended_at is not None
    assert world.manager.runs == []
    await world.until(lambda: world.manager.jars == {})


async def test_abandoned_after_the_run_was_asked_for_it_is_waited_for(world: World) -> None:
    world.manager.may_run.clear()
    world.begin()
    await world.until_it_is_run()
    world.submissions.abandon(KEY)
    world.manager.may_run.set()
    await world.until(lambda: bool(world.ended))
    assert len(world.manager.runs) == 1
    await world.until(lambda: world.manager.jars == {})


async def test_abandoned_before_it_began_to_work_it_ends(world: World) -> None:
    world.begin()
    world.submissions.abandon(KEY)
    await world.until(lambda: bool(world.ended))
    assert world.attempt().ended_at is not None


async def test_abandoning_what_was_never_submitted_does_nothing(world: World) -> None:
    world.submissions.abandon(KEY)
    assert world.ended == []


async def test_forgotten_before_the_run_it_ends(world: World) -> None:
    world.web.answers[PATH] = raw(b"", then_hang=True)
    world.begin()
    await world.until(lambda: bool(world.web.requests))
    world.submissions.forget(KEY)
    await world.until(lambda: bool(world.ended))
    assert isinstance(world.submissions.attempt(KEY, JOB), Absent)


async def test_forgotten_while_it_is_run_it_ends_with_the_process(world: World) -> None:
    world.manager.may_run.clear()
    world.begin()
    await world.until_it_is_run()
    world.submissions.forget(KEY)
    await world.submissions.close()
    assert world.ended == [KEY]


async def test_another_attempt_keeps_the_last_problem_until_it_ends(world: World) -> None:
    world.web.answers[PATH] = status(404)
    failed = await world.submit()
    world.web.answers[PATH] = jar(b"PK", ETag='"1"')
    world.manager.may_run.clear()
    world.begin()
    assert world.attempt().problem == failed.problem
    assert world.attempt().ended_at is None
    world.manager.may_run.set()
    await world.until(lambda: len(world.ended) == 2)
    assert world.attempt().problem is None


async def test_problem_of_another_run_is_not_kept(world: World) -> None:
    world.web.answers[PATH] = status(404)
    await world.submit()
    world.begin(job_id=OTHER_JOB)
    assert world.attempt(OTHER_JOB).problem is None


async def test_nothing_is_begun_without_a_cluster_or_a_job(world: World) -> None:
    world.begin(replace(world.subject(), cluster=None))
    without_job = world.job()
    del without_job["spec"]["job"]
    world.begin(replace(world.subject(), resource=session_job_of(without_job).resource))
    assert isinstance(world.submissions.attempt(KEY, JOB), Absent)


EVERYTHING = {
    "entryClass": "org.example.Report",
    "args": ["--rate", "a b"],
    "parallelism": 3,
    "allowNonRestoredState": True,
}


@pytest.mark.parametrize("version", [FlinkVersion.V1_17, FlinkVersion.V1_20, FlinkVersion.V2_3, None])
async def test_what_is_sent_to_run_a_job(world: World, version: FlinkVersion | None) -> None:
    raw_job = world.job(job=EVERYTHING, flinkConfiguration={"table.exec.mini-batch.enabled": "true"})
    await world.submit(world.subject(raw_job, version=version), restore_path="s3://bucket/savepoint-1")
    ((jar_id, request),) = world.manager.runs
    assert jar_id == f"1-2_{world.manager.uploads[0]}"
    assert request == {
        "jobId": JOB,
        "entryClass": "org.example.Report",
        "programArgsList": ["--rate", "a b"],
        "parallelism": 3,
        "allowNonRestoredState": True,
        "savepointPath": "s3://bucket/savepoint-1",
        "flinkConfiguration": {
            "pipeline.name": "report",
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "table.exec.mini-batch.enabled": "true",
        },
    }


@pytest.mark.parametrize("version", [FlinkVersion.V1_15, FlinkVersion.V1_16])
async def test_versions_that_take_no_options_get_none(world: World, version: FlinkVersion) -> None:
    await world.submit(world.subject(version=version))
    ((_, request),) = world.manager.runs
    assert "flinkConfiguration" not in request


async def test_what_the_owner_leaves_open_is_left_to_flink(world: World) -> None:
    await world.submit(world.subject(world.job(job={"parallelism": 0})))
    ((_, request),) = world.manager.runs
    assert request.keys() == {"jobId", "allowNonRestoredState", "flinkConfiguration"}

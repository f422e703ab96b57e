"""What is known of a session job: from its cluster's Deployment, its JobManager, and Flink's metadata."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from controller.decide.subject import SessionJobSubject
from controller.flink.names import job_metadata_map
from controller.flink.rest import FlinkRest
from controller.jar_uploads import JarUploads
from controller.kubernetes_api import CONFIG_MAPS, DEPLOYMENTS, FLINK_DEPLOYMENTS, ApiError, Object
from controller.leadership import LeaderElector
from controller.observation import NOT_ASKED, Absent, HighAvailability, Known, Observation, Unknown
from controller.observe import Observer
from controller.observe_session_job import SessionJobObserver
from controller.plan import RunJob
from controller.submissions import Submissions
from shared.model.status import JobState
from tests.job_manager import JobManager
from tests.unit.artifacts.fetching import artifacts
from tests.unit.fake_kubernetes import Call, FakeCache, FakeKubernetes
from tests.unit.flink_deployments import Json, deployment_object, edited, session, with_metadata
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, deployed
from tests.unit.session_jobs import CLUSTER, running_job, session_job, session_job_of, submitted_job

INTERVAL = 60.0
WITH_METADATA = deployed(session(flinkConfiguration=SAVEPOINTS | KUBERNETES_HA))
RUNNING = running_job(session_job())
JOB: str = RUNNING["status"]["jobStatus"]["jobId"]
KEY = ("shop", "report")
UP = deployment_object(CLUSTER)


class World:
    """A session cluster that is up, and an operator that looks."""

    def __init__(self, manager: JobManager, rest: FlinkRest) -> None:
        self.manager = manager
        self.kubernetes = FakeKubernetes((DEPLOYMENTS, UP), (FLINK_DEPLOYMENTS, CLUSTER))
        self.kubernetes.before = self._note
        self.reads: list[Call] = []
        self.failing: ApiError | None = None
        self.cached: Object | None = None
        """What the watch cache holds of the Deployment; by default what the API server has."""
        self.changed: list[tuple[str, str]] = []
        api, elector = self.kubernetes.api, _elector(self.kubernetes)
        cache = FakeCache(self.kubernetes, lambda: self.cached)
        self.submissions = Submissions(api, rest, JarUploads(rest, artifacts()), elector, lambda _: None)
        self.observer = SessionJobObserver(
            api, rest, Observer(api, cache, rest), self.submissions, INTERVAL, self.changed.append
        )

    def _note(self, call: Call) -> None:
        self.reads.append(call)
        if self.failing is not None:
            raise self.failing

    def subject(self, raw: Json = RUNNING, cluster: Json | None = CLUSTER) -> SessionJobSubject:
        """The session job, whose cluster is the JobManager on loopback."""
        found = session_job_of(raw, cluster)
        if found.cluster is None:
            return found
        return replace(found, cluster=replace(found.cluster, address=self.manager.url))

    async def look(
        self, raw: Json = RUNNING, cluster: Json | None = CLUSTER, *, live: bool = False
    ) -> Observation:
        return await self.observer.observe(self.subject(raw, cluster), live=live)

    async def keep_metadata(self, **metadata: str) -> None:
        """Flink's own, of the job."""
        name = job_metadata_map("orders", JOB)
        body = {"metadata": {"name": name, "namespace": "shop", **metadata}, "data": {}}
        await self.kubernetes.create(CONFIG_MAPS, body)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with JobManager.serve() as manager:
        rest = FlinkRest.connect(timeout=5)
        world = World(manager, rest)
        try:
            yield world
        finally:
            await world.submissions.close()
            await rest.close()


async def test_job_that_the_job_manager_lists_is_known(world: World) -> None:
    world.manager.run(JOB)
    world.manager.run("another")
    found = await world.look()
    assert isinstance(found.cluster, Known)
    assert isinstance(found.flink, Known)
    assert isinstance(found.job, Known)
    assert (found.job.value.job_id, found.job.value.state) == (JOB, JobState.RUNNING)


async def test_job_that_is_not_listed_is_absent(world: World) -> None:
    world.manager.run("another")
    found = await world.look()
    assert isinstance(found.flink, Known)
    assert isinstance(found.job, Absent)


async def test_job_without_a_record_is_not_taken_for_another(world: World) -> None:
    world.manager.run("another")
    found = await world.look(session_job())
    assert isinstance(found.flink, Known)
    assert isinstance(found.job, Absent)


async def test_silent_job_manager_makes_the_job_unknown(world: World) -> None:
    await world.manager.close()
    found = await world.look()
    assert isinstance(found.cluster, Known)
    assert isinstance(found.flink, Unknown)
    assert isinstance(found.job, Unknown)


async def test_job_manager_that_is_down_is_not_asked(world: World) -> None:
    world.kubernetes.remove(DEPLOYMENTS, "orders")
    await world.kubernetes.create(DEPLOYMENTS, deployment_object(CLUSTER, availableReplicas=0))
    found = await world.look()
    assert isinstance(found.cluster, Known)
    assert isinstance(found.job, Unknown)
    assert not world.manager.asked


async def test_cluster_without_a_deployment_is_absent_and_its_job_unknown(world: World) -> None:
    world.kubernetes.remove(DEPLOYMENTS, "orders")
    found = await world.look()
    assert isinstance(found.cluster, Absent)
    assert isinstance(found.job, Unknown)
    assert not world.manager.asked


async def test_deployment_of_another_owner_is_no_cluster_of_ours(world: World) -> None:
    world.kubernetes.remove(DEPLOYMENTS, "orders")
    await world.kubernetes.create(DEPLOYMENTS, deployment_object(CLUSTER, owner_uid="another"))
    assert isinstance((await world.look()).cluster, Absent)
    assert not world.manager.asked


async def test_troubles_of_the_cluster_are_its_own_to_tell(world: World) -> None:
    world.cached = deployment_object(
        CLUSTER, conditions=[{"type": "ReplicaFailure", "status": "True", "reason": "X", "message": "quota"}]
    )
    found = await world.look()
    assert isinstance(found.cluster, Known)
    assert (found.cluster.value.problem, found.cluster.value.never_available) == (None, False)


async def test_cluster_that_no_watch_shows_is_read_live_before_it_counts_as_absent(world: World) -> None:
    assert isinstance((await world.look(cluster=None)).cluster, Unknown)
    assert ("get", "flinkdeployments", "orders") in world.reads
    world.kubernetes.remove(FLINK_DEPLOYMENTS, "orders")
    assert isinstance((await world.look(cluster=None)).cluster, Absent)


async def test_cluster_that_cannot_be_read_live_is_unknown(world: World) -> None:
    world.failing = ApiError(500, "InternalError", "etcd has no leader")
    found = await world.look(cluster=None)
    assert found.cluster == Unknown("etcd has no leader")


async def test_job_that_names_no_cluster_has_none(world: World) -> None:
    found = await world.look(session_job(deploymentName=None), None)
    assert isinstance(found.cluster, Absent)
    assert world.reads == []


async def test_settled_job_is_read_from_caches(world: World) -> None:
    world.manager.run(JOB)
    found = await world.look()
    assert found.from_caches
    assert world.reads == []


@pytest.mark.parametrize(
    "raw",
    [
        session_job(),
        submitted_job(session_job()),
        edited(RUNNING, restartNonce=1),
        with_metadata(RUNNING, deletionTimestamp="2026-11-21T12:00:00Z"),
    ],
    ids=["new", "submitted", "edited", "going"],
)
async def test_job_in_motion_is_read_live(world: World, raw: Json) -> None:
    world.cached = deployment_object(CLUSTER, availableReplicas=0)
    found = await world.look(raw)
    assert not found.from_caches
    assert isinstance(found.cluster, Known)
    assert found.cluster.value.available


async def test_job_whose_cluster_goes_is_read_live(world: World) -> None:
    changed = edited(CLUSTER, flinkConfiguration={"a": "b"})
    assert not (await world.look(cluster=changed)).from_caches


async def test_settled_jobs_share_what_their_job_manager_says(world: World) -> None:
    for _ in range(3):
        await world.look()
    assert world.manager.asked["GET /jobs/overview"] == 1
    await world.look(live=True)
    assert world.manager.asked["GET /jobs/overview"] == 2


async def test_settled_job_that_goes_on_as_before_is_asked_about_once(world: World) -> None:
    world.manager.run(JOB)
    for _ in range(3):
        await world.look()
    assert dict(world.manager.asked) == {"GET /jobs/overview": 1, "GET /jobs/exceptions": 1}


async def test_other_session_job_is_looked_at_when_its_run_is_seen_to_have_changed(world: World) -> None:
    world.manager.run(JOB)
    await world.look()
    world.changed.clear()
    world.manager.jobs.clear()
    world.manager.run(JOB, "FAILED")
    await world.look(with_metadata(session_job(), name="other", uid="other"))
    assert world.changed == [KEY]


async def test_session_job_that_is_gone_is_looked_at_no_more(world: World) -> None:
    world.manager.run(JOB)
    await world.look()
    world.changed.clear()
    world.observer.forget(KEY)
    world.manager.jobs.clear()
    await world.look(with_metadata(session_job(), name="other", uid="other"))
    assert world.changed == []


async def test_checkpoints_are_asked_for_in_motion_only(world: World) -> None:
    world.manager.run(JOB)
    assert (await world.look()).checkpoints is NOT_ASKED
    assert isinstance((await world.look(live=True)).checkpoints, Absent)


async def test_metadata_is_not_read_of_a_job_that_is_listed(world: World) -> None:
    world.manager.run(JOB)
    await world.keep_metadata()
    world.reads.clear()
    assert (await world.look(cluster=WITH_METADATA)).high_availability is NOT_ASKED
    assert world.reads == []


async def test_metadata_of_a_job_that_is_not_listed_is_read_live(world: World) -> None:
    await world.keep_metadata()
    found = await world.look(cluster=WITH_METADATA)
    assert found.high_availability == Known(HighAvailability(JOB, has_checkpoint=False))


async def test_metadata_is_read_when_the_cluster_is_gone(world: World) -> None:
    await world.keep_metadata()
    world.kubernetes.remove(DEPLOYMENTS, "orders")
    assert isinstance((await world.look(cluster=WITH_METADATA)).high_availability, Known)


async def test_metadata_that_is_not_there_or_on_its_way_is_absent(world: World) -> None:
    assert isinstance((await world.look(cluster=WITH_METADATA)).high_availability, Absent)
    await world.keep_metadata(deletionTimestamp="2026-11-21T12:00:00Z")
    assert isinstance((await world.look(cluster=WITH_METADATA)).high_availability, Absent)


async def test_metadata_that_cannot_be_read_is_unknown(world: World) -> None:
    world.failing = ApiError(0, "Timeout", "no answer")
    assert isinstance((await world.look(cluster=WITH_METADATA)).high_availability, Unknown)


async def test_metadata_is_not_asked_for_while_the_job_manager_does_not_tell(world: World) -> None:
    await world.manager.close()
    assert (await world.look(cluster=WITH_METADATA)).high_availability is NOT_ASKED


async def test_cluster_that_keeps_no_metadata_has_none(world: World) -> None:
    await world.keep_metadata()
    assert isinstance((await world.look()).high_availability, Absent)


async def test_submission_of_this_process_is_known(world: World) -> None:
    raw = submitted_job(session_job())
    assert isinstance((await world.look(raw)).attempt, Absent)
    subject = world.subject(raw)
    world.submissions.begin(RunJob(subject.spec, JOB, None), subject)
    found = (await world.look(raw)).attempt
    assert isinstance(found, Known)
    assert found.value.job_id == JOB


def _elector(kubernetes: FakeKubernetes) -> LeaderElector:
    return LeaderElector(
        kubernetes.api, namespace="operator", name="lease", identity="first", on_started=lambda: None
    )

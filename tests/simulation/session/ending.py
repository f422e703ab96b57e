"""The end of a scenario of a session cluster: all of it must become good, stay at rest, and go."""

from collections.abc import Callable

from shared.control import PAUSED
from tests.health_checks import Kstatus, kstatus
from tests.simulation.by_hand import BY_HAND, EDITED, remove_strangers
from tests.simulation.ending import (
    REST_SECONDS,
    ROUND_SECONDS,
    ROUNDS,
    metadata_may_be_left,
    require_asked_savepoints,
    require_repair,
)
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.replica import NAME
from tests.simulation.resource import Resource
from tests.simulation.session.reader import make_good, obey, obey_while_it_goes
from tests.simulation.session.steps import EditJob
from tests.simulation.session.world import SessionWorld

Tell = Callable[[str], None]
_LEFT_BEHIND = 16 * 60.0
"""Seconds after which a jar that nobody needs may be taken away."""
_INTERVAL = 65.0
_GOING = 30.0
"""Seconds in which objects go that nobody waits for."""
_MOST_READS = 9
"""Of Flink's REST in the seconds of rest: two an interval, and one more of each for where these begin."""


async def finish_session(world: SessionWorld, tell: Tell) -> None:
    """Nothing fails any more, and the user does what the messages say."""
    world.heal()
    for resource in world.resources:
        resource.annotate(PAUSED, None)
    await _require_deletions(world, tell)
    if not await world.until(lambda: not world.server.is_terminating, ROUND_SECONDS):
        raise PromiseBrokenError(f"the namespace is never gone: {situation_of_session(world)}")
    make_good(world)
    for resource in world.resources:
        if not resource.create():
            resource.apply()
    await _require_stable(world, tell)
    await require_asked_savepoints(world, list(world.jobs.values()))
    BY_HAND[EDITED](world)
    await require_repair(world)
    await _require_rest(world)
    await _require_no_jars(world, tell)
    first = [world.cluster] if world.cluster_goes_first else list(world.jobs.values())
    for resource in first:
        resource.delete()
    await world.advance(3.0)
    for resource in world.resources:
        resource.delete()
    await _require_deletions(world, tell)
    await _require_nothing_left(world)


def _is_stable(world: SessionWorld) -> bool:
    return all(_is_good(world, resource) for resource in world.resources)


def _is_good(world: SessionWorld, resource: Resource) -> bool:
    status, stored = resource.status, resource.stored
    if (
        stored is None
        or status.get("observedGeneration") != stored["metadata"]["generation"]
        or kstatus(stored) is not Kstatus.CURRENT
        or resource.is_held
        or status.get("lifecycleState") != "STABLE"
    ):
        return False
    manager = world.flink.answering(NAME)
    if manager is None or resource is world.cluster:
        return manager is not None
    job = manager.jobs.get(world.job_id(resource.name) or "")
    return (
        job is not None
        and job.state == "RUNNING"
        and job.plan.parallelism == str(resource.spec["job"]["parallelism"])
    )


async def _require_stable(world: SessionWorld, tell: Tell) -> None:
    """No dead end: what the messages say leads out of every state."""
    for round_number in range(ROUNDS):
        if await world.until(lambda: _is_stable(world), ROUND_SECONDS):
            world.coverage.hit("promise", "a session cluster with its jobs stable in the end")
            return
        tell(situation_of_session(world))
        for resource in world.resources:
            if not _is_good(world, resource) and not resource.is_held:
                obey(world, resource, tell, round_number)
    raise PromiseBrokenError(f"a dead end: {situation_of_session(world)}")


async def _require_rest(world: SessionWorld) -> None:
    """Nothing happens, so nothing is written, and a call serves all jobs."""
    world.heal()
    await world.advance(_INTERVAL)  # what its cluster said of a job may be so old
    await world.until(lambda: _is_stable(world), ROUND_SECONDS)
    await world.advance(5.0)
    before = {id(one): (len(one.line.writes), len(one.line.rest_reads)) for one in world.replicas}
    await world.advance(REST_SECONDS)
    written: list[str] = []
    read: list[str] = []
    for replica in world.replicas:
        writes, reads = before.get(id(replica), (0, 0))
        written += replica.line.writes[writes:]
        read += replica.line.rest_reads[reads:]
    if written:
        raise PromiseBrokenError(f"written at rest: {written[:5]}")
    if len(read) > _MOST_READS:
        raise PromiseBrokenError(f"{len(read)} calls of Flink's REST at rest: {sorted(read)}")
    world.coverage.hit("promise", "nothing written at rest by session jobs")


async def _require_no_jars(world: SessionWorld, tell: Tell) -> None:
    """What a controller that died left behind goes with a later submission."""
    uploads = _uploads(world)
    if not uploads:
        world.coverage.hit("promise", "no jar is left")
        return
    ahead = (max(uploads.values()) - world.clock.milliseconds()) / 1000  # the clock may have been set back
    await world.advance(_LEFT_BEHIND + max(ahead, 0.0))
    for name in list(world.jobs):
        EditJob(name, "restart").happen(world)
    await _require_stable(world, tell)
    if not await world.until(lambda: not _jars(world), ROUND_SECONDS):
        raise PromiseBrokenError(f"jars are left: {_jars(world)}")
    world.coverage.hit("promise", "a jar that was left behind is taken away")


def _jars(world: SessionWorld) -> list[str]:
    return list(_uploads(world))


def _uploads(world: SessionWorld) -> dict[str, int]:
    """Milliseconds since 1970, by the jar's id."""
    manager = world.flink.answering(NAME)
    return {} if manager is None else {jar_id: at for jar_id, (_, at) in manager.jars.items()}


def _are_gone(world: SessionWorld) -> bool:
    return all(one.stored is None or one.is_editable for one in world.resources)


async def _require_deletions(world: SessionWorld, tell: Tell) -> None:
    """What is being deleted goes, or says within a minute what it waits for."""
    for _ in range(ROUNDS):
        held = any(one.is_held for one in world.resources)
        if await world.until(lambda: _are_gone(world), ROUND_SECONDS):
            return
        tell(situation_of_session(world))
        if not obey_while_it_goes(world, tell) and not held and not any(o.is_held for o in world.resources):
            break
    raise PromiseBrokenError(f"the deletion does not end: {situation_of_session(world)}")


async def _require_nothing_left(world: SessionWorld) -> None:
    """Of a cluster that was given up the garbage collector is still at work, and its metadata stays."""
    remove_strangers(world)
    kinds = ["deployments", "pods", "services"]
    if not metadata_may_be_left(world):
        kinds.append("configmaps")

    def left() -> list[str]:
        return [f"{plural} {one['metadata']['name']}" for plural in kinds for one in world.server.all(plural)]

    if not await world.until(lambda: not left(), _GOING):
        raise PromiseBrokenError(f"left after the deletion: {', '.join(left())}")
    world.coverage.hit("promise", "a session cluster and its jobs are gone")


def situation_of_session(world: SessionWorld) -> str:
    """In a few lines."""
    lines = []
    for resource in world.resources:
        status, stored = resource.status, resource.stored or {"metadata": {}}
        job = status.get("jobStatus") or {}
        lines.append(
            f"{resource.name} gen {stored['metadata'].get('generation')}/{status.get('observedGeneration')} "
            f"{status.get('lifecycleState')} {(status.get('reconciliationStatus') or {}).get('state')} "
            f"job {job.get('state')} {(job.get('jobId') or '')[:6]} path {job.get('upgradeSavepointPath')} "
            f"{resource.error.strip()[:330]}"
        )
    jobs = [
        f"{job.job_id[:6]} {job.state} x{job.plan.parallelism} at {world.flink.progress(job):.1f}"
        for _, job in world.flink.living_jobs(NAME)
    ]
    pods = [pod["metadata"]["name"] for pod in world.server.all("pods")]
    return "\n            ".join(["", *lines, f"pods {pods}; jobs {jobs}; jars {_jars(world)}"])

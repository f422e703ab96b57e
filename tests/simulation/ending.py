"""The end of a scenario: everything must become good, stay at rest, and go."""

from collections.abc import Callable, Sequence

import orjson

from shared.config.effective import GENERATION_ANNOTATION
from shared.control import FORCE_DELETION, PAUSED
from tests.health_checks import Kstatus, kstatus
from tests.simulation.by_hand import BY_HAND, EDITED, remove_strangers
from tests.simulation.node import BROKEN_IMAGE
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.replica import NAME
from tests.simulation.resource import Resource
from tests.simulation.steps import Edit
from tests.simulation.world import PLURAL, World

ROUND_SECONDS = 120.0
ROUNDS = 10
REST_SECONDS = 130.0
_REPAIR_SECONDS = 420.0
"""The longest pause between two repairs, and a look."""
_PATIENCE = 310.0
"""Somewhat more than the time in which a spec should become stable."""


async def finish(world: World, tell: Callable[[str], None]) -> None:
    """Nothing fails any more, and the user does what the messages say."""
    world.heal()
    world.cluster.annotate(PAUSED, None)
    if world.cluster.stored is not None and not world.cluster.is_editable:
        await _require_deletion(world, tell)
    if not await world.until(lambda: not world.server.is_terminating, ROUND_SECONDS):
        raise PromiseBrokenError(f"the namespace is never gone: {situation(world)}")
    _make_good(world)
    if not world.cluster.create():
        world.cluster.apply()
    await _require_stable(world, tell)
    await require_asked_savepoints(world, [world.cluster])
    BY_HAND[EDITED](world)
    await require_repair(world)
    await _require_rest(world)
    world.server.delete(PLURAL, NAME)
    await _require_deletion(world, tell)


def _make_good(world: World) -> None:
    """The user writes a spec with which the job can run."""
    spec = world.cluster.spec
    if spec["image"] == BROKEN_IMAGE:
        spec["image"] = "flink:good"
    spec["jobManager"] = {"resource": {"memory": "1024m", "cpu": 0.5}}
    spec["job"]["state"] = "running"


def _is_stable(world: World) -> bool:
    return _is_in_place(world) and world.cluster.status.get("lifecycleState") == "STABLE"


def _is_in_place(world: World) -> bool:
    """The job runs as the spec asks, though it may have to prove itself."""
    status, resource = world.cluster.status, world.cluster.stored
    return (
        resource is not None
        and world.flink.answering(NAME) is not None
        and status.get("observedGeneration") == resource["metadata"]["generation"]
        and "lastReconciledGeneration" not in status["reconciliationStatus"]
        and kstatus(resource) is Kstatus.CURRENT
        and status["jobStatus"].get("state") == "RUNNING"
        and not world.cluster.is_held
        and _running(world) == [str(world.cluster.spec["job"]["parallelism"])]
    )


def _running(world: World) -> list[str]:
    """The parallelism of every job that lives; of one that does not run yet, or again, none."""
    return [job.plan[0] if job.state == "RUNNING" else "" for _, job in world.flink.living_jobs(NAME)]


async def _require_stable(world: World, tell: Callable[[str], None]) -> None:
    """No dead end: what the messages say leads out of every state."""
    for round_number in range(ROUNDS):
        if await world.until(lambda: _is_stable(world), ROUND_SECONDS):
            world.coverage.hit("promise", "stable in the end")
            break
        tell(situation(world))
        if _is_in_place(world):
            continue
        await _require_failed(world)
        _obey(world, tell, again=round_number >= _RESTARTS)
    else:
        raise PromiseBrokenError(f"a dead end: {situation(world)}")


async def _require_failed(world: World) -> None:
    """What does not come up in time is read as failed by those that wait for it."""
    resource = world.cluster.stored or {}
    if (world.cluster.status.get("jobStatus") or {}).get("state") == "FINISHED":
        return  # as its owner let it
    if kstatus(resource) is Kstatus.CURRENT:
        raise PromiseBrokenError(f"read as current, and it is not: {situation(world)}")
    if not await world.until(
        lambda: kstatus(world.cluster.stored or {}) is not Kstatus.IN_PROGRESS,
        _PATIENCE + world.clock.set_back,
    ):
        raise PromiseBrokenError(f"read as in progress for ever: {situation(world)}")
    if kstatus(world.cluster.stored or {}) is Kstatus.FAILED:
        world.coverage.hit("promise", "what does not come up is read as failed")


_RESTARTS = 2
"""After so many that did not help, the user tries something else."""

_CORRECTIONS = (
    ("[execution.checkpointing.savepoint-dir]: is required", ("directory",)),
    ("flinkVersion: cannot change", ("undo",)),
    ("ValidationError", ("savepoint",)),
    ("upgradeMode to stateless and change restartNonce", ("redeploy or give up",)),
    ("savepointRedeployNonce", ("redeploy or give up",)),
    ("Undo the change", ("undo",)),
    ("Undo that change", ("undo",)),
    ("Set upgradeMode to savepoint", ("savepoint",)),
    ("set upgradeMode to last-state", ("last-state",)),
    ("Set execution.checkpointing.savepoint-dir", ("directory",)),
    ("Set execution.checkpointing.dir", ("stateless",)),
    ("last-state-fallback", ("fallback",)),
    ("job failed", ("restart",)),
    ("until that has not happened", ()),
    ("A Deployment orders exists that was not made", ("delete the Deployment",)),
    ("was not made for", ("delete what is in the way",)),
)
"""What a message says, and what its reader does."""


def _obey(world: World, tell: Callable[[str], None], *, again: bool) -> None:
    text = world.cluster.error
    todo = next((actions for words, actions in _CORRECTIONS if words in text), ("restart",))
    if again and ("JobFailed" in text or "job is FAILED" in text):
        todo = ("redeploy or give up",)  # what it was restored from may be what it fails on
    for action in todo:
        tell(f"the user reads {text.strip()[:150]!r} and does: {action}")
        world.coverage.hit("correction", action)
        match action:
            case "redeploy or give up" if world.newest_restore_point() is not None:
                Edit("redeployed from newest").happen(world)
            case "redeploy or give up":
                world.cluster.spec["job"]["upgradeMode"] = "stateless"
                Edit("restart").happen(world)
            case "undo":
                Edit("other version").happen(world)
            case "directory":
                world.cluster.spec["flinkConfiguration"]["execution.checkpointing.savepoint-dir"] = (
                    "s3://shop/sp"
                )
                world.cluster.apply()
            case "delete the Deployment":
                world.server.delete("deployments", NAME)
            case "fallback":
                key = "kubernetes.operator.job.upgrade.last-state-fallback.enabled"
                world.cluster.spec["flinkConfiguration"][key] = "true"
                world.cluster.apply()
            case "delete what is in the way":
                remove_strangers(world)
            case other:
                Edit(other).happen(world)


async def require_asked_savepoints(world: World, resources: Sequence[Resource]) -> None:
    """What a nonce asks for is taken once the job runs."""
    if not await world.until(lambda: all(map(_nonce_is_on_record, resources)), ROUND_SECONDS):
        raise PromiseBrokenError("a savepoint that was asked for is not taken")
    for resource in resources:
        saved = (resource.status["jobStatus"].get("savepointInfo") or {}).get("lastSavepoint") or {}
        if saved.get("triggerNonce") is not None:
            world.coverage.hit("promise", "a savepoint that a nonce asked for is on record")


def _nonce_is_on_record(resource: Resource) -> bool:
    recorded = orjson.loads(resource.status["reconciliationStatus"]["lastReconciledSpec"])["spec"]["job"]
    return bool(recorded.get("savepointTriggerNonce") == resource.spec["job"].get("savepointTriggerNonce"))


async def require_repair(world: World) -> None:
    """Whatever was done to them by hand, Services and ConfigMaps are what they were made as."""
    if not await world.until(lambda: _drifted(world) == [], _REPAIR_SECONDS):
        raise PromiseBrokenError(f"not repaired: {_drifted(world)}")
    world.coverage.hit("promise", "Services and ConfigMaps are as they were made")


def _drifted(world: World) -> list[str] | None:
    """Of the cluster that is there now: an ailing job may get another meanwhile. None where there is none."""
    deployment = world.server.find("deployments", NAME)
    return None if deployment is None else list(world.promises.drifted(deployment["metadata"]["uid"]))


async def _require_rest(world: World) -> None:
    """Nothing happens, so nothing is written."""
    world.heal()  # every controller looks once more, and may act on what it overlooked
    await world.advance(5.0)
    await world.until(lambda: _is_stable(world), ROUND_SECONDS)
    await world.advance(5.0)
    before = {id(replica): len(replica.line.writes) for replica in world.replicas}
    looked = sum(replica.reconciliations for replica in world.replicas)
    await world.advance(REST_SECONDS)
    written = [
        write for replica in world.replicas for write in replica.line.writes[before.get(id(replica), 0) :]
    ]
    if written:
        raise PromiseBrokenError(f"written at rest: {written[:5]}")
    if sum(replica.reconciliations for replica in world.replicas) > looked + 1:
        world.coverage.hit("promise", "nothing written at rest")


async def _require_deletion(world: World, tell: Callable[[str], None]) -> None:
    """It ends, or says how to override what blocks it; only what the job keeps in its storage is left."""
    for _ in range(ROUNDS):
        was_held = world.cluster.is_held
        if await world.until(
            lambda: world.cluster.stored is None or world.cluster.is_editable, ROUND_SECONDS
        ):
            break
        tell(situation(world))
        if FORCE_DELETION in world.cluster.error and world.cluster.annotate(FORCE_DELETION, "true"):
            tell(f"the user reads {world.cluster.error.strip()[:150]!r} and does as it says")
            world.coverage.hit("correction", "force deletion")
        elif not was_held and not world.cluster.is_held:
            raise PromiseBrokenError(f"the deletion does not end: {situation(world)}")
    else:
        raise PromiseBrokenError(f"the deletion does not end: {situation(world)}")
    await world.advance(2.0)  # for the garbage collector
    remove_strangers(world)
    if any(not one["metadata"].get("ownerReferences") for one in world.server.all("deployments")):
        world.coverage.hit("promise", "a cluster was left running")
        return
    left = [
        f"{plural} {body['metadata']['name']}"
        for plural in ("deployments", "pods", "services", "configmaps")
        for body in world.server.all(plural)
        if plural != "configmaps" or not (world.has_left_a_cluster or metadata_may_be_left(world))
    ]
    if left:
        raise PromiseBrokenError(f"left after the deletion: {', '.join(left)}")
    world.coverage.hit("promise", "a deletion ended")


def metadata_may_be_left(world: World) -> bool:
    """A cluster was given up by its owner's annotation, who was told what that may leave."""
    return any("Flink's metadata may be left" in event["message"] for event in world.server.all("events"))


def situation(world: World) -> str:
    """In a few lines."""
    status, resource = world.cluster.status, world.cluster.stored or {"metadata": {}}
    job, reconciliation = status.get("jobStatus") or {}, status.get("reconciliationStatus") or {}
    deployment = world.server.find("deployments", NAME)
    jobs = [
        f"{one.job_id[:6]} {one.state} at {world.flink.progress(one):.1f}"
        for _, one in world.flink.living_jobs(NAME)
    ]
    cluster = (
        "no Deployment"
        if deployment is None
        else (
            f"Deployment of generation {deployment['metadata']['annotations'][GENERATION_ANNOTATION]} "
            f"x{deployment['spec'].get('replicas')}{' paused' if deployment['spec'].get('paused') else ''}"
        )
    )
    return (
        f"          gen {resource['metadata'].get('generation')}/{status.get('observedGeneration')} "
        f"{status.get('lifecycleState')} {reconciliation.get('state')} job {job.get('state')} "
        f"{(job.get('jobId') or '')[:6]} path {job.get('upgradeSavepointPath')}; {cluster}; "
        f"pods {[pod['metadata']['name'] for pod in world.server.all('pods')]}; jobs {jobs}; "
        f"{status.get('error') or ''}"[:600]
    )

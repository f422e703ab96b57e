"""A scenario: steps in a world, then the end in which everything must become good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from shared.config.effective import GENERATION_ANNOTATION
from shared.control import FORCE_DELETION, PAUSED
from tests.health_checks import Kstatus, kstatus
from tests.simulation import faults, node, steps, world
from tests.simulation.by_hand import BY_HAND, EDITED, remove_strangers
from tests.simulation.coverage import Coverage
from tests.simulation.node import BROKEN_IMAGE
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.replica import NAME
from tests.simulation.steps import Edit, Nothing, Step, Wait
from tests.simulation.world import PLURAL, Setup, World, simulated

_PAUSE = 0.4
_ROUND_SECONDS = 120.0
_ROUNDS = 10
_REST_SECONDS = 130.0
_REPAIR_SECONDS = 420.0
"""The longest pause between two repairs, and a look."""
_PATIENCE = 310.0
"""Somewhat more than the time in which a spec should become stable."""


@dataclass(frozen=True)
class Scenario:
    """Where it starts and what happens."""

    setup: Setup
    steps: tuple[Step, ...]

    def script(self) -> str:
        """As text that makes the same scenario again."""
        lines = [f"        {step!r}," for step in self.steps if not isinstance(step, Nothing)]
        return "\n".join(["Scenario(", f"    {self.setup!r},", "    (", *lines, "    ),", ")"])

    @classmethod
    def of_script(cls, script: str) -> Self:
        """What `script` told."""
        names = {
            name: getattr(module, name) for module in (faults, node, steps, world) for name in dir(module)
        }
        scenario: Self = eval(script, {**names, "Scenario": cls})  # noqa: S307 - our own text
        return scenario


def run(scenario: Scenario, coverage: Coverage, tell: Callable[[str], None] | None = None) -> int:
    """Play it. Raises PromiseBrokenError; the answer is how many steps made a difference."""
    with simulated(coverage) as stage:
        stage.world = World(scenario.setup, coverage)
        return stage.world.clock.run(_play(stage.world, scenario.steps, tell or (lambda _: None)))


async def _play(world: World, happening: Sequence[Step], tell: Callable[[str], None]) -> int:
    world.start_replica()
    world.create()
    effective = 0
    try:
        await world.advance(world.setup.head_start)
        for step in happening:
            if isinstance(step, Nothing):
                continue
            effective += step.happen(world)
            tell(f"{world.clock.now:7.1f} {step!r}")
            await world.advance(step.seconds if isinstance(step, Wait) else _PAUSE)
            tell(_situation(world))
        tell("everything heals")
        await _finish(world, tell)
    finally:
        for replica in list(world.replicas):
            replica.stop()
    return effective


async def _finish(world: World, tell: Callable[[str], None]) -> None:
    world.heal()
    world.annotate(PAUSED, None)
    if world.resource is not None and not world.is_editable:
        await _require_deletion(world, tell)
    if not await world.until(lambda: not world.server.is_terminating, _ROUND_SECONDS):
        raise PromiseBrokenError(f"the namespace is never gone: {_situation(world)}")
    _make_good(world)
    if not world.create():
        world.apply()
    await _require_stable(world, tell)
    BY_HAND[EDITED](world)
    await _require_repair(world)
    await _require_rest(world)
    world.server.delete(PLURAL, NAME)
    await _require_deletion(world, tell)


def _make_good(world: World) -> None:
    """The user writes a spec with which the job can run."""
    spec = world.spec
    if spec["image"] == BROKEN_IMAGE:
        spec["image"] = "flink:good"
    spec["jobManager"] = {"resource": {"memory": "1024m", "cpu": 0.5}}
    spec["job"]["state"] = "running"


def _is_stable(world: World) -> bool:
    return _is_in_place(world) and world.status.get("lifecycleState") == "STABLE"


def _is_in_place(world: World) -> bool:
    """The job runs as the spec asks, though it may have to prove itself."""
    status, resource = world.status, world.resource
    return (
        resource is not None
        and world.flink.answering(NAME) is not None
        and status.get("observedGeneration") == resource["metadata"]["generation"]
        and "lastReconciledGeneration" not in status["reconciliationStatus"]
        and kstatus(resource) is Kstatus.CURRENT
        and status["jobStatus"].get("state") == "RUNNING"
        and not _is_held(world)
        and _running(world) == [str(world.spec["job"]["parallelism"])]
    )


def _running(world: World) -> list[str]:
    """The parallelism of every job that lives; of one that does not run yet, or again, none."""
    return [job.plan[0] if job.state == "RUNNING" else "" for _, job in world.flink.living_jobs(NAME)]


async def _require_stable(world: World, tell: Callable[[str], None]) -> None:
    """No dead end: what the messages say leads out of every state."""
    for round_number in range(_ROUNDS):
        if await world.until(lambda: _is_stable(world), _ROUND_SECONDS):
            world.coverage.hit("promise", "stable in the end")
            break
        tell(_situation(world))
        if _is_in_place(world):
            continue
        await _require_failed(world)
        _obey(world, tell, again=round_number >= _RESTARTS)
    else:
        raise PromiseBrokenError(f"a dead end: {_situation(world)}")


async def _require_failed(world: World) -> None:
    """What does not come up in time is read as failed by those that wait for it."""
    resource = world.resource or {}
    if (world.status.get("jobStatus") or {}).get("state") == "FINISHED":
        return  # as its owner let it
    if kstatus(resource) is Kstatus.CURRENT:
        raise PromiseBrokenError(f"read as current, and it is not: {_situation(world)}")
    if not await world.until(lambda: kstatus(world.resource or {}) is not Kstatus.IN_PROGRESS, _PATIENCE):
        raise PromiseBrokenError(f"read as in progress for ever: {_situation(world)}")
    if kstatus(world.resource or {}) is Kstatus.FAILED:
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
    text = world.error
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
                world.spec["job"]["upgradeMode"] = "stateless"
                Edit("restart").happen(world)
            case "undo":
                Edit("other version").happen(world)
            case "directory":
                world.spec["flinkConfiguration"]["execution.checkpointing.savepoint-dir"] = "s3://shop/sp"
                world.apply()
            case "delete the Deployment":
                world.server.delete("deployments", NAME)
            case "fallback":
                key = "kubernetes.operator.job.upgrade.last-state-fallback.enabled"
                world.spec["flinkConfiguration"][key] = "true"
                world.apply()
            case "delete what is in the way":
                remove_strangers(world)
            case other:
                Edit(other).happen(world)


async def _require_repair(world: World) -> None:
    """Whatever was done to them by hand, Services and ConfigMaps are what they were made as."""
    deployment = world.server.find("deployments", NAME)
    if deployment is None:
        raise PromiseBrokenError("a job runs without a Deployment")
    uid = deployment["metadata"]["uid"]
    if not await world.until(lambda: not world.promises.drifted(uid), _REPAIR_SECONDS):
        raise PromiseBrokenError(f"not repaired: {', '.join(world.promises.drifted(uid))}")
    world.coverage.hit("promise", "Services and ConfigMaps are as they were made")


async def _require_rest(world: World) -> None:
    """Nothing happens, so nothing is written."""
    world.heal()  # every controller looks once more, and may act on what it overlooked
    await world.advance(5.0)
    await world.until(lambda: _is_stable(world), _ROUND_SECONDS)
    await world.advance(5.0)
    before = {id(replica): len(replica.line.writes) for replica in world.replicas}
    looked = sum(replica.reconciliations for replica in world.replicas)
    await world.advance(_REST_SECONDS)
    written = [
        write for replica in world.replicas for write in replica.line.writes[before.get(id(replica), 0) :]
    ]
    if written:
        raise PromiseBrokenError(f"written at rest: {written[:5]}")
    if sum(replica.reconciliations for replica in world.replicas) > looked + 1:
        world.coverage.hit("promise", "nothing written at rest")


def _is_held(world: World) -> bool:
    """By somebody else who wrote the status."""
    return "SecondOperator" in str(world.status.get("conditions"))


async def _require_deletion(world: World, tell: Callable[[str], None]) -> None:
    """It ends, or says how to override what blocks it; only what the job keeps in its storage is left."""
    for _ in range(_ROUNDS):
        was_held = _is_held(world)
        if await world.until(lambda: world.resource is None or world.is_editable, _ROUND_SECONDS):
            break
        tell(_situation(world))
        if FORCE_DELETION in world.error and world.annotate(FORCE_DELETION, "true"):
            tell(f"the user reads {world.error.strip()[:150]!r} and does as it says")
            world.coverage.hit("correction", "force deletion")
        elif not was_held and not _is_held(world):
            raise PromiseBrokenError(f"the deletion does not end: {_situation(world)}")
    else:
        raise PromiseBrokenError(f"the deletion does not end: {_situation(world)}")
    await world.advance(2.0)  # for the garbage collector
    remove_strangers(world)
    if any(not one["metadata"].get("ownerReferences") for one in world.server.all("deployments")):
        world.coverage.hit("promise", "a cluster was left running")
        return
    left = [
        f"{plural} {body['metadata']['name']}"
        for plural in ("deployments", "pods", "services", "configmaps")
        for body in world.server.all(plural)
        if plural != "configmaps" or not world.has_left_a_cluster
    ]
    if left:
        raise PromiseBrokenError(f"left after the deletion: {', '.join(left)}")
    world.coverage.hit("promise", "a deletion ended")


def _situation(world: World) -> str:
    status, resource = world.status, world.resource or {"metadata": {}}
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

"""What the owner of a session cluster and its jobs reads, and does."""

from collections.abc import Callable

import orjson

from shared.control import FORCE_DELETION
from tests.simulation.by_hand import remove_strangers
from tests.simulation.node import BROKEN_IMAGE
from tests.simulation.replica import NAME
from tests.simulation.resource import Resource
from tests.simulation.session.setup import BLOCK
from tests.simulation.session.steps import EditJob
from tests.simulation.session.world import SessionWorld
from tests.simulation.steps import Edit

_OF_JOBS = (
    ("WaitingForSessionCluster", ()),
    ("[execution.checkpointing.savepoint-dir]: is required", ("directory",)),
    ("HTTP 404", ("mended",)),
    ("ValidationError", ("mended", "savepoint")),
    ("savepointRedeployNonce", ("redeploy or give up",)),
    ("upgradeMode to stateless and change restartNonce", ("redeploy or give up",)),
    ("Set upgradeMode to savepoint", ("savepoint",)),
    ("Set execution.checkpointing.savepoint-dir", ("directory",)),
    ("last-state-fallback", ("fallback",)),
    ("SubmissionFailed", ("redeploy or give up",)),
    ("job failed", ("restart",)),
)
_OF_CLUSTERS = (
    ("Undo the change", ("undo",)),
    ("session jobs are stopped", ()),
    ("was not made for", ("delete what is in the way",)),
)
"""What a message says, and what its reader does."""
_RESTARTS = 2
"""After so many that did not help, the user tries something else."""
Tell = Callable[[str], None]


def obey(world: SessionWorld, resource: Resource, tell: Tell, round_number: int) -> None:
    """Of a resource that is not as it should be."""
    text = resource.error
    known = _OF_CLUSTERS if resource is world.cluster else _OF_JOBS
    todo = next((actions for words, actions in known if words in text), ("restart",))
    if round_number >= _RESTARTS and ("JobFailed" in text or "job is FAILED" in text):
        todo = ("redeploy or give up",)  # what it was restored from may be what it fails on
    for action in todo:
        tell(f"the user reads of {resource.name} {text.strip()[:150]!r} and does: {action}")
        world.coverage.hit("session correction", action)
        match action:
            case "delete what is in the way":
                remove_strangers(world)
            case "undo":
                _undo(world)
            case _ if resource is world.cluster:
                Edit(action).happen(world)
            case "redeploy or give up" if world.newest_of(resource.name) is not None:
                EditJob(resource.name, "redeployed from newest").happen(world)
            case "redeploy or give up":
                resource.spec["job"]["upgradeMode"] = "stateless"
                EditJob(resource.name, "restart").happen(world)
            case _:
                EditJob(resource.name, action).happen(world)


def obey_while_it_goes(world: SessionWorld, tell: Tell) -> bool:
    """What is deleted says what it waits for; whether there was anything to do."""
    acted = False
    for resource in world.resources:
        if resource.stored is None or resource.is_editable:
            continue
        text = resource.error
        if "delete them first" in text:
            acted |= _did(world, tell, text, "delete the jobs", _delete_jobs(world, text))
        elif "cancel them" in text:
            acted |= _did(world, tell, text, "cancel the jobs", _cancel_all(world))
        elif "being stopped with their state" in text:
            for job in world.jobs.values():
                if job.is_editable and f" {job.name}" in text.replace(",", " "):
                    obey(world, job, tell, _RESTARTS)
                    acted = True
        elif FORCE_DELETION in text:
            acted |= _did(world, tell, text, "force deletion", resource.annotate(FORCE_DELETION, "true"))
    return acted


def make_good(world: SessionWorld) -> None:
    """The user writes specs with which everything can run."""
    spec = world.cluster.spec
    if spec["image"] == BROKEN_IMAGE:
        spec["image"] = "flink:good"
    spec["jobManager"] = {"resource": {"memory": "1024m", "cpu": 0.5}}
    for job in world.jobs.values():
        job.spec["job"]["state"] = "running"


def is_blocking(world: SessionWorld) -> bool:
    """Whether session jobs keep the cluster, by its last spec."""
    stored = world.cluster.stored or {"spec": world.cluster.spec}
    return bool(stored["spec"]["flinkConfiguration"].get(BLOCK, "true") == "true")


def _undo(world: SessionWorld) -> None:
    """The cluster becomes what it was when it was last deployed."""
    recorded = world.cluster.status["reconciliationStatus"]["lastReconciledSpec"]
    before = orjson.loads(recorded)["spec"]
    world.cluster.spec["flinkVersion"] = before["flinkVersion"]
    kind = before["flinkConfiguration"].get("high-availability.type", "NONE")
    world.cluster.spec["flinkConfiguration"]["high-availability.type"] = kind
    world.cluster.apply()


def _did(world: SessionWorld, tell: Tell, text: str, what: str, acted: bool) -> bool:
    if acted:
        tell(f"the user reads {text.strip()[:150]!r} and does: {what}")
        world.coverage.hit("session correction", what)
    return acted


def _delete_jobs(world: SessionWorld, text: str) -> bool:
    deleted = [job.delete() for job in world.jobs.values() if job.name in text]
    return any(deleted)


def _cancel_all(world: SessionWorld) -> bool:
    """With Flink's own client."""
    living = world.flink.living_jobs(NAME)
    for manager, job in living:
        world.flink.cancel(manager, job)
    return bool(living)

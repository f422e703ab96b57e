"""Services and ConfigMaps of a running cluster stay what they were made as, whoever deletes or edits them.

| the object           | the operator makes it as it was | otherwise, or not at all       |
|----------------------|---------------------------------|--------------------------------|
| is gone              | it is made again                | it is made as it would be now  |
| was edited           | it is put back                  | it is left alone, and said     |
| is somebody else's   | it is left alone, and said                                       |

The job does not notice. Of a cluster whose job has ended only the Services are seen to: its ConfigMaps would
serve to start the job again, and where it started from is not on record any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.decide import problems
from controller.decide.error_document import recorded_problem
from controller.decide.problems import REPAIR_REFUSED
from controller.decide.situation import Situation
from controller.decide.state_machine import Stage, stage_of
from controller.decide.subject import with_spec
from controller.flink.checksums import Kind, ObjectName, checksum
from controller.flink.cluster import cluster_objects
from controller.observation import NOT_ASKED, Cluster, Drift, Drifted, Known, Problem, Unknown
from controller.plan import Event, EventType, RepairObjects
from shared.config.effective import Submission
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.job import UpgradeMode

_Objects = Mapping[ObjectName, dict[str, Any]]
_CONTESTED = 2
"""After so many repairs that did not last, the owner is told."""


def see_to_objects(now: Situation) -> None:
    """Have what drifted put back, or say why it is not."""
    if not _is_to_stay(now):
        return
    match now.observation.cluster, now.observation.drifted:
        case Known(cluster), Known(drifted) if needed := _needed(now, drifted):
            problem = _see_to(now, cluster, needed)
        case _, Unknown() as unknown if unknown is not NOT_ASKED:
            problem = _standing_problem(now, problems.OF_OBJECTS)
        case _:
            return
    if now.step.problem is None:
        now.step.problem = problem


def _is_to_stay(now: Situation) -> bool:
    """A cluster that runs, also while its job is stopped for a change; one on its way down needs nothing."""
    return stage_of(now) in {Stage.DEPLOYED, Stage.STOPPING} and not now.last.is_suspended


def _needed(now: Situation, drifted: tuple[Drifted, ...]) -> list[Drifted]:
    state = now.step.status.job_status.state
    has_ended = now.last.spec.is_application and state is not None and state.is_terminal
    return [one for one in drifted if one.object.kind is Kind.SERVICE or not has_ended]


def _see_to(now: Situation, cluster: Cluster, drifted: list[Drifted]) -> Problem | None:
    ours = any(one.drift is not Drift.FOREIGN for one in drifted)
    made = list(_as_made(now, cluster)) if ours else []
    found = [_remedy(one, made) for one in drifted]
    remedies = [one for one in found if isinstance(one, _Remedy)]
    unrepaired = _repair(now, cluster, remedies) if remedies else None
    return next((one for one in found if isinstance(one, Problem)), unrepaired)


def _repair(now: Situation, cluster: Cluster, remedies: list["_Remedy"]) -> Problem | None:
    """Not too often: something else may write the objects too."""
    at, recent = now.observation.at, now.observation.repairs
    refusal = _standing_problem(now, {REPAIR_REFUSED})
    if recent is not None and at < recent.next_at:
        now.step.look_within = (recent.next_at - at).total_seconds()
        is_contested = refusal is None and recent.number >= _CONTESTED
        return problems.contested_object(remedies[0].object) if is_contested else refusal
    action = RepairObjects(cluster.uid, tuple(one.body for one in remedies))
    now.step.actions = (*now.step.actions, action)
    if refusal is None:  # another attempt is no news
        message = ", ".join(one.news for one in remedies)
        now.step.events.append(Event(EventType.NORMAL, "Repair", f"{message}; the job is not touched"))
    return refusal


@dataclass(frozen=True, slots=True)
class _Remedy:
    """What an object should be, and what is said about it."""

    body: dict[str, Any]
    news: str

    @property
    def object(self) -> ObjectName:
        return ObjectName.of(self.body)


def _remedy(one: Drifted, made: list[_Objects]) -> _Remedy | Problem:
    """`made`: all that the cluster may have been made as, the likeliest first."""
    bodies = [objects[one.object] for objects in made if one.object in objects]
    as_it_was = next((body for body in bodies if checksum(one.object.kind, body) == one.checksum), None)
    match one.drift:
        case Drift.FOREIGN:
            return problems.foreign_object(one.object)
        case Drift.EDITED if as_it_was is not None:
            return _Remedy(as_it_was, f"{one.object} was edited, it is put back")
        case Drift.EDITED:
            return problems.edited_object(one.object)
        case Drift.MISSING if bodies:
            return _Remedy(as_it_was or bodies[0], f"{one.object} is gone, it is made again")
        case Drift.MISSING:
            return problems.lost_object(one.object)


def _as_made(now: Situation, cluster: Cluster) -> Iterator[_Objects]:
    """By what is on record of the submission; nothing where no objects can be made of that any more."""
    job, subject = now.step.status.job_status, now.subject
    submission = Submission(
        cluster.generation or 0, job.job_id, job.upgrade_savepoint_path, cluster.is_rollback
    )
    for spec in _as_submitted(now):
        resource = with_spec(subject, spec)
        try:
            objects = cluster_objects(
                resource, submission, subject.operator_configuration, subject.operator_files
            )
        except ValueError:
            continue
        compared = (*objects.services, *objects.config_maps)
        yield {ObjectName.of(body): body for body in compared}


def _as_submitted(now: Situation) -> Iterator[FlinkDeploymentSpec]:
    """The record has an upgradeMode of its own; that of the spec decides whether checkpoints are on."""
    recorded, wanted = now.last.spec, now.subject.spec
    if recorded.job is None:
        yield recorded
        return
    likeliest = UpgradeMode.STATELESS if wanted.job is None else wanted.job.upgrade_mode
    for mode in dict.fromkeys((likeliest, UpgradeMode.LAST_STATE, UpgradeMode.STATELESS)):
        yield recorded.model_copy(update={"job": recorded.job.model_copy(update={"upgrade_mode": mode})})


def _standing_problem(now: Situation, reasons: set[str] | frozenset[str]) -> Problem | None:
    """It stands until it is known to be over."""
    recorded = recorded_problem(now.subject.status)
    return recorded if recorded is not None and recorded.reason in reasons else None

"""What a run has met: counted, merged over processes, printed, and required."""

from collections import Counter
from collections.abc import Iterable

from controller.decide.state_machine import TRANSITIONS
from tests.simulation.faults import CRASHES, FREEZES, OF_KUBERNETES, OF_REST, Failure

_EFFECTS = (
    "create deployments",
    "create configmaps",
    "create services",
    "delete configmaps",
    "delete deployments",
    "merge deployments",
    "merge flinkdeployments",
    "replace flinkdeployments/status",
)
_PRECONDITIONS = (
    "a deletion ended",
    "a job started while no other ran",
    "a job with state started with all of it",
    "first run, with a savepoint",
    "first run, without a savepoint",
    "Flink itself started the job again",
    "nothing written at rest",
    "redeployed from the path that its owner named",
    "stable in the end",
    "started empty as its owner wanted",
)
_ROUTES = (
    "last-state: cancellation, then savepoint",
    "last-state: deletion, then last-state",
    "last-state: deletion, then savepoint",
    "last-state: savepoint, then savepoint",
    "last-state: wait (RestoreFailed)",
    "savepoint: deletion, then last-state",
    "savepoint: deletion, then savepoint",
    "savepoint: savepoint, then savepoint",
    "savepoint: wait (WaitingForJob)",
    "stateless: deletion, then stateless",
)
_ACTIONS = (
    "AddFinalizer",
    "CancelJob",
    "CreateCluster",
    "DeleteCluster",
    "DeleteHighAvailabilityData+CreateCluster",
    "DeleteHighAvailabilityData+RemoveFinalizer",
    "ForgetJobPlans+CreateCluster",
    "RemoveFinalizer",
    "StopJobManager",
    "StopWithSavepoint",
)
_NOT_PLAYED = (
    "the cluster is not ours",  # nobody else makes Deployments here
    "never deployed: a cluster exists",
    "its submission was not noted",  # only another operator leaves it
    # Savepoints on deletion and forced deletions are held by unit tests so far.
    "being deleted: a savepoint can be asked for",
    "being deleted: the savepoint",
    "being deleted: its owner gives up",
    "being deleted: the cluster is left to others",
    "being deleted: otherwise",
)
_TRANSITIONS = [str(row) for row in TRANSITIONS if not any(part in str(row) for part in _NOT_PLAYED)]
REQUIRED: tuple[str, ...] = (
    *(f"fault: API {name}" for name in OF_KUBERNETES),
    *(f"fault: REST {name}" for name in OF_REST),
    *(f"fault: API {name}" for name in (*CRASHES, *FREEZES, Failure.MEANWHILE)),
    *(f"crash point: {when} {call}" for when in CRASHES for call in _EFFECTS),
    *(f"promise: {name}" for name in _PRECONDITIONS),
    *(f"route: {name}" for name in _ROUTES),
    *(f"effects: {name}" for name in _ACTIONS),
    *(f"transition: {name}" for name in _TRANSITIONS),
    *(f"correction: {name}" for name in ("directory", "redeploy or give up", "restart", "savepoint", "undo")),
    *(f"step: watch {name}" for name in ("late", "lost", "twice", "anew")),
)
"""What a run of the tests' size must have met."""


class Coverage:
    """Counts by kind and name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def hit(self, kind: str, name: str) -> None:
        """One more of it."""
        self.counts[f"{kind}: {name}"] += 1

    def missing(self, required: Iterable[str]) -> list[str]:
        """What was never met."""
        return sorted(name for name in required if not self.counts[name])

    def table(self) -> str:
        """A line for each name, by kind."""
        return "\n".join(f"  {count:>8}  {name}" for name, count in sorted(self.counts.items()))

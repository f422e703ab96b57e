"""What a run has met: counted, merged over processes, printed, and required."""

from collections import Counter
from collections.abc import Iterable

from controller.decide.session import table as session_table
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
    "delete flinksessionjobs",
    "merge flinksessionjobs",
    "replace flinksessionjobs/status",
    "DELETE /jars/…",
    "PATCH /jobs/…",
    "POST /jars/upload",
    "POST /jars/…/run",
    "POST /jobs/…/savepoints",
    "POST /jobs/…/stop",
)
_PRECONDITIONS = (
    "a cluster was left running",
    "a deletion ended",
    "a deletion told of its last savepoint",
    "a job started while no other ran",
    "a job with state started with all of it",
    "first run, with a savepoint",
    "first run, without a savepoint",
    "Flink itself started the job again",
    "nothing written at rest",
    "ready only when the newest spec runs",
    "what does not come up is read as failed",
    "redeployed from the path that its owner named",
    "Services and ConfigMaps are as they were made",
    "stable in the end",
    "started empty as its owner wanted",
    "a jar that was left behind is taken away",
    "a savepoint that a nonce asked for is on record",
    "a session cluster and its jobs are gone",
    "a session cluster with its jobs stable in the end",
    "a session job came back with its id",
    "a session job started beside others",
    "a session job started while no other run of it was alive",
    "no jar is left",
    "nothing written at rest by session jobs",
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
    "AbandonSubmission",
    "AddFinalizer",
    "CancelJob",
    "CreateCluster",
    "DeleteCluster",
    "DeleteHighAvailabilityData+CreateCluster",
    "DeleteSessionJobs",
    "DeleteHighAvailabilityData+RemoveFinalizer",
    "ForgetJobPlans+CreateCluster",
    "GiveUpCluster+RemoveFinalizer",
    "RemoveFinalizer",
    "RepairObjects",
    "RunJob",
    "StopJobManager",
    "TriggerSavepoint",
    "StopWithSavepoint",
)
_CORRECTIONS = (
    "delete the Deployment",
    "directory",
    "force deletion",
    "redeploy or give up",
    "restart",
    "savepoint",
    "undo",
)
_NOT_PLAYED = (
    "the cluster is not ours",  # nobody else makes Deployments here
    "never deployed: a cluster exists",
    "its submission was not noted",  # only another operator leaves it
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
    *(f"session transition: {row}" for row in session_table.TRANSITIONS),
    *(f"correction: {name}" for name in _CORRECTIONS),
    *(f"step: watch {name}" for name in ("late", "lost", "twice", "anew")),
    *(f"step: {name}" for name in ("another writes the status", "delete the namespace")),
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

"""Ways from one run of a job to the next: how it is stopped, and what the next one starts from."""

from dataclasses import dataclass
from enum import Enum, auto

from controller.observation import Problem
from shared.model.job import UpgradeMode
from shared.model.status import CommonStatus

LAST_STATE_MARKER = "KUBERNETES_OPERATOR_LAST_STATE"
"""A restore point that does not exist: a job whose metadata got lost fails on it, and never starts empty."""


class Suspension(Enum):
    """What ends the job."""

    DELETION = auto()
    """Its cluster is deleted; the metadata that Flink keeps in Kubernetes stays until the next submission."""
    SAVEPOINT = auto()
    CANCELLATION = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """The way from what runs to what is wanted."""

    suspension: Suspension
    restore: UpgradeMode
    path: str | None = None
    """The restore point, where it is known beforehand."""
    never_ran: bool = False
    """What was submitted did not come up as far as is known: it is repeated rather than followed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """No way is open now; the problem is for the user, None when it is only a matter of time."""

    problem: Problem | None = None


WITHOUT_STATE = Route(Suspension.DELETION, UpgradeMode.STATELESS)


def recorded_path(status: CommonStatus) -> str | None:
    """What the recorded run was started from, if it is a path."""
    path = status.job_status.upgrade_savepoint_path
    return None if path == LAST_STATE_MARKER else path

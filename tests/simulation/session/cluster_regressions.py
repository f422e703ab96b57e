"""Scenarios in which a session cluster is changed, lost or deleted under its jobs."""

from shared.control import FORCE_DELETION
from tests.simulation.faults import Failure, Target
from tests.simulation.node import Pace
from tests.simulation.scenario import Scenario
from tests.simulation.session.setup import BLOCK, CASCADE, SessionSetup
from tests.simulation.session.steps import (
    CreateJob,
    DeleteJob,
    EditJob,
    EditSession,
    HappensToJob,
)
from tests.simulation.steps import (
    Annotate,
    Create,
    Delete,
    Edit,
    Fail,
    Happens,
    Meanwhile,
    Wait,
    WriteStatus,
)

_ONE = ("savepoint",)
_PARKS = ((BLOCK, "false"),)
_CASCADES = ((CASCADE, "true"),)

OF_SESSION_CLUSTERS: tuple[tuple[str, Scenario], ...] = (
    (
        "a submission that never arrived does not keep its cluster, which keeps it",
        Scenario(
            SessionSetup(ha=False, head_start=30.0),
            (
                EditJob("counts"),
                Fail(Target.RUN, Failure.UNAVAILABLE, times=30),
                Wait(5.0),
                EditSession("high availability"),
                Wait(40.0),
            ),
        ),
    ),
    (
        "an option of the session that is not on record yet holds for its deletion",
        Scenario(
            SessionSetup(modes=_ONE, head_start=15.0),
            (EditSession("jobs are parked"), Meanwhile(Target.STATUS, Delete()), Edit("image"), Wait(20.0)),
        ),
    ),
    (
        "session jobs whose JobManager is gone do not keep their cluster",
        Scenario(
            SessionSetup(modes=("stateless", "savepoint", "last-state"), ha=False, head_start=30.0),
            (EditSession("high availability"), Happens("the Deployment is deleted by hand")),
        ),
    ),
    (
        "a failed job keeps its newest checkpoint when its cluster goes",
        Scenario(
            SessionSetup(modes=_ONE, initial_savepoint=True, options=_PARKS, head_start=15.0),
            (HappensToJob("counts", "it fails"), Delete()),
        ),
    ),
    (
        "jobs without state do not come back after another version of Flink",
        Scenario(
            SessionSetup(modes=("stateless", "last-state"), head_start=30.0),
            (Edit("other version"), Wait(40.0)),
        ),
    ),
    (
        "a job whose metadata waits for it is brought back before its cluster changes",
        Scenario(
            SessionSetup(modes=("last-state",), head_start=30.0),
            (EditSession("no high availability"), Happens("the Deployment is deleted by hand")),
        ),
    ),
    (
        "a job that cannot be parked while it restarts",
        Scenario(
            SessionSetup(
                modes=_ONE,
                ha=False,
                job_options=(("kubernetes.operator.job.upgrade.last-state-fallback.enabled", "false"),),
                head_start=15.0,
            ),
            (HappensToJob("counts", "a task fails"), Wait(0.1), Edit("image"), Wait(20.0)),
        ),
    ),
    (
        "a cluster with jobs goes in every way",
        Scenario(
            SessionSetup(options=_CASCADES, savepoint_on_deletion=True, head_start=15.0),
            (
                Delete(),
                Wait(15.0),
                Create(),
                CreateJob("counts"),
                CreateJob("sums"),
                EditSession("jobs are parked"),
                Wait(15.0),
                Delete(),
                Wait(15.0),
                Create(),
                EditSession("jobs keep the cluster"),
                Wait(15.0),
                Delete(),
                Wait(5.0),
                DeleteJob("counts"),
                DeleteJob("sums"),
            ),
        ),
    ),
    (
        "a change that would leave jobs behind meets one that carries them over",
        Scenario(
            SessionSetup(
                modes=("stateless", "last-state"), savepoint_on_deletion=True, options=_PARKS, head_start=30.0
            ),
            (
                Fail(Target.READ, Failure.UNAVAILABLE, skip=5, times=12),
                Edit(),
                DeleteJob("counts"),
                EditSession("no high availability"),
            ),
        ),
    ),
    (
        "a cluster that never came up again is changed although the jobs that it lost had state",
        Scenario(
            SessionSetup(
                modes=("savepoint", "last-state", "last-state"),
                ha=False,
                head_start=30.0,
                pace=Pace(savepoint=12.0, cancellation=6.0, watch=2.0),
            ),
            (
                Edit("broken image"),
                Happens("a second controller starts"),
                Happens("the Deployment is deleted by hand"),
                DeleteJob("counts"),
            ),
        ),
    ),
    (
        "a forced deletion of a session cluster whose status somebody else writes",
        Scenario(
            SessionSetup(ha=False, options=(*_PARKS, *_CASCADES), head_start=30.0),
            (WriteStatus(), Delete(), Annotate(FORCE_DELETION)),
        ),
    ),
)

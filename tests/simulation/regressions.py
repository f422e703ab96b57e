"""Scenarios that once broke a promise. One that fails is printed in this form: paste it here."""

from dataclasses import dataclass

from tests.simulation.control_regressions import OF_CONTROL
from tests.simulation.crash_regressions import OF_CRASHES
from tests.simulation.faults import Failure, Target
from tests.simulation.node import Pace
from tests.simulation.recovery_regressions import OF_RECOVERY
from tests.simulation.scenario import Scenario
from tests.simulation.session.cluster_regressions import OF_SESSION_CLUSTERS
from tests.simulation.session.regressions import OF_SESSIONS
from tests.simulation.steps import Edit, Fail, Happens, Wait, Watch
from tests.simulation.world import Setup

_DROPS_CHECKPOINTS = (
    ("execution.checkpointing.externalized-checkpoint-retention", "DELETE_ON_CANCELLATION"),
    ("kubernetes.operator.job.upgrade.last-state-fallback.enabled", "false"),
)
_WANTS_NEW_CHECKPOINTS = (("kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age", "10 s"),)
_SLOW = Pace(pod_start=3.0, job_manager=4.0, checkpoint_interval=20.0, status=1.2)
_LATE_STATUS = Pace(status=1.2, first_status_is_punctual=False)


@dataclass(frozen=True)
class Regression:
    """A scenario, and why the controller does not stand it yet (None when it does)."""

    name: str
    scenario: Scenario
    open_because: str | None = None


REGRESSIONS = (
    Regression(
        "a change after a redeployment keeps the newer state",
        Scenario(Setup(head_start=15.0), (Edit("redeployed from initial"), Wait(25.0), Edit(), Wait(10.0))),
    ),
    Regression(
        "a spec that becomes invalid while the savepoint of a change is taken",
        Scenario(Setup(), (Wait(8.0), Edit("image"), Edit("invalid"), Wait(8.0))),
    ),
    Regression(
        "a first deployment that is suspended before it ran keeps its initial savepoint",
        Scenario(
            Setup(ha=False, checkpoints=False, initial_savepoint=True, pace=_SLOW),
            (Wait(1.0), Edit("suspended"), Wait(3.0)),
        ),
    ),
    Regression(
        "a job that comes up while its stop is under way keeps its newest checkpoint",
        Scenario(
            Setup(head_start=35.0, pace=_SLOW),
            (Edit("image"), Wait(6.0), Fail(Target.MERGE, Failure.FROZEN_BEFORE), Edit("image")),
        ),
    ),
    Regression(
        "a broken image whose Deployment gets its first status a second late",
        Scenario(Setup(ha=False, checkpoints=False, pace=_LATE_STATUS), (Edit("broken image"), Wait(3.0))),
    ),
    Regression(
        "a savepoint whose request does not arrive is asked for again",
        Scenario(
            Setup(head_start=15.0), (Fail(Target.REST_WRITE, Failure.REFUSED), Edit("image"), Wait(25.0))
        ),
    ),
    Regression(
        "a checkpoint that completes before the job is cancelled is what the next job starts from",
        Scenario(
            Setup(mode="last-state", ha=False),
            (Wait(13.0), Fail(Target.REST_WRITE, Failure.REFUSED, times=4), Edit()),
        ),
    ),
    Regression(
        "a first checkpoint that completes before the job is cancelled is not overlooked",
        Scenario(
            Setup(mode="last-state", ha=False, savepoint_directory=False),
            (Wait(8.0), Fail(Target.REST_WRITE, Failure.REFUSED, times=4), Edit()),
        ),
    ),
    Regression(
        "a JobManager that ends before it has tidied up after its job",
        Scenario(Setup(pace=Pace(pod_end=0.05, savepoint=1.0)), (Wait(15.0), Edit())),
    ),
    Regression(
        "the REST service is deleted and edited while a savepoint is awaited",
        Scenario(
            Setup(head_start=15.0, pace=Pace(savepoint=12.0)),
            (
                Edit(),
                Happens("the REST Service is deleted"),
                Happens("the configuration is edited"),
                Wait(3.0),
                Happens("the REST Service is edited"),
            ),
        ),
    ),
    Regression(
        "a stranger's Service has the name while a savepoint is awaited",
        Scenario(
            Setup(head_start=15.0, pace=Pace(savepoint=12.0)),
            (Edit(), Happens("a stranger's Service takes the name")),
        ),
    ),
    Regression(
        "objects that are edited again and again are put back in the end, and nothing is written after that",
        Scenario(
            Setup(mode="last-state", head_start=15.0),
            tuple(
                Happens(f"the {what}")
                for what in (
                    "REST Service is edited",
                    "configuration is edited",
                    "configuration is deleted",
                    "REST Service is deleted",
                    "configuration is edited",
                )
            ),
        ),
    ),
    Regression(
        "a JobManager that answers no more while it saves its job's state",
        Scenario(
            Setup(pace=Pace(savepoint=5.0)),
            (Wait(15.0), Edit(), Wait(1.0), Fail(Target.REST_READ, Failure.HUNG, times=9), Wait(60.0)),
        ),
    ),
    Regression(
        "a version that cannot be changed while the job is suspended by Flink's metadata is changed back",
        Scenario(
            Setup(mode="last-state", head_start=15.0),
            (Edit("suspended"), Wait(20.0), Edit("other version"), Wait(5.0)),
        ),
    ),
    Regression(
        "a Deployment that is deleted by hand while a controller dies and its watch is late",
        Scenario(
            Setup(),
            (
                Wait(1.0),
                Edit(what="mended"),
                Watch("flinkdeployments", "late"),
                Fail(Target.WRITE, Failure.CRASH_BEFORE),
                Fail(Target.WRITE, Failure.CRASH_BEFORE),
                Happens("the Deployment is deleted by hand"),
            ),
        ),
    ),
    Regression(
        "a job that cannot be cancelled without its checkpoints goes by a savepoint, as the messages say",
        Scenario(
            Setup(
                mode="last-state",
                ha=False,
                savepoint_directory=False,
                head_start=15.0,
                options=_DROPS_CHECKPOINTS,
            ),
            (Edit("image"), Wait(20.0)),
        ),
    ),
    Regression(
        "a savepoint for a change fails, and the next one does not",
        Scenario(Setup(head_start=15.0), (Happens("the next savepoint fails"), Edit(), Wait(45.0))),
    ),
    Regression(
        "a savepoint is taken where the newest checkpoint is too old",
        Scenario(
            Setup(mode="last-state", head_start=35.0, options=_WANTS_NEW_CHECKPOINTS, pace=_SLOW),
            (Wait(8.0), Edit(), Wait(20.0)),
        ),
    ),
    Regression(
        "a job whose metadata is lost while it is suspended is not started without its state",
        Scenario(
            Setup(mode="last-state", head_start=15.0),
            (
                Edit("suspended"),
                Wait(10.0),
                Happens("the job's metadata is lost"),
                Edit("running"),
                Wait(10.0),
            ),
        ),
    ),
    Regression(
        "a job whose cluster is deleted by hand while it is stopped with a savepoint",
        Scenario(
            Setup(head_start=15.0, pace=Pace(savepoint=12.0)),
            (Edit(), Wait(3.0), Happens("the Deployment is deleted by hand"), Wait(10.0)),
        ),
    ),
    *(
        Regression(name, scenario)
        for name, scenario in (*OF_RECOVERY, *OF_CONTROL, *OF_SESSIONS, *OF_SESSION_CLUSTERS, *OF_CRASHES)
    ),
)

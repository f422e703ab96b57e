"""Scenarios that once broke a promise. One that fails is printed in this form: paste it here."""

from dataclasses import dataclass

from tests.simulation.control_regressions import OF_CONTROL
from tests.simulation.crash_regressions import OF_CRASHES
from tests.simulation.faults import Failure, Target
from tests.simulation.node import Pace
from tests.simulation.scenario import Scenario
from tests.simulation.session.regressions import OF_SESSIONS
from tests.simulation.steps import Annotate, Create, Delete, Edit, Fail, Happens, Meanwhile, Wait, Watch
from tests.simulation.world import Setup

_RESTARTS_FAILED_JOBS = (("kubernetes.operator.job.restart.failed", "true"),)
_ROLLS_BACK = (
    ("kubernetes.operator.deployment.rollback.enabled", "true"),
    ("kubernetes.operator.deployment.readiness.timeout", "40 s"),
)
_CHECKS_HEALTH = (
    ("kubernetes.operator.cluster.health-check.enabled", "true"),
    ("kubernetes.operator.cluster.health-check.restarts.threshold", "0"),
)
_DROPS_CHECKPOINTS = (
    ("execution.checkpointing.externalized-checkpoint-retention", "DELETE_ON_CANCELLATION"),
    ("kubernetes.operator.job.upgrade.last-state-fallback.enabled", "false"),
)
_WANTS_NEW_CHECKPOINTS = (("kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age", "10 s"),)
_SHORT_TTL = (("kubernetes.operator.jm-deployment.shutdown-ttl", "10 s"),)
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
        "a job that comes up while the controller is away is not given up as never started",
        Scenario(
            Setup(pace=_SLOW), (Fail(Target.STATUS, Failure.FROZEN_BEFORE, skip=2), Wait(3.0), Edit("image"))
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
        "a job that failed before its JobManager crashed",
        Scenario(Setup(head_start=15.0), (Happens("the job fails"), Happens("the JobManager crashes"))),
    ),
    Regression(
        "a broken image whose Deployment gets its first status a second late",
        Scenario(Setup(ha=False, checkpoints=False, pace=_LATE_STATUS), (Edit("broken image"), Wait(3.0))),
    ),
    Regression(
        "a job without metadata that comes up after it was given up as never started",
        Scenario(
            Setup(ha=False),
            (Edit(), Edit(), Wait(1.0), Edit(), Fail(Target.STATUS, Failure.FROZEN_BEFORE, skip=2), Edit()),
        ),
    ),
    Regression(
        "a JobManager that was up before the clock was set back did not fail to come up",
        Scenario(
            Setup(),
            (
                Wait(1.0),
                Edit(),
                Edit(what="invalid"),
                Wait(8.0),
                Happens("the clock jumps back"),
                Happens("the JobManager's node is lost"),
            ),
        ),
    ),
    Regression(
        "a failed job that is started again though the controller dies between",
        Scenario(
            Setup(head_start=40.0, options=_RESTARTS_FAILED_JOBS),
            (Fail(Target.MERGE, Failure.CRASH_AFTER), Happens("the job fails"), Wait(30.0), Edit()),
        ),
    ),
    Regression(
        "a failed job whose JobManager was let go goes on from the recorded checkpoint",
        Scenario(
            Setup(mode="last-state", head_start=40.0, options=_SHORT_TTL),
            (Happens("the job fails"), Wait(90.0), Edit(), Wait(10.0)),
        ),
    ),
    Regression(
        "a job that finished is not started from what came before its end",
        Scenario(
            Setup(head_start=40.0, initial_savepoint=True, options=_SHORT_TTL),
            (Happens("the job finishes"), Wait(90.0), Edit(), Wait(10.0)),
        ),
    ),
    Regression(
        "a spec that cannot start is rolled back, and mended",
        Scenario(
            Setup(head_start=40.0, options=_ROLLS_BACK),
            (Edit("broken image"), Wait(90.0), Edit("image"), Wait(20.0)),
        ),
    ),
    Regression(
        "a rollback in whose midst the controller dies and the JobManager is lost",
        Scenario(
            Setup(mode="last-state", head_start=40.0, options=_ROLLS_BACK),
            (
                Happens("checkpoints stall"),
                Edit("image"),
                Happens("checkpoints stall"),
                Wait(30.0),
                Happens("checkpoints stall"),
                Fail(Target.CREATE, Failure.CRASH_AFTER),
                Wait(50.0),
                Happens("the JobManager's node is lost"),
                Wait(20.0),
            ),
        ),
    ),
    Regression(
        "a job that restarts too often is started anew though the controller dies in between",
        Scenario(
            Setup(mode="last-state", head_start=40.0, options=_CHECKS_HEALTH),
            (
                Happens("a task fails"),
                Fail(Target.MERGE, Failure.CRASH_AFTER),
                Wait(90.0),
                Happens("a task fails"),
                Wait(90.0),
            ),
        ),
    ),
    Regression(
        "a failed job that its JobManager runs again unnoticed, before it is lost",
        Scenario(
            Setup(ha=False, pace=Pace(pod_end=8.0, watch=0.5)),
            (
                Wait(1.0),
                Edit("invalid"),
                Fail(Target.ANY, Failure.SLOW),
                Happens("the job fails"),
                Happens("the JobManager crashes"),
                Wait(3.0),
                Happens("the Deployment is deleted by hand"),
            ),
        ),
    ),
    Regression(
        "a failed job that its JobManager runs again unnoticed from an older savepoint",
        Scenario(
            Setup(ha=False, initial_savepoint=True, pace=Pace(pod_end=8.0, watch=0.5)),
            (
                Wait(4.0),
                Happens("the job fails"),
                Happens("the JobManager crashes"),
                Wait(2.0),
                Happens("the Deployment is deleted by hand"),
            ),
        ),
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
        "a failed job whose spec is not valid is started again with its state",
        Scenario(
            Setup(ha=False, options=_RESTARTS_FAILED_JOBS, head_start=15.0),
            (Edit("invalid"), Wait(40.0), Happens("the job fails"), Wait(60.0)),
        ),
    ),
    Regression(
        "a deletion that is forced while the cluster of an ailing job is replaced",
        Scenario(
            Setup(mode="stateless", savepoint_directory=False, options=_CHECKS_HEALTH),
            (
                Fail(Target.REST, Failure.EMPTY, skip=1),
                Edit(),
                Create(),
                Happens("a task fails"),
                Fail(Target.READ, Failure.REFUSED),
                Fail(Target.REST_WRITE, Failure.UNAVAILABLE, skip=2),
                Wait(5.0),
                Wait(5.0),
                Meanwhile(Target.MERGE, Edit(what="option"), skip=4),
                Meanwhile(Target.MERGE, Delete()),
                Fail(Target.WRITE, Failure.ANSWER_LOST, skip=4),
                Happens("a task fails"),
                Fail(Target.MERGE, Failure.ERROR, skip=1, times=2),
                Annotate("flink.apache.org/force-deletion"),
                Fail(Target.WRITE, Failure.FROZEN_BEFORE, skip=1),
                Fail(Target.REST_READ, Failure.SLOW, skip=5, times=3),
                Fail(Target.MERGE, Failure.CRASH_BEFORE, skip=6),
                Wait(8.0),
                Fail(Target.REST_WRITE, Failure.ERROR, skip=5, times=3),
                Wait(1.0),
                Fail(Target.REST_READ, Failure.ERROR, skip=6, times=3),
                Fail(Target.STATUS, Failure.ERROR, skip=4, times=2),
                Meanwhile(Target.MERGE, Edit(what="savepoint"), skip=4),
            ),
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
    *(Regression(name, scenario) for name, scenario in (*OF_CONTROL, *OF_SESSIONS, *OF_CRASHES)),
)

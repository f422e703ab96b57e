"""Scenarios of recovery, restarts and rollbacks that once broke a promise."""

from tests.simulation.faults import Failure, Target
from tests.simulation.node import Pace
from tests.simulation.scenario import Scenario
from tests.simulation.steps import Annotate, Create, Delete, Edit, Fail, Happens, Meanwhile, Wait
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
_SHORT_TTL = (("kubernetes.operator.jm-deployment.shutdown-ttl", "10 s"),)
_SLOW = Pace(pod_start=3.0, job_manager=4.0, checkpoint_interval=20.0, status=1.2)


OF_RECOVERY: tuple[tuple[str, Scenario], ...] = (
    (
        "a job that comes up while the controller is away is not given up as never started",
        Scenario(
            Setup(pace=_SLOW), (Fail(Target.STATUS, Failure.FROZEN_BEFORE, skip=2), Wait(3.0), Edit("image"))
        ),
    ),
    (
        "a job that failed before its JobManager crashed",
        Scenario(Setup(head_start=15.0), (Happens("the job fails"), Happens("the JobManager crashes"))),
    ),
    (
        "a job without metadata that comes up after it was given up as never started",
        Scenario(
            Setup(ha=False),
            (Edit(), Edit(), Wait(1.0), Edit(), Fail(Target.STATUS, Failure.FROZEN_BEFORE, skip=2), Edit()),
        ),
    ),
    (
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
    (
        "a failed job that is started again though the controller dies between",
        Scenario(
            Setup(head_start=40.0, options=_RESTARTS_FAILED_JOBS),
            (Fail(Target.MERGE, Failure.CRASH_AFTER), Happens("the job fails"), Wait(30.0), Edit()),
        ),
    ),
    (
        "a failed job whose JobManager was let go goes on from the recorded checkpoint",
        Scenario(
            Setup(mode="last-state", head_start=40.0, options=_SHORT_TTL),
            (Happens("the job fails"), Wait(90.0), Edit(), Wait(10.0)),
        ),
    ),
    (
        "a job that finished is not started from what came before its end",
        Scenario(
            Setup(head_start=40.0, initial_savepoint=True, options=_SHORT_TTL),
            (Happens("the job finishes"), Wait(90.0), Edit(), Wait(10.0)),
        ),
    ),
    (
        "a spec that cannot start is rolled back, and mended",
        Scenario(
            Setup(head_start=40.0, options=_ROLLS_BACK),
            (Edit("broken image"), Wait(90.0), Edit("image"), Wait(20.0)),
        ),
    ),
    (
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
    (
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
    (
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
    (
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
    (
        "a failed job whose spec is not valid is started again with its state",
        Scenario(
            Setup(ha=False, options=_RESTARTS_FAILED_JOBS, head_start=15.0),
            (Edit("invalid"), Wait(40.0), Happens("the job fails"), Wait(60.0)),
        ),
    ),
    (
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
)

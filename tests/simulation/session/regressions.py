"""Scenarios of session jobs: what once broke a promise, and what chance meets seldom."""

from shared.control import FORCE_DELETION, PAUSED
from tests.simulation.faults import Failure, Target
from tests.simulation.node import Pace
from tests.simulation.scenario import Scenario
from tests.simulation.session.setup import BLOCK, CASCADE, SessionSetup
from tests.simulation.session.steps import (
    AnnotateJob,
    CreateJob,
    DeleteJob,
    EditJob,
    HappensToJob,
    Told,
)
from tests.simulation.steps import (
    Fail,
    Happens,
    Meanwhile,
    Wait,
)

_SLOW_MAIN = Pace(submission=15.0)
_SLOWEST_MAIN = Pace(submission=60.0)
"""Longer than anybody waits for what nobody heard of."""
_SLOW_SAVEPOINT = Pace(savepoint=12.0)
_ONE = ("savepoint",)
_PARKS = ((BLOCK, "false"),)
_CASCADES = ((CASCADE, "true"),)

OF_SESSIONS: tuple[tuple[str, Scenario], ...] = (
    (
        "a session job that runs is told of at once",
        Scenario(SessionSetup(), (Wait(9.0), Told("counts"), Told("sums"))),
    ),
    (
        "last-state on a cluster that keeps metadata goes by cancellation",
        Scenario(
            SessionSetup(modes=("last-state",), savepoint_directory=False), (Wait(12.0), EditJob("counts"))
        ),
    ),
    (
        "an invalid spec does not make a job one without state",
        Scenario(
            SessionSetup(modes=("last-state",), ha=False),
            (Wait(12.0), EditJob("counts", "invalid"), Happens("the Deployment is deleted by hand")),
        ),
    ),
    (
        "a resource waits for a submission of which nobody heard",
        Scenario(
            SessionSetup(modes=_ONE, pace=_SLOW_MAIN),
            (Wait(2.0), Fail(Target.RUN, Failure.ANSWER_LOST), Wait(4.0), DeleteJob("counts"), Wait(30.0)),
        ),
    ),
    (
        "an edit waits for a submission of which nobody heard",
        Scenario(
            SessionSetup(modes=_ONE, pace=_SLOW_MAIN),
            (Fail(Target.RUN, Failure.ANSWER_LOST), Wait(8.0), EditJob("counts"), Wait(30.0)),
        ),
    ),
    (
        "a controller that dies between upload, run and answer",
        Scenario(
            SessionSetup(),
            (
                Fail(Target.UPLOAD, Failure.CRASH_AFTER),
                Wait(8.0),
                Fail(Target.RUN, Failure.CRASH_BEFORE),
                Wait(8.0),
                Fail(Target.RUN, Failure.CRASH_AFTER),
                Wait(20.0),
                CreateJob("counts"),
            ),
        ),
    ),
    (
        "a controller that dies while a main method runs",
        Scenario(
            SessionSetup(modes=_ONE, pace=_SLOW_MAIN), (Fail(Target.RUN, Failure.CRASH_AFTER), Wait(40.0))
        ),
    ),
    (
        "a job that comes up after it was suspended is stopped",
        Scenario(
            SessionSetup(modes=("stateless",), pace=_SLOWEST_MAIN),
            (Fail(Target.RUN, Failure.ANSWER_LOST), Wait(4.0), EditJob("counts", "suspended"), Wait(130.0)),
        ),
    ),
    (
        "a job that comes up before it is resumed is stopped first",
        Scenario(
            SessionSetup(modes=("stateless",), pace=_SLOWEST_MAIN),
            (
                Fail(Target.RUN, Failure.ANSWER_LOST),
                Wait(4.0),
                EditJob("counts", "suspended"),
                Wait(62.0),
                EditJob("counts", "running"),
                Wait(60.0),
            ),
        ),
    ),
    (
        "savepoints of session jobs that fail",
        Scenario(
            SessionSetup(modes=_ONE, savepoint_on_deletion=True, head_start=15.0),
            (
                Happens("the next savepoint fails"),
                EditJob("counts"),
                Wait(60.0),
                Happens("the next savepoint fails"),
                DeleteJob("counts"),
                Wait(50.0),
            ),
        ),
    ),
    (
        "a failed session job is started again",
        Scenario(
            SessionSetup(
                modes=("savepoint", "stateless"),
                job_options=(("kubernetes.operator.job.restart.failed", "true"),),
                head_start=45.0,
            ),
            (HappensToJob("counts", "it fails"), HappensToJob("sums", "it fails"), Wait(90.0)),
        ),
    ),
    (
        "a session job that is suspended and deleted before it ran",
        Scenario(SessionSetup(modes=_ONE), (EditJob("counts", "suspended"), Wait(3.0), DeleteJob("counts"))),
    ),
    (
        "session jobs come back with a JobManager that starts anew",
        Scenario(SessionSetup(head_start=15.0), (Happens("the JobManager crashes"), Wait(20.0))),
    ),
    (
        "a JobManager that answers no more while it saves a session job's state",
        Scenario(
            SessionSetup(modes=_ONE, pace=Pace(savepoint=5.0), head_start=15.0),
            (
                EditJob("counts"),
                Wait(1.0),
                Fail(Target.REST_READ, Failure.HUNG, times=9),
                Wait(60.0),
            ),
        ),
    ),
    (
        "a jar that a dead controller left is taken away",
        Scenario(
            SessionSetup(modes=_ONE),
            (Fail(Target.UPLOAD, Failure.CRASH_AFTER), Wait(4.0), EditJob("counts", "missing jar")),
        ),
    ),
    (
        "a change that is made while another savepoint is taken",
        Scenario(
            SessionSetup(modes=("savepoint", "savepoint"), head_start=15.0, pace=_SLOW_SAVEPOINT),
            (
                EditJob("counts"),
                Wait(3.0),
                EditJob("counts", "stateless"),
                EditJob("sums"),
                Meanwhile(Target.REST_WRITE, EditJob("sums", "suspended")),
                Wait(20.0),
            ),
        ),
    ),
    (
        "a job is given up whose JobManager does not answer",
        Scenario(
            SessionSetup(modes=_ONE, ha=False, head_start=15.0),
            (
                Fail(Target.REST, Failure.HUNG, times=200),
                DeleteJob("counts"),
                Wait(80.0),
                AnnotateJob("counts", FORCE_DELETION),
                Wait(30.0),
            ),
        ),
    ),
    (
        "a job without state that fails while it is paused, and whose JobManager is lost before a look",
        Scenario(
            SessionSetup(modes=("stateless",), checkpoints=False, head_start=15.0),
            (
                AnnotateJob("counts", PAUSED, "true"),
                HappensToJob("counts", "it fails"),
                Happens("the JobManager's node is lost"),
            ),
        ),
    ),
    (
        "a change meets a submission whose JobManager crashes before it is seen to run",
        Scenario(
            SessionSetup(
                modes=("last-state",), ha=False, initial_savepoint=True, options=_CASCADES, pace=_SLOW_MAIN
            ),
            (
                Wait(3.0),
                AnnotateJob("sums", FORCE_DELETION),
                Fail(Target.DELETE, Failure.CRASH_AFTER, skip=1),
                Fail(Target.REST_READ, Failure.EMPTY, skip=5, times=3),
                Fail(Target.UPLOAD, Failure.ANSWER_LOST, skip=1, times=3),
                EditJob("totals", what="redeployed from initial"),
                Fail(Target.READ, Failure.SLOW, skip=3, times=12),
                Happens("checkpoints stall"),
                EditJob("counts", what="restart"),
                Wait(12.0),
                Happens("the JobManager crashes"),
            ),
        ),
    ),
    (
        "a jar that was left behind before the clock was set back",
        Scenario(
            SessionSetup(modes=_ONE, version="v1_20", options=(*_PARKS, *_CASCADES)),
            (
                Wait(5.0),
                EditJob("counts", what="mended"),
                Fail(Target.WRITE, Failure.CRASH_BEFORE),
                Wait(12.0),
                Happens("the clock jumps back"),
            ),
        ),
    ),
)

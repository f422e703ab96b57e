"""Scenarios of session clusters: what once broke a promise, and what chance meets seldom."""

from shared.control import FORCE_DELETION
from tests.simulation.faults import Failure, Target
from tests.simulation.node import Pace
from tests.simulation.scenario import Scenario
from tests.simulation.session.setup import BLOCK, CASCADE, SessionSetup
from tests.simulation.session.steps import (
    AnnotateJob,
    CreateJob,
    DeleteJob,
    EditJob,
    EditSession,
    HappensToJob,
    Told,
)
from tests.simulation.steps import Create, Delete, Edit, Fail, Happens, Meanwhile, Wait

_SLOW_MAIN = Pace(submission=15.0)
_SLOW_SAVEPOINT = Pace(savepoint=12.0)
_ONE = ("savepoint",)
_PARKS = ((BLOCK, "false"),)

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
        "a submission that never arrived does not keep its cluster, which keeps it",
        Scenario(
            SessionSetup(ha=False, head_start=30.0),
            (
                EditJob("counts"),
                Fail(Target.UPLOAD, Failure.UNAVAILABLE, times=30),
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
        "an invalid spec does not make a job one without state",
        Scenario(
            SessionSetup(modes=("last-state",), ha=False),
            (Wait(12.0), EditJob("counts", "invalid"), Happens("the Deployment is deleted by hand")),
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
        "a jar that a dead controller left is taken away",
        Scenario(
            SessionSetup(modes=_ONE),
            (Fail(Target.UPLOAD, Failure.CRASH_AFTER), Wait(4.0), EditJob("counts", "missing jar")),
        ),
    ),
    (
        "a cluster with jobs goes in every way",
        Scenario(
            SessionSetup(options=((CASCADE, "true"),), savepoint_on_deletion=True, head_start=15.0),
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
)

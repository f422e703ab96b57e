"""Scenarios of deletions, pauses and second operators: what chance meets seldom, and what once went wrong."""

from shared.control import FORCE_DELETION, PAUSED
from tests.simulation.faults import Failure, Target
from tests.simulation.node import Pace
from tests.simulation.scenario import Scenario
from tests.simulation.steps import (
    Annotate,
    Create,
    Delete,
    DeleteNamespace,
    Edit,
    Fail,
    Happens,
    Wait,
    WriteStatus,
)
from tests.simulation.world import Setup

_SLOW_SAVEPOINT = Pace(savepoint=12.0)

OF_CONTROL: tuple[tuple[str, Scenario], ...] = (
    (
        "a savepoint before the deletion that fails is tried again",
        Scenario(
            Setup(savepoint_on_deletion=True, head_start=15.0),
            (Happens("the next savepoint fails"), Delete(), Wait(20.0)),
        ),
    ),
    (
        "a deletion takes over the savepoint of a change",
        Scenario(
            Setup(savepoint_on_deletion=True, head_start=15.0, pace=_SLOW_SAVEPOINT),
            (Edit("image"), Wait(3.0), Delete(), Wait(20.0)),
        ),
    ),
    (
        "a controller that dies with every step of a last savepoint",
        Scenario(
            Setup(savepoint_on_deletion=True, head_start=15.0),
            (
                Fail(Target.STATUS, Failure.CRASH_BEFORE),
                Fail(Target.REST_WRITE, Failure.CRASH_AFTER),
                Fail(Target.EVENT, Failure.CRASH_BEFORE, skip=1),
                Delete(),
                Wait(30.0),
            ),
        ),
    ),
    (
        "a namespace that is deleted while a savepoint is taken",
        Scenario(
            Setup(savepoint_on_deletion=True, head_start=15.0, pace=_SLOW_SAVEPOINT),
            (Delete(), Wait(5.0), DeleteNamespace(), Wait(20.0), Create()),
        ),
    ),
    (
        "a cluster of which nothing can be known is given up",
        Scenario(
            Setup(head_start=15.0),
            (
                Fail(Target.LIST, Failure.UNAVAILABLE, times=200),
                Delete(),
                Wait(80.0),
                Annotate(FORCE_DELETION),
                Wait(20.0),
                Create(),
            ),
        ),
    ),
    (
        "a cluster that was left running is in the way of the next resource",
        Scenario(Setup(head_start=15.0), (Delete("orphan"), Wait(2.0), Create(), Wait(8.0))),
    ),
    (
        "a pause in the midst of a change",
        Scenario(
            Setup(head_start=15.0),
            (Edit("image"), Annotate(PAUSED), Wait(40.0), Annotate(PAUSED, None), Wait(3.0)),
        ),
    ),
    (
        "another operator writes in the midst of a change and of a deletion",
        Scenario(
            Setup(head_start=15.0), (Edit("image"), WriteStatus(), Wait(125.0), Delete(), WriteStatus())
        ),
    ),
    (
        "nobody hears where the last savepoint lies before its job has ended",
        Scenario(
            Setup(ha=False, checkpoints=False, savepoint_on_deletion=True),
            (Wait(8.0), Delete(), Fail(Target.ANY, Failure.ANSWER_LOST, skip=3, times=12), Wait(3.0)),
        ),
    ),
    (
        "a Service that is edited before its cluster is released is put back",
        Scenario(
            Setup(),
            (
                Fail(Target.MERGE, Failure.FROZEN_BEFORE, skip=1),
                Wait(3.0),
                Happens("the REST Service is edited"),
            ),
        ),
    ),
    (
        "a forced deletion that a second operator held up gives its cluster time to go",
        Scenario(
            Setup(pace=Pace(pod_end=8.0, watch=0.5)),
            (
                Wait(2.0),
                Annotate(FORCE_DELETION),
                Delete(),
                Wait(0.4),
                WriteStatus(),
            ),
        ),
    ),
    (
        "a job whose cluster and metadata are lost while it is paused is not started without its state",
        Scenario(
            Setup(mode="last-state", head_start=15.0),
            (
                Annotate(PAUSED),
                Wait(1.0),
                Happens("the Deployment is deleted by hand"),
                Wait(5.0),
                Happens("the job's metadata is lost"),
                Edit(),
                Annotate(PAUSED, None),
                Wait(10.0),
            ),
        ),
    ),
    (
        "a resource that is suspended before anything was made of it is deleted at once",
        Scenario(Setup(), (Edit("suspended"), Wait(5.0), Delete(), Wait(5.0))),
    ),
    (
        "a change that waits for a savepoint is read as failed although the clock was set back",
        Scenario(
            Setup(savepoint_on_deletion=True, head_start=30.0, pace=Pace(savepoint=12.0, watch=2.0)),
            (
                Fail(Target.STATUS, Failure.REFUSED, skip=1, times=12),
                Edit(),
                Happens("the clock jumps back"),
                Happens("a stranger's Service takes the name"),
                Wait(1.2),
            ),
        ),
    ),
)

"""Scenarios in which the controller dies with each of its effects in turn, which chance meets by halves."""

from tests.simulation.faults import CRASHES, Target
from tests.simulation.scenario import Scenario
from tests.simulation.session.setup import CASCADE, SessionSetup
from tests.simulation.session.steps import CreateJob, DeleteJob, EditJob
from tests.simulation.steps import Delete, Edit, Fail, Step, Wait
from tests.simulation.world import Setup

_CASCADES = ((CASCADE, "true"),)
_OF_CHANGE = (
    (Target.CREATE, range(3)),  # the Deployment, and what it owns
    (Target.MERGE, range(2)),  # the JobManager is stopped, and released
    (Target.DELETE, range(2)),  # the Deployment, and Flink's metadata
    (Target.STATUS, range(4)),
    (Target.REST_WRITE, range(1)),
)
_OF_SESSION_JOB = (
    (Target.STATUS, range(4)),
    (Target.UPLOAD, range(1)),
    (Target.RUN, range(1)),
    (Target.DROP, range(1)),
    (Target.REST_WRITE, range(1)),
)
_OF_SESSION = ((Target.DELETE, range(3)), (Target.MERGE, range(3)))


def _at_each(
    what: str,
    setup: Setup | SessionSetup,
    change: Step,
    points: tuple[tuple[Target, range], ...],
) -> tuple[tuple[str, Scenario], ...]:
    return tuple(
        (
            f"the controller is {when.value} {target.value} {number + 1} of {what}",
            Scenario(setup, (Fail(target, when, skip=number), change, Wait(45.0))),
        )
        for target, numbers in points
        for number in numbers
        for when in CRASHES
    )


OF_CRASHES: tuple[tuple[str, Scenario], ...] = (
    *_at_each("a change of a job", Setup(head_start=15.0), Edit("image"), _OF_CHANGE),
    *_at_each(
        "a deletion with a last savepoint",
        Setup(savepoint_on_deletion=True, head_start=15.0),
        Delete(),
        ((Target.DELETE, range(2)),),
    ),
    *_at_each(
        "a savepoint by nonce",
        Setup(head_start=15.0),
        Edit("savepoint by nonce"),
        ((Target.STATUS, range(2)), (Target.REST_WRITE, range(1))),
    ),
    *_at_each(
        "a savepoint of a session job by nonce",
        SessionSetup(modes=("savepoint",), head_start=30.0),
        EditJob("counts", "savepoint by nonce"),
        ((Target.STATUS, range(2)), (Target.REST_WRITE, range(1))),
    ),
    *_at_each(
        "a change of a session job",
        SessionSetup(modes=("savepoint",), head_start=30.0),
        EditJob("counts"),
        _OF_SESSION_JOB,
    ),
    *_at_each(
        "a deletion of a session cluster with its jobs",
        SessionSetup(modes=("savepoint",), options=_CASCADES, head_start=30.0),
        Delete(),
        _OF_SESSION,
    ),
    *(
        (
            f"a controller that is {crash.value} every step of session jobs",
            Scenario(
                SessionSetup(options=_CASCADES, head_start=15.0),
                (
                    Fail(Target.REST_WRITE, crash),
                    EditJob("counts"),
                    Wait(20.0),
                    Fail(Target.REST_WRITE, crash),
                    EditJob("sums"),
                    Wait(20.0),
                    Fail(Target.UPLOAD, crash),
                    EditJob("sums", "mended"),
                    Wait(20.0),
                    Fail(Target.RUN, crash),
                    EditJob("sums"),
                    Wait(20.0),
                    EditJob("sums", "mended"),
                    Wait(5.0),
                    Fail(Target.DROP, crash),
                    Wait(60.0),
                    Fail(Target.STATUS, crash),
                    EditJob("sums"),
                    Wait(20.0),
                    Fail(Target.MERGE, crash),
                    DeleteJob("sums"),
                    Wait(20.0),
                    Fail(Target.MERGE, crash),
                    CreateJob("sums"),
                    Wait(20.0),
                    Fail(Target.DELETE, crash),
                    Delete(),
                    Wait(30.0),
                ),
            ),
        )
        for crash in CRASHES
    ),
)

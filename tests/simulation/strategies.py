"""Scenarios as Hypothesis makes them: what comes first in a choice is what a failure is shrunk to."""

from typing import Any

from hypothesis import strategies as st

from shared.control import FORCE_DELETION, PAUSED
from tests.simulation.faults import CRASHES, FREEZES, OF_KUBERNETES, OF_REST, Target
from tests.simulation.node import Pace
from tests.simulation.replica import WATCHED
from tests.simulation.scenario import Scenario
from tests.simulation.session.setup import SessionSetup
from tests.simulation.session.strategies import SESSION_STEPS, session_setups
from tests.simulation.steps import (
    EDITS,
    HAPPENINGS,
    WATCHES,
    Annotate,
    Create,
    Delete,
    DeleteNamespace,
    Edit,
    Fail,
    Happens,
    Meanwhile,
    Nothing,
    Step,
    Wait,
    Watch,
    WriteStatus,
)
from tests.simulation.world import Setup

LEAST_STEPS, MOST_STEPS = 24, 40

_FALLBACK = "kubernetes.operator.job.upgrade.last-state-fallback.enabled"
_CANCEL = "kubernetes.operator.job.upgrade.last-state.job-cancel.enabled"
_AGE = "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age"
_RESTART = "kubernetes.operator.job.restart.failed"
_ROLLBACK = "kubernetes.operator.deployment.rollback.enabled"
_READINESS = "kubernetes.operator.deployment.readiness.timeout"
_HEALTH = "kubernetes.operator.cluster.health-check.enabled"
_THRESHOLD = "kubernetes.operator.cluster.health-check.restarts.threshold"
_TTL = "kubernetes.operator.jm-deployment.shutdown-ttl"
_RETENTION = "execution.checkpointing.externalized-checkpoint-retention"

PACES = st.sampled_from(
    (
        Pace(),
        Pace(pod_end=8.0, watch=0.5, checkpoint_interval=1.0),
        Pace(controller=30.0, pod_end=0.05),
        Pace(pod_start=3.0, job_manager=4.0, submission=4.0, status=1.2, checkpoint_interval=20.0),
        Pace(savepoint=12.0, cancellation=6.0, watch=2.0),
    )
)
OPTIONS = st.sampled_from(
    (
        (),
        ((_FALLBACK, "false"),),
        ((_CANCEL, "true"),),
        ((_AGE, "10 s"),),
        ((_RETENTION, "DELETE_ON_CANCELLATION"),),
        ((_RESTART, "true"),),
        ((_TTL, "10 s"),),
        ((_HEALTH, "true"), (_THRESHOLD, "0")),
    )
)


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """A valid first spec: last-state has checkpoints."""
    mode = draw(st.sampled_from(("savepoint", "last-state", "stateless")))
    ha = draw(st.booleans())
    rollback = ((_ROLLBACK, "true"), (_READINESS, "40 s"))
    return Setup(
        mode=mode,
        ha=ha,
        checkpoints=mode == "last-state" or ha or draw(st.booleans()),
        savepoint_directory=mode == "savepoint" or draw(st.booleans()),
        initial_savepoint=draw(st.booleans()),
        version=draw(st.sampled_from(("v2_3", "v1_20"))),
        savepoint_on_deletion=draw(st.booleans()),
        options=draw(OPTIONS) + (rollback if ha and draw(st.booleans()) else ()),
        head_start=draw(st.sampled_from((0.0, 15.0, 30.0))),
        pace=draw(PACES),
    )


_EFFECTS = (Target.WRITE, Target.STATUS, Target.CREATE, Target.MERGE, Target.DELETE, Target.REST_WRITE)
_USERS = st.sampled_from((*(Edit(what) for what in EDITS), Delete(), Create()))
_SKIPS = st.integers(0, 6)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from((Nothing(), Wait(1.0), Wait(3.0), Wait(8.0), Wait(25.0))),
    st.sampled_from(tuple(Edit(what) for what in EDITS)),
    st.sampled_from(
        (Wait(8.0), Edit("image"), Edit("parallelism"), Edit("suspended"), Edit("running"), Edit("mended"))
    ),
    st.sampled_from((Wait(12.0), Wait(5.0), Wait(45.0), Create(), Create(), Delete())),
    st.sampled_from(tuple(Happens(what) for what in HAPPENINGS)),
    st.sampled_from(
        (
            Wait(8.0),
            Wait(12.0),
            Wait(25.0),
            *[Annotate(PAUSED, None)] * 4,
            Annotate(PAUSED),
            Annotate(FORCE_DELETION),
            Delete("foreground"),
            Delete("orphan"),
            DeleteNamespace(),
            WriteStatus(),
        )
    ),
    st.builds(Watch, st.sampled_from(tuple(WATCHED)), st.sampled_from(WATCHES)),
    st.builds(
        Fail,
        st.sampled_from(
            (
                Target.ANY,
                Target.READ,
                Target.LIST,
                Target.WRITE,
                Target.STATUS,
                Target.CREATE,
                Target.MERGE,
                Target.DELETE,
            )
        ),
        st.sampled_from(OF_KUBERNETES),
        _SKIPS,
        st.sampled_from((1, 2, 12)),
    ),
    st.builds(
        Fail,
        st.sampled_from((Target.REST, Target.REST_READ, Target.REST_WRITE)),
        st.sampled_from(OF_REST),
        _SKIPS,
        st.sampled_from((1, 3, 20)),
    ),
    st.builds(Fail, st.sampled_from(_EFFECTS), st.sampled_from(CRASHES), _SKIPS),
    st.builds(Fail, st.sampled_from(_EFFECTS), st.sampled_from(FREEZES), _SKIPS),
    st.builds(Meanwhile, st.sampled_from(_EFFECTS), _USERS, _SKIPS),
)


def _scenarios(setup: st.SearchStrategy[Setup] | st.SearchStrategy[SessionSetup], steps: Any) -> Any:
    return st.builds(Scenario, setup, st.lists(steps, min_size=LEAST_STEPS, max_size=MOST_STEPS).map(tuple))


OF_APPLICATIONS: st.SearchStrategy[Scenario] = _scenarios(setups(), STEPS)
OF_SESSIONS: st.SearchStrategy[Scenario] = _scenarios(session_setups(), SESSION_STEPS)
SCENARIOS = st.one_of(OF_APPLICATIONS, OF_APPLICATIONS, OF_SESSIONS)

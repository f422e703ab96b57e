"""Scenarios as Hypothesis makes them: what comes first in a choice is what a failure is shrunk to."""

from typing import Any

from hypothesis import strategies as st

from shared.control import FORCE_DELETION, PAUSED
from tests.simulation.fault_strategies import PACES, faults
from tests.simulation.faults import Target
from tests.simulation.scenario import Scenario
from tests.simulation.session.setup import SessionSetup
from tests.simulation.session.strategies import SESSION_STEPS, session_setups
from tests.simulation.steps import (
    EDITS,
    HAPPENINGS,
    Annotate,
    Create,
    Delete,
    DeleteNamespace,
    Edit,
    Happens,
    Nothing,
    Step,
    Wait,
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

_PACES = st.sampled_from(PACES)
_OPTIONS = st.sampled_from(
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
        options=draw(_OPTIONS) + (rollback if ha and draw(st.booleans()) else ()),
        head_start=draw(st.sampled_from((0.0, 15.0, 30.0))),
        pace=draw(_PACES),
    )


_EFFECTS = (Target.WRITE, Target.STATUS, Target.CREATE, Target.MERGE, Target.DELETE, Target.REST_WRITE)
_USERS: st.SearchStrategy[Step] = st.sampled_from((*(Edit(what) for what in EDITS), Delete(), Create()))
_FAILING = (
    Target.ANY,
    Target.READ,
    Target.LIST,
    Target.WRITE,
    Target.STATUS,
    Target.CREATE,
    Target.MERGE,
    Target.DELETE,
)
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
    faults(_FAILING, (Target.REST, Target.REST_READ, Target.REST_WRITE), _EFFECTS, _USERS),
)


def _scenarios(setup: st.SearchStrategy[Setup] | st.SearchStrategy[SessionSetup], steps: Any) -> Any:
    return st.builds(Scenario, setup, st.lists(steps, min_size=LEAST_STEPS, max_size=MOST_STEPS).map(tuple))


OF_APPLICATIONS: st.SearchStrategy[Scenario] = _scenarios(setups(), STEPS)
OF_SESSIONS: st.SearchStrategy[Scenario] = _scenarios(session_setups(), SESSION_STEPS)
SCENARIOS = st.one_of(OF_APPLICATIONS, OF_APPLICATIONS, OF_SESSIONS)

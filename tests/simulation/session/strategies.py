"""Scenarios of session clusters as Hypothesis makes them."""

from hypothesis import strategies as st

from shared.control import FORCE_DELETION, PAUSED
from tests.simulation.fault_strategies import PACES, faults
from tests.simulation.faults import Target
from tests.simulation.node import Pace
from tests.simulation.session.setup import BLOCK, CASCADE, NAMES, SessionSetup
from tests.simulation.session.steps import (
    JOB_EDITS,
    JOB_HAPPENINGS,
    SESSION_EDITS,
    AnnotateJob,
    CreateJob,
    DeleteJob,
    EditJob,
    EditSession,
    HappensToJob,
    WriteJobStatus,
)
from tests.simulation.steps import (
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

_PACES = st.sampled_from((*PACES, Pace(submission=15.0)))
_OPTIONS = st.sampled_from(
    ((), (), ((BLOCK, "false"),), ((CASCADE, "true"),), ((BLOCK, "false"), (CASCADE, "true")))
)
_JOB_OPTIONS = st.sampled_from(
    (
        (),
        (),
        (("kubernetes.operator.job.upgrade.last-state-fallback.enabled", "false"),),
        (("execution.checkpointing.externalized-checkpoint-retention", "DELETE_ON_CANCELLATION"),),
        (("kubernetes.operator.job.restart.failed", "true"),),
    )
)


@st.composite
def session_setups(draw: st.DrawFn) -> SessionSetup:
    """Valid first specs: last-state has checkpoints."""
    modes = draw(st.lists(st.sampled_from(("savepoint", "stateless", "last-state")), min_size=1, max_size=3))
    return SessionSetup(
        modes=tuple(modes),
        ha=draw(st.booleans()),
        checkpoints="last-state" in modes or draw(st.booleans()),
        savepoint_directory="savepoint" in modes or draw(st.booleans()),
        initial_savepoint=draw(st.booleans()),
        version=draw(st.sampled_from(("v2_3", "v1_20"))),
        options=draw(_OPTIONS),
        job_options=draw(_JOB_OPTIONS),
        savepoint_on_deletion=draw(st.booleans()),
        cluster_goes_first=draw(st.booleans()),
        head_start=draw(st.sampled_from((0.0, 15.0, 30.0))),
        pace=draw(_PACES),
    )


_NAMES = st.sampled_from(NAMES)
_EFFECTS = (
    Target.WRITE,
    Target.STATUS,
    Target.CREATE,
    Target.MERGE,
    Target.DELETE,
    Target.REST_WRITE,
    Target.UPLOAD,
    Target.RUN,
)
_USERS: st.SearchStrategy[Step] = st.one_of(
    st.builds(EditJob, _NAMES, st.sampled_from(JOB_EDITS)),
    st.builds(DeleteJob, _NAMES),
    st.builds(CreateJob, _NAMES),
    st.sampled_from((Edit("image"), Edit("restart"), Delete(), Create())),
)
_HAPPENINGS = (
    "the Deployment is deleted by hand",
    "the JobManager crashes",
    "the JobManager crashes",
    "the JobManager's node is lost",
    "the REST Service is edited",
    "the configuration is deleted",
    "the next savepoint fails",
    "the next savepoint is made but the job fails",
    "checkpoints stall",
    "the controller is killed",
    "the Lease cannot be renewed",
    "a second controller starts",
    "the clock jumps ahead",
    "the clock jumps back",
)
SESSION_STEPS: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from((Nothing(), Wait(1.0), Wait(3.0), Wait(8.0), Wait(25.0))),
    st.builds(EditJob, _NAMES, st.sampled_from(JOB_EDITS)),
    st.builds(EditJob, _NAMES, st.sampled_from(("parallelism", "suspended", "running", "mended", "restart"))),
    st.sampled_from((Wait(12.0), Wait(5.0), Wait(45.0))),
    st.one_of(st.builds(DeleteJob, _NAMES), st.builds(CreateJob, _NAMES), st.builds(CreateJob, _NAMES)),
    st.sampled_from(
        (
            *(Edit(what) for what in ("image", "image", "restart", "broken image", "invalid", "mended")),
            *(EditSession(what) for what in SESSION_EDITS),
            Edit("other version"),
            Delete(),
            Create(),
            Create(),
            Create(),
        )
    ),
    st.sampled_from(tuple(Happens(what) for what in _HAPPENINGS)),
    st.builds(HappensToJob, _NAMES, st.sampled_from(JOB_HAPPENINGS)),
    st.one_of(
        st.sampled_from((Wait(8.0), Wait(12.0), Wait(25.0), Annotate(PAUSED, None), Annotate(PAUSED, None))),
        st.builds(AnnotateJob, _NAMES, st.just(PAUSED), st.sampled_from((None, None, "true"))),
        st.builds(AnnotateJob, _NAMES, st.just(FORCE_DELETION)),
        st.sampled_from((Annotate(PAUSED), Annotate(FORCE_DELETION), DeleteNamespace(), WriteStatus())),
        st.builds(WriteJobStatus, _NAMES),
    ),
    faults(
        (Target.ANY, Target.READ, Target.LIST, Target.WRITE, Target.STATUS, Target.MERGE),
        (Target.REST, Target.REST_READ, Target.REST_WRITE, Target.UPLOAD, Target.RUN),
        _EFFECTS,
        _USERS,
    ),
)

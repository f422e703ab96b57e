"""What can go wrong in any scenario, as Hypothesis makes it."""

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.simulation.faults import CRASHES, FREEZES, OF_KUBERNETES, OF_REST, Target
from tests.simulation.node import Pace
from tests.simulation.replica import WATCHED
from tests.simulation.steps import WATCHES, Fail, Meanwhile, Step, Watch

PACES = (
    Pace(),
    Pace(pod_end=8.0, watch=0.5, checkpoint_interval=1.0),
    Pace(controller=30.0, pod_end=0.05),
    Pace(pod_start=3.0, job_manager=4.0, submission=4.0, status=1.2, checkpoint_interval=20.0),
    Pace(savepoint=12.0, cancellation=6.0, watch=2.0),
)
_SKIPS = st.integers(0, 6)


def faults(
    of_kubernetes: Sequence[Target],
    of_rest: Sequence[Target],
    effects: Sequence[Target],
    users: st.SearchStrategy[Step],
) -> st.SearchStrategy[Step]:
    """Watches that go astray, calls that fail, controllers that die or freeze, users who come between."""
    return st.one_of(
        st.builds(Watch, st.sampled_from(tuple(WATCHED)), st.sampled_from(WATCHES)),
        st.builds(
            Fail,
            st.sampled_from(of_kubernetes),
            st.sampled_from(OF_KUBERNETES),
            _SKIPS,
            st.sampled_from((1, 2, 12)),
        ),
        st.builds(
            Fail, st.sampled_from(of_rest), st.sampled_from(OF_REST), _SKIPS, st.sampled_from((1, 3, 20))
        ),
        st.builds(Fail, st.sampled_from(effects), st.sampled_from(CRASHES), _SKIPS),
        st.builds(Fail, st.sampled_from(effects), st.sampled_from(FREEZES), _SKIPS),
        st.builds(Meanwhile, st.sampled_from(effects), users, _SKIPS),
    )

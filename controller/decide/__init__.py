"""The decisions of the controller: pure functions from what is wanted and known to a plan.

No input or output, no clock, no randomness: everything is passed in.
"""

from controller.decide.failure import decide_failure
from controller.decide.lifecycle import decide, decide_session_job, decide_unseen
from controller.decide.subject import Subject

__all__ = ["Subject", "decide", "decide_failure", "decide_session_job", "decide_unseen"]

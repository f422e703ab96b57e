"""What the rules find in which resource: one table for all that reviews resources."""

from collections.abc import Sequence

from tests.rule_cases import advice, deployments, options, other_kinds, session_jobs, updates
from tests.rule_cases.case import Case, Found, found_by, look_up_in, reviewed

__all__ = ["CASES", "Case", "Found", "found_by", "look_up_in", "reviewed"]

CASES: Sequence[Case] = (
    *deployments.CASES,
    *options.CASES,
    *updates.CASES,
    *session_jobs.CASES,
    *other_kinds.CASES,
    *advice.CASES,
)

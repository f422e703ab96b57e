"""What the rules find in which resource: one table for all that reviews resources."""

from collections.abc import Sequence

from tests.rule_cases import (
    advice,
    clusters,
    control,
    deployments,
    keys,
    memory,
    options,
    other_kinds,
    pod_templates,
    session_jobs,
    updates,
)
from tests.rule_cases.case import Case, Found, found_by, look_up_in, reviewed

__all__ = ["CASES", "Case", "Found", "found_by", "look_up_in", "reviewed"]

CASES: Sequence[Case] = (
    *deployments.CASES,
    *options.CASES,
    *memory.CASES,
    *keys.CASES,
    *clusters.CASES,
    *pod_templates.CASES,
    *updates.CASES,
    *session_jobs.CASES,
    *other_kinds.CASES,
    *advice.CASES,
    *control.CASES,
)

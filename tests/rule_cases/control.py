"""The annotations that switch what the operator does."""

from shared.control import FORCE_DELETION, PAUSED
from tests.rule_cases.case import Case, Json, error
from tests.rule_cases.resources import annotated, application, session_job


def _switched(switch: str, value: str, raw: Json | None = None) -> Json:
    return annotated(raw or application(), {switch: value})


_WRONG = error("FK022", f"metadata.annotations[{PAUSED}]")

CASES = (
    Case("paused", _switched(PAUSED, "true")),
    Case("not-paused", _switched(PAUSED, "false")),
    Case("forced-deletion", _switched(FORCE_DELETION, "true")),
    *(
        Case(f"paused-{name}", _switched(PAUSED, value), _WRONG)
        for name, value in (("yes", "yes"), ("True", "True"), ("nothing", ""))
    ),
    Case(
        "forced-deletion-yes",
        _switched(FORCE_DELETION, "yes"),
        error("FK022", f"metadata.annotations[{FORCE_DELETION}]"),
    ),
    Case("session-job-paused-yes", _switched(PAUSED, "yes", session_job()), _WRONG),
    Case("paused-by-an-update", _switched(PAUSED, "yes"), _WRONG, old=application()),
    Case(
        "force-deletion-of-what-is-being-deleted",
        {
            **(going := _switched(FORCE_DELETION, "yes")),
            "metadata": {**going["metadata"], "deletionTimestamp": "2026-11-21T12:00:00Z"},
        },
        old=application(),
    ),
)

"""What the webhook answers to a request for admission."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.rules import Finding
from webhook.admission import (
    MOST_LISTED,
    AdmissionRequest,
    Operation,
    allow,
    deny,
    refuse_for_internal_error,
    refuse_for_overload,
    refuse_for_size,
)
from webhook.logs import fields
from webhook.reviewer import Reviewer

logger = logging.getLogger(__name__)

CANARY_LABEL = "flink.apache.org/canary"

MOST_VALUES = 10_000
"""In one resource. Each can be wrong and be told so, which takes half a second for as many as these."""


class Outcome(StrEnum):
    """How a request ended, as log and metrics say it."""

    ALLOWED = "allowed"
    PATCHED = "patched"
    DENIED = "denied"
    EXEMPT = "exempt"
    FAILED = "failed"
    OVERLOADED = "overloaded"
    OVERSIZED = "oversized"


@dataclass(frozen=True, slots=True)
class Answer:
    """An AdmissionReview to send, and what log and metrics tell about it."""

    review: dict[str, Any]
    outcome: Outcome
    findings: Sequence[Finding] = ()


Handler = Callable[[AdmissionRequest, Reviewer], Answer]


def validate(request: AdmissionRequest, reviewer: Reviewer) -> Answer:
    """Admit or refuse: the authority, so a review that fails refuses."""
    return _guarded(request, reviewer, _validation, refuse_for_internal_error)


def mutate(request: AdmissionRequest, reviewer: Reviewer) -> Answer:
    """Give an object its defaults; refuse with the complete list what /validate would refuse.

    The API server checks the schema between the two and stops there if it finds anything: what is not said
    here, the user would learn one apply later. A review that fails admits: /validate comes after and decides.
    """
    return _guarded(request, reviewer, _mutation, allow)


def overloaded(request: AdmissionRequest, why: str) -> Answer:
    """Refuse for now, at both endpoints.

    Not even /mutate lets a request pass: it would be stored without its defaults, and told about its faults
    one by one; /validate, which comes next, would have its review to do all the same. Refused here, the work
    is shed where it is least, and the client comes back for all of it.
    """
    return Answer(refuse_for_overload(request, why), Outcome.OVERLOADED)


def oversized(request: AdmissionRequest) -> Answer:
    """Refuse what would keep all other reviews waiting; no resource that Flink can use is like that."""
    why = (
        f"the resource holds more than {MOST_VALUES:,} values: the Flink operator's webhook looks at no more"
    )
    return Answer(refuse_for_size(request, why), Outcome.OVERSIZED)


def is_oversized(request: AdmissionRequest) -> bool:
    """Whether the object holds more values than are looked at."""
    can_be = request.bytes > 2 * MOST_VALUES  # each takes a character and a comma
    return can_be and _holds_more_than(MOST_VALUES, request.obj)


def exempt(request: AdmissionRequest) -> Answer:
    """Admit unseen."""
    return Answer(allow(request), Outcome.EXEMPT)


def is_exempt(request: AdmissionRequest) -> bool:
    """Whether the request passes unseen: deletions must never hang on a rule; canaries are the contract's."""
    if request.operation not in (Operation.CREATE, Operation.UPDATE) or request.subresource:
        return True
    metadata = (request.obj or {}).get("metadata")
    if not isinstance(metadata, dict):
        return False
    labels = metadata.get("labels")
    canary = labels.get(CANARY_LABEL) if isinstance(labels, dict) else None
    return bool(metadata.get("deletionTimestamp")) or str(canary).lower() == "true"


def _holds_more_than(most: int, document: Any) -> bool:
    values, level = 0, [document]
    while level and values <= most:
        inner = [list(node.values()) if isinstance(node, dict) else node for node in level]
        values += sum(len(children) for children in inner)
        level = [child for children in inner for child in children if isinstance(child, dict | list)]
    return values > most


def _validation(request: AdmissionRequest, reviewer: Reviewer) -> Answer:
    verdict = reviewer.review(request.obj or {}, request.old)
    if verdict.errors:
        return _denial(request, reviewer, verdict.errors, verdict.warnings)
    return Answer(allow(request, warnings=verdict.warnings), Outcome.ALLOWED, verdict.warnings)


def _mutation(request: AdmissionRequest, reviewer: Reviewer) -> Answer:
    obj = request.obj or {}
    verdict = reviewer.review(obj, request.old)
    if verdict.errors:
        return _denial(request, reviewer, verdict.errors, verdict.warnings)
    patch = reviewer.default_patch(obj)
    # Warnings are left to /validate: said twice, they would be logged and counted twice.
    return Answer(allow(request, patch=patch), Outcome.PATCHED if patch else Outcome.ALLOWED)


def _denial(
    request: AdmissionRequest, reviewer: Reviewer, errors: Sequence[Finding], warnings: Sequence[Finding]
) -> Answer:
    text = reviewer.explain(errors[:MOST_LISTED])
    if len(errors) > MOST_LISTED:
        text += f"\n  and {len(errors) - MOST_LISTED} more"
    return Answer(deny(request, errors, text, warnings), Outcome.DENIED, errors)


def _guarded(
    request: AdmissionRequest,
    reviewer: Reviewer,
    decide: Callable[[AdmissionRequest, Reviewer], Answer],
    on_failure: Callable[[AdmissionRequest], dict[str, Any]],
) -> Answer:
    try:
        return decide(request, reviewer)
    except Exception:
        logger.exception("a review failed: this is a fault of the operator", extra=fields(uid=request.uid))
        return Answer(on_failure(request), Outcome.FAILED)

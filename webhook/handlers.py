"""What the webhook answers to a request for admission, and the one log line about it."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.rules import Finding
from webhook.admission import AdmissionRequest, Json, Operation, allow, deny, refuse_for_internal_error
from webhook.logs import fields
from webhook.reviewer import Reviewer

logger = logging.getLogger(__name__)

CANARY_LABEL = "flink.apache.org/canary"


class Outcome(StrEnum):
    """How a request ended, as the log says it."""

    ALLOWED = "allowed"
    PATCHED = "patched"
    DENIED = "denied"
    EXEMPT = "exempt"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """An AdmissionReview to send, and what the log tells about it."""

    review: dict[str, Any]
    outcome: Outcome
    findings: Sequence[Finding] = ()


Handler = Callable[[AdmissionRequest, Reviewer], dict[str, Any]]


def validate(request: AdmissionRequest, reviewer: Reviewer) -> dict[str, Any]:
    """Admit or refuse: the authority, so a review that fails refuses."""
    return _answered("validate", request, reviewer, _validation, refuse_for_internal_error)


def mutate(request: AdmissionRequest, reviewer: Reviewer) -> dict[str, Any]:
    """Give an object its defaults; refuse with the complete list what /validate would refuse.

    The API server checks the schema between the two and stops there if it finds anything: what is not said
    here, the user would learn one apply later. A review that fails admits: /validate comes after and decides.
    """
    return _answered("mutate", request, reviewer, _mutation, allow)


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
    return Answer(deny(request, errors, reviewer.explain(errors), warnings), Outcome.DENIED, errors)


def _answered(
    webhook: str,
    request: AdmissionRequest,
    reviewer: Reviewer,
    decide: Callable[[AdmissionRequest, Reviewer], Answer],
    on_failure: Callable[[AdmissionRequest], dict[str, Any]],
) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        answer = Answer(allow(request), Outcome.EXEMPT) if is_exempt(request) else decide(request, reviewer)
    except Exception:
        logger.exception("a review failed: this is a fault of the operator", extra=fields(uid=request.uid))
        answer = Answer(on_failure(request), Outcome.FAILED)
    milliseconds = round((time.perf_counter() - began) * 1000, 2)
    logger.info("reviewed", extra=fields(webhook=webhook, **_facts(request, answer), ms=milliseconds))
    return answer.review


def _facts(request: AdmissionRequest, answer: Answer) -> Json:
    """Names and codes only: objects can hold secrets."""
    return {
        "uid": request.uid,
        "kind": request.kind,
        "object": f"{request.namespace}/{request.name}",
        "operation": request.operation,
        "dryRun": request.dry_run,
        "verdict": answer.outcome,
        "findings": [f"{finding.code} {finding.path}" for finding in answer.findings],
    }

"""The endpoints for reviews: from bytes to bytes, within bounds of size, number and time.

They are plain ASGI applications: what a framework does around a function costs as much as a review.
"""

import asyncio
import http
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from webhook.admission import AdmissionRequest, MalformedReviewError, parse_review
from webhook.connections import ARRIVED, IN_FLIGHT
from webhook.handlers import (
    Answer,
    Handler,
    Outcome,
    exempt,
    is_exempt,
    is_oversized,
    overloaded,
    oversized,
)
from webhook.logs import fields
from webhook.metrics import Metrics, Refusal
from webhook.reviewer import Reviewer

logger = logging.getLogger(__name__)

BODY_LIMIT = 3 * 1024 * 1024
"""Bytes. etcd takes objects up to 1.5 MiB, and a review of an update holds two."""

MOST_PARTIAL_BODIES = 8
"""Bodies that are gathered from pieces at the same time; the others wait in their clients' buffers."""

_LEAST_READ_SECONDS, _MOST_READ_SECONDS = 0.5, 2.0
"""How long another resource is read before a denial that rests on it; who asks waits a second longer."""

_MOST_LOGGED = 20
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the service takes on at once."""

    in_flight: int = 512
    """Requests being served; more are refused. An API server has at most 200 writes under way by default."""
    seconds: float = 4.0
    """How long a request may take to arrive, and then wait for its turn; below the API server's time-out."""


class RefusedError(Exception):
    """A request is not reviewed; the text is one line that says why."""

    def __init__(self, status: http.HTTPStatus, reason: Refusal, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class Desk:
    """What both endpoints share."""

    def __init__(self, reviewer: Reviewer, metrics: Metrics, bounds: Bounds) -> None:
        self.reviewer = reviewer
        self.metrics = metrics
        self.bounds = bounds
        self.partial_bodies = asyncio.Semaphore(MOST_PARTIAL_BODIES)


class ReviewEndpoint:
    """An ASGI application that answers AdmissionReviews."""

    def __init__(self, name: str, handler: Handler, desk: Desk) -> None:
        self._name = name
        self._handler = handler
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        state: Mapping[str, Any] = scope.get("state", {})
        arrived: float = state.get(ARRIVED) or time.perf_counter()
        try:
            request = await self._request(scope, receive)
        except RefusedError as error:
            self._desk.metrics.refused(error.reason)
            logger.warning("request refused", extra=fields(status=error.status.value, reason=str(error)))
            await _send(send, error.status, _status(error))
            return
        answer = self._answer(request, arrived, state.get(IN_FLIGHT, 0))
        if answer.outcome is Outcome.DENIED:
            answer = await self._confirmed(answer, request, arrived)
        self._tell(request, answer, time.perf_counter() - arrived)
        await _send(send, http.HTTPStatus.OK, answer.review)

    async def _request(self, scope: Scope, receive: Receive) -> AdmissionRequest:
        """The review in the body. Raises RefusedError."""
        if scope["method"] != "POST":
            raise RefusedError(http.HTTPStatus.METHOD_NOT_ALLOWED, Refusal.MALFORMED, "reviews are posted")
        try:
            return parse_review(await self._body(scope, receive))
        except MalformedReviewError as error:
            raise RefusedError(http.HTTPStatus.BAD_REQUEST, Refusal.MALFORMED, str(error)) from None

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The body, of which never more than the limit is held. Raises RefusedError."""
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if declared.isdigit() and int(declared) > BODY_LIMIT:
            raise _too_large()
        piece, is_last = await _piece(receive)
        if is_last and len(piece) <= BODY_LIMIT:
            return piece
        async with self._desk.partial_bodies:
            body = bytearray(piece)
            while not is_last and len(body) <= BODY_LIMIT:
                piece, is_last = await _piece(receive)
                body += piece
        if len(body) > BODY_LIMIT:
            raise _too_large()
        return bytes(body)

    def _answer(self, request: AdmissionRequest, arrived: float, in_flight: int) -> Answer:
        if is_exempt(request):
            return exempt(request)
        bounds, metrics = self._desk.bounds, self._desk.metrics
        if in_flight >= bounds.in_flight:
            metrics.refused(Refusal.TOO_MANY)
            return overloaded(request, f"it serves {bounds.in_flight} requests already")
        waited = time.perf_counter() - arrived
        if waited >= bounds.seconds:
            metrics.refused(Refusal.LATE)
            return overloaded(request, f"it came to this request after {waited:.1f} s")
        if is_oversized(request):
            metrics.refused(Refusal.TOO_LARGE)
            return oversized(request)
        return self._handler(request, self._desk.reviewer)

    async def _confirmed(self, denial: Answer, request: AdmissionRequest, arrived: float) -> Answer:
        """The answer after a live read of what the denial rests on: a watch cache may be behind."""
        reviewer = self._desk.reviewer
        references = {finding.rests_on for finding in denial.findings if finding.rests_on is not None}
        if not references or reviewer.with_live_reads is None:
            return denial
        left = self._desk.bounds.seconds - (time.perf_counter() - arrived)
        seconds = max(_LEAST_READ_SECONDS, min(_MOST_READ_SECONDS, left))
        return self._handler(request, await reviewer.with_live_reads(references, seconds))

    def _tell(self, request: AdmissionRequest, answer: Answer, seconds: float) -> None:
        """Count and log: names and codes only, because objects can hold secrets."""
        metrics, codes = self._desk.metrics, [finding.code for finding in answer.findings]
        metrics.reviewed(
            self._name, request.group, request.kind, request.operation.value, answer.outcome.value, seconds
        )
        if answer.outcome is Outcome.DENIED:
            metrics.rejected(self._name, codes)
        facts = {
            "webhook": self._name,
            "uid": request.uid[:_LONGEST_NAME],
            "kind": request.kind[:_LONGEST_NAME],
            "object": f"{request.namespace[:_LONGEST_NAME]}/{request.name[:_LONGEST_NAME]}",
            "operation": request.operation,
            "dryRun": request.dry_run,
            "verdict": answer.outcome,
            "findings": codes[:_MOST_LOGGED],
            "ms": round(seconds * 1000, 2),
        }
        logger.info("reviewed", extra={"fields": facts})


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """The next piece of a body, and whether it is the last. Raises RefusedError."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise RefusedError(http.HTTPStatus.BAD_REQUEST, Refusal.CLIENT_GONE, "the client went away")
    return message.get("body", b""), not message.get("more_body", False)


def _too_large() -> RefusedError:
    message = f"the request is larger than {BODY_LIMIT // 1024**2} MiB: no resource of this operator can be"
    return RefusedError(http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Refusal.TOO_LARGE, message)


_REASONS = {
    http.HTTPStatus.BAD_REQUEST: "BadRequest",
    http.HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "RequestEntityTooLarge",
}


def _status(error: RefusedError) -> dict[str, Any]:
    """The error as a Kubernetes Status, the only body whose message the API server shows to the user."""
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "code": error.status.value,
        "reason": _REASONS[error.status],
        "message": str(error),
    }


async def _send(send: Send, status: http.HTTPStatus, document: object) -> None:
    body = orjson.dumps(document)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})

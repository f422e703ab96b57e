"""The HTTP service: admission reviews and probes."""

import http
import logging
from collections.abc import Callable, Sequence

import orjson
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from webhook.admission import MalformedReviewError, parse_review
from webhook.handlers import Handler, mutate, validate
from webhook.logs import fields
from webhook.reviewer import Reviewer

logger = logging.getLogger(__name__)

BODY_LIMIT = 3 * 1024 * 1024
"""Bytes. etcd takes objects up to 1.5 MiB, and a review of an update holds two."""

Check = Callable[[], str | None]
"""Why the service should get no requests, or None."""


class BodyTooLargeError(Exception):
    """A request's body is longer than any review that the API server sends."""


def create_app(reviewer: Reviewer, readiness: Sequence[Check]) -> FastAPI:
    """The service; it is ready when no readiness check has a reason against it."""
    app = FastAPI(title="Flink operator webhook", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/validate")
    async def post_validate(request: Request) -> Response:
        return await _answer(request, validate, reviewer)

    @app.post("/mutate")
    async def post_mutate(request: Request) -> Response:
        return await _answer(request, mutate, reviewer)

    @app.get("/healthz")
    async def get_healthz() -> Response:
        return _json(http.HTTPStatus.OK, {"alive": True})

    @app.get("/readyz")
    async def get_readyz() -> Response:
        reason = next((reason for check in readiness if (reason := check()) is not None), None)
        if reason is not None:
            return _json(http.HTTPStatus.SERVICE_UNAVAILABLE, {"ready": False, "reason": reason})
        return _json(http.HTTPStatus.OK, {"ready": True})

    return app


async def _answer(request: Request, handler: Handler, reviewer: Reviewer) -> Response:
    try:
        review = parse_review(await _body(request))
    except MalformedReviewError as error:
        return _failure(http.HTTPStatus.BAD_REQUEST, "BadRequest", str(error))
    except BodyTooLargeError as error:
        return _failure(http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", str(error))
    except ClientDisconnect:
        return _failure(http.HTTPStatus.BAD_REQUEST, "BadRequest", "the client went away")
    return _json(http.HTTPStatus.OK, handler(review, reviewer))


async def _body(request: Request) -> bytes:
    """The body, of which never more than the limit is held. Raises BodyTooLargeError."""
    declared = request.headers.get("content-length", "")
    body = bytearray()
    if declared.isdigit() and int(declared) > BODY_LIMIT:
        raise BodyTooLargeError(_too_large())
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise BodyTooLargeError(_too_large())
    return bytes(body)


def _too_large() -> str:
    return f"the request is larger than {BODY_LIMIT // 1024**2} MiB: no resource of this operator can be"


def _failure(status: http.HTTPStatus, reason: str, message: str) -> Response:
    """An error as a Kubernetes Status, the only body whose message the API server shows to the user."""
    logger.warning("request refused", extra=fields(status=status.value, reason=message))
    document = {
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "code": status.value,
        "reason": reason,
        "message": message,
    }
    return _json(status, document)


def _json(status: http.HTTPStatus, document: object) -> Response:
    return Response(orjson.dumps(document), status_code=status.value, media_type="application/json")
